use serde_json::{Value, json};

use super::*;
use crate::address::ClientAddress;
use crate::config::error::ConfigErrors;
use crate::identity::account::{BodyBytes, BodyNeed};
use crate::identity::session::SessionSources;
use crate::json::{self, Json};
use crate::message::{HeaderBlock, serialise};

fn compiled(tree: &Value) -> Result<Identity, ConfigErrors> {
    let tree = json!({ "identity": tree });
    let tree = Json::parse(tree.to_string().as_bytes()).unwrap();
    let raw: RawIdentity = json::read(tree.get("identity").unwrap()).map_err(ConfigErrors)?;
    let mut mistakes = Mistakes::new(&tree);
    let identity = compile(&raw, &Place::Top.field("identity"), &mut mistakes);
    mistakes.unless_any(Some(identity)).map_err(ConfigErrors)
}

fn refused(tree: &Value, path: &str, words: &str) {
    let errors = compiled(tree).expect_err(path);
    let told = errors
        .0
        .iter()
        .any(|error| error.path.to_string() == path && error.to_string().contains(words));
    assert!(told, "expected {path}: ..{words}.. in:\n{errors}");
}

fn block(lines: &[(&str, &str)]) -> HeaderBlock {
    HeaderBlock::new(serialise(
        lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
    ))
}

#[test]
fn nothing_written_reads_no_account_and_no_session() {
    let identity = compiled(&json!({})).unwrap();
    assert_eq!(identity.account, None);
    assert_eq!(identity.session, SessionSources::default());
    assert_eq!(identity.body_limit, 64 << 10);
    assert_eq!(identity.body_timeout, std::time::Duration::from_secs(60));
    assert_eq!(identity.subnet, PrefixLengths::new(24, 64).unwrap());
}

#[test]
fn every_place_of_an_account_is_read_as_written() {
    let token = "Bearer e30.eyJzdWIiOiJib2IiLCJ1Ijp7ImlkIjoiYm9iIn19.s";
    for (source, lines) in [
        (json!({ "header": "X-User" }), [("x-user", "bob")]),
        (json!({ "query": "user" }), [(":path", "/?user=bob")]),
        (json!("basic"), [("authorization", "Basic Ym9iOnB3")]),
        (json!({ "path_segment": 2 }), [(":path", "/users/bob")]),
        (json!({ "cookie": "user" }), [("cookie", "user=bob")]),
        (json!({ "claim": "sub" }), [("authorization", token)]),
        (json!({ "claim": "/u/id" }), [("authorization", token)]),
    ] {
        let identity = compiled(&json!({ "account": [source] })).expect("it compiles");
        let sources = identity.account.unwrap();
        let reading = sources.read_head(&block(&lines));
        assert_eq!(reading.body(), BodyNeed::None);
        let account = reading.conclude(&sources, BodyBytes::Absent);
        assert_eq!(
            account.unwrap().certain().unwrap().as_bytes(),
            b"bob",
            "{source}"
        );
    }
    let part = "--B\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nbob\r\n--B--";
    for (source, kind, body) in [
        (
            json!({ "form": "user" }),
            "application/x-www-form-urlencoded",
            "user=bob",
        ),
        (
            json!({ "json": "/user" }),
            "application/json",
            r#"{"user":"bob"}"#,
        ),
        (
            json!({ "multipart": "user" }),
            "multipart/form-data; boundary=B",
            part,
        ),
    ] {
        let identity = compiled(&json!({ "account": ["basic", source] })).expect("it compiles");
        let sources = identity.account.unwrap();
        let reading = sources.read_head(&block(&[("content-type", kind)]));
        assert_eq!(reading.body(), BodyNeed::Needed);
        let account = reading.conclude(&sources, BodyBytes::Whole(body.as_bytes()));
        assert_eq!(
            account.unwrap().certain().unwrap().as_bytes(),
            b"bob",
            "{source}"
        );
    }
}

