//! What is read of the password of a request.

use super::*;
use crate::address::HeaderName;
use crate::identity::account::{AccountSource, BodyBytes, Declared};
use crate::identity::{FieldName, JsonPointer};
use crate::message::{HeaderBlock, serialise};

fn head(kind: &str) -> HeaderBlock {
    let lines = [("content-type", kind), (":path", "/login")];
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    HeaderBlock::new(serialise(lines))
}

fn read(kind: &str, body: BodyBytes<'_>) -> Password {
    let places = PasswordPlaces::new(
        vec![
            AccountSource::Form(FieldName::new("password")),
            AccountSource::Json(JsonPointer::key("password")),
        ],
        Declared::default(),
    );
    places.read_head(&head(kind)).conclude(&places, body)
}

#[test]
fn a_password_is_read_as_clients_write_it_or_not_for_certain() {
    const FORM: &str = "application/x-www-form-urlencoded";
    const JSON: &str = "application/json";
    let known = |text: &str| Password::Known(Digest::of(text.as_bytes()));
    let long = format!("password={}", "a".repeat(4_097));
    for (kind, body, expected) in [
        (
            FORM,
            "email=a&password=pass+w%C3%B6rd",
            known("pass w\u{f6}rd"),
        ),
        (FORM, "password=a&password=a", known("a")),
        (FORM, "email=a", Password::Absent),
        (FORM, "password=", Password::Absent),
        (FORM, "password=a&password=b", Password::Unclear),
        (FORM, "password=a&password[]=b", Password::Unclear),
        (FORM, "password=a%00", Password::Unclear),
        (FORM, "password=%ff", Password::Unclear),
        (FORM, long.as_str(), Password::Unclear),
        (JSON, r#"{"password": "p\u00e4ss"}"#, known("p\u{e4}ss")),
        (JSON, r#"{"password": 12345678}"#, known("12345678")),
        // Scripts read other texts of these than stand there.
        (JSON, r#"{"password": 9007199254740993}"#, Password::Unclear),
        (JSON, r#"{"password": 1.2345678e7}"#, Password::Unclear),
        (JSON, r#"{"password": 12345678.0}"#, Password::Unclear),
        (JSON, r#"{"password": true}"#, Password::Unclear),
        (JSON, r#"{"password": "p\u0041ss"}"#, known("pAss")),
        (JSON, r#"{"password": "\ud83d\ude00"}"#, known("\u{1f600}")),
        (JSON, r#"{"password": "a\ud83d"}"#, Password::Unclear),
        (
            JSON,
            r#"{"password": "a", "Password": "b"}"#,
            Password::Unclear,
        ),
        // Some applications trim, WordPress among them.
        (FORM, "password=password+", Password::Unclear),
        (FORM, "password=%20password", Password::Unclear),
        (FORM, "password=password%C2%A0", Password::Unclear),
        (FORM, "password=%EF%BB%BFpassword", Password::Unclear),
        (JSON, r#"{"password": "password "}"#, Password::Unclear),
        (FORM, "password=a%2Bb%25", known("a+b%")),
        (FORM, "password=a%", Password::Unclear),
        (FORM, "password=a&p%61ssword=b", Password::Unclear),
        (FORM, "password=&password=a", known("a")),
        (JSON, r#"{"user": "a"}"#, Password::Absent),
        (JSON, r#"{"password": null}"#, Password::Absent),
        (
            JSON,
            r#"{"password": "a", "password": "b"}"#,
            Password::Unclear,
        ),
        (JSON, r#"{"password": ["a"]}"#, Password::Unclear),
        (JSON, r#"{"password": "a""#, Password::Unclear),
        ("text/plain", "password=a", Password::Unclear),
    ] {
        assert_eq!(
            read(kind, BodyBytes::Whole(body.as_bytes())),
            expected,
            "{body:.60}"
        );
    }
    assert_eq!(read(FORM, BodyBytes::Absent), Password::Absent);
    assert_eq!(read(FORM, BodyBytes::TooLarge), Password::Unclear);
    assert_eq!(read(FORM, BodyBytes::Late), Password::Unclear);
}

#[test]
fn a_password_in_parts_or_codings_is_read_or_not_for_certain() {
    let places = PasswordPlaces::new(
        vec![AccountSource::Multipart(FieldName::new("password"))],
        Declared::default(),
    );
    let read = |lines: &[(&str, &str)], body: &str| {
        let lines = lines.iter().chain(&[(":path", "/login")]);
        let lines = lines.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let head = HeaderBlock::new(serialise(lines));
        let body = BodyBytes::Whole(body.as_bytes());
        places.read_head(&head).conclude(&places, body)
    };
    let kind = ("content-type", "multipart/form-data; boundary=b");
    let part = |more: &str, value: &str| {
        format!("--b\r\ncontent-disposition: form-data; name=\"password\"{more}\r\n\r\n{value}\r\n")
    };
    let known = |text: &str| Password::Known(Digest::of(text.as_bytes()));
    for (parts, expected) in [
        (part("", "p+%41 a"), known("p+%41 a")),
        (part("", "a") + &part("", "a"), known("a")),
        (part("", "a") + &part("", "b"), Password::Unclear),
        (part("", "a "), Password::Unclear),
        (part("", "a\r\n"), Password::Unclear),
        (
            part("\r\ncontent-transfer-encoding: base64", "YQ=="),
            Password::Unclear,
        ),
        (
            part("\r\ncontent-type: text/plain; charset=utf-16", "a"),
            Password::Unclear,
        ),
    ] {
        assert_eq!(
            read(&[kind], &format!("{parts}--b--\r\n")),
            expected,
            "{parts}"
        );
    }
    let whole = part("", "a") + "--b--\r\n";
    for lines in [
        &[kind, ("content-encoding", "gzip")][..],
        &[kind, kind],
        &[kind, ("content-type", "application/json")],
        &[("content-type", "multipart/form-data")],
        &[("content-type", "application/json; charset=utf-16")],
        &[],
    ] {
        assert_eq!(read(lines, &whole), Password::Unclear, "{lines:?}");
    }
}

#[test]
fn a_password_is_read_from_query_header_and_credentials() {
    let known = |text: &str| Password::Known(Digest::of(text.as_bytes()));
    let places = [
        AccountSource::Query(FieldName::new("password")),
        AccountSource::Header(HeaderName::new("x-password").expect("a name")),
        AccountSource::BasicPassword,
    ];
    let read = |lines: &[(&str, &str)]| {
        let lines = lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let head = HeaderBlock::new(serialise(lines));
        let places = PasswordPlaces::new(places.to_vec(), Declared::default());
        places
            .read_head(&head)
            .conclude(&places, BodyBytes::Whole(b""))
    };
    let path = (":path", "/login");
    for (lines, expected) in [
        (&[(":path", "/login?password=a%62")][..], known("ab")),
        (&[path, ("x-password", "ab")], known("ab")),
        // bob:pw, :p:w, bob, bob: and the two spellings of p\u{e4}ss.
        (&[path, ("authorization", "Basic Ym9iOnB3")], known("pw")),
        (&[path, ("authorization", "basic OnA6dw==")], known("p:w")),
        (&[path, ("authorization", "Basic Ym9i")], Password::Unclear),
        (
            &[path, ("authorization", "Basic Ym9iOg==")],
            Password::Absent,
        ),
        (
            &[path, ("authorization", "Basic Ym9iOnDDpHNz")],
            Password::Unclear,
        ),
        (
            &[path, ("authorization", "Basic Ym9iOnDkc3M=")],
            Password::Unclear,
        ),
        (
            &[path, ("authorization", "Bearer Ym9iOnB3")],
            Password::Absent,
        ),
        (
            &[
                path,
                ("authorization", "Basic Ym9iOnB3"),
                ("authorization", "Basic Ym9iOnB4"),
            ],
            Password::Unclear,
        ),
        (
            &[
                path,
                ("authorization", "Basic Ym9iOnB3"),
                ("x-password", "ab"),
            ],
            Password::Unclear,
        ),
        (&[path], Password::Absent),
    ] {
        assert_eq!(read(lines), expected, "{lines:?}");
    }
}
