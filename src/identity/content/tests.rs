use proptest::prelude::*;

use super::*;
use crate::identity::account::{BodyCharset, BodyKind};
use crate::message::serialise;

const FORM: &str = "application/x-www-form-urlencoded";

fn head(target: &str, kind: &str) -> HeaderBlock {
    let lines = [
        (":method", "POST"),
        (":path", target),
        ("content-type", kind),
    ];
    HeaderBlock::new(serialise(
        lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
    ))
}

fn one_of(texts: &[&str]) -> Wanted {
    Wanted::OneOf(texts.iter().map(|text| WantedText::new(text)).collect())
}

fn action(place: fn(FieldName) -> ContentPlace, wanted: Wanted) -> ContentMatch {
    let place = place(FieldName::new("action"));
    ContentMatch::new(vec![ContentTest::new(place, wanted, Declared::default())])
}

/// Whether a form in the body, behind this target, is what is wanted.
fn posted(content: &ContentMatch, target: &str, body: &str) -> Truth {
    let body = match body {
        "" => BodyBytes::Absent,
        body => BodyBytes::Whole(body.as_bytes()),
    };
    content.test(&head(target, FORM), Some(body)).0
}

#[test]
fn a_field_of_a_form_is_one_of_the_texts_or_not() {
    let content = action(ContentPlace::Form, one_of(&["login", "sign in"]));
    for (body, truth) in [
        ("action=login&x=y", Truth::True),
        ("action=sign+in", Truth::True),
        ("a%63tion=l%6fgin", Truth::True),
        ("action=login&action=login", Truth::True),
        ("action=register", Truth::False),
        ("action=", Truth::False),
        ("other=login", Truth::False),
        ("", Truth::False),
    ] {
        assert_eq!(posted(&content, "/a", body), truth, "{body}");
    }
}