#[test]
fn every_place_of_a_session_is_read_as_written() {
    let lines = [
        ("cookie", "sid=a"),
        ("x-session", "b"),
        // {"sid":"c"}
        ("authorization", "Bearer eyJh.eyJzaWQiOiJjIn0.s"),
    ];
    let session =
        json!([{ "cookie": "sid" }, { "header": "x-session" }, { "claim": "sid" }, "bearer"]);
    let identity = compiled(&json!({ "session": session })).unwrap();
    let found = identity.session.read(&block(&lines));
    let found: Vec<&[u8]> = found.iter().map(|session| session.written()).collect();
    assert_eq!(found, [&b"a"[..], b"b", b"c", b"eyJh.eyJzaWQiOiJjIn0"]);
}

#[test]
fn the_rules_for_spellings_are_those_written() {
    let account = |normalise: Value, raw: &str| {
        let tree = json!({ "account": [{ "header": "x" }], "normalise": normalise });
        let sources = compiled(&tree).unwrap().account.unwrap();
        let reading = sources.read_head(&block(&[("x", raw)]));
        let account = reading.conclude(&sources, BodyBytes::Absent).unwrap();
        String::from_utf8(account.certain().unwrap().as_bytes().to_vec()).unwrap()
    };
    let raw = "J.os\u{e9}+Tag@X.DE";
    for (rules, expected) in [
        (json!({}), "j.ose\u{301}+tag@x.de"),
        (
            json!({ "case": "fold", "accents": "keep", "dots": "keep", "tags": "keep" }),
            "j.ose\u{301}+tag@x.de",
        ),
        (json!({ "case": "keep" }), "J.ose\u{301}+Tag@x.de"),
        (json!({ "accents": "remove" }), "j.ose+tag@x.de"),
        (json!({ "dots": "remove" }), "jose\u{301}+tag@x.de"),
        (json!({ "tags": "remove" }), "j.ose\u{301}@x.de"),
    ] {
        assert_eq!(account(rules.clone(), raw), expected, "{rules}");
    }
    let blanks = json!({ "blanks": "remove" });
    assert_eq!(account(blanks, "b ob @x.de"), "bob@x.de");
    let german = json!({ "phone": { "country_code": 49 } });
    assert_eq!(account(german.clone(), "0170 1234567"), "+491701234567");
    assert_eq!(account(german, "0039 06 123456"), "+3906123456");
    let american = json!({
        "country_code": 1, "trunk_prefix": "1", "international_prefix": "011",
    });
    let american = json!({ "phone": american });
    assert_eq!(account(american.clone(), "1-212-555-0100"), "+12125550100");
    assert_eq!(account(american, "011 49 170 1234567"), "+491701234567");
}

#[test]
fn a_wrong_prefix_of_telephone_numbers_is_refused() {
    for (phone, path, words) in [
        (json!({}), "normalise.phone", "country_code"),
        (
            json!({ "country_code": 17 }),
            "normalise.phone.country_code",
            "such as 49",
        ),
        (
            json!({ "country_code": 0 }),
            "normalise.phone.country_code",
            "such as 49",
        ),
        (
            json!({ "country_code": 490 }),
            "normalise.phone.country_code",
            "such as 49",
        ),
        (
            json!({ "country_code": 49, "trunk_prefix": "O" }),
            "normalise.phone.trunk_prefix",
            "up to 5 digits",
        ),
        (
            json!({ "country_code": 49, "trunk_prefix": 0 }),
            "normalise.phone.trunk_prefix",
            "expected a string",
        ),
        (
            json!({ "country_code": 49, "international_prefix": "" }),
            "normalise.phone.international_prefix",
            "1 to 5 digits",
        ),
        (
            json!({ "country_code": 49, "international_prefix": "000000" }),
            "normalise.phone.international_prefix",
            "1 to 5 digits",
        ),
    ] {
        let tree = json!({ "normalise": { "phone": phone } });
        let errors = compiled(&tree).expect_err(path);
        let told = errors.to_string();
        assert!(told.contains(path) && told.contains(words), "{told}");
    }
}

