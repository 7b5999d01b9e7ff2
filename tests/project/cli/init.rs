//! `palisade init`.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{check, palisade, text};

/// The names that the command line knows.
fn stacks() -> Vec<String> {
    let output = palisade(&["init"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "no terminal, so nobody is asked"
    );
    let told = text(&output.stderr);
    let (_, names) = told
        .trim_end()
        .split_once("--stack, one of ")
        .expect("names");
    names.split(", ").map(str::to_owned).collect()
}

fn init(words: &[&str]) -> String {
    let output = palisade(&[&["init", "--stack"], words].concat());
    assert!(
        output.status.success(),
        "{words:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn tree(policy: &str) -> Value {
    serde_yaml_ng::from_str(policy).expect(policy)
}

#[test]
fn each_policy_that_ships_can_be_written() {
    let mut shipped = BTreeSet::new();
    for folder in ["policies", "policies/stacks"] {
        for file in fs::read_dir(folder).expect(folder) {
            let name = file.expect(folder).file_name().into_string().expect("text");
            shipped.extend(name.strip_suffix(".yaml").map(str::to_owned));
        }
    }
    assert_eq!(stacks().into_iter().collect::<BTreeSet<_>>(), shipped);
    let written = init(&["django"]);
    let kept = fs::read_to_string("policies/stacks/django.yaml").expect("a policy");
    assert_eq!(written, kept, "with its comments");
}

#[test]
fn what_is_written_passes_a_strict_check() {
    for stack in stacks() {
        for more in [&[][..], &["--provider", "ipasis"], &["--enforce"]] {
            let policy = init(&[&[stack.as_str()], more].concat());
            let (status, said, wrong) = check(&policy, &["--strict"]);
            assert_eq!(status, Some(0), "{stack} {more:?}: {said}{wrong}");
            let enforces = more.contains(&"--enforce");
            let mode = tree(&policy)["mode"].as_str().map(str::to_owned);
            assert_eq!(
                mode.as_deref() == Some("monitor"),
                !enforces,
                "{stack} {more:?}"
            );
        }
    }
}

#[test]
fn flags_stand_in_the_policy_and_comments_stay() {
    let words = [
        "spring",
        "--login",
        "/enter",
        "--login",
        "/api/enter now",
        "--account",
        "user",
        "--account",
        "/user/name",
        "--account",
        "basic",
        "--cookie",
        "app:session",
        "--provider",
        "ipinfo",
        "--enforce",
    ];
    let policy = init(&words);
    assert!(policy.contains("# Both answers are redirects"), "{policy}");
    let tree = tree(&policy);
    let login = &tree["routes"][0];
    assert_eq!(
        login["match"]["path"],
        serde_json::json!(["/enter", "/api/enter now"])
    );
    assert_eq!(tree["unlock"]["redirect"], "/enter");
    let account = serde_json::json!([{ "form": "user" }, { "json": "/user/name" }, "basic"]);
    assert_eq!(tree["identity"]["account"], account);
    let success =
        serde_json::json!({ "header": [{ "name": "set-cookie", "prefix": "app:session=" }] });
    assert_eq!(login["success"], success);
    assert_eq!(login["rules"], serde_json::json!(["default"]));
    assert_eq!(tree["intelligence"]["api_key_env"], "IPINFO_API_KEY");
    assert_eq!(tree["mode"], "enforce");
}

#[test]
fn a_flag_that_makes_no_policy_is_told() {
    for (words, told) in [
        (
            &["redmine", "--login", "/x"][..],
            "--login: the policy of redmine has none of it, or several",
        ),
        (&["spring", "--login", "x"], "routes[0].match.path"),
        (&["spring", "--provider", "nobody"], "intelligence.provider"),
    ] {
        let output = palisade(&[&["init", "--stack"], words].concat());
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(
            text(&output.stderr).contains(told),
            "{words:?}: {}",
            text(&output.stderr)
        );
        assert!(output.stdout.is_empty());
    }
    let output = palisade(&["init", "--stack", "djngo"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("'django'"), "what was meant");
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("policy.yaml");
    let words = [
        "init",
        "--stack",
        "rails",
        "--output",
        file.to_str().expect("a path"),
    ];
    assert!(palisade(&words).status.success());
    let written = fs::read_to_string(&file).expect("a policy");
    assert_eq!(written, init(&["rails"]));
    let output = palisade(&words);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("cannot be written"));
}
