//! The command line, as an operator meets it.

mod challenges;
mod doors;
mod explain;
mod formats;
mod golden;
mod init;
mod limits;
mod render;
mod replay;
mod routes;
mod simulate;
mod travel;
mod unlock;
mod why;
mod yaml;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub(crate) fn palisade(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args(words)
        .output()
        .expect("the command line runs")
}

/// What the command line says of this on its standard input.
pub(crate) fn fed(words: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command line runs");
    let mut stdin = child.stdin.take().expect("an input");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// What `check` says of a configuration with these contents: status, output, errors.
fn check(contents: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("policy.yaml");
    std::fs::write(&file, contents).expect("a file");
    let mut words = vec!["check", file.to_str().expect("a path")];
    words.extend(more);
    let output = palisade(&words);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn the_schema_in_the_repository_is_the_one_of_the_types() {
    let printed: Value = serde_json::from_slice(&palisade(&["schema"]).stdout).expect("JSON");
    let kept = std::fs::read("palisade.schema.json").expect("the schema stands in the repository");
    let kept: Value = serde_json::from_slice(&kept).expect("JSON");
    assert!(
        printed == kept,
        "palisade.schema.json is out of date; run: make schema"
    );
}

#[test]
fn the_schema_of_scenarios_is_the_one_of_the_types() {
    let printed = palisade(&["simulate", "--schema"]).stdout;
    let printed: Value = serde_json::from_slice(&printed).expect("JSON");
    let kept = std::fs::read("scenarios/schema.json").expect("it stands beside the scenarios");
    let kept: Value = serde_json::from_slice(&kept).expect("JSON");
    assert!(
        printed == kept,
        "scenarios/schema.json is out of date; run: make schema"
    );
}

/// Follows `$ref` and the arms of `anyOf` to the object that holds the named property.
fn property<'s>(root: &'s Value, schema: &'s Value, name: &str) -> Option<&'s Value> {
    if let Some(place) = schema["$ref"].as_str() {
        return property(root, root.pointer(place.trim_start_matches('#'))?, name);
    }
    let arms = schema["anyOf"].as_array().into_iter().flatten();
    let items = schema.get("items");
    schema["properties"]
        .get(name)
        .or_else(|| arms.chain(items).find_map(|arm| property(root, arm, name)))
}

#[test]
fn the_schema_lets_editors_complete_and_refuse() {
    let schema: Value = serde_json::from_slice(&palisade(&["schema"]).stdout).expect("JSON");
    assert_eq!(schema["additionalProperties"], Value::Bool(false));
    assert_eq!(schema["required"], serde_json::json!(["routes"]));
    for path in [
        &["intelligence", "cache", "flags"][..],
        &["intelligence", "provider", "fields", "vpn"],
        &["routes", "match", "path"],
        &["routes", "rules", "when", "any"],
        &["lists", "cidrs"],
        &["score", "weights", "tor"],
    ] {
        let found = path
            .iter()
            .try_fold(&schema, |at, name| property(&schema, at, name));
        assert!(found.is_some(), "{path:?} is in the schema");
    }
}

#[test]
fn every_configuration_in_the_repository_is_valid() {
    for file in [
        "envoy/demo.yaml",
        "envoy/ipasis.yaml",
        "envoy/kubernetes/istio.yaml",
        "envoy/kubernetes/istio-envoyfilter.yaml",
        "envoy/kubernetes/envoy-gateway.yaml",
    ] {
        let output = palisade(&["check", file]);
        assert!(output.status.success(), "{file}: {}", text(&output.stderr));
        let said = text(&output.stdout);
        assert!(said.contains("route login"), "{file}: {said}");
        assert!(
            said.contains("IPASIS_API_KEY must be set"),
            "{file}: {said}"
        );
    }
}

#[test]
fn kubernetes_configurations_set_the_flag_and_one_policy() {
    let read = |file: &str| {
        let text = std::fs::read_to_string(format!("{}/{file}", env!("CARGO_MANIFEST_DIR")));
        text.expect(file)
    };
    for file in ["istio-envoyfilter", "envoy-gateway"] {
        let file = format!("envoy/kubernetes/{file}.yaml");
        let output = palisade(&["check", &file]);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success(), "{file}: {said}");
        assert!(!said.contains("allow_on_headers_stop_iteration"), "{said}");
        assert!(read(&file).contains("allow_on_headers_stop_iteration"));
    }
    let explained = |file: &str| {
        let output = palisade(&["check", file]);
        let said = text(&output.stdout);
        let lines = said
            .lines()
            .skip_while(|line| !line.contains("route login"));
        let lines = lines.take_while(|line| line.starts_with("  "));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        explained("envoy/kubernetes/istio-envoyfilter.yaml"),
        explained("envoy/kubernetes/istio.yaml")
    );
}

#[test]
fn a_valid_configuration_is_explained_in_its_own_order() {
    let (status, said, _) = check(
        "mode: monitor\nlists: [{ name: office, cidrs: [11.1.0.0/24], then: allow }]\n\
         routes: [{ name: login, match: { path: /login }, rules: [{ when: tor, then: deny, status: 400 }] }]\n",
        &[],
    );
    assert_eq!(status, Some(0));
    let places = [
        "1. list_office -> allow",
        "2. rule_1 -> deny 400",
        "else -> allow",
    ];
    let places: Vec<usize> = places
        .iter()
        .map(|line| said.find(line).expect(line))
        .collect();
    assert!(places.is_sorted(), "{said}");
    assert!(said.contains("asks no API"), "{said}");
    assert!(said.contains("note: mode is monitor"), "{said}");
}

#[test]
fn conditions_and_matches_are_told_in_words() {
    let (status, said, _) = check(
        "lists: [{ name: office, cidrs: [11.1.0.0/24] }]\n\
         routes:\n\
         \x20 - name: login\n\
         \x20   match: { methods: [POST], path: [/login, { prefix: /account }], hosts: [a.example] }\n\
         \x20   rules:\n\
         \x20     - {
             when: { any: [tor, { all: [vpn, { score: '50..80' }] }, { not: { list: office } }] }, then: deny,
         }\n\
         \x20     - {
             when: { asn: [1-2, 4, 6, 8, AS10, 64512-65534, 12], country: [de], asn_type: [hosting] },
             then: challenge, mode: monitor,
         }\n",
        &[],
    );
    assert_eq!(status, Some(0));
    for line in [
        "route login: POST /login or /account and below on a.example",
        "1. rule_1 -> deny 403: tor or (vpn and score 50..=79) or not on the list office",
        "2. rule_2 -> challenge 403 (only monitored): asn 1-2, 4, 6, 8, 10 and 2 more and asn_type hosting and \
         country DE",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
}

/// The warnings about a configuration that is valid, a line each.
fn warned(contents: &str) -> String {
    let (status, said, wrong) = check(contents, &[]);
    assert_eq!(status, Some(0), "{wrong}");
    let lines = said.lines().filter(|line| line.contains("warning:"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What is legal, and perhaps not meant, is warned of; and what is usual is not.
#[test]
fn what_is_perhaps_not_meant_is_warned_of() {
    let api = |provider: &str, route: &str| {
        warned(&format!(
            "signing_keys_env: [PALISADE_KEY]\nintelligence: {{ provider: {provider}, cluster: c, api_key_env: KEY \
             }}\nroutes: [{{ name: r, {route} }}]\n"
        ))
    };
    assert_eq!(api("ipasis", "match: { path: /login }"), "");
    assert_eq!(
        api(
            "ipasis",
            "match: { path: { prefix: /siteadmin } }, on_unknown: deny"
        ),
        ""
    );
    for (provider, route, warning) in [
        (
            "ipqualityscore",
            "match: { path: /a }",
            "API key stands in the path",
        ),
        ("ipasis", "match: {}", "matches every path"),
        (
            "ipasis",
            "match: { path: { prefix: / } }",
            "matches every path",
        ),
        (
            "ipasis",
            "match: { path: { prefix: /siteadmin } }",
            "on_unknown: deny",
        ),
        (
            "ipasis",
            "match: { path: /a }, rules: [{ when: tor, then: challenge }]",
            "denies nobody",
        ),
        (
            "ipasis",
            "match: { path: /a }, rules: [{ when: vpn, then: challenge }, { when: tor, then: deny }]",
            "rule_2 behind it would deny",
        ),
        (
            "ipasis",
            "match: { path: /a }, lookup: background",
            "no identity.session",
        ),
    ] {
        let said = api(provider, route);
        assert_eq!(said.lines().count(), 1, "{route}: {said}");
        assert!(said.contains(warning), "{route}: {said}");
    }
    let said = api(
        "ipasis",
        "match: { path: /a }, lookup: background, on_unknown: deny",
    );
    assert!(
        said.contains("the first request of every address is unknown"),
        "{said}"
    );
    let said = warned(
        "client: { trusted_proxies: [10.0.0.0/8], header: X-Forwarded-For }\nroutes: [{ name: r, rules: [], match: { path: \
         /a } }]\n",
    );
    assert!(said.contains("leave it out"), "{said}");
}

#[test]
fn what_is_learnt_is_told_and_warned_of_if_unused() {
    let route = "{ name: login, match: { path: /login }, failure: { status: [401] }";
    let policy = |rules: &str| {
        let learned = "learned: { asn_failures: { window: 90m, min_samples: 70 } }";
        format!("signing_keys_env: [PALISADE_KEY]\n{learned}\nroutes: [{route}, {rules} }}]\n")
    };
    let asks = policy("rules: [{ when: { asn_failure_rate: '>=60' }, then: step_up }]");
    let (status, said, _) = check(&asks, &[]);
    assert_eq!(status, Some(0));
    for line in [
        "of 70 or more answers in 90m, 7 failures of one network or account at most",
        "1. rule_1 -> step_up: asn_failure_rate 60..=100",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert!(!warned(&asks).contains("asn_failure_rate"));
    assert!(warned(&policy("rules: []")).contains("asks for asn_failure_rate"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let (status, _, wrong) = check(
        "mode: sometimes\nroutes:\n  - { name: A B, match: { path: login }, rules: [{ when: nothing, then: deny }] }\n",
        &[],
    );
    assert_eq!(status, Some(1));
    assert!(wrong.contains("mode"), "{wrong}");
    let (_, _, wrong) = check(
        "routes:\n  - { name: A B, match: { path: login }, rules: [{ when: nothing, then: deny }] }\n",
        &[],
    );
    for place in [
        "routes[0].name",
        "routes[0].match.path",
        "routes[0].rules[0].when",
    ] {
        assert!(wrong.contains(place), "{place} in {wrong}");
    }
}

#[test]
fn a_key_is_checked_when_it_is_given_and_never_shown() {
    let policy = "intelligence: { provider: ipasis, cluster: c, api_key_env: KEY }\n\
                  routes: [{ name: login, match: {} }]\n";
    assert_eq!(check(policy, &["--env", "KEY=fine"]).0, Some(0));
    let (status, said, wrong) = check(policy, &["--env", "KEY=geheim geheim"]);
    assert_eq!(status, Some(1));
    assert!(wrong.contains("intelligence.api_key_env"), "{wrong}");
    assert!(!format!("{said}{wrong}").contains("geheim"));
}

#[test]
fn what_is_no_configuration_is_told_so() {
    for (contents, what) in [
        ("apiVersion: v1\nkind: Pod\n", "there is no configuration"),
        ("{ [", "neither YAML nor JSON"),
        ("", "there is no configuration"),
    ] {
        let (status, _, wrong) = check(contents, &[]);
        assert_eq!(status, Some(1), "{contents:?}");
        assert!(wrong.contains(what), "{contents:?}: {wrong}");
    }
}

#[test]
fn a_wrong_call_says_what_was_expected() {
    for (words, expected) in [
        (&[][..], "Usage: palisade <COMMAND>"),
        (&["chekc"], "'check'"),
        (&["check"], "palisade check <FILE>..."),
        (&["check", "x", "--env"], "--env <NAME=VALUE>"),
        (&["check", "x", "--env", "NAME"], "expected NAME=VALUE"),
        (&["check", "x", "--no-such-option"], "palisade check"),
        (&["unlock"], "--account <NAME>"),
        (&["unlock", "--account"], "--account <NAME>"),
        (&["unlock", "--account", "a", "--account", "b"], "multiple"),
        (
            &["unlock", "--account", "a", "--valid", "0"],
            "from 1s to 6d",
        ),
        (
            &["unlock", "--account", "a", "--valid", "soon"],
            "a duration such as",
        ),
        (
            &["unlock", "--account", "a", "--valid", "7d"],
            "from 1s to 6d",
        ),
        (
            &["unlock", "--account", "a", "--key", "geheim"],
            "'--key-env'",
        ),
    ] {
        let output = palisade(words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(said.contains(expected), "{words:?}: {said}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn the_command_line_explains_and_completes_itself() {
    for words in [&["help"][..], &["--help"], &["-h"]] {
        let output = palisade(words);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{words:?}");
        for command in ["check", "schema", "unlock", "completions", "man"] {
            assert!(said.contains(&format!("\n  {command} ")), "{said}");
        }
    }
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = palisade(&["completions", shell]);
        let said = text(&output.stdout);
        assert!(output.status.success(), "{shell}");
        assert!(said.contains("key-env"), "{shell}: {said}");
    }
    let version = text(&palisade(&["--version"]).stdout);
    let (described, revision) = version.split_once(" (revision ").expect(&version);
    assert_eq!(described, concat!("palisade ", env!("CARGO_PKG_VERSION")));
    let revision = revision.strip_suffix(")\n").expect(&version);
    // Of the commit that the build was told, by `make` or the environment.
    let told = option_env!("PALISADE_REVISION").filter(|told| !told.is_empty());
    assert_eq!(revision, told.unwrap_or("unknown"));
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let page = text(&palisade(&["man"]).stdout);
    assert!(page.contains(".TH palisade 1"), "{page}");
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    assert!(
        palisade(&["man", folder.to_str().expect("a path")])
            .status
            .success()
    );
    let page = std::fs::read_to_string(folder.join("palisade-check.1")).expect("a page");
    assert!(page.contains("\\-\\-strict"), "{page}");
    let output = palisade(&["man", "/no/such/folder"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("/no/such/folder"));
}