#[test]
fn the_limits_of_body_and_subnet_are_those_written() {
    let identity = compiled(&json!({
        "body_limit": "1MiB", "body_timeout": "10s", "subnet": { "ipv4": 16, "ipv6": 48 },
    }))
    .unwrap();
    assert_eq!(identity.body_limit, 1 << 20);
    assert_eq!(identity.body_timeout, std::time::Duration::from_secs(10));
    let subnet = |address: &str| {
        let address = ClientAddress::parse(address.as_bytes()).unwrap();
        address.prefix(identity.subnet)
    };
    assert_eq!(subnet("192.0.2.1"), subnet("192.0.77.1"));
    assert_ne!(subnet("192.0.2.1"), subnet("192.1.2.1"));
    assert_eq!(subnet("2001:db8:1:2::1"), subnet("2001:db8:1:3::1"));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let account = |source: Value| json!({ "account": [source] });
    let session = |source: Value| json!({ "session": [source] });
    let nine = vec![json!({ "form": "a" }); 9];
    for (tree, path, words) in [
        (
            json!({ "account": [] }),
            "identity.account",
            "at least one place of the account",
        ),
        (
            json!({ "session": [] }),
            "identity.session",
            "at least one place of the session",
        ),
        (json!({ "account": nine }), "identity.account", "at most 8"),
        (
            json!({ "account": ["basic", "basic"] }),
            "identity.account[1]",
            "once",
        ),
        (
            account(json!({ "form": "" })),
            "identity.account[0].form",
            "name of a field",
        ),
        (
            account(json!({ "multipart": "a\n" })),
            "identity.account[0].multipart",
            "name of a field",
        ),
        (
            account(json!({ "query": " a" })),
            "identity.account[0].query",
            "name of a field",
        ),
        (
            account(json!({ "header": "a b" })),
            "identity.account[0].header",
            "not a header name",
        ),
        (
            account(json!({ "cookie": "a=b" })),
            "identity.account[0].cookie",
            "name of a cookie",
        ),
        (
            account(json!({ "claim": "" })),
            "identity.account[0].claim",
            "name of a claim",
        ),
        (
            account(json!({ "claim": "/a~" })),
            "identity.account[0].claim",
            "name of a claim",
        ),
        (
            session(json!({ "cookie": "" })),
            "identity.session[0].cookie",
            "name of a cookie",
        ),
        (
            session(json!({ "header": "" })),
            "identity.session[0].header",
            "not a header name",
        ),
        (
            session(json!({ "claim": "" })),
            "identity.session[0].claim",
            "name of a claim",
        ),
        (
            json!({ "body_limit": "512B" }),
            "identity.body_limit",
            "1KiB to 1MiB",
        ),
        (
            json!({ "body_limit": "2MiB" }),
            "identity.body_limit",
            "1KiB to 1MiB",
        ),
        (
            json!({ "body_timeout": "500ms" }),
            "identity.body_timeout",
            "1s to 5m",
        ),
        (
            json!({ "body_timeout": "6m" }),
            "identity.body_timeout",
            "1s to 5m",
        ),
        (
            json!({ "subnet": { "ipv4": 7 } }),
            "identity.subnet.ipv4",
            "8 to 32",
        ),
        (
            json!({ "subnet": { "ipv6": 129 } }),
            "identity.subnet.ipv6",
            "16 to 128",
        ),
        // What the types refuse, with the place within the object.
        (
            account(json!({ "json": "email" })),
            "account[0].json",
            "a JSON pointer of 1 to 16 parts",
        ),
        (
            account(json!({ "path_segment": 0 })),
            "account[0].path_segment",
            "from 1 to 255",
        ),
        (
            account(json!({ "body": "x" })),
            "account[0]",
            "one of form, multipart",
        ),
        (
            json!({ "normalise": { "case": "remove" } }),
            "normalise.case",
            "fold",
        ),
        (json!({ "accounts": [] }), "accounts", "no such field"),
    ] {
        refused(&tree, path, words);
    }
}
