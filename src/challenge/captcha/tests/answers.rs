use proptest::prelude::*;

use super::*;

fn refusal(preset: &str, code: &str) -> String {
    if preset == "friendly_captcha" {
        format!(r#"{{"success":false,"error":{{"error_code":"{code}","detail":"..."}}}}"#)
    } else {
        format!(r#"{{"success":false,"error-codes":["{code}"],"messages":[]}}"#)
    }
}

#[test]
fn a_solved_captcha_passes_at_every_service() {
    for preset in PRESET_NAMES {
        let passed = assessment(&captcha(preset), 200, success(preset).as_bytes());
        let age = passed.map(Passed::age);
        assert_eq!(age, Ok(Some(Duration::from_secs(10))), "{preset}");
    }
}

#[test]
fn every_documented_error_code_is_a_failure_of_its_kind() {
    use Rejection::{
        BadRequest, Duplicate, Expired, ExpiredOrDuplicate, Invalid, Other, OtherSite,
    };
    let no = Failure::Unavailable;
    for (preset, code, expected) in [
        (
            "turnstile",
            "missing-input-secret",
            no(Unavailability::RefusedSecret),
        ),
        (
            "turnstile",
            "invalid-input-secret",
            no(Unavailability::RefusedSecret),
        ),
        (
            "turnstile",
            "missing-input-response",
            Failure::Rejected(Invalid),
        ),
        (
            "turnstile",
            "invalid-input-response",
            Failure::Rejected(Invalid),
        ),
        ("turnstile", "bad-request", Failure::Rejected(BadRequest)),
        (
            "turnstile",
            "timeout-or-duplicate",
            Failure::Rejected(ExpiredOrDuplicate),
        ),
        (
            "turnstile",
            "internal-error",
            no(Unavailability::ServiceError),
        ),
        ("turnstile", "something-new", Failure::Rejected(Other)),
        (
            "hcaptcha",
            "invalid-input-secret",
            no(Unavailability::RefusedSecret),
        ),
        (
            "hcaptcha",
            "invalid-input-response",
            Failure::Rejected(Invalid),
        ),
        (
            "hcaptcha",
            "expired-input-response",
            Failure::Rejected(Expired),
        ),
        (
            "hcaptcha",
            "already-seen-response",
            Failure::Rejected(Duplicate),
        ),
        (
            "hcaptcha",
            "sitekey-secret-mismatch",
            Failure::Rejected(OtherSite),
        ),
        (
            "recaptcha_v2",
            "invalid-input-secret",
            no(Unavailability::RefusedSecret),
        ),
        (
            "recaptcha_v2",
            "timeout-or-duplicate",
            Failure::Rejected(ExpiredOrDuplicate),
        ),
        (
            "recaptcha_v3",
            "invalid-input-response",
            Failure::Rejected(Invalid),
        ),
        ("recaptcha_v3", "browser-error", Failure::Rejected(Other)),
        (
            "friendly_captcha",
            "auth_invalid",
            no(Unavailability::RefusedSecret),
        ),
        (
            "friendly_captcha",
            "response_invalid",
            Failure::Rejected(Invalid),
        ),
        (
            "friendly_captcha",
            "response_timeout",
            Failure::Rejected(Expired),
        ),
        (
            "friendly_captcha",
            "response_duplicate",
            Failure::Rejected(Duplicate),
        ),
    ] {
        let body = refusal(preset, code);
        for status in [200, 400] {
            let assessment = assessment(&captcha(preset), status, body.as_bytes());
            assert_eq!(assessment, Err(expected), "{preset} {code} {status}");
        }
    }
}

#[test]
fn of_several_codes_the_wrong_secret_and_then_the_token_counts() {
    let captcha = captcha("turnstile");
    for (codes, expected) in [
        (
            r#"["invalid-input-response","invalid-input-secret"]"#,
            "refused_secret",
        ),
        (r#"["internal-error","invalid-input-response"]"#, "invalid"),
        (r#"["internal-error","never-heard-of"]"#, "other"),
        (r#"["internal-error","internal-error"]"#, "service_error"),
        (r#""timeout-or-duplicate""#, "expired_or_duplicate"),
        ("[]", "other"),
        ("null", "other"),
        ("[1]", "unreadable"),
        ("{}", "unreadable"),
    ] {
        let body = format!(r#"{{"success":false,"error-codes":{codes}}}"#);
        let failure = assessment(&captcha, 200, body.as_bytes()).expect_err(codes);
        assert_eq!(failure.name(), expected, "{codes}");
    }
    let failure = assessment(&captcha, 200, br#"{"success":false}"#).expect_err("no codes");
    assert_eq!(failure, Failure::Rejected(Rejection::Other));
}

#[test]
fn where_for_what_when_and_how_well_it_was_solved_must_be_as_configured() {
    let all = &PRESET_NAMES[..];
    for (presets, from, to, expected) in [
        (all, "example.com", "login.Example.com", None),
        (&all[..4], "example.com", "example.com:8443", None),
        (all, "example.com", "example.org", Some("wrong_hostname")),
        (
            all,
            "example.com",
            "example.com.evil.org",
            Some("wrong_hostname"),
        ),
        (
            all,
            "example.com",
            "evil.org/example.com",
            Some("wrong_hostname"),
        ),
        (
            all,
            "example.com",
            "evil@example.com",
            Some("wrong_hostname"),
        ),
        (all, "example.com", "", Some("wrong_hostname")),
        (
            &all[..4],
            "\"hostname\"",
            "\"host\"",
            Some("wrong_hostname"),
        ),
        (&all[..4], "\"example.com\"", "null", Some("wrong_hostname")),
        (
            &all[..4],
            "\"example.com\"",
            "[\"example.com\"]",
            Some("unreadable"),
        ),
        (
            &["turnstile", "recaptcha_v3"],
            "\"login\"",
            "\"Login\"",
            Some("wrong_action"),
        ),
        (
            &["turnstile", "recaptcha_v3"],
            "\"login\"",
            "\"\"",
            Some("wrong_action"),
        ),
        (
            &["turnstile", "recaptcha_v3"],
            "\"action\"",
            "\"a\"",
            Some("wrong_action"),
        ),
        (
            &["turnstile", "recaptcha_v3"],
            "\"login\"",
            "7",
            Some("unreadable"),
        ),
        (&["recaptcha_v3"], "0.9", "0.5", None),
        (&["recaptcha_v3"], "0.9", "1.0", None),
        (&["recaptcha_v3"], "0.9", "0.499999", Some("low_score")),
        (&["recaptcha_v3"], "0.9", "0", Some("low_score")),
        (&["recaptcha_v3"], "0.9", "null", Some("low_score")),
        (
            &["recaptcha_v3"],
            "\"score\"",
            "\"Score\"",
            Some("low_score"),
        ),
        (&["recaptcha_v3"], "0.9", "\"0.9\"", Some("unreadable")),
        (&["recaptcha_v3"], "0.9", "9e300", Some("unreadable")),
        (&["recaptcha_v3"], "0.9", "-0.9", Some("unreadable")),
        (all, "T12:30:05", "T12:25:05", None),
        (all, "T12:30:05", "T12:24:05", Some("stale")),
        (all, "T12:30:05", "T12:31:14", None),
        (all, "T12:30:05", "T12:31:16", Some("stale")),
        (all, "T12:30:05", "_12:30:05", Some("unreadable")),
        (&all[..4], "challenge_ts", "time", Some("unreadable")),
    ] {
        for preset in presets {
            let answer = success(preset).replacen(from, to, 1);
            assert_ne!(answer, success(preset), "{preset} {from}");
            let failure = assessment(&captcha(preset), 200, answer.as_bytes()).err();
            assert_eq!(failure.map(Failure::name), expected, "{preset}: {answer}");
        }
    }
}

#[test]
fn only_true_is_success_and_nothing_may_stand_there_twice() {
    let captcha = captcha("turnstile");
    let answer = success("turnstile");
    for (from, to) in [
        ("true", "\"true\""),
        ("true", "1"),
        ("true", "null"),
        ("true", "[true]"),
        ("success", "Success"),
        ("success", "x"),
        ("true", "true,\"success\":false"),
        ("true", "false,\"success\":true"),
        ("true", "true,\"success\":true"),
        ("\"login\"", "\"login\",\"action\":\"login\""),
        ("[]", "[\"internal-error\"]"),
    ] {
        let answer = answer.replacen(from, to, 1);
        let assessment = assessment(&captcha, 200, answer.as_bytes());
        let expected = Err(Failure::Unavailable(Unavailability::Unreadable));
        assert_eq!(assessment, expected, "{answer}");
    }
}

#[test]
fn what_is_no_answer_is_never_a_pass() {
    for preset in PRESET_NAMES {
        let captcha = captcha(preset);
        let good = success(preset);
        let huge = good.replacen('{', &format!("{{\"x\":\"{}\",", "x".repeat(MAX_ANSWER)), 1);
        for (status, body, expected) in [
            (200, "", "unreadable"),
            (204, "", "unreadable"),
            (
                200,
                "<!doctype html><title>Attention Required!</title>",
                "unreadable",
            ),
            (
                200,
                good.strip_suffix('}').expect("an object"),
                "unreadable",
            ),
            (200, &format!("[{good}]"), "unreadable"),
            (200, &format!("{good}{good}"), "unreadable"),
            (200, "true", "unreadable"),
            (200, &huge, "too_large"),
            (100, &good, "status"),
            (301, &good, "status"),
            (400, &good, "bad_request"),
            (400, "<html>", "bad_request"),
            (401, &good, "refused_secret"),
            (403, &good, "status"),
            (404, &good, "status"),
            (408, &good, "timeout"),
            (413, "", "bad_request"),
            (429, &good, "rate_limited"),
            (500, &good, "status"),
            (503, "", "status"),
            (504, &good, "timeout"),
        ] {
            let failure = assessment(&captcha, status, body.as_bytes()).expect_err(body);
            assert_eq!(failure.name(), expected, "{preset} {status} {body:.80}");
        }
        assert_eq!(
            captcha.judge(None, now()),
            Err(Failure::Unavailable(Unavailability::Reset))
        );
        let without_status = Response {
            status: None,
            retry_after: None,
            body: Body::Whole(good.as_bytes()),
        };
        assert!(captcha.judge(Some(without_status), now()).is_err());
        let too_large = Response {
            status: Some(200),
            retry_after: None,
            body: Body::TooLarge,
        };
        assert_eq!(
            captcha.judge(Some(too_large), now()),
            Err(Failure::Unavailable(Unavailability::TooLarge))
        );
    }
}

#[test]
fn every_failure_has_a_name_and_only_a_wrong_secret_is_the_operators() {
    let names: std::collections::HashSet<_> = Failure::ALL.map(Failure::name).into();
    assert_eq!(names.len(), Failure::ALL.len());
    for failure in Failure::ALL {
        let expected = failure == Failure::Unavailable(Unavailability::RefusedSecret);
        assert_eq!(failure.is_operators_mistake(), expected, "{failure:?}");
    }
}

/// Whether an independent reader finds every check met.
fn holds(preset: &str, body: &[u8]) -> bool {
    let Ok(answer) = serde_json::from_slice::<serde_json::Value>(body) else {
        return false;
    };
    let at = |pointer: &str| answer.pointer(pointer);
    let host = match preset {
        "friendly_captcha" => at("/data/challenge/origin"),
        _ => at("/hostname"),
    };
    let host = host.and_then(|host| host.as_str()).unwrap_or_default();
    at("/success") == Some(&true.into())
        && host.to_ascii_lowercase().contains("example.com")
        && (!preset.starts_with("turn") || at("/action") == Some(&"login".into()))
        && (preset != "recaptcha_v3" || at("/score").and_then(|score| score.as_f64()) >= Some(0.5))
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_pass(body: Vec<u8>, status: u16) {
        for preset in PRESET_NAMES {
            prop_assert!(assessment(&captcha(preset), status, &body).is_err());
        }
    }

    #[test]
    fn an_answer_that_is_changed_anywhere_passes_only_if_all_checks_hold(
        preset in 0..PRESET_NAMES.len(), at: prop::sample::Index, bytes in prop::collection::vec(any::<u8>(), 0..4),
        removed in 0..12_usize, status in prop::sample::select(vec![200_u16, 200, 200, 201, 400, 500]),
    ) {
        let preset = PRESET_NAMES[preset];
        let mut body = success(preset).into_bytes();
        let start = at.index(body.len());
        let end = (start + removed).min(body.len());
        body.splice(start..end, bytes);
        if assessment(&captcha(preset), status, &body).is_ok() {
            prop_assert!(holds(preset, &body) && status < 300, "{}", String::from_utf8_lossy(&body));
        }
    }
}

#[test]
fn an_answer_of_a_testing_key_counts_only_where_the_operator_says_so() {
    let answer = success("turnstile").replace(
        r#""metadata":{"#,
        r#""metadata":{"result_with_testing_key":true,"#,
    );
    let strict = captcha("turnstile");
    assert_eq!(
        assessment(&strict, 200, answer.as_bytes()),
        Err(Failure::TestingKey)
    );
    let real = answer.replace("key\":true", "key\":false");
    assert!(assessment(&strict, 200, real.as_bytes()).is_ok());
    let odd = answer.replace("key\":true", "key\":\"true\"");
    let unreadable = Err(Failure::Unavailable(Unavailability::Unreadable));
    assert_eq!(assessment(&strict, 200, odd.as_bytes()), unreadable);
    let settings = Settings {
        accept_testing_keys: true,
        ..settings("turnstile")
    };
    let service = Service::preset("turnstile").expect("a preset");
    let lenient = site(service, settings).expect("a captcha");
    assert!(assessment(&lenient, 200, answer.as_bytes()).is_ok());
    for (preset, host) in [
        ("recaptcha_v2", "testkey.google.com"),
        ("hcaptcha", "dummy-key-pass"),
    ] {
        let answer = success(preset).replace("example.com", host);
        let judged = assessment(&captcha(preset), 200, answer.as_bytes());
        assert_eq!(judged, Err(Failure::WrongHostname), "{preset}");
    }
}

#[test]
fn an_android_app_counts_where_the_operator_names_it() {
    for preset in ["recaptcha_v2", "recaptcha_v3"] {
        let answer = success(preset).replace(
            "hostname\": \"example.com",
            "apk_package_name\": \"com.example.shop",
        );
        let of = |app: &str| {
            let settings = Settings {
                android_apps: vec![app.to_owned()],
                ..settings(preset)
            };
            let service = Service::preset(preset).expect("a preset");
            let captcha = site(service, settings).expect("a captcha");
            assessment(&captcha, 200, answer.as_bytes())
        };
        assert!(of("com.example.shop").is_ok(), "{preset}");
        assert_eq!(
            of("com.example.shop2"),
            Err(Failure::WrongHostname),
            "{preset}"
        );
        let none = assessment(&captcha(preset), 200, answer.as_bytes());
        assert_eq!(none, Err(Failure::WrongHostname), "{preset}");
    }
    let settings = Settings {
        android_apps: vec!["com.example.shop".to_owned()],
        ..settings("hcaptcha")
    };
    assert!(site(Service::preset("hcaptcha").expect("a preset"), settings).is_err());
}
