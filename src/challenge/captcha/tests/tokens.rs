use proptest::prelude::*;

use super::*;
use crate::identity::account::BodyNeed;
use crate::message::serialise;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

type Found = Result<Option<Token>, TokenFailure>;

fn find(captcha: &Captcha, lines: &[(&str, &str)], body: &[u8]) -> Found {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let head = HeaderBlock::new(serialise(lines));
    captcha.token(captcha.read_head(&head), BodyBytes::Whole(body))
}

fn is(found: &Found, token: &str) -> bool {
    matches!(found, Ok(Some(found)) if found.as_str() == token)
}

#[test]
fn every_widgets_field_is_read_by_default_in_both_kinds_of_forms() {
    for (preset, field) in [
        ("turnstile", "cf-turnstile-response"),
        ("hcaptcha", "h-captcha-response"),
        ("recaptcha_v2", "g-recaptcha-response"),
        ("recaptcha_v3", "g-recaptcha-response"),
        ("friendly_captcha", "frc-captcha-response"),
    ] {
        let captcha = captcha(preset);
        let body = format!("user=bob&{field}=0.a_B-c~&password=x");
        assert!(
            is(&find(&captcha, &[FORM], body.as_bytes()), "0.a_B-c~"),
            "{preset}"
        );
        let parts = format!(
            "--B\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n0.a\r\n--B--\r\n"
        );
        let kind = ("content-type", "multipart/form-data; boundary=B");
        assert!(
            is(&find(&captcha, &[kind], parts.as_bytes()), "0.a"),
            "{preset}"
        );
        let empty = format!("user=bob&{field}=");
        assert_eq!(find(&captcha, &[FORM], empty.as_bytes()), Ok(None));
        assert_eq!(find(&captcha, &[FORM], b"user=bob"), Ok(None));
    }
}

#[test]
fn the_state_of_a_widget_that_is_not_solved_is_no_token() {
    let captcha = captcha("friendly_captcha");
    for state in [".UNSTARTED", ".FETCHING", ".ERROR", "."] {
        let body = format!("frc-captcha-response={state}");
        assert_eq!(
            find(&captcha, &[FORM], body.as_bytes()),
            Ok(None),
            "{state}"
        );
    }
}

#[test]
fn header_then_cookie_then_the_form_has_the_token() {
    let captcha = captcha("turnstile");
    let body = b"cf-turnstile-response=spent";
    let header = (TOKEN_HEADER, "h");
    let cookie = ("cookie", "a=b; palisade-captcha=c");
    assert!(is(&find(&captcha, &[FORM, header, cookie], body), "h"));
    assert!(is(&find(&captcha, &[FORM, cookie], body), "c"));
    assert!(is(&find(&captcha, &[FORM], body), "spent"));
    let nothing = ("cookie", "palisade-captcha=; palisade-captcha-2=left-over");
    assert!(is(&find(&captcha, &[FORM, nothing], body), "spent"));
    let head = HeaderBlock::new(serialise(
        [(&b"cookie"[..], &b"palisade-captcha=c"[..])].into_iter(),
    ));
    assert_eq!(captcha.read_head(&head).body(), BodyNeed::None);
    let head = HeaderBlock::new(serialise(
        [(FORM.0.as_bytes(), FORM.1.as_bytes())].into_iter(),
    ));
    assert_eq!(captcha.read_head(&head).body(), BodyNeed::Needed);
}

#[test]
fn a_token_that_is_too_long_for_one_cookie_goes_on_in_the_next() {
    let captcha = captcha("recaptcha_v3");
    let (one, two, three) = ("a".repeat(3_500), "b".repeat(3_500), "c".repeat(1_192));
    let cookies =
        format!("palisade-captcha-3={three}; palisade-captcha={one}; palisade-captcha-2={two}");
    assert!(is(
        &find(&captcha, &[("cookie", &cookies)], b""),
        &format!("{one}{two}{three}")
    ));
    let longer = format!("{cookies}c").replacen(&three, &format!("{three}c"), 1);
    assert_eq!(
        find(&captcha, &[("cookie", &longer)], b""),
        Err(TokenFailure::TooLong)
    );
    let gap = format!("palisade-captcha={one}; palisade-captcha-3={three}");
    assert!(is(&find(&captcha, &[("cookie", &gap)], b""), &one));
}

