use proptest::prelude::*;

use super::*;
use crate::signing::Secret;

const NOW: u64 = 1_800_000_000;
const NONCE: &str = "AAAAAAAAAAAAAAAA";

fn keys(bytes: &str) -> SigningKeys {
    let secret = |byte: char| Secret::parse(&byte.to_string().repeat(40)).expect("a secret");
    let secrets: Vec<Secret> = bytes.chars().map(secret).collect();
    SigningKeys::new(&secrets).expect("keys")
}

fn unlock(expiry: u64) -> Unlock {
    Unlock::new("müller+1@example.com".as_bytes(), expiry, NONCE).expect("a permission")
}

fn verify(token: &str) -> Result<Unlock, Refusal> {
    Unlock::verify(token.as_bytes(), &keys("k"), Time::from_secs(NOW))
}

/// A token with this body, signed as a careless application would sign it.
fn signed(body: &str) -> String {
    let mac = URL_SAFE_NO_PAD.encode(keys("k").sign_text(Purpose::Unlock, body));
    format!("v1.{body}.{mac}")
}

/// The form is a contract with the programs of others.
#[test]
fn a_token_is_this_text() {
    // body=v1.bcO8bGxlcisxQGV4YW1wbGUuY29t.1800000060.AAAAAAAAAAAAAAAA printf 'palisade.unlock.%s' "$body" | openssl
    // dgst -sha256 -hmac kkk... -binary | base64 | tr '+/' '-_' | tr -d '='
    assert_eq!(
        unlock(NOW + 60).token(&keys("k")),
        "v1.bcO8bGxlcisxQGV4YW1wbGUuY29t.1800000060.AAAAAAAAAAAAAAAA.ytTb41XpMoAxwOioT4rl_hflDFHypM0lm7DcWaEBf5w"
    );
}

#[test]
fn a_token_holds_until_its_expiry_and_at_most_seven_days() {
    for (expiry, refusal) in [
        (0, Some(Refusal::Expired)),
        (NOW, Some(Refusal::Expired)),
        (NOW + 1, None),
        (NOW + 7 * 86_400, None),
        (NOW + 7 * 86_400 + 1, Some(Refusal::TooFarAhead)),
        (u64::MAX, Some(Refusal::TooFarAhead)),
    ] {
        let told = verify(&unlock(expiry).token(&keys("k")));
        assert_eq!(told.err(), refusal, "{expiry}");
    }
}

#[test]
fn a_token_of_an_old_key_holds_while_that_key_is_listed() {
    let token = unlock(NOW + 60).token(&keys("a"));
    let verify = |listed| Unlock::verify(token.as_bytes(), &keys(listed), Time::from_secs(NOW));
    assert_eq!(verify("ba"), Ok(unlock(NOW + 60)));
    assert_eq!(verify("b"), Err(Refusal::Forged));
}

#[test]
fn a_signed_text_of_another_spelling_is_refused() {
    assert!(verify(&signed("YWxpY2U.1800000060.AAAAAAAAAAAAAAAA")).is_ok());
    for body in [
        "YWxpY2U=.1800000060.AAAAAAAAAAAAAAAA",
        "YWxpY2V.1800000060.AAAAAAAAAAAAAAAA",
        "YWxpY2V=.1800000060.AAAAAAAAAAAAAAAA",
        "+/+/.1800000060.AAAAAAAAAAAAAAAA",
        ".1800000060.AAAAAAAAAAAAAAAA",
        "YWxpY2U.01800000060.AAAAAAAAAAAAAAAA",
        "YWxpY2U.+1800000060.AAAAAAAAAAAAAAAA",
        "YWxpY2U.-1800000060.AAAAAAAAAAAAAAAA",
        "YWxpY2U. 1800000060.AAAAAAAAAAAAAAAA",
        "YWxpY2U.1.8e9.AAAAAAAAAAAAAAAA",
        "YWxpY2U..AAAAAAAAAAAAAAAA",
        "YWxpY2U.99999999999999999999.AAAAAAAAAAAAAAAA",
        "YWxpY2U.1800000060.AAAAAAAAAAAAAAA",
        "YWxpY2U.1800000060.AAAAAAAAAAAAAAAA.",
        "YWxpY2U.1800000060.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAA",
        "YWxpY2U.1800000060.AAAAAAAAAAAAAAA!",
        "YWxpY2U.1800000060.AAAAAAAAAAAAAAAä",
        "YWxpY2U.1800000060",
        "YWxpY2U",
        "",
    ] {
        assert_eq!(verify(&signed(body)), Err(Refusal::Malformed), "{body}");
    }
    let long = format!("YWxpY2U.1800000060.{}", "A".repeat(65));
    assert_eq!(verify(&signed(&long)), Err(Refusal::Malformed));
}

