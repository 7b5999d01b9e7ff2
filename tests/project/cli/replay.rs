//! `palisade replay`: logs of any kind, and what is wrong with them.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{fed, palisade, text};

/// Five logins of an address in a minute, and three failures of an account.
fn policy(folder: &Path) -> String {
    let policy = json!({
        "intelligence": { "provider": "ipasis", "cluster": "api", "api_key_env": "IPASIS_API_KEY" },
        "identity": { "account": [{ "form": "user" }] },
        "limits": [
            { "name": "address", "key": ["address"], "limit": 5, "window": "1m" },
            { "name": "account", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" },
        ],
        "routes": [{
            "name": "login", "match": { "methods": ["POST"], "path": "/login" }, "limits": ["address", "account"],
            "on_unknown": "allow", "rules": [
                { "when": "tor", "then": "deny", "name": "no_tor" },
                { "when": "agent_scripted", "then": "deny", "name": "no_scripts" },
            ],
        }],
    });
    written(folder, "policy.json", policy.to_string().as_bytes())
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let file = folder.join(name);
    std::fs::write(&file, bytes).expect("a file");
    file.to_str().expect("a path").to_owned()
}

/// A login in the combined format, at this second.
fn line(second: u32, client: &str, status: u16, agent: &str) -> String {
    let (minute, second) = (second / 60, second % 60);
    format!(
        "{client} - - [01/Dec/2026:01:{minute:02}:{second:02} +0000] \"POST /login HTTP/1.1\" {status} 9 \"-\" \"{agent}\"\n"
    )
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn summary(words: &[&str], input: &str) -> Value {
    let output = fed(&[&["replay", "--json"], words].concat(), input);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn a_refusal_of_a_login_that_succeeded_is_a_likely_false_positive() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = policy(folder.path());
    let mut log = String::new();
    for second in 0..8 {
        log += &line(
            second,
            "11.0.0.4",
            if second == 7 { 200 } else { 401 },
            BROWSER,
        );
    }
    log += &line(9, "11.0.0.5", 200, BROWSER);
    log += &line(9, "11.0.0.6", 401, "curl/8.5.0");
    log += &line(70, "11.0.0.4", 401, BROWSER);
    let known = written(
        folder.path(),
        "known.jsonl",
        br#"{"ip":"11.0.0.5","signals":["tor"],"asn":64500}"#,
    );
    let refused = folder.path().join("refused");
    let refused = refused.to_str().expect("a path");
    let summary = summary(
        &[&policy, "-", "--reputation", &known, "--refused", refused],
        &log,
    );
    assert_eq!(
        summary["outcomes"],
        json!({"allow": 6, "step_up": 0, "challenge": 0, "limit": 3, "deny": 2}),
        "{summary:#}"
    );
    assert_eq!(summary["rules"]["login / no_tor"]["deny"], 1);
    assert_eq!(summary["limits"]["address"]["limit"], 3);
    assert_eq!(summary["hours"]["2026-12-01T01:00:00.000Z"]["limit"], 3);
    assert_eq!(
        summary["networks"][0],
        json!({"name": "11.0.0.0/24", "count": 5, "uncertain": 0})
    );
    assert_eq!(summary["asns"][0]["name"], "AS64500");
    assert_eq!(summary["false_positives"]["count"], 2);
    assert_eq!(
        summary["false_positives"]["by"],
        json!({"limit address": 1, "rule no_tor": 1})
    );
    let notes = summary["cannot_know"].to_string();
    assert!(
        notes.contains("accounts: the log has none") && notes.contains("not judged: account"),
        "{notes}"
    );
    let lines = std::fs::read_to_string(refused).expect("the file");
    let first: Value = serde_json::from_str(lines.lines().next().expect("one")).expect("JSON");
    assert_eq!(
        (&first["line"], &first["limit"], &first["count"]),
        (&json!("-:6"), &json!("address"), &json!(5))
    );
    assert_eq!(lines.lines().count(), 5);
}

#[test]
fn accounts_of_a_column_are_counted_where_the_policy_looks_for_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = policy(folder.path());
    let mut log = "time,ip,method,path,status,who\n".to_owned();
    for second in 0..5 {
        writeln!(
            log,
            "2026-12-01T01:00:0{second}Z,11.0.0.{second},POST,/login,401,ada"
        )
        .expect("written");
    }
    let words = [
        &policy,
        "-",
        "--format",
        "csv",
        "--map",
        "account=who",
        "--map",
        "client=ip",
    ];
    let summary = summary(&words, &log);
    assert_eq!(summary["limits"]["account"]["limit"], 2, "{summary:#}");
    assert_eq!(
        summary["accounts"][0],
        json!({"name": "ada", "count": 2, "uncertain": 0})
    );
    assert!(!summary["cannot_know"].to_string().contains("accounts:"));
}

#[test]
fn what_cannot_be_read_is_told_with_its_lines_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = policy(folder.path());
    let mut log = line(0, "11.0.0.4", 200, BROWSER).into_bytes();
    log.extend(
        b"hello\n\0\x01\xff\n{\"client\":\"11.0.0.4\",\"request\":\"POST /login HTTP/1.1\"}\n",
    );
    log.extend(vec![b'x'; 1 << 20]);
    log.extend(b"\n");
    log.extend(
        line(1, "11.0.0.4", 200, "caf\u{e9}")
            .replace('\u{e9}', "@")
            .into_bytes()
            .iter()
            .map(|byte| match byte {
                b'@' => 0xe9,
                other => *other,
            }),
    );
    log.extend(
        b"11.0.0.4 - - [01/Dec/2036:01:00:00 +0000] \"POST /login HTTP/1.1\" 200 9 \"-\" \"-\"\n",
    );
    log.extend(line(2, "11.0.0.4", 200, BROWSER).into_bytes());
    let log = written(folder.path(), "log", &log);
    let summary = summary(&[&policy, "/no/such/log", &log], "");
    assert_eq!(
        (&summary["lines"], &summary["protected"]),
        (&json!(8), &json!(3)),
        "{summary:#}"
    );
    let faults = &summary["faults"];
    for (fault, line) in [
        ("in no known format", 2),
        ("no text", 3),
        ("without a time that can be read", 4),
        ("too long", 5),
        ("more than a day from the line before", 7),
    ] {
        assert_eq!(
            faults[fault]["first"],
            json!([format!("{log}:{line}")]),
            "{faults:#}"
        );
    }
    assert_eq!(
        faults["in a file that cannot be read"]["first"],
        json!(["/no/such/log:0"])
    );
    let output = palisade(&["replay", &policy, &log, "--strict"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    assert!(
        told.contains(&format!("{log}:2: in no known format")) && told.contains("--format"),
        "{told}"
    );
    assert!(text(&output.stdout).contains("protected  1"));
}

#[test]
fn lines_come_in_the_order_of_time_whatever_their_zone() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = policy(folder.path());
    let mut lines: Vec<String> = (0..7)
        .map(|second| line(second, "11.0.0.4", 401, BROWSER))
        .collect();
    lines.swap(0, 6);
    lines.swap(2, 3);
    let log = lines
        .concat()
        .replacen("01:00:03 +0000", "06:30:03 +0530", 1);
    let refused = folder.path().join("refused");
    let refused = refused.to_str().expect("a path");
    summary(&[&policy, "-", "--refused", refused], &log);
    let told = std::fs::read_to_string(refused).expect("the file");
    assert!(
        told.contains("01:00:05") && told.contains("01:00:06") && told.lines().count() == 2,
        "{told}"
    );
}

#[test]
fn a_policy_that_asks_no_api_is_told_that_a_database_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let route = json!({ "routes": [{ "name": "login", "match": { "path": "/login" }, "on_unknown": "allow" }] });
    let policy = written(folder.path(), "policy.json", route.to_string().as_bytes());
    let known = written(
        folder.path(),
        "known.jsonl",
        br#"{"ip":"11.0.0.4","signals":["tor"]}"#,
    );
    let log = line(0, "11.0.0.4", 200, BROWSER);
    let summary = summary(&[&policy, "-", "--reputation", &known], &log);
    assert_eq!(summary["outcomes"]["allow"], 1, "{summary:#}");
    assert!(
        summary["cannot_know"]
            .to_string()
            .contains("`intelligence`"),
        "{summary:#}"
    );
}

