use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn the_content_type_decides_which_source_reads_the_body() {
    let all = [
        form("email"),
        json("/email"),
        AccountSource::Multipart(FieldName::new("email")),
    ];
    let multipart = ("content-type", "multipart/form-data; boundary=B");
    let part = "--B\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nbob\r\n--B--";
    for (kind, body) in [
        (FORM, "email=bob"),
        (JSON, r#"{"email":"bob"}"#),
        (
            ("content-type", "application/vnd.api+json"),
            r#"{"email":"bob"}"#,
        ),
        (multipart, part),
    ] {
        assert_eq!(need(&all, &[kind]), BodyNeed::Needed, "{body}");
        assert_eq!(
            concluded(&all, &[kind], BodyBytes::Whole(body.as_bytes())),
            bob()
        );
    }
    let form_as_json = concluded(&all, &[JSON], BodyBytes::Whole(b"email=bob"));
    assert_eq!(form_as_json, Err(AccountError::Malformed));
}

#[test]
fn a_body_that_is_not_read_is_no_way_round_what_the_head_says() {
    let of = [query("email"), form("email")];
    let target = (":path", "/login?email=bob");
    let body = BodyBytes::Whole(b"email=eve");
    for (lines, error) in [
        (&[target][..], AccountError::ContentType),
        (
            &[target, ("content-type", "text/plain")],
            AccountError::ContentType,
        ),
        (&[target, JSON], AccountError::ContentType),
        (&[target, FORM, FORM], AccountError::ContentType),
        (
            &[target, FORM, ("content-encoding", "gzip")],
            AccountError::Encoded,
        ),
        (
            &[target, ("content-type", "multipart/form-data")],
            AccountError::Malformed,
        ),
    ] {
        assert_eq!(need(&of, lines), BodyNeed::None, "{lines:?}");
        for body in [body, BodyBytes::TooLarge] {
            assert_eq!(concluded(&of, lines, body), Err(error), "{lines:?}");
        }
        for nothing in [BodyBytes::Absent, BodyBytes::Whole(b"")] {
            assert_eq!(concluded(&of, lines, nothing), bob(), "{lines:?}");
        }
    }
    assert_eq!(need(&of, &[target, FORM]), BodyNeed::Needed);
    assert_eq!(
        concluded(&of, &[target, FORM], body),
        Err(AccountError::Conflict)
    );
    let too_large = concluded(&of, &[target, FORM], BodyBytes::TooLarge);
    assert_eq!(too_large, Err(AccountError::TooLarge));
}

#[test]
fn without_a_named_source_the_body_does_not_matter() {
    let of = [header("x-user")];
    let lines = [("x-user", "bob"), ("content-encoding", "gzip")];
    assert_eq!(need(&of, &lines), BodyNeed::None);
    for body in [
        BodyBytes::Absent,
        BodyBytes::TooLarge,
        BodyBytes::Whole(b"email=eve"),
    ] {
        assert_eq!(concluded(&of, &lines, body), bob());
    }
}

#[test]
fn a_form_that_holds_another_document_is_malformed() {
    for body in ["{\"email\":\"bob\"}", "<a>&email=bob", "--B\r\n&email=bob"] {
        let found = concluded(&[form("email")], &[FORM], BodyBytes::Whole(body.as_bytes()));
        assert_eq!(found, Err(AccountError::Malformed), "{body}");
    }
}

#[test]
fn a_json_key_that_could_be_the_one_is_in_doubt() {
    let read = |body: &str| {
        concluded(
            &[json("/user/email")],
            &[JSON],
            BodyBytes::Whole(body.as_bytes()),
        )
    };
    assert_eq!(read(r#"{"User":{"EMAIL":"bob"}}"#), bob());
    for body in [
        r#"{"user":{"email":"bob","email ":"eve"}}"#,
        r#"{"user":{"email":"bob"},"user.email":"eve"}"#,
        r#"{"user":["eve"]}"#,
        r#"[["eve"]]"#,
        r#"{"user":{"email":"bob"},"user[email]":"eve"}"#,
        r#"{"user":{"email":"bob"},"[user]":{"email":"eve"}}"#,
        "{\"user\":{\"email\":\"bob\",\"e\u{200b}mail\":\"eve\"}}",
        "{\"user\":{\"email\":\"bob\",\"email\\u0000\":\"eve\"}}",
    ] {
        assert_eq!(read(body), Err(AccountError::Conflict), "{body}");
    }
    for body in [
        r#"{"user":{"email":"bob","email_confirmation":"eve","profile":{"email":"eve"}},"email":"eve"}"#,
        r#"{"user":{"email":"bob","newEmail":"eve"},"users":[1]}"#,
    ] {
        assert_eq!(read(body), bob(), "{body}");
    }
}

#[test]
fn a_document_in_another_charset_is_read_where_it_is_ascii() {
    let latin = ("content-type", "application/json; charset=ISO-8859-1");
    let read = |body: &[u8]| concluded(&[json("/email")], &[latin], BodyBytes::Whole(body));
    assert_eq!(read(br#"{"email":"bob"}"#), bob());
    assert_eq!(
        read(br#"{"email":"j\u00f6rg"}"#),
        Ok("jo\u{308}rg".to_owned())
    );
    assert_eq!(
        read("{\"email\":\"jörg\"}".as_bytes()),
        Ok("jo\u{308}rg ja\u{303}¶rg".to_owned())
    );
}

#[test]
fn an_empty_body_says_nothing() {
    for body in [BodyBytes::Absent, BodyBytes::Whole(b"")] {
        assert_eq!(
            concluded(&[json("/email")], &[JSON], body),
            Err(AccountError::Missing)
        );
    }
}

#[test]
fn a_json_value_that_is_no_text_is_no_account() {
    let read = |body: &str| {
        concluded(
            &[json("/id"), json("/name")],
            &[JSON],
            BodyBytes::Whole(body.as_bytes()),
        )
    };
    for (body, expected) in [
        (r#"{"id":"bob"}"#, bob()),
        (r#"{"id":"bob","name":"BOB"}"#, bob()),
        (r#"{"id":null,"name":"bob"}"#, bob()),
        (r#"{"id":42}"#, Ok("42".to_owned())),
        (r#"{"id":42,"name":"42"}"#, Ok("42".to_owned())),
        (r#"{"id":"bob","name":"eve"}"#, Err(AccountError::Conflict)),
        (r#"{"id":"bob","Id":"eve"}"#, Err(AccountError::Conflict)),
        (r#"{"id":"bob","id":"eve"}"#, Err(AccountError::Conflict)),
        (r#"{"id":"bob","id":["eve"]}"#, Err(AccountError::NotText)),
        (r#"{"id":["eve"],"name":"bob"}"#, Err(AccountError::NotText)),
        (r#"{"id":1e1}"#, Err(AccountError::NotText)),
        (r#"{"id":null}"#, Err(AccountError::NotText)),
        (r#"{"id":""}"#, Err(AccountError::Missing)),
        (r#"{"other":"bob"}"#, Err(AccountError::Missing)),
        (r#"{"id":"bob"} {}"#, Err(AccountError::Malformed)),
        (r#"{"id":"bo"#, Err(AccountError::Malformed)),
    ] {
        assert_eq!(read(body), expected, "{body}");
    }
}

#[test]
fn every_lack_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = AccountError::ALL
        .into_iter()
        .map(AccountError::name)
        .collect();
    assert_eq!(names.len(), AccountError::ALL.len());
}

proptest! {
    #[test]
    fn any_body_of_any_type_has_a_result(kind: String, body: Vec<u8>) {
        let of = [form("email"), json("/email"), AccountSource::Multipart(FieldName::new("email"))];
        for kind in [kind.as_str(), FORM.1, JSON.1, "multipart/form-data; boundary=B"] {
            let _ = concluded(&of, &[("content-type", kind)], BodyBytes::Whole(&body));
        }
    }
}

/// What is found in a body that the application reads as declared.
#[expect(clippy::panic_in_result_fn, reason = "a test's helper")]
fn declared(of: &[AccountSource], how: Declared, lines: &[(&str, &str)], body: &[u8]) -> Outcome {
    let sources = sources(of).declaring(how);
    let read = sources.read_head(&block(lines));
    assert_eq!(read.body(), BodyNeed::Needed, "{lines:?}");
    text(read.conclude(&sources, BodyBytes::Whole(body)))
}

#[test]
fn a_declared_type_is_read_whatever_the_head_says() {
    let plain = ("content-type", "text/plain;charset=UTF-8");
    let document = br#"{"email":"bob"}"#;
    let as_json = Declared {
        kind: Some(BodyKind::Json),
        ..Declared::default()
    };
    for lines in [&[plain][..], &[FORM], &[JSON], &[]] {
        let found = declared(&[json("/email")], as_json, lines, document);
        assert_eq!(found, bob(), "{lines:?}");
    }
    let as_form = Declared {
        kind: Some(BodyKind::Form),
        ..Declared::default()
    };
    assert_eq!(
        declared(&[form("email")], as_form, &[plain], b"email=bob"),
        bob()
    );
    assert_eq!(
        declared(&[form("email")], as_form, &[JSON], b"email=bob"),
        bob()
    );
    let sources = sources(&[json("/email")]).declaring(as_json);
    for (more, error) in [
        (("content-encoding", "gzip"), AccountError::Encoded),
        (FORM, AccountError::ContentType),
    ] {
        let read = sources.read_head(&block(&[plain, more]));
        let found = read.conclude(&sources, BodyBytes::Whole(document));
        assert_eq!(text(found), Err(error), "{more:?}");
    }
}

#[test]
fn a_declared_charset_is_that_of_bodies_that_name_none() {
    let latin = Declared {
        charset: BodyCharset::Latin1,
        ..Declared::default()
    };
    let utf8 = (
        "content-type",
        "application/x-www-form-urlencoded; charset=utf-8",
    );
    let of = [form("email")];
    assert_eq!(
        concluded(&of, &[FORM], BodyBytes::Whole(b"email=m%FCller")),
        Err(AccountError::NotText)
    );
    let found = declared(&of, latin, &[FORM], b"email=m%FCller").expect("accounts");
    assert!(
        found.split(' ').any(|account| account == "mu\u{308}ller"),
        "{found}"
    );
    assert_eq!(
        declared(&of, latin, &[utf8], "email=müller".as_bytes()),
        Ok("mu\u{308}ller".to_owned())
    );
}
