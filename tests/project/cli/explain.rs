//! `palisade explain`: one request, step by step.

use super::{palisade, text};

const LOGIN: &[&str] = &[
    "explain",
    "envoy/demo.yaml",
    "--request",
    "POST /login",
    "--client",
    "11.0.0.2",
];

/// What is said of a login with these further words.
fn explained(more: &[&str]) -> String {
    let output = palisade(&[LOGIN, more].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The lines that begin with this word, without it.
fn lines<'s>(said: &'s str, word: &str) -> Vec<&'s str> {
    let lines = said.lines().filter_map(|line| line.strip_prefix(word));
    lines.map(str::trim).collect()
}

#[test]
fn a_challenge_is_explained_from_address_to_reply() {
    let said = explained(&["--signals", "vpn,hosting", "--asn-type", "hosting"]);
    assert_eq!(lines(&said, "client "), ["11.0.0.2"]);
    assert_eq!(lines(&said, "route "), ["login"]);
    assert_eq!(lines(&said, "score "), ["75: vpn +35, hosting +40"]);
    let decides: Vec<_> = lines(&said, "rule ")
        .into_iter()
        .filter(|line| line.ends_with("and decides"))
        .collect();
    assert_eq!(decides.len(), 1, "{said}");
    assert!(decides[0].contains("default_vpn -> challenge"), "{said}");
    assert_eq!(lines(&said, "reply "), ["403 palisade_challenged_vpn"]);
    assert!(said.contains("\"rule\":\"default_vpn\""), "{said}");
}

#[test]
fn repeated_failures_run_into_the_limit_of_the_account() {
    let said = explained(&[
        "--signals",
        "",
        "--account",
        "ada",
        "--times",
        "5",
        "--answer",
        "401",
    ]);
    let verdicts = lines(&said, "verdict ");
    let passed = "goes on, and the application reads:";
    assert_eq!(verdicts[..3], [passed; 3], "{said}");
    for refused in &verdicts[3..] {
        assert!(refused.contains("reason=\"account\""), "{said}");
    }
    let right = explained(&[
        "--signals",
        "",
        "--account",
        "ada",
        "--times",
        "5",
        "--answer",
        "200",
    ]);
    assert_eq!(lines(&right, "verdict "), [passed; 5]);
}

#[test]
fn an_address_that_nobody_knows_is_explained_as_unknown() {
    let said = explained(&["--account", "ada"]);
    assert_eq!(
        lines(&said, "score "),
        ["none: nothing is known of the address"]
    );
    assert!(lines(&said, "lookup ")[0].starts_with("fails"), "{said}");
    assert!(lines(&said, "rule ").contains(&"none decides"), "{said}");
}

#[test]
fn the_request_is_what_its_headers_and_body_say() {
    let json = explained(&[
        "--signals",
        "",
        "--header",
        "Content-Type: application/json",
        "--body",
        "{\"user\": 7",
    ]);
    assert!(json.contains("account_"), "{json}");
    let path = palisade(&[
        "explain",
        "envoy/demo.yaml",
        "--request",
        "GET /",
        "--client",
        "::1",
    ]);
    assert!(text(&path.stdout).contains("route    none"));
}

#[test]
fn nothing_is_known_of_an_address_that_is_never_asked_about() {
    let call = ["explain", "envoy/demo.yaml", "--request", "GET /admin"];
    let known = ["--signals", "vpn", "--client"];
    for (client, rule) in [
        ("192.0.2.7", "nobody knows"),
        ("11.0.0.2", "holds, and decides"),
    ] {
        let output = palisade(&[&call[..], &known, &[client]].concat());
        let said = text(&output.stdout);
        let line = said.lines().find(|line| line.contains("default_vpn"));
        assert!(
            line.is_some_and(|line| line.contains(rule)),
            "{client}: {said}"
        );
    }
}

#[test]
fn what_cannot_be_explained_is_said_with_what_was_expected() {
    for (more, expected) in [
        (&["--signals", "vpm"][..], "expected some of vpn, proxy"),
        (&["--asn-type", "x"], "expected one of isp"),
        (&["--body", "a", "--account", "b"], "cannot be used with"),
    ] {
        let output = palisade(&[LOGIN, more].concat());
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let said = text(&output.stderr);
        assert!(said.contains(expected), "{said}");
    }
    let output = palisade(&[
        "explain",
        "Cargo.toml",
        "--request",
        "GET /",
        "--client",
        "::1",
    ]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_command_line_of_curl_as_browsers_copy_it_is_the_request() {
    let curl = "curl 'http://localhost/login' \\\n  -H 'content-type: application/x-www-form-urlencoded' \\\n  \
        -H 'user-agent: Mozilla/5.0' \\\n  --data-raw 'user=ada&password=x' --compressed";
    let words = [
        "explain",
        "envoy/demo.yaml",
        "--client",
        "11.0.0.2",
        "--signals",
        "",
        "--times",
        "5",
        "--answer",
        "401",
    ];
    let said = palisade(&[&words[..], &["--curl", curl]].concat());
    let said = text(&said.stdout);
    assert_eq!(lines(&said, "route "), ["login"]);
    assert!(said.contains("\"limit\":\"account\""), "{said}");
    let both = palisade(&[LOGIN, &["--curl", curl]].concat());
    assert!(text(&both.stderr).contains("cannot be used with"));
}