#[test]
fn two_policies_are_compared_request_by_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = policy(folder.path());
    let text = std::fs::read_to_string(&policy).expect("the file");
    let looser = text.replace("\"limit\":5", "\"limit\":6");
    let looser = written(folder.path(), "looser.json", looser.as_bytes());
    let log: String = (0..8)
        .map(|second| line(second, "11.0.0.4", 401, BROWSER))
        .collect();
    let summary = summary(&[&policy, "-", "--against", &looser], &log);
    let against = &summary["against"];
    assert_eq!(
        (&against["same"], &against["differ"]),
        (&json!(7), &json!({"limit -> allow": 1})),
        "{against:#}"
    );
    assert_eq!(against["examples"][0]["place"], "-:6");
}

#[test]
fn the_page_and_the_terminal_say_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = policy(folder.path());
    let log: String = (0..8)
        .map(|second| line(second, "11.0.0.4", 200, BROWSER))
        .collect();
    let page = folder.path().join("page.html");
    let page = page.to_str().expect("a path");
    let output = fed(&["replay", &policy, "-", "--html", page], &log);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let said = text(&output.stdout);
    for part in [
        "protected  8",
        "limit      3 (37.5 %)",
        "by limit",
        "11.0.0.0/24",
        "likely false positives",
        "clearances",
    ] {
        assert_eq!(
            said.contains(part),
            part != "clearances",
            "{part} in {said}"
        );
    }
    let page = std::fs::read_to_string(page).expect("the page");
    assert!(
        page.contains("<svg")
            && page.contains("11.0.0.0/24")
            && page.contains("Likely false positives")
    );
}
