//! `palisade why` and `palisade pseudonym`: from a line of a log to what happened, and whose it was.

use std::process::{Command, Output};

use super::{fed, palisade, text};

const KEY: &str = "everybody-knows-this-key-of-the-demo";

/// The audit line and the filter state of a login to the demo with these further words, the last one made.
fn refused(more: &[&str]) -> (String, String) {
    let words = [
        "explain",
        "envoy/demo.yaml",
        "--request",
        "POST /login",
        "--client",
        "11.0.0.2",
    ];
    let key = format!("PALISADE_KEY={KEY}");
    let output = palisade(&[&words[..], &["--env", &key], more].concat());
    let said = text(&output.stdout);
    let last = |word: &str| {
        let found = said.lines().rev().find_map(|line| line.strip_prefix(word));
        found
            .unwrap_or_else(|| panic!("{word} in {said}"))
            .trim()
            .to_owned()
    };
    (last("audit "), last("verdict  refused:"))
}

/// What `why` says of a reference in this log, on the standard input.
fn why(reference: &str, log: &str) -> Output {
    fed(&["why", reference, "-"], log)
}

fn reference(audit: &str) -> String {
    let audit: serde_json::Value = serde_json::from_str(audit).expect("JSON");
    audit["ref"].as_str().expect("a reference").to_owned()
}

fn explained(reference: &str, log: &str) -> String {
    let output = why(reference, log);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn a_refusal_by_a_rule_is_said_in_words_with_what_would_change_it() {
    let (audit, _) = refused(&["--signals", "tor", "--asn", "64504"]);
    let log = format!("[7][info] starting\n[7][warning][wasm] wasm log palisade: {audit}\n");
    let said = explained(&reference(&audit), &log);
    for line in [
        "was denied",
        "request    POST localhost",
        "client     11.0.0.2, AS64504",
        "known      tor; score 90",
        "decided    route login, rule default_tor",
        "because    the address is a Tor exit",
        "to change  trust this network: `lists: [{ name: trusted, cidrs: [11.0.0.2], then: allow }]`, or `asns: [AS64504]`",
        "           the rule default_tor is built in",
        "found in   standard input:2",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
}

#[test]
fn a_limit_is_said_with_its_count_from_the_access_log_alone() {
    let words = [
        "--signals",
        "",
        "--account",
        "ada",
        "--times",
        "5",
        "--answer",
        "401",
    ];
    let (audit, state) = refused(&words);
    let entry = serde_json::json!({ "method": "POST", "host": "shop.example", "path": "/login", "palisade": state });
    let said = explained(&reference(&audit), &format!("{entry}\n"));
    for line in [
        "was refused for now: it was one too many",
        "request    POST shop.example /login",
        "decided    route login, limit account",
        "because    the limit account had counted 3 where 3 go through in 3600 seconds",
        "to change  wait: it goes through ",
        "let the owner in: `palisade unlock --account NAME`",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    let account = said
        .lines()
        .find_map(|line| line.strip_prefix("account    "));
    let account = account
        .expect("an account")
        .split(' ')
        .next()
        .expect("a pseudonym");
    let named = |name: &str| {
        let words = ["pseudonym", "envoy/demo.yaml", name];
        let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
        let output = command.args(words).env("PALISADE_KEY", KEY).output();
        text(&output.expect("the command line runs").stdout)
    };
    assert_eq!(named(" ADA"), format!("{account}\n"));
    assert_ne!(named("bob"), format!("{account}\n"));
}

#[test]
fn what_is_only_monitored_is_said_to_have_gone_on() {
    let state = "verdict=allow, reason=\"tor\", route=\"login\", rule=\"default_tor\", monitored=deny, ref=\"z6j4b6a97mk60\"";
    let said = explained("Z6J4B6A97MK6O", &format!("1.2.3.4 200 {state}\n"));
    let first = "z6j4b6a97mk60 went on: this is only monitored. Enforced, it was denied";
    assert_eq!(said.lines().next(), Some(first));
}

#[test]
fn what_is_not_found_is_said_with_where_to_look() {
    for (log, said) in [
        ("nothing\n", "z6j4b6a97mk60 stands in none of 1 lines"),
        (
            "GET /z6j4b6a97mk60\n",
            "standard input:1, in a line that does not say what happened",
        ),
    ] {
        let output = why("z6j4b6a97mk60", log);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains(said),
            "{}",
            text(&output.stderr)
        );
    }
    let wrong = palisade(&["why", "short", "-"]);
    assert!(text(&wrong.stderr).contains("thirteen letters and digits"));
    let missing = palisade(&["why", "z6j4b6a97mk60", "no/such.log"]);
    assert!(text(&missing.stderr).contains("no/such.log: cannot be read"));
}

#[test]
fn a_log_of_any_size_takes_bounded_memory() {
    let command = "(head -c 300000000 /dev/zero; echo; echo 'verdict=deny, reason=\"tor\", ref=\"z6j4b6a97mk60\"') \
        | (ulimit -v 100000; exec \"$0\" why z6j4b6a97mk60 -)";
    let output = Command::new("sh")
        .args(["-c", command, env!("CARGO_BIN_EXE_palisade")])
        .output();
    let output = output.expect("a shell");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("found in   standard input:2"));
}

#[test]
fn a_pseudonym_needs_the_key_that_envoy_has() {
    let without = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args(["pseudonym", "envoy/demo.yaml", "ada"])
        .env_remove("PALISADE_KEY")
        .output()
        .expect("the command line runs");
    assert_eq!(without.status.code(), Some(1));
    let said = text(&without.stderr);
    assert!(
        said.contains("the environment variable \"PALISADE_KEY\", as Envoy has it"),
        "{said}"
    );
}
