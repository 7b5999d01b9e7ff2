use proptest::prelude::*;

use super::*;

fn secret(byte: char) -> Secret {
    Secret::parse(&byte.to_string().repeat(40)).expect("a secret")
}

fn keys(bytes: &str) -> SigningKeys {
    let secrets: Vec<Secret> = bytes.chars().map(secret).collect();
    SigningKeys::new(&secrets).expect("keys")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 4231, cases 1, 2 and 6: a key shorter than a block, and one that is longer.
#[test]
fn signatures_are_hmac_sha256() {
    for (key, text, mac) in [
        (
            vec![0x0b; 20],
            &b"Hi There"[..],
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            vec![0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ] {
        let mut hmac = SigningKey::new(&key).0;
        hmac.update(text);
        assert_eq!(hex(&hmac.finalize().into_bytes()), mac);
    }
}

/// Signatures live in browsers and mails for months: a version that signs otherwise would forget them all.
#[test]
fn what_was_signed_by_an_older_version_is_known_again() {
    let keys = keys("k");
    // printf '\0\0\0\022palisade.device.v1\0\0\0\005alice' | openssl dgst -sha256 -hmac kkk...
    assert_eq!(
        hex(&keys.sign(Purpose::Device, &[b"alice"])),
        "867fda513df79f5c9b5d15540fe9c8c904d05ddee0a72df0dc150479b58d1214"
    );
    // printf 'palisade.unlock.v1.alice' | openssl dgst -sha256 -hmac kkk...
    assert_eq!(
        hex(&keys.sign_text(Purpose::Unlock, "alice")),
        "7fa8e4715743fb339e1e2d24c39f195b3c8e85e4cf0ca7c3d87e35b63349ec47"
    );
}

#[test]
fn the_first_key_signs_and_all_verify() {
    let (old, rotated, new) = (keys("a"), keys("ba"), keys("b"));
    let mac = old.sign(Purpose::Device, &[b"alice"]);
    assert!(rotated.verify(Purpose::Device, &[b"alice"], &mac));
    assert!(!new.verify(Purpose::Device, &[b"alice"], &mac));
    let mac = rotated.sign(Purpose::Device, &[b"alice"]);
    assert!(new.verify(Purpose::Device, &[b"alice"], &mac));
    assert!(!old.verify(Purpose::Device, &[b"alice"], &mac));
    let text = old.sign_text(Purpose::Unlock, "alice");
    assert!(rotated.verify_text(Purpose::Unlock, "alice", &text));
    assert!(!new.verify_text(Purpose::Unlock, "alice", &text));
}

#[test]
fn what_was_signed_for_one_purpose_is_not_taken_for_another() {
    let keys = keys("a");
    for made in Purpose::ALL {
        for asked in Purpose::ALL {
            let same = made == asked;
            let mac = keys.sign(made, &[b"alice"]);
            assert_eq!(keys.verify(asked, &[b"alice"], &mac), same);
            let mac = keys.sign_text(made, "alice");
            assert_eq!(keys.verify_text(asked, "alice", &mac), same);
        }
    }
}

#[test]
fn a_text_is_never_taken_for_parts() {
    let keys = keys("a");
    for purpose in Purpose::ALL {
        assert_ne!(keys.sign(purpose, &[]), keys.sign_text(purpose, ""));
        let mac = keys.sign_text(purpose, "alice");
        assert!(!keys.verify(purpose, &[b"alice"], &mac));
    }
}

#[test]
fn keys_are_one_to_four_different_ones() {
    let refused = |bytes: &str| {
        let secrets: Vec<Secret> = bytes.chars().map(secret).collect();
        SigningKeys::new(&secrets).map(|_| ()).expect_err(bytes)
    };
    assert_eq!(refused(""), SigningKeysError::None);
    assert_eq!(refused("abcde"), SigningKeysError::TooMany);
    let same = |first, second| SigningKeysError::Same { first, second };
    assert_eq!(refused("abcb"), same(1, 3));
    assert_eq!(keys("abcd").iter().count(), 4);
}

#[test]
fn a_secret_that_is_too_weak_or_unclear_is_refused_and_never_shown() {
    let long = "x".repeat(Secret::MAX_BYTES + 1);
    for (text, error) in [
        ("", SecretError::Empty),
        ("\r\n", SecretError::Empty),
        ("geheim", SecretError::TooShort),
        (&"x".repeat(31), SecretError::TooShort),
        (&long, SecretError::TooLong),
        ("geheim geheim geheim geheim geheim", SecretError::Byte(6)),
        ("geheim\ngeheim geheim geheim geheim", SecretError::Byte(6)),
        ("gehëim-gehëim-gehëim-gehëim-gehëim", SecretError::Byte(3)),
        ("geheim\0geheim geheim geheim geheim", SecretError::Byte(6)),
    ] {
        assert_eq!(Secret::parse(text).expect_err(text), error);
        assert!(!error.to_string().contains("geh"), "{error}");
    }
    let secret = secret('g');
    let keys = SigningKeys::new(std::slice::from_ref(&secret)).expect("keys");
    let shown = format!("{secret:?} {keys:?}");
    assert!(!shown.contains("gg"), "{shown}");
}

#[test]
fn a_line_end_behind_a_secret_is_no_part_of_it() {
    let bare = "x".repeat(32);
    for end in ["\n", "\r\n", "\n\n"] {
        let ended = Secret::parse(&format!("{bare}{end}"));
        assert_eq!(ended, Secret::parse(&bare), "{end:?}");
    }
}

#[test]
fn keys_of_a_seed_are_the_same_in_every_worker() {
    let mac = |seed| SigningKeys::derived(seed).sign(Purpose::Device, &[b"alice"]);
    assert_eq!(mac([1; 16]), mac([1; 16]));
    assert_ne!(mac([1; 16]), mac([2; 16]));
    let raw = SigningKey::new(&[1; 16]).sign(Purpose::Device, &[b"alice"]);
    assert_ne!(mac([1; 16]), raw, "the seed itself signs nothing");
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_parts_that_are_cut_elsewhere_do_not(one: Vec<Vec<u8>>, other: Vec<Vec<u8>>) {
        let keys = keys("ab");
        let one_parts: Vec<&[u8]> = one.iter().map(Vec::as_slice).collect();
        let other_parts: Vec<&[u8]> = other.iter().map(Vec::as_slice).collect();
        let mac = keys.sign(Purpose::Device, &one_parts);
        prop_assert!(keys.verify(Purpose::Device, &one_parts, &mac));
        prop_assert_eq!(keys.verify(Purpose::Device, &other_parts, &mac), one == other);
        let joined = one.concat();
        prop_assert!(one.len() == 1 || !keys.verify(Purpose::Device, &[&joined], &mac));
    }

    #[test]
    fn a_signature_with_one_other_bit_is_forged(text: String, bit in 0..MAC_BYTES * 8) {
        let keys = keys("ab");
        let mut mac = keys.sign_text(Purpose::Unlock, &text);
        mac[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!keys.verify_text(Purpose::Unlock, &text, &mac));
    }
}
