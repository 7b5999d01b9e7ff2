//! Cookies that nobody but an attacker sends.

use proptest::prelude::*;

use super::*;

#[test]
fn hundreds_of_cookies_two_of_a_name_and_huge_ones_have_a_defined_result() {
    let here = at("192.0.2.1");
    let good = granted("", here, claims(), NOW);
    let junk = |count: usize| format!("{}=junk; ", name()).repeat(count);
    assert_eq!(checked("", here, NOW), Err(ClearanceError::Absent));
    assert_eq!(
        checked("palisade=1; a", here, NOW),
        Err(ClearanceError::Absent)
    );
    assert!(checked(&format!("{}{good}", "a=b; ".repeat(500)), here, NOW).is_ok());
    for (before, behind) in [(1_000, 0), (0, 1_000), (60, 60)] {
        let line = format!("{}{good}; {}", junk(before), junk(behind));
        assert!(checked(&line, here, NOW).is_ok(), "{before} and {behind}");
    }
    let buried = format!("{}{good}; {}", junk(64), junk(64));
    assert_eq!(checked(&buried, here, NOW), Err(ClearanceError::Malformed));
    // Of those that need a signature eight get one: four from either end.
    let value = good.rsplit('=').next().expect("a value");
    let token = Token::read(value.as_bytes()).expect("a token");
    let mac = [1; 32];
    let forged = Token { mac, ..token };
    let set = |token: Token, count| format!("{}={}; ", name(), token.write()).repeat(count);
    let among = |token, before, behind| {
        let line = format!("{}{good}; {}", set(token, before), set(token, behind));
        checked(&line, here, NOW).map(|_| ())
    };
    assert_eq!(among(forged, 100, 3), Ok(()));
    assert_eq!(among(forged, 3, 100), Ok(()));
    assert_eq!(among(forged, 4, 4), Err(ClearanceError::Forged));
    // What is over, of another network or less than is asked for needs none.
    for useless in [
        Token {
            expires: 1,
            ..forged
        },
        Token {
            issued: u32::MAX,
            ..forged
        },
        Token {
            proof: Proof::Work(Difficulty::MIN),
            ..forged
        },
        Token {
            hints: at("192.0.3.1").hints(),
            ..forged
        },
        Token {
            hints: ClearanceScope {
                asker: b"other",
                ..here
            }
            .hints(),
            ..forged
        },
    ] {
        assert_eq!(among(useless, 60, 60), Ok(()), "{useless:?}");
    }
    for value in [
        "",
        ".",
        "....",
        &"A".repeat(100_000),
        &"A".repeat(80),
        "ä",
        "A=",
        "\u{0}",
    ] {
        let line = format!("{}={value}", name());
        assert_eq!(
            checked(&line, here, NOW),
            Err(ClearanceError::Malformed),
            "{:.20}",
            value
        );
    }
}

#[test]
fn only_the_start_of_a_huge_user_agent_counts() {
    let huge = [b'x'; 100_000];
    let scope = |length| ClearanceScope {
        agent: huge.get(..length),
        ..at("192.0.2.1")
    };
    let line = granted("", scope(100_000), claims(), NOW);
    assert!(checked(&line, scope(512), NOW).is_ok());
    assert_eq!(
        checked(&line, scope(511), NOW),
        Err(ClearanceError::OtherAgent)
    );
}

proptest! {
    #[test]
    fn no_bytes_clear_anybody_or_are_kept_unless_they_are_tokens(line: Vec<u8>, value in "[A-Za-z0-9._-]{0,200}") {
        let here = at("192.0.2.1");
        let named = format!("{}={value}", name());
        for line in [&line[..], named.as_bytes()] {
            let result = check([line], &name(), here, Demand::Work(Difficulty::MIN), NOW, &keys(&["a"]));
            prop_assert!(result.is_err());
            let value = grant([line], &name(), here, claims(), NOW, &keys(&["a"]));
            prop_assert!(value.split('.').all(|token| Token::read(token.as_bytes()).is_some()));
        }
    }

    #[test]
    fn a_token_reads_back_the_same_and_has_one_spelling(bytes: [u8; 60], text in "[A-Za-z0-9_-]{80}") {
        use base64::Engine as _;
        let mut bytes = bytes;
        bytes[0] = 2;
        bytes[1] = 1 + bytes[1] % 2;
        bytes[10..14].copy_from_slice(&50_000_u32.to_be_bytes());
        let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        prop_assert_eq!(Token::read(encoded.as_bytes()).map(Token::write), Some(encoded));
        if let Some(token) = Token::read(text.as_bytes()) {
            prop_assert_eq!(token.write(), text);
        }
    }
}