#[test]
fn what_is_not_shaped_like_a_token_is_refused() {
    let token = unlock(NOW + 60).token(&keys("k"));
    let (body, mac) = token.rsplit_once('.').expect("a signature");
    let first = mac.chars().next().expect("a character");
    for text in [
        String::new(),
        "v1".to_owned(),
        "....".to_owned(),
        token.replacen("v1", "v2", 1),
        token.replacen("v1", "V1", 1),
        format!(" {token}"),
        format!("{token}="),
        format!("{token}\n"),
        format!("{body}."),
        format!("{body}.{mac}AA"),
        format!("{body}.{}", mac.replacen(first, "", 1)),
    ] {
        assert_eq!(verify(&text), Err(Refusal::Malformed), "{text:?}");
    }
    let not_text = Unlock::verify(b"v1.\xff.1.A.A", &keys("k"), Time::from_secs(NOW));
    assert_eq!(not_text, Err(Refusal::Malformed));
}

#[test]
fn the_longest_token_fits_and_a_longer_text_is_not_looked_at() {
    let account = [0xff; Unlock::MAX_ACCOUNT_BYTES];
    let longest = Unlock::new(&account, u64::MAX, &"A".repeat(64)).expect("a permission");
    let token = longest.token(&keys("k"));
    assert!(token.len() <= Unlock::MAX_TOKEN_BYTES, "{}", token.len());
    assert_eq!(verify(&token), Err(Refusal::TooFarAhead));
    let body = "A".repeat(Unlock::MAX_TOKEN_BYTES - signed("").len());
    assert_eq!(verify(&signed(&body)), Err(Refusal::Malformed));
    let forged = signed(&body).replacen("A", "B", 1);
    assert_eq!(verify(&forged), Err(Refusal::Forged));
    let longer = format!("{forged}A").replacen("B", "BB", 1);
    assert_eq!(verify(&longer), Err(Refusal::Malformed));
}

#[test]
fn what_fits_into_no_token_is_told() {
    let nonces = [
        "",
        "AAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAA.",
        "AAAAAAAAAAAAAAA ",
    ];
    for nonce in nonces {
        assert_eq!(Unlock::new(b"a", NOW, nonce), Err(UnlockError::Nonce));
    }
    for account in [&[][..], &[0; Unlock::MAX_ACCOUNT_BYTES + 1]] {
        assert_eq!(Unlock::new(account, NOW, NONCE), Err(UnlockError::Account));
    }
}

proptest! {
    #[test]
    fn every_permission_is_read_from_its_token(
        account in prop::collection::vec(any::<u8>(), 1..=Unlock::MAX_ACCOUNT_BYTES),
        ahead in 1..=7 * 86_400_u64,
        nonce in "[A-Za-z0-9_-]{16,64}",
    ) {
        let unlock = Unlock::new(&account, NOW + ahead, &nonce).expect("a permission");
        let read = verify(&unlock.token(&keys("k"))).expect("valid");
        prop_assert_eq!(read.account(), &account[..]);
        prop_assert_eq!(read.expiry(), Time::from_secs(NOW + ahead));
        prop_assert_eq!(read.nonce(), nonce);
    }

    #[test]
    fn a_token_with_one_other_byte_lifts_no_lock(place: prop::sample::Index, byte: u8) {
        let token = unlock(NOW + 60).token(&keys("k")).into_bytes();
        let mut changed = token.clone();
        changed[place.index(token.len())] = byte;
        let told = Unlock::verify(&changed, &keys("k"), Time::from_secs(NOW));
        prop_assert_eq!(told.is_ok(), changed == token);
    }

    #[test]
    fn arbitrary_bytes_are_no_token(bytes: Vec<u8>) {
        prop_assert!(Unlock::verify(&bytes, &keys("k"), Time::from_secs(NOW)).is_err());
    }

    #[test]
    fn whatever_is_signed_is_read_in_one_spelling_or_refused(body in "[A-Za-z0-9_=+-]{0,8}\\.[+0-9]{0,11}\\.[A-Za-z0-9_.-]{14,18}") {
        let token = signed(&body);
        if let Ok(unlock) = Unlock::authentic(token.as_bytes(), &keys("k")) {
            prop_assert_eq!(unlock.token(&keys("k")), token);
        }
    }
}
