use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Everything at a place; `null` and what is no text in angle brackets.
fn found(pointer: &str, document: &[u8]) -> Result<Vec<String>, NoDocument> {
    let mut all = Vec::new();
    let pointer: JsonPointer = pointer.parse().unwrap();
    pointer.read(document, &mut |found| {
        all.push(match found {
            Found::Text(text) => text.to_owned(),
            Found::Null => "<null>".to_owned(),
            Found::NoText => "<no text>".to_owned(),
            Found::Doubtful => "<doubtful>".to_owned(),
        });
    })?;
    Ok(all)
}

#[test]
fn everything_that_an_application_may_take_for_the_value_is_found() {
    let cases: [(&str, &str, &[&str]); 28] = [
        ("/email", r#"{"email":"bob"}"#, &["bob"]),
        ("/email", r#"{"a":{"email":"eve"},"email":"bob"}"#, &["bob"]),
        ("/user/email", r#"{"user":{"email":"bob"}}"#, &["bob"]),
        ("/user/email", r#"{"email":"eve"}"#, &[]),
        ("/email", r#"{"\u0065mail":"b\u006fb"}"#, &["bob"]),
        (
            "/email",
            r#"{"email":"bob","email":"eve"}"#,
            &["bob", "eve"],
        ),
        (
            "/email",
            r#"{"email":"bob","EMAIL":"eve"}"#,
            &["bob", "eve"],
        ),
        ("/Email", r#"{"email":"bob"}"#, &["bob"]),
        ("/user", r#"{"uſer":"eve"}"#, &["<doubtful>"]),
        ("/kind", "{\"\u{212a}ind\":\"eve\"}", &["<doubtful>"]),
        (
            "/user/email",
            r#"{"user":{"email":"bob"},"User":{"eMail":"eve"},"user":1}"#,
            &["bob", "eve"],
        ),
        ("/id", r#"{"id":9007199254740991}"#, &["9007199254740991"]),
        ("/id", r#"{"id":9007199254740992}"#, &["<no text>"]),
        ("/id", r#"{"id":-9007199254740992}"#, &["<no text>"]),
        ("/id", r#"{"id":-7}"#, &["-7"]),
        ("/id", r#"{"id":1e3}"#, &["<no text>"]),
        ("/id", r#"{"id":1.0}"#, &["<no text>"]),
        ("/id", r#"{"id":123456789012345678901}"#, &["<no text>"]),
        ("/id", r#"{"id":true}"#, &["<no text>"]),
        ("/id", r#"{"id":null}"#, &["<null>"]),
        ("/id", r#"{"id":["bob",{"a":1}]}"#, &["<no text>"]),
        ("/id", r#"{"id":{"id":"bob"}}"#, &["<no text>"]),
        ("/0/id", r#"[{"id":"bob"},{"id":"eve"}]"#, &["bob"]),
        ("/1/id", r#"[{"id":"bob"},{"id":"eve"}]"#, &["eve"]),
        ("/0", r#"{"0":"bob"}"#, &["bob"]),
        ("/01", r#"["a","b"]"#, &["<doubtful>"]),
        ("/a~1b/~0/", r#"{"a/b":{"~":{"":"bob"}}}"#, &["bob"]),
        ("/email", r#" "bob" "#, &[]),
    ];
    for (pointer, document, expected) in cases {
        let expected = Ok(expected.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(found(pointer, document.as_bytes()), expected, "{document}");
    }
}

#[test]
fn what_is_no_json_document_is_not_read() {
    let utf_16: Vec<u8> = r#"{"email":"bob"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let documents: [&[u8]; 13] = [
        b"",
        b" ",
        b"{",
        b"\xef\xbb\xbf{\"email\":\"bob\"}",
        &utf_16,
        br#"{"email":"bob"}x"#,
        br#"{"email":"bob"}{"email":"eve"}"#,
        br#"{"email":"bob",}"#,
        br#"{'email':'bob'}"#,
        br#"{"email":NaN}"#,
        br#"{"email":"bob"/**/}"#,
        br#"{"email":"\ud800"}"#,
        b"{\"email\":\"\xff\"}",
    ];
    for document in documents {
        let shown = String::from_utf8_lossy(document);
        assert_eq!(found("/email", document), Err(NoDocument), "{shown}");
    }
}

#[test]
fn hostile_documents_of_a_megabyte_have_a_defined_result() {
    let half = 1 << 19;
    let deep = format!(
        "{{\"a\":{}{},\"email\":\"bob\"}}",
        "[".repeat(half),
        "]".repeat(half)
    );
    assert_eq!(found("/email", deep.as_bytes()), Ok(vec!["bob".to_owned()]));
    assert_eq!(
        found("/email", "{\"email\":".repeat(half / 4).as_bytes()),
        Err(NoDocument)
    );
    assert_eq!(found("/0", "[".repeat(half).as_bytes()), Err(NoDocument));
    let keys = "\"email\":\"x\",".repeat(half / 6);
    let many = found("/email", format!("{{{keys}\"email\":1}}").as_bytes());
    assert_eq!(many, Err(NoDocument));
    let keys = "\"email\":\"x\",".repeat(999);
    let few = found("/email", format!("{{{keys}\"email\":1}}").as_bytes()).unwrap();
    assert_eq!(few.len(), 1_000);
    let inside = format!("{{\"a\":{{{keys}\"b\":1}},\"email\":\"bob\"}}");
    assert_eq!(
        found("/email", inside.as_bytes()),
        Ok(vec!["bob".to_owned()])
    );
}

#[test]
fn only_pointers_to_a_value_within_a_document_are_pointers() {
    let long = "/a".repeat(MAX_PARTS + 1);
    for text in ["", "email", "/a~", "/a~2", &long] {
        assert_eq!(text.parse::<JsonPointer>(), Err(NoPointer), "{text}");
    }
    assert_eq!("/email".parse(), Ok(JsonPointer::key("email")));
    assert!("/a".repeat(MAX_PARTS).parse::<JsonPointer>().is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_read(document: Vec<u8>) {
        let _ = found("/email", &document);
    }

    #[test]
    fn a_text_is_found_wherever_serde_json_finds_it(
        keys in prop::collection::vec("[a-z~/\"\\\\é]{1,6}", 1..5), text in "\\PC{0,20}",
    ) {
        let escaped = |key: &String| key.replace('~', "~0").replace('/', "~1");
        let pointer: String = keys.iter().map(|key| format!("/{}", escaped(key))).collect();
        let document = keys.iter().rev().fold(Value::String(text.clone()), |inner, key| {
            Value::Object([(key.clone(), inner)].into_iter().collect())
        });
        prop_assert_eq!(found(&pointer, document.to_string().as_bytes()), Ok(vec![text]));
    }
}