#[test]
fn a_text_stands_in_a_value_as_it_is_decoded() {
    let pointer = "/query".parse().expect("a pointer");
    let wanted = Wanted::Contains(WantedText::new("auth_login"));
    let content = ContentMatch::new(vec![ContentTest::new(
        ContentPlace::Json(pointer),
        wanted,
        Declared::default(),
    )]);
    let told = |body: &str| {
        let body = BodyBytes::Whole(body.as_bytes());
        content
            .test(&head("/graphql", "application/json"), Some(body))
            .0
    };
    for (body, truth) in [
        (
            r#"{"query":"mutation { auth_login(email: 1) }"}"#,
            Truth::True,
        ),
        (
            r#"{"query":"mutation { a: auth\u005flogin }"}"#,
            Truth::True,
        ),
        (r#"{"query":"auth_login"}"#, Truth::True),
        (r#"{"query":"{ author { login } }"}"#, Truth::False),
        (
            r#"{"query":"","variables":{"x":"auth_login"}}"#,
            Truth::False,
        ),
        (r#"{"other":"auth_login"}"#, Truth::False),
        (
            r#"{"query":"{ ping }","query":"{ auth_login }"}"#,
            Truth::Unknown,
        ),
        (r#"{"query":"{ Auth-Login }"}"#, Truth::Unknown),
        (r#"{"query":["auth_login"]}"#, Truth::Unknown),
        (r#"{"query":"{ auth_login"#, Truth::Unknown),
    ] {
        assert_eq!(told(body), truth, "{body}");
    }
}

#[test]
fn what_one_reader_may_take_for_it_is_in_doubt() {
    let content = action(ContentPlace::Form, one_of(&["login"]));
    for body in [
        "action=login&action=register",
        "action=register&action=login",
        "action=LOGIN",
        "action=+login",
        "action=login%00",
        "action=%EF%BD%8Cogin",
        "action[]=login",
        "action[x]=register",
        ".action=register",
        "a;action=login",
        "action=login;x",
        "action=%",
        "{\"action\": \"login\"}",
    ] {
        assert_eq!(posted(&content, "/a", body), Truth::Unknown, "{body}");
    }
}

#[test]
fn a_query_says_what_no_body_contradicts() {
    let content = action(ContentPlace::Query, one_of(&["lostpassword"]));
    for (target, body, truth) in [
        ("/a?action=lostpassword", "", Truth::True),
        ("/a?action=lostpassword", "user=x", Truth::True),
        ("/a?action=lostpassword", "action=lostpassword", Truth::True),
        // PHP's $_REQUEST takes the form's.
        ("/a?action=lostpassword", "action=login", Truth::Unknown),
        ("/a?action=login", "action=lostpassword", Truth::Unknown),
        ("/a", "action=lostpassword", Truth::Unknown),
        ("/a?action=login", "user=x", Truth::False),
        ("/a", "user=x", Truth::False),
    ] {
        assert_eq!(posted(&content, target, body), truth, "{target} {body}");
    }
}

#[test]
fn a_cookie_of_the_name_makes_it_doubtful() {
    let content = action(ContentPlace::Query, one_of(&["login"]));
    let lines = [(":path", "/a?action=login"), ("cookie", "action=other")];
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let head = HeaderBlock::new(serialise(lines));
    assert_eq!(
        content.test(&head, Some(BodyBytes::Absent)).0,
        Truth::Unknown
    );
}

#[test]
fn a_value_is_there_or_not_whatever_it_is() {
    for (wanted, there, missing) in [
        (true, Truth::True, Truth::False),
        (false, Truth::False, Truth::True),
    ] {
        let content = action(ContentPlace::Form, Wanted::Present(wanted));
        assert_eq!(posted(&content, "/a", "action=x"), there);
        assert_eq!(posted(&content, "/a", "b=x"), missing);
        assert_eq!(posted(&content, "/a", ""), missing);
        assert_eq!(posted(&content, "/a", "action="), Truth::Unknown);
        assert_eq!(posted(&content, "/a", "action[]=x"), Truth::Unknown);
    }
}

#[test]
fn a_json_document_is_read_by_pointer() {
    let place = ContentPlace::Json("/operationName".parse().expect("a pointer"));
    let content = ContentMatch::new(vec![ContentTest::new(
        place,
        one_of(&["login", "7"]),
        Declared::default(),
    )]);
    let test = |body: &str| {
        let body = BodyBytes::Whole(body.as_bytes());
        content
            .test(&head("/graphql", "application/json"), Some(body))
            .0
    };
    for (body, truth) in [
        (r#"{"operationName": "login"}"#, Truth::True),
        (r#"{"operationName": "\u006cogin"}"#, Truth::True),
        (r#"{"operationName": 7}"#, Truth::True),
        (r#"{"operationName": "other"}"#, Truth::False),
        (r#"{"query": "login"}"#, Truth::False),
        (r#"{"operationName": null}"#, Truth::Unknown),
        (r#"{"operationName": ["login"]}"#, Truth::Unknown),
        (r#"{"operation_name": "login"}"#, Truth::Unknown),
        (
            r#"{"operationName": "x", "operationName": "login"}"#,
            Truth::Unknown,
        ),
        (r#"[{"operationName": "login"}]"#, Truth::Unknown),
        (r#"{"operationName": "login""#, Truth::Unknown),
    ] {
        assert_eq!(test(body), truth, "{body}");
    }
}

#[test]
fn a_body_that_cannot_be_read_leaves_it_open() {
    let content = action(ContentPlace::Form, one_of(&["login"]));
    for body in [BodyBytes::TooLarge, BodyBytes::Late] {
        assert_eq!(
            content.test(&head("/a", FORM), Some(body)),
            (Truth::Unknown, false)
        );
    }
    assert_eq!(
        content.test(&head("/a", FORM), None),
        (Truth::Unknown, true)
    );
    let text = head("/a", "text/plain");
    let body = Some(BodyBytes::Whole(b"action=login"));
    assert_eq!(content.test(&text, body), (Truth::Unknown, false));
    assert_eq!(
        content.test(&text, None),
        (Truth::Unknown, false),
        "nobody need read it"
    );
}

#[test]
fn a_query_needs_no_body_that_has_no_fields() {
    let content = action(ContentPlace::Query, one_of(&["login"]));
    let upload = head("/a?action=login", "application/octet-stream");
    assert_eq!(content.test(&upload, None), (Truth::True, false));
    assert_eq!(
        content.test(&head("/a?action=login", FORM), None),
        (Truth::Unknown, true)
    );
}

#[test]
fn all_tests_must_hold() {
    let test = |name: &str, text: &str| {
        ContentTest::new(
            ContentPlace::Form(FieldName::new(name)),
            one_of(&[text]),
            Declared::default(),
        )
    };
    let content = ContentMatch::new(vec![test("a", "1"), test("b", "2")]);
    assert_eq!(posted(&content, "/", "a=1&b=2"), Truth::True);
    assert_eq!(posted(&content, "/", "a=1&b=3"), Truth::False);
    assert_eq!(posted(&content, "/", "a=1&b[]=2"), Truth::Unknown);
    assert_eq!(posted(&content, "/", "a=3&b[]=2"), Truth::False);
}

proptest! {
    /// Whatever stands beside a field that says something else, it is never certain that a request says what is wanted.
    #[test]
    fn a_second_value_anywhere_never_decides_alone(
        before in "[a-z=&%;+\\[\\]]{0,20}", after in "[a-z=&%;+\\[\\]]{0,20}", query in "[a-z=&%;+]{0,20}",
    ) {
        let content = action(ContentPlace::Form, one_of(&["login"]));
        let form = format!("{before}&action=other&{after}");
        let truth = posted(&content, &format!("/a?{query}"), &form);
        prop_assert_ne!(truth, Truth::True);
        let hidden = format!("{before}&action=other&{after}&action=login");
        prop_assert_eq!(posted(&content, &format!("/a?{query}"), &hidden), Truth::Unknown);
    }

    /// What is certain without the body is so with any.
    #[test]
    fn what_the_head_decides_no_body_changes(
        target in "/a\\?[a-z=&]{0,20}", body in "[a-z=&%]{0,20}", kind in 0..3_usize,
    ) {
        let kind = [FORM, "text/plain", "application/json"][kind];
        for place in [ContentPlace::Query as fn(FieldName) -> ContentPlace, ContentPlace::Form] {
            let content = action(place, one_of(&["login", "a", "n"]));
            let (before, _) = content.test(&head(&target, kind), None);
            let after = content.test(&head(&target, kind), Some(BodyBytes::Whole(body.as_bytes()))).0;
            prop_assert!(before == Truth::Unknown || before == after);
        }
    }
}

/// What is found of a value in a body whose application reads it as declared.
fn declared(place: ContentPlace, text: &str, how: Declared, kind: &str, body: &[u8]) -> Truth {
    let test = ContentTest::new(place, one_of(&[text]), how);
    let body = Some(BodyBytes::Whole(body));
    ContentMatch::new(vec![test])
        .test(&head("/a", kind), body)
        .0
}

#[test]
fn a_declared_type_is_that_of_the_values_too() {
    let as_json = Declared {
        kind: Some(BodyKind::Json),
        ..Declared::default()
    };
    let json = || ContentPlace::Json("/action".parse().expect("a pointer"));
    for kind in ["text/plain;charset=UTF-8", FORM, "application/json"] {
        let told = |how, body: &str| declared(json(), "login", how, kind, body.as_bytes());
        assert_eq!(
            told(as_json, r#"{"action":"login"}"#),
            Truth::True,
            "{kind}"
        );
        assert_eq!(
            told(as_json, r#"{"action":"other"}"#),
            Truth::False,
            "{kind}"
        );
        assert_eq!(told(as_json, "action=login"), Truth::Unknown, "{kind}");
    }
    let plain = "text/plain;charset=UTF-8";
    let undeclared = declared(
        json(),
        "login",
        Declared::default(),
        plain,
        br#"{"action":"login"}"#,
    );
    assert_eq!(undeclared, Truth::Unknown);
    let as_form = Declared {
        kind: Some(BodyKind::Form),
        ..Declared::default()
    };
    let form = ContentPlace::Form(FieldName::new("action"));
    assert_eq!(
        declared(form, "login", as_form, plain, b"action=login"),
        Truth::True
    );
}

#[test]
fn a_declared_charset_is_that_of_the_values_too() {
    let latin = Declared {
        charset: BodyCharset::Latin1,
        ..Declared::default()
    };
    let told = |how, kind: &str, body: &[u8]| {
        let place = ContentPlace::Form(FieldName::new("action"));
        declared(place, "bestätigen", how, kind, body)
    };
    let utf8 = format!("{FORM}; charset=utf-8");
    for (how, kind, body, truth) in [
        // Some reader may take it for UTF-8 all the same.
        (latin, FORM, &b"action=best%E4tigen"[..], Truth::Unknown),
        (latin, FORM, b"action=l%F6schen", Truth::False),
        (latin, FORM, b"action=other", Truth::False),
        (latin, &utf8, b"action=best%C3%A4tigen", Truth::True),
        (latin, "text/plain", b"action=l%F6schen", Truth::Unknown),
    ] {
        let body_text = String::from_utf8_lossy(body);
        assert_eq!(told(how, kind, body), truth, "{kind} {body_text}");
    }
}
