use proptest::prelude::*;

use super::*;
use crate::message::serialise;

fn block(lines: &[&[u8]]) -> HeaderBlock {
    let lines = lines.iter().map(|line| (&b"cookie"[..], *line));
    HeaderBlock::new(serialise(lines))
}

/// The plain values, and all others.
fn read(name: &str, line: &[u8]) -> (Vec<String>, Vec<String>) {
    let block = block(&[line]);
    let (mut plain, mut others) = (Vec::new(), Vec::new());
    let text = |value: Cow<'_, [u8]>| String::from_utf8_lossy(&value).into_owned();
    values(&block, &FieldName::new(name), &mut |value| match value {
        CookieValue::Plain(value) => plain.push(text(value)),
        CookieValue::Candidate(value) => others.push(text(value)),
        CookieValue::TooMany => others.push("too many".to_owned()),
    });
    others.retain(|other| !plain.contains(other));
    others.sort();
    others.dedup();
    (plain, others)
}

#[test]
fn what_clients_write_has_one_reading() {
    for (line, value) in [
        ("sid=abc", "abc"),
        ("a=1; sid=abc; b=2", "abc"),
        ("a=1;sid=abc;", "abc"),
        ("sid=\"a b\"; x", "a b"),
        (
            "sid=s%3Aabcdefghijklmnopqrst.MTIz%2B",
            "s:abcdefghijklmnopqrst.MTIz+",
        ),
        (
            "sid=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.sig",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.sig",
        ),
        (
            "sid=eyJfYXV0aCI6MX0:1abc:sig_-",
            "eyJfYXV0aCI6MX0:1abc:sig_-",
        ),
        (
            "sid=2|1:0|10:1490|3:sid|4:YWJj|sig",
            "2|1:0|10:1490|3:sid|4:YWJj|sig",
        ),
        ("sid=MTIz--abc; csrftoken=sidx", "MTIz--abc"),
    ] {
        let (plain, others) = read("sid", line.as_bytes());
        assert_eq!(plain, [value], "{line}");
        assert!(others.is_empty(), "{line}: {others:?}");
    }
}

#[test]
fn a_name_behind_any_separator_is_a_candidate() {
    for line in [
        ",sid=V",
        "a=b, sid=V",
        "a=b sid=V",
        "a=\"b\" sid=V",
        "a=\"b; sid=V",
        "a=sid=V",
        "{\"sid=V",
        "sid[]=V",
        "sid.x=V",
        "SID=V",
        "s%69d=V",
        "$Version=1, sid=V",
        "\"sid\"=V",
        "sid\t=V",
    ] {
        let (plain, others) = read("sid", line.as_bytes());
        assert!(
            plain.iter().chain(&others).any(|value| value == "V"),
            "{line}: {plain:?} {others:?}"
        );
    }
    for line in [&b"\xa0sid=V"[..], b"\xc2\xa0sid=V", b"\x85sid=V"] {
        assert_eq!(read("sid", line).1, ["V"], "{line:?}");
    }
}

#[test]
fn a_value_may_end_where_some_reader_ends_it() {
    for line in [
        "sid=V,J",
        "sid=V=J",
        "sid=V[J",
        "sid=V J",
        "sid=\"V\"J",
        "sid=\"V\\\"J",
        "sid=,V",
        "sid= V",
        "sid=V\u{a0}",
        "sid=\"V",
        "sid=\\V",
        "sid=\"\\126\"",
        "sid=\"\\V\"",
        "sid=%2556",
        "sid=\"V?",
        "sid=\"\\126\" h",
        "__Host-sid=V",
        "__secure-sid=V",
        "sid=j:\"V\"",
        "sid=j%3A%7B%22a%22%3A%22V%22%7D",
        "sid=V\u{85}",
    ] {
        let (plain, others) = read("sid", line.as_bytes());
        assert!(
            plain.iter().chain(&others).any(|value| value == "V"),
            "{line}: {plain:?} {others:?}"
        );
    }
    assert_eq!(read("JSESSIONID", b"JSESSIONID=ID.node7").1, ["ID"]);
    assert_eq!(
        read("SESSION", b"SESSION=0123456789abcdef.node7.x").1,
        ["0123456789abcdef"]
    );
    assert_eq!(
        read("sid", b"sid=0123456789abcdef/J").1,
        ["0123456789abcdef"]
    );
}