#[test]
fn cookies_that_others_have_set_do_not_hide_the_clients_own() {
    let captcha = captcha("turnstile");
    for (cookies, token) in [
        ("palisade-captcha=toss; palisade-captcha=own", "own"),
        (
            "palisade-captcha=toss; __Host-palisade-captcha=own; palisade-captcha=toss2",
            "own",
        ),
        (
            "palisade-captcha-2=x; palisade-captcha=a; palisade-captcha-2=b",
            "ab",
        ),
        (
            "__Host-palisade-captcha=own; palisade-captcha-2=toss",
            "own",
        ),
        ("__Host-palisade-captcha=; palisade-captcha=own", "own"),
    ] {
        let found = find(&captcha, &[("cookie", cookies)], b"");
        assert!(is(&found, token), "{cookies}: {found:?}");
    }
}

#[test]
fn several_different_tokens_are_refused_and_the_same_one_twice_is_one() {
    let captcha = captcha("turnstile");
    let header = |value| (TOKEN_HEADER, value);
    assert!(is(&find(&captcha, &[header("a"), header("a")], b""), "a"));
    for (lines, body) in [
        (vec![header("a"), header("b")], ""),
        (
            vec![FORM],
            "cf-turnstile-response=a&cf-turnstile-response=b",
        ),
        (
            vec![FORM],
            "cf-turnstile-response=a&cf_turnstile_response=x&CF-TURNSTILE-RESPONSE=b",
        ),
    ] {
        let found = find(&captcha, &lines, body.as_bytes());
        assert_eq!(found, Err(TokenFailure::Several), "{lines:?} {body}");
    }
}

#[test]
fn what_can_be_no_token_is_refused_before_any_call() {
    for (preset, longest) in [
        ("turnstile", 2_048),
        ("hcaptcha", 8_192),
        ("recaptcha_v2", 8_192),
        ("recaptcha_v3", 8_192),
        ("friendly_captcha", 8_192),
    ] {
        let captcha = captcha(preset);
        let header = |value: &str| find(&captcha, &[(TOKEN_HEADER, value)], b"");
        assert!(is(&header(&"a".repeat(longest)), &"a".repeat(longest)));
        assert_eq!(header(&"a".repeat(longest + 1)), Err(TokenFailure::TooLong));
        assert_eq!(header(" \t"), Ok(None));
        for token in [
            "a b", "a\u{7f}", "ä", "<script>", "a;b", "a'b", "a\"b", "a&b", "a%2e", "a\\b",
            "{token}",
        ] {
            assert_eq!(header(token), Err(TokenFailure::Malformed), "{token}");
        }
    }
}

#[test]
fn a_body_that_cannot_be_read_has_no_token() {
    let captcha = captcha("turnstile");
    for kind in ["text/plain", "application/json", "multipart/form-data"] {
        let line = ("content-type", kind);
        assert_eq!(
            find(&captcha, &[line], b"cf-turnstile-response=a"),
            Ok(None),
            "{kind}"
        );
    }
    let reading = captcha.read_head(&HeaderBlock::new(serialise(
        [(FORM.0.as_bytes(), FORM.1.as_bytes())].into_iter(),
    )));
    assert_eq!(captcha.token(reading, BodyBytes::TooLarge), Ok(None));
}

#[test]
fn tokens_have_different_ids_and_one_token_always_the_same() {
    let captcha = captcha("turnstile");
    let id = |text: &str| {
        let token = find(&captcha, &[(TOKEN_HEADER, text)], b"");
        token.expect("no failure").expect("a token").id()
    };
    assert_eq!(id("a"), id(" a "));
    assert_ne!(id("a"), id("b"));
    assert_ne!(id("a"), id("A"));
}

proptest! {
    #[test]
    fn whatever_is_found_may_be_sent(head: Vec<(String, Vec<u8>)>, value: Vec<u8>, body: Vec<u8>, name in 0..4_usize) {
        let captcha = captcha("turnstile");
        let names = [TOKEN_HEADER, "cookie", "content-type", "x"];
        let mut lines: Vec<(&[u8], &[u8])> = head.iter().map(|(name, value)| (name.as_bytes(), &value[..])).collect();
        lines.push((names[name].as_bytes(), &value));
        let block = HeaderBlock::new(serialise(lines.into_iter()));
        if let Ok(Some(token)) = captcha.token(captcha.read_head(&block), BodyBytes::Whole(&body)) {
            prop_assert!((1..=2_048).contains(&token.as_str().len()));
            prop_assert!(token.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
