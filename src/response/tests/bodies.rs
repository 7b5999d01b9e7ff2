//! What bodies say, whole or in pieces.

use super::*;

pub(super) const OK: [(&str, &str); 2] = [(":status", "200"), ("content-type", "text/html")];

pub(super) fn failing(body: Vec<BodySign>) -> Classifier {
    let failure = Signs {
        body,
        ..Signs::default()
    };
    Classifier::new(failure, Signs::default_success())
}

pub(super) fn says(path: &str) -> BodySign {
    BodySign::Says(pointer(path))
}

pub(super) fn is(path: &str, value: Scalar) -> BodySign {
    BodySign::Equals(pointer(path), value)
}

pub(super) fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

/// What this sign of a failure makes of a body in one piece.
fn read(sign: BodySign, body: &[u8]) -> LoginResult {
    whole(&failing(vec![sign]), &OK, body)
}

pub(super) fn fits(sign: BodySign, body: &[u8]) -> bool {
    match read(sign, body) {
        LoginResult::Failure => true,
        LoginResult::Success => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_is_found_however_deep_it_stands() {
    let sign = || BodySign::Contains("Invalid password".to_owned());
    assert!(fits(sign(), b"<p>Invalid password</p>"));
    assert!(!fits(sign(), b"<p>Invalid Password</p>"));
    assert!(!fits(sign(), b""));
    for before in [0, 1_008, 5_000, 60_000] {
        let body = ["x".repeat(before), "Invalid password".to_owned()].concat();
        assert!(fits(sign(), body.as_bytes()), "after {before}");
    }
}

#[test]
fn a_value_that_is_null_false_zero_or_empty_says_nothing() {
    for value in [
        "null", "false", "0", "-0", "0.00", "0e9", "\"\"", "[]", "{}", "[ ]", "{\n}",
    ] {
        assert!(
            !fits(says("/error"), format!("{{\"error\": {value}}}").as_bytes()),
            "{value}"
        );
    }
    for value in [
        "true",
        "1",
        "-0.01",
        "10e0",
        "\"no\"",
        "\"\\u0000\"",
        "[0]",
        "{\"a\":null}",
    ] {
        assert!(
            fits(says("/error"), format!("{{\"error\": {value}}}").as_bytes()),
            "{value}"
        );
    }
    assert!(!fits(says("/error"), b"{\"other\": 1}"));
    assert!(!fits(says("/error"), b""));
}

#[test]
fn values_are_compared_by_what_they_mean() {
    for (value, expected, found) in [
        ("false", Scalar::Bool(false), true),
        ("true", Scalar::Bool(false), false),
        ("\"false\"", Scalar::Bool(false), true),
        ("\"no\"", Scalar::Bool(false), true),
        ("\"OFF\"", Scalar::Bool(false), true),
        ("\"nO\"", Scalar::Bool(false), false),
        ("\"yes\"", Scalar::Bool(false), false),
        ("\"yes\"", Scalar::Bool(true), true),
        ("0", Scalar::Bool(false), false),
        ("null", Scalar::Bool(false), false),
        ("falsehood", Scalar::Bool(false), false),
        ("1", Scalar::Number(1.0), true),
        ("1.0", Scalar::Number(1.0), true),
        ("10e-1", Scalar::Number(1.0), true),
        ("\"1\"", Scalar::Number(1.0), true),
        ("\"1.0\"", Scalar::Number(1.0), true),
        ("\"1x\"", Scalar::Number(1.0), false),
        ("\"\"", Scalar::Number(0.0), false),
        ("0.5", text("0.5"), true),
        ("5e-1", text("0.5"), true),
        ("1", text("01"), false),
        ("true", text("true"), true),
        ("true", text("yes"), false),
        ("null", text("null"), false),
        ("12", Scalar::Number(1.0), false),
        ("\"no\"", text("no"), true),
        ("\"n\\u006f\"", text("no"), true),
        ("\"n\\o\"", text("no"), false),
        ("\"nope\"", text("no"), false),
        ("\"a\\\"b\"", text("a\"b"), true),
        ("\"\"", text(""), true),
        ("no", text("no"), false),
        ("\"\\ud83d\\ude00\"", text("\u{1f600}"), true),
        ("\"\\ud83d\"", text("\u{fffd}"), false),
    ] {
        let body = format!("{{\"v\":{value}}}");
        assert_eq!(
            fits(is("/v", expected.clone()), body.as_bytes()),
            found,
            "{value}"
        );
    }
    assert!(fits(is("", Scalar::Bool(false)), b" false "));
    assert!(fits(is("", Scalar::Number(7.0)), b"7"));
}

#[test]
fn pointers_lead_into_objects_and_lists() {
    let body = br#" { "a/b" : {"m~n": [10, [20, {"": "deep"}], "\"]}"]}, "0": 1, "a\u0062": true, "list": [] } "#;
    for (path, expected) in [
        ("/a~1b/m~0n/0", Some(Scalar::Number(10.0))),
        ("/a~1b/m~0n/1/1/", Some(text("deep"))),
        ("/a~1b/m~0n/2", Some(text("\"]}"))),
        ("/0", Some(Scalar::Number(1.0))),
        ("/ab", Some(Scalar::Bool(true))),
        ("/list/0", None),
        ("/a~1b/m~0n/3", None),
        ("/a~1b/m~0n/00", None),
        ("/a~1b/m~0n/-", None),
        ("/a~1b/m~0n/99999999999999999999", None),
        ("/a~1b/m~0n/18446744073709551615", None),
        ("/0/0", None),
    ] {
        match expected {
            Some(value) => assert!(fits(is(path, value), body), "{path}"),
            None => assert!(!fits(says(path), body), "{path}"),
        }
    }
    for text in [
        "error",
        "/a~2",
        "/a~",
        &"/a".repeat(17),
        &format!("/{}", "a".repeat(256)),
    ] {
        assert!(text.parse::<Pointer>().is_err(), "{text}");
    }
}

#[test]
fn two_alike_keys_on_the_way_cannot_be_read() {
    for body in [
        &br#"{"ok":false,"ok":true}"#[..],
        br#"{"ok":true,"ok":false}"#,
        br#"{"ok":true,"\u006fk":true}"#,
    ] {
        let found = read(is("/ok", Scalar::Bool(false)), body);
        assert_eq!(found, LoginResult::Unreadable);
    }
    let twice = br#"{"a":{},"a":{"b":1}}"#;
    assert_eq!(read(says("/a/b"), twice), LoginResult::Unreadable);
    assert!(fits(says("/b"), br#"{"a":1,"a":2,"b":1}"#), "elsewhere");
}

#[test]
fn what_a_client_has_echoed_before_the_result_hides_it_from_nobody() {
    let echo = "x".repeat(50_000);
    let body = format!("{{\"next\":\"{echo}\",\"ok\":false}}");
    let classifier = failing(vec![is("/ok", Scalar::Bool(false))]);
    assert_eq!(
        whole(&classifier, &OK, body.as_bytes()),
        LoginResult::Failure
    );
    let Classified::NeedsBody(partial) = classifier.headers(&block(&OK), false) else {
        panic!("the body is needed");
    };
    let cut = body.as_bytes().get(..40_000).expect("so much");
    assert_eq!(
        classifier.body(partial, cut, Extent::Bounded),
        Classified::Known(LoginResult::Unreadable)
    );
    assert_eq!(
        classifier.body(partial, cut, Extent::Whole),
        Classified::Known(LoginResult::Unreadable)
    );
}

#[test]
fn a_sign_of_failure_anywhere_beats_one_of_success() {
    let sign = |text: &str| Signs {
        body: vec![BodySign::Contains(text.to_owned())],
        ..Signs::default()
    };
    let classifier = Classifier::new(sign("Wrong"), sign("Welcome"));
    let page = format!("Welcome{}Wrong", " ".repeat(30_000));
    assert_eq!(
        whole(&classifier, &OK, page.as_bytes()),
        LoginResult::Failure
    );
    let Classified::NeedsBody(partial) = classifier.headers(&block(&OK), false) else {
        panic!("the body is needed");
    };
    let open = classifier.body(partial, b"Welcome, ", Extent::Open);
    assert!(matches!(open, Classified::NeedsBody(_)), "{open:?}");
    assert_eq!(
        classifier.body(partial, b"Welcome, ", Extent::Bounded),
        Classified::Known(LoginResult::Unreadable)
    );
}

#[test]
fn what_is_no_json_cannot_be_read() {
    for body in [
        &b"<html>"[..],
        b"{",
        b"{\"error\"",
        b"{\"error\":",
        b"{\"error\":}",
        b"{\"error\" 1}",
        b"{error:1}",
        b"}",
        b"{,\"error\":1}",
        b"{\"a\":1 \"error\":1}",
        b"{\"\xff\":,\"error\":1}",
        b"\xef\xbb\xbf{}",
        b"{\"error\":0",
    ] {
        let found = read(says("/error"), body);
        assert_eq!(
            found,
            LoginResult::Unreadable,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    for body in [&b"[\"error\",1]"[..], b"\"error\"", b"null", b" ", b"{}"] {
        assert!(
            !fits(says("/error"), body),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let nested = "[".repeat(500_000);
    let found = read(says("/0/0/0/0/0/0/0/1"), nested.as_bytes());
    assert_eq!(found, LoginResult::Unreadable);
    assert!(
        fits(says("/a"), b"{\"\xff\":[[{}]],\"a\":1}"),
        "what is passed over is not checked"
    );
}

#[test]
fn a_body_that_cannot_be_read_says_nothing_unless_a_failure_is_known() {
    let classifier = failing(vec![says("/error")]);
    for (name, value) in [
        ("content-encoding", "gzip"),
        ("Content-Encoding", "identity, br"),
        ("content-encoding", "GZIP"),
    ] {
        let lines = [(":status", "200"), (name, value)];
        let found = classifier.headers(&block(&lines), false);
        assert_eq!(found, Classified::Known(LoginResult::Unreadable), "{value}");
        let ended = classifier.headers(&block(&lines), true);
        assert_eq!(
            ended,
            Classified::Known(LoginResult::Success),
            "nothing to read"
        );
    }
    let range = block(&[(":status", "206")]);
    assert_eq!(
        classifier.headers(&range, false),
        Classified::Known(LoginResult::Unreadable),
        "a part from somewhere"
    );
    for value in ["identity", "Identity", "", " identity , "] {
        let lines = [(":status", "200"), ("content-encoding", value)];
        assert_eq!(
            whole(&classifier, &lines, b"{\"error\":1}"),
            LoginResult::Failure,
            "{value}"
        );
    }
    let mut failure = Signs::default_failure();
    failure.body = vec![says("/error")];
    let lines = [(":status", "401"), ("content-encoding", "gzip")];
    assert_eq!(
        whole(
            &Classifier::new(failure, Signs::default_success()),
            &lines,
            b""
        ),
        LoginResult::Failure
    );
    let success = Signs {
        body: vec![says("/token")],
        ..Signs::default()
    };
    let classifier = Classifier::new(Signs::default_failure(), success);
    let lines = [(":status", "200"), ("content-encoding", "gzip")];
    assert_eq!(whole(&classifier, &lines, b""), LoginResult::Unreadable);
}

#[test]
fn a_stream_that_breaks_off_before_its_sign_is_unreadable() {
    let classifier = failing(vec![BodySign::Contains("bad".to_owned())]);
    let Classified::NeedsBody(partial) = classifier.headers(&block(&OK), false) else {
        panic!("the body is needed");
    };
    assert_eq!(partial.cut_off(), LoginResult::Unreadable);
    let Classified::NeedsBody(partial) = classifier.body(partial, b"ba", Extent::Open) else {
        panic!("more is needed");
    };
    assert_eq!(partial.cut_off(), LoginResult::Unreadable);
    assert_eq!(
        classifier.body(partial, b"bad", Extent::Open),
        Classified::Known(LoginResult::Failure)
    );
}

#[test]
fn a_body_is_read_no_further_than_its_first_decision() {
    let classifier = failing(vec![is("/ok", Scalar::Bool(false))]);
    let Classified::NeedsBody(partial) = classifier.headers(&block(&OK), false) else {
        panic!("the body is needed");
    };
    for (first, known) in [
        ("{\"ok\":fals", None),
        ("{\"ok\":true,", None),
        ("{\"ok\":false}", Some(LoginResult::Failure)),
        ("{\"ok\":true}", Some(LoginResult::Success)),
        ("<html>", Some(LoginResult::Unreadable)),
    ] {
        let found = classifier.body(partial, first.as_bytes(), Extent::Open);
        let expected = known.map_or(Classified::NeedsBody(partial), Classified::Known);
        assert_eq!(found, expected, "{first}");
    }
}
