//! How `palisade check` is called, and the forms in which it answers.

use std::process::Output;

use serde_json::{Value, json};

use super::{check, fed, palisade, text};

const VALID: &str = "limits: [{ name: network, key: [subnet], limit: 60, window: 1m }]\n\
                     routes: [{ name: login, match: { path: /login }, rules: [], limits: [network] }]\n";
const WARNED: &str = "routes: [{ name: login, match: { path: /login }, rules: [] }]\n";
const WRONG: &str = "mode: monitr\nroutes:\n  - { name: login, match: { path: login } }\n";

/// What `check` says of what comes by the standard input.
fn piped(contents: &str, words: &[&str]) -> Output {
    fed(&[&["check"], words].concat(), contents)
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}

#[test]
fn several_files_and_the_standard_input_are_checked_in_one_call() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("valid.yaml");
    std::fs::write(&file, VALID).expect("a file");
    let file = file.to_str().expect("a path");
    let output = piped(WRONG, &[file, "-"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains(&format!("{file}: valid")));
    let told = text(&output.stderr);
    assert!(told.contains("-: refused\n-:1:7: error: mode = "), "{told}");
    assert_eq!(piped(VALID, &["-", file]).status.code(), Some(0));
}

#[test]
fn strict_refuses_what_is_warned_of_and_no_note() {
    for (contents, words, status) in [
        (WARNED, &[][..], 0),
        (WARNED, &["--strict"], 1),
        (VALID, &["--strict"], 0),
        (&format!("mode: monitor\n{VALID}"), &["--strict"], 0),
    ] {
        assert_eq!(
            check(contents, words).0,
            Some(status),
            "{contents} {words:?}"
        );
    }
}

#[test]
fn a_comment_allows_a_warning_on_its_line_or_the_next() {
    let line = "  - { name: login, match: { path: /login }, rules: [] }";
    for (contents, status) in [
        (
            format!("routes:\n{line} # palisade: allow denies-nobody\n"),
            0,
        ),
        (
            format!("routes:\n  # it is open. palisade: allow every-path, denies-nobody\n{line}\n"),
            0,
        ),
        (format!("routes:\n{line} # palisade: allow every-path\n"), 1),
        (
            format!("routes: # palisade: allow denies-nobody\n{line}\n"),
            1,
        ),
    ] {
        assert_eq!(
            check(&contents, &["--strict"]).0,
            Some(status),
            "{contents}"
        );
    }
}

#[test]
fn json_has_each_finding_with_its_place_and_what_was_expected() {
    let output = piped(WRONG, &["--format", "json", "-"]);
    let found = document(&output);
    assert_eq!(
        (&found["errors"], &found["warnings"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(
        found["findings"][0],
        json!({
            "severity": "error", "rule": "invalid", "file": "-", "line": 1, "column": 7, "path": "mode",
            "source": "mode: monitr",
            "message": "mode = \"monitr\": expected one of enforce, monitor; did you mean monitor?",
            "expected": "one of enforce, monitor", "did_you_mean": "monitor",
        })
    );
    assert_eq!(found["findings"][1]["path"], "routes[0].match.path");
    assert!(output.stderr.is_empty());
}

/// What SARIF 2.1.0 asks of a log, as far as ours goes.
#[test]
fn sarif_has_the_form_of_its_standard() {
    for contents in [VALID, WARNED, WRONG, "{ ["] {
        let log = document(&piped(contents, &["--format", "sarif", "-"]));
        assert_eq!(log["version"], "2.1.0");
        assert_eq!(
            log["$schema"],
            "https://json.schemastore.org/sarif-2.1.0.json"
        );
        let [run] = log["runs"].as_array().expect("runs").as_slice() else {
            panic!("one run");
        };
        let driver = &run["tool"]["driver"];
        assert_eq!(driver["name"], "palisade");
        let rules = driver["rules"].as_array().expect("rules");
        let ids: Vec<&Value> = rules.iter().map(|rule| &rule["id"]).collect();
        assert!(
            rules
                .iter()
                .all(|rule| rule["shortDescription"]["text"].is_string())
        );
        let results = run["results"].as_array().expect("results");
        assert_eq!(results.is_empty(), contents == VALID);
        for result in results {
            assert!(ids.contains(&&result["ruleId"]), "{result}");
            assert!(
                ["error", "warning", "note"].contains(&result["level"].as_str().expect("a level"))
            );
            assert!(
                result["message"]["text"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "-");
            let region = &place["region"];
            for side in ["startLine", "startColumn"] {
                assert!(
                    region[side].as_u64().is_some_and(|number| number > 0),
                    "{result}"
                );
            }
        }
    }
}

#[test]
fn no_key_that_stands_in_a_file_is_shown() {
    let key = "sk-live-0123456789abcdef";
    let policy = format!(
        "intelligence: {{ provider: ipasis, cluster: c, api_key_env: {key}, tmeout: 1s }}\n{VALID}"
    );
    for format in ["text", "json", "sarif"] {
        for contents in [policy.clone(), policy.replace(", tmeout: 1s", "")] {
            let output = piped(&contents, &["--format", format, "-"]);
            let all = text(&output.stdout) + &text(&output.stderr);
            assert!(!all.contains(key), "{format}: {all}");
        }
    }
}

#[test]
fn a_long_line_is_shown_around_its_mistake() {
    let long = format!(
        "routes: [{{ name: login, match: {{ path: /{} }}, lookup: on }}]\n",
        "a".repeat(300)
    );
    let output = palisade(&["check", "/no/such/file"]);
    assert!(text(&output.stderr).contains("/no/such/file:1:1: error: cannot be read"));
    let (_, _, wrong) = check(&long, &[]);
    let shown = wrong
        .lines()
        .find(|line| line.contains(" | ") && line.contains("lookup: on"));
    assert!(shown.is_some_and(|line| line.len() < 120), "{wrong}");
    let mark = wrong
        .lines()
        .last()
        .expect("a mark")
        .find('^')
        .expect("a mark");
    assert_eq!(
        shown.and_then(|line| line.get(mark..=mark)),
        Some("o"),
        "{wrong}"
    );
}
