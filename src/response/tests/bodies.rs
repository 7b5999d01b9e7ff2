//! What bodies say, whole or in pieces.

use proptest::prelude::*;

use super::*;

const OK: [(&str, &str); 2] = [(":status", "200"), ("content-type", "text/html")];

fn failing(body: Vec<BodySign>) -> Classifier {
    let failure = Signs {
        body,
        ..Signs::default()
    };
    Classifier::new(failure, Signs::default_success())
}

fn says(path: &str) -> BodySign {
    BodySign::Says(pointer(path))
}

fn is(path: &str, value: Scalar) -> BodySign {
    BodySign::Equals(pointer(path), value)
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

fn fits(sign: BodySign, body: &[u8]) -> bool {
    match whole(&failing(vec![sign]), &OK, body) {
        LoginResult::Failure => true,
        LoginResult::Success => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_stands_whole_in_the_first_kib_or_not_at_all() {
    let sign = || BodySign::Contains("Invalid password".to_owned());
    assert!(fits(sign(), b"<p>Invalid password</p>"));
    assert!(!fits(sign(), b"<p>Invalid Password</p>"));
    assert!(!fits(sign(), b""));
    for (before, found) in [(0, true), (1_008, true), (1_009, false), (5_000, false)] {
        let body = ["x".repeat(before), "Invalid password".to_owned()].concat();
        assert_eq!(fits(sign(), body.as_bytes()), found, "after {before}");
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
fn of_two_alike_keys_the_first_counts() {
    assert!(fits(
        is("/ok", Scalar::Bool(false)),
        br#"{"ok":false,"ok":true}"#
    ));
    assert!(!fits(
        is("/ok", Scalar::Bool(false)),
        br#"{"ok":true,"ok":false}"#
    ));
    assert!(!fits(says("/a/b"), br#"{"a":{},"a":{"b":1}}"#));
}

#[test]
fn a_value_is_found_in_a_document_that_is_cut_off() {
    let padding = "x".repeat(2_000);
    let found = |sign, start: &str| fits(sign, format!("{start}{padding}").as_bytes());
    assert!(found(
        is("/ok", Scalar::Bool(false)),
        r#"{"ok":false,"page":""#
    ));
    assert!(
        found(says("/token"), r#"{"token":"ey"#),
        "a long text says something"
    );
    assert!(!found(is("/token", text("ey")), r#"{"token":"ey"#));
    assert!(!found(says("/ok"), r#"{"page":""#), "it comes too late");
    let cut = format!("{{\"page\":\"{}\",\"n\":12", "x".repeat(BODY_PREFIX - 19));
    assert_eq!(cut.len(), BODY_PREFIX - 2);
    let (twelve, more) = (format!("{cut}    }}"), format!("{cut}345}}"));
    assert!(fits(is("/n", Scalar::Number(12.0)), twelve.as_bytes()));
    assert!(!fits(is("/n", Scalar::Number(12.0)), more.as_bytes()));
    assert!(
        !fits(is("/n", Scalar::Number(1234.0)), more.as_bytes()),
        "its end is not seen"
    );
}

#[test]
fn what_is_no_json_holds_no_value() {
    for body in [
        &b"<html>"[..],
        b"{",
        b"{\"error\"",
        b"{\"error\":",
        b"{\"error\":}",
        b"{\"error\" 1}",
        b"{error:1}",
        b"[\"error\",1]",
        b"}",
        b"{,\"error\":1}",
        b"\"error\"",
        b"{\"a\":1 \"error\":1}",
        b"{\"\xff\":,\"error\":1}",
        b"\xef\xbb\xbf{}",
    ] {
        assert!(
            !fits(says("/error"), body),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let nested = "[".repeat(500_000);
    assert!(!fits(says("/0/0/0/0/0/0/0/1"), nested.as_bytes()));
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
    let Classified::NeedsBody(partial) = classifier.body(partial, b"ba", false) else {
        panic!("more is needed");
    };
    assert_eq!(partial.cut_off(), LoginResult::Unreadable);
    assert_eq!(
        classifier.body(partial, b"bad", false),
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
        ("{\"ok\":false,", Some(LoginResult::Failure)),
        ("{\"ok\":true,", Some(LoginResult::Success)),
        ("<html>", Some(LoginResult::Success)),
    ] {
        let found = classifier.body(partial, first.as_bytes(), false);
        let expected = known.map_or(Classified::NeedsBody(partial), Classified::Known);
        assert_eq!(found, expected, "{first}");
    }
}

/// Bodies that are JSON more often than chance would have it.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"",
        "\\",
        " ",
        "0",
        "1",
        "1.",
        "-",
        "e",
        "true",
        "false",
        "null",
        "bad",
        "ba",
        "d",
        "\u{e9}",
        "{\"a\":",
        "{\"b\":[0,",
    ]);
    let texts = prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat().into_bytes());
    let padded = (texts.clone(), 1_000_usize..1_030, texts.clone())
        .prop_map(|(start, padding, end)| [start, vec![b' '; padding], end].concat());
    prop_oneof![texts, padded, prop::collection::vec(any::<u8>(), 0..64)]
}

fn several() -> Vec<Classifier> {
    let signs = |body| Signs {
        body,
        ..Signs::default()
    };
    let pairs = [
        (vec![BodySign::Contains("bad".to_owned())], vec![says("/a")]),
        (vec![says("/a/b")], vec![is("/a", Scalar::Number(1.0))]),
        (
            vec![is("/b/1", text("a")), is("/a", Scalar::Bool(false))],
            vec![says("")],
        ),
        (
            vec![is("", Scalar::Number(1.0))],
            vec![says("/a"), BodySign::Contains("1".to_owned())],
        ),
    ];
    pairs
        .into_iter()
        .map(|(failure, success)| Classifier::new(signs(failure), signs(success)))
        .collect()
}

proptest! {
    #[test]
    fn a_body_in_pieces_says_what_the_whole_says(
        body in bodies(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        forgets: bool,
    ) {
        for classifier in several() {
            let expected = whole(&classifier, &OK, &body);
            let Classified::NeedsBody(start) = classifier.headers(&block(&OK), false) else {
                panic!("the body is needed");
            };
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
            cuts.sort_unstable();
            let mut partial = start;
            let mut result = None;
            for cut in cuts {
                let from = if forgets { start } else { partial };
                match classifier.body(from, &body[..cut], false) {
                    Classified::Known(known) => {
                        prop_assert_eq!(known, expected, "after {} bytes", cut);
                        result = Some(known);
                        break;
                    }
                    Classified::NeedsBody(more) => partial = more,
                    Classified::NeedsTrailers(_) => panic!("no sign is in trailers"),
                }
            }
            let last = classifier.body(partial, &body, true);
            prop_assert_eq!(result.map_or(last, Classified::Known), Classified::Known(expected));
        }
    }

    #[test]
    fn what_serde_finds_in_a_whole_document_is_found(
        before in prop::collection::vec("[a-z\"\\\\{}\\[\\],: ]{0,8}", 0..5),
        value in -1_000_i32..1_000,
        pad in 0_usize..3,
    ) {
        let before: Vec<serde_json::Value> = before.into_iter().map(serde_json::Value::from).collect();
        let document = serde_json::json!({ "a": { "0": before, "k~/": [null, { "v": value }] }, "z": pad });
        let body = if pad == 0 { document.to_string() } else { serde_json::to_string_pretty(&document).expect("JSON") };
        let path = "/a/k~0~1/1/v";
        prop_assert_eq!(document.pointer(path), Some(&serde_json::Value::from(value)));
        prop_assert!(fits(is(path, Scalar::Number(f64::from(value))), body.as_bytes()));
        prop_assert_eq!(fits(says(path), body.as_bytes()), value != 0);
        prop_assert!(!fits(says("/a/k~0~1/2/v"), body.as_bytes()));
    }
}
