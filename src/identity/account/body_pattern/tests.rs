use super::super::{AccountSource, AccountSources, BodyBytes, Candidates, Normalisation};
use super::*;
use crate::message::{HeaderBlock, serialise};

/// The account of a call of XML-RPC, alone or in a batch, in which no other is made.
const CALLS: &str = r"<methodName>\s*wp\.getUsersBlogs\s*</methodName>\s*(?:<(?:params|param|value|string)>\s*)+([^<\s][^<]*)|<name>\s*methodName\s*</name>\s*<value>(?:\s*(?:<string>)?\s*wp\.getUsersBlogs\s*(?:</string>)?\s*</value>\s*</member>\s*<member>\s*<name>\s*params\s*</name>\s*(?:<(?:value|array|data|string)>\s*)+([^<\s][^<]*))?";
const GRAPHQL: &str =
    r#"\blogin\b(?:[\s,]*\([\s,]*email[\s,]*:[\s,]*(?:"([^"\\]*)"|\$(?<variable>\w+)))?"#;

fn read(
    pattern: &str,
    at_most: u32,
    kind: &str,
    body: &str,
) -> Result<Vec<(String, u32)>, AccountError> {
    let pattern = BodyPattern::of_accounts(pattern, at_most).expect("a pattern");
    let sources = AccountSources::new(
        vec![AccountSource::BodyPattern(pattern)],
        Normalisation::default(),
    );
    let head = [(&b"content-type"[..], kind.as_bytes())];
    let head = HeaderBlock::new(serialise(head.into_iter()));
    let read = sources
        .read_head(&head)
        .conclude(&sources, BodyBytes::Whole(body.as_bytes()))?;
    Ok(counted(&read))
}

fn counted(read: &Candidates) -> Vec<(String, u32)> {
    let name = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    let attempts = read.attempts();
    let accounts = read.iter().enumerate();
    accounts
        .map(|(place, account)| {
            (
                name(account.as_bytes()),
                attempts.get(place).copied().unwrap_or(1),
            )
        })
        .collect()
}

fn json(query: &str, variables: &str) -> String {
    format!(
        "{{\"query\": {}, \"variables\": {variables}}}",
        serde_json::to_string(query).expect("text")
    )
}

fn graphql(query: &str, variables: &str) -> Result<Vec<(String, u32)>, AccountError> {
    read(GRAPHQL, 4, "application/json", &json(query, variables))
}

fn of(accounts: &[(&str, u32)]) -> Result<Vec<(String, u32)>, AccountError> {
    Ok(accounts
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect())
}

#[test]
fn every_alias_is_an_attempt_of_its_own() {
    for (query, variables, expected) in [
        (
            r#"mutation { login(email: "a", password: "x") { token } }"#,
            "{}",
            of(&[("a", 1)]),
        ),
        (
            r#"mutation { a: login(email: "a") b: login ( email : "A" ) c:login(email:"b") }"#,
            "{}",
            of(&[("a", 2), ("b", 1)]),
        ),
        (
            "mutation M($e: String) { login(email: $e) { token } }",
            r#"{"e": "a"}"#,
            of(&[("a", 1)]),
        ),
        (
            "mutation { a: login(email: $e) b: login(email: $f) }",
            r#"{"e": "a", "f": "b"}"#,
            of(&[("a", 1), ("b", 1)]),
        ),
        ("{ me }", "{}", Err(AccountError::Missing)),
        (
            "mutation { login(input: $i) }",
            "{}",
            Err(AccountError::Malformed),
        ),
        (
            "mutation { login #\n (email: \"a\") }",
            "{}",
            Err(AccountError::Malformed),
        ),
        (
            r#"mutation { login(email: "\u0061") }"#,
            "{}",
            Err(AccountError::Malformed),
        ),
        (
            r#"mutation { login(email: "") }"#,
            "{}",
            Err(AccountError::Malformed),
        ),
        (
            "mutation { login(email: $e) }",
            "{}",
            Err(AccountError::Malformed),
        ),
        (
            "mutation { login(email: $e) }",
            r#"{"e": ["a"]}"#,
            Err(AccountError::NotText),
        ),
        (
            "mutation { login(email: $e) }",
            r#"{"e": "a", "e": "b"}"#,
            Err(AccountError::Conflict),
        ),
        (&r#"x:login(email:"a")"#.repeat(4), "{}", of(&[("a", 4)])),
        (
            &r#"x:login(email:"a")"#.repeat(5),
            "{}",
            Err(AccountError::Batch),
        ),
    ] {
        assert_eq!(graphql(query, variables), expected, "{query} {variables}");
    }
}

fn call(method: &str, user: &str) -> String {
    format!(
        "<methodCall><methodName>{method}</methodName><params><param><value><string>{user}</string></value></param></params></methodCall>"
    )
}

fn multicall(calls: &[(&str, &str)]) -> String {
    let calls = calls.iter().map(|(method, user)| {
        format!(
            "<value><struct><member><name>methodName</name><value><string>{method}</string></value></member>\
             <member><name>params</name><value><array><data><value><array><data><value>{user}</value></data></array></value></data></array></value></member></struct></value>"
        )
    });
    let calls: String = calls.collect();
    format!(
        "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>{calls}</data></array></value></param></params></methodCall>"
    )
}

#[test]
fn calls_of_xml_rpc_are_found_alone_and_in_a_batch() {
    let rpc = |body: &str| read(CALLS, 4, "", body);
    for (body, expected) in [
        (call("wp.getUsersBlogs", "admin"), of(&[("admin", 1)])),
        (call("wp&#46;getUsersBlogs", "a&amp;b"), of(&[("a&b", 1)])),
        (call("pingback.ping", "x"), Err(AccountError::Missing)),
        (call("wp.getUsersBlogs", ""), Err(AccountError::Missing)),
        (
            multicall(&[
                ("wp.getUsersBlogs", "admin"),
                ("wp.getUsersBlogs", "<string>eve</string>"),
                ("wp.getUsersBlogs", "Admin"),
            ]),
            of(&[("admin", 2), ("eve", 1)]),
        ),
        (
            multicall(&[("wp.getUsersBlogs", "admin"), ("wp.other", "eve")]),
            Err(AccountError::Malformed),
        ),
        (
            multicall(&[("wp.getUsersBlogs", "admin"); 5]),
            Err(AccountError::Batch),
        ),
        (
            multicall(&[("wp.getUsersBlogs", "ad<!-- -->min")]),
            Err(AccountError::Malformed),
        ),
    ] {
        assert_eq!(rpc(&body), expected, "{body}");
    }
}

#[test]
fn what_is_sought_in_vain_costs_little() {
    let begun = std::time::Instant::now();
    for body in [
        "login ".repeat(10_000),
        "<methodName>wp.getUsersBlogs<".repeat(2_000),
        format!("login(email:\"{}", "a".repeat(60_000)),
        "{\"a\":".repeat(10_000),
    ] {
        assert!(read(GRAPHQL, 64, "text/plain", &body).is_err());
        assert!(read(CALLS, 64, "text/xml", &body).is_err());
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn a_pattern_has_a_group_and_a_bound() {
    for (expression, at_most) in [("a", 1), ("(a", 1), ("(a)", 0), ("(a)", 65), ("(a*)", 1)] {
        assert!(
            BodyPattern::of_accounts(expression, at_most).is_err(),
            "{expression} {at_most}"
        );
    }
    assert!(BodyPattern::of_text("a").is_ok() && BodyPattern::of_text("a*").is_err());
}