#[test]
fn what_stands_first_in_everybodys_cookie_is_no_session() {
    for (line, value) in [
        ("sid=\"Bearer eyJh.e30.sig\"", "Bearer eyJh.e30.sig"),
        ("sid=UserId=5&Token=abc", "UserId=5&Token=abc"),
        ("sid=Q2FrZQ%3D%3D.YWJj", "Q2FrZQ==.YWJj"),
        ("sid=mycompany/0f/1a", "mycompany/0f/1a"),
    ] {
        assert_eq!(
            read("sid", line.as_bytes()),
            (vec![value.to_owned()], vec![]),
            "{line}"
        );
    }
}

#[test]
fn nothing_hides_a_session_among_chunks() {
    for line in [
        "sid=chunks-2, sid=V",
        "sid=chunks-x sid=V",
        "sid_1=a, sid=V",
        "sid_0=V; sid_7=junk",
    ] {
        let (plain, others) = read("sid", line.as_bytes());
        assert!(
            plain.iter().chain(&others).any(|value| value == "V"),
            "{line}: {plain:?} {others:?}"
        );
    }
}

#[test]
fn a_cookie_in_chunks_is_one() {
    for line in [
        "sid=chunks-2; sidC1=one; sidC2=two",
        "sid_1=two; sid_0=one",
        "sid.0=one; x=1; sid.1=two",
        "sid-1=one; sid-2=two",
    ] {
        assert_eq!(read("sid", line.as_bytes()).0, ["onetwo"], "{line}");
    }
}

#[test]
fn servlet_containers_find_the_session_in_the_path() {
    let found = |target: &str| {
        let mut all = Vec::new();
        in_path(
            target.as_bytes(),
            &FieldName::new("JSESSIONID"),
            &mut |value| {
                if let CookieValue::Candidate(value) = value {
                    all.push(String::from_utf8_lossy(&value).into_owned());
                }
            },
        );
        all
    };
    assert_eq!(found("/account;jsessionid=ID"), ["ID"]);
    assert_eq!(
        found("/a;x=1;JSESSIONID=ID.node7/b?c;jsessionid=no"),
        ["ID.node7", "ID"]
    );
    assert!(found("/account;other=ID").is_empty());
    assert!(found("/account?jsessionid=ID").is_empty());
}

#[test]
fn cookies_beside_a_form_are_known_by_their_whole_name() {
    let found = |line: &str| {
        let (block, mut all) = (block(&[line.as_bytes()]), Vec::new());
        beside_fields(&block, &FieldName::new("user_name"), &mut |value| {
            all.push(String::from_utf8_lossy(&value).into_owned());
        });
        all
    };
    for line in [
        "user_name=V",
        "a=1; user.name=V",
        "user_name[a]=%56",
        "user name=V",
    ] {
        assert_eq!(found(line), ["V"], "{line}");
    }
    assert!(found("last.user_name=V; my=user_name=V").is_empty());
}

#[test]
fn a_line_of_a_megabyte_is_read() {
    for line in [
        "sid=".repeat(1 << 18),
        "a=,".repeat(1 << 18),
        "sid=\"\\".repeat(1 << 17),
    ] {
        let _ = read("sid", line.get(..1 << 16).unwrap().as_bytes());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(line: Vec<u8>) {
        let _ = read("sid", &line);
    }

    /// So that it need not be looked for.
    #[test]
    fn an_undisputed_value_has_no_other_reading(value in "[A-Za-z0-9_-]{1,60}") {
        let mut found = Vec::new();
        candidates(value.as_bytes(), &FieldName::new("sid"), &mut |value| match value {
            CookieValue::Plain(value) | CookieValue::Candidate(value) => found.push(value.into_owned()),
            CookieValue::TooMany => panic!("too many"),
        });
        prop_assert!(found.iter().all(|other| other == value.as_bytes()), "{found:?}");
    }

    #[test]
    fn a_plain_value_is_always_told(value in "[A-Za-z0-9_.:/+-]{1,40}", before in "[^\\r\\n\0]{0,20}") {
        let line = format!("{before}; sid={value}");
        prop_assert!(read("sid", line.as_bytes()).0.contains(&value));
    }
}

#[test]
fn no_more_cookies_are_looked_at_than_any_client_sends() {
    let is_too_many = |line: String| {
        let (_, others) = read("sid", line.as_bytes());
        others.contains(&"too many".to_owned())
    };
    assert!(!is_too_many("a=b;".repeat(1_000)));
    assert!(is_too_many("a=b;".repeat(2_000)));
    assert!(!is_too_many(format!("sid={}", "a.b".repeat(2_000))));
    assert!(is_too_many("sid=".repeat(200)));
}
