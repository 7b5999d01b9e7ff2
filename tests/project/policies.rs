//! The policies that ship for applications.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use palisade::config;
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder with this ending, without it.
fn names(path: &str, ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder(path)).expect(path);
    let names = files.map(|file| file.expect(path).file_name().into_string().expect("text"));
    names
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}

fn policy(name: &str) -> Value {
    let text = fs::read_to_string(folder("policies").join(format!("{name}.yaml"))).expect(name);
    serde_yaml_ng::from_str(&text).expect(name)
}

#[test]
fn every_shipped_policy_is_accepted() {
    let names = names("policies", ".yaml");
    assert!(names.contains("wordpress"), "{names:?}");
    for name in names {
        let key = |variable: &str| Some(format!("{variable:-<32}"));
        let loaded = config::load(policy(&name).to_string().as_bytes(), &key);
        assert!(loaded.is_ok(), "{name}: {}", loaded.unwrap_err());
    }
}

/// The policy of a stack: its own, or that of the application of this name.
fn policy_of_stack(name: &str) -> String {
    let own = folder("policies/stacks").join(format!("{name}.yaml"));
    let folder = if own.is_file() { "stacks/" } else { "" };
    format!("{folder}{name}")
}

#[test]
fn every_stack_has_a_page_a_policy_and_a_stand_in() {
    let pages = names("docs/stacks", ".md");
    let stand_ins =
        fs::read_to_string(folder("tests/envoy/stacks/stand_ins.rs")).expect("stand-ins");
    for name in pages.iter().filter(|name| *name != "index") {
        let file = policy_of_stack(name);
        let page =
            fs::read_to_string(folder("docs/stacks").join(format!("{name}.md"))).expect(name);
        assert!(
            page.contains(&format!("../../policies/{file}.yaml")),
            "{name}: its policy"
        );
        assert!(
            stand_ins.contains(&format!("policy(\"{file}\")")),
            "{name}: its stand-in"
        );
    }
    let without: Vec<_> = names("policies/stacks", ".yaml")
        .difference(&pages)
        .cloned()
        .collect();
    assert!(without.is_empty(), "without a page: {without:?}");
}

#[test]
fn every_policy_of_a_stack_is_accepted_and_begins_in_monitor_mode() {
    for name in names("policies/stacks", ".yaml") {
        let policy = policy(&format!("stacks/{name}"));
        let key = |variable: &str| Some(format!("{variable:-<32}"));
        let loaded = config::load(policy.to_string().as_bytes(), &key);
        assert!(loaded.is_ok(), "{name}: {}", loaded.unwrap_err());
        assert_eq!(policy["mode"], "monitor", "{name}");
    }
}

#[test]
fn every_shipped_policy_has_a_page_and_an_application() {
    let pages = names("docs/applications", ".md");
    for name in names("policies", ".yaml") {
        assert!(pages.contains(&name), "docs/applications/{name}.md");
        let start = folder("applications").join(&name).join("start.sh");
        assert!(start.is_file(), "{}", start.display());
    }
}

#[test]
fn every_shipped_policy_limits_accounts_by_failures() {
    for name in names("policies", ".yaml") {
        let policy = policy(&name);
        let limits = policy["limits"].as_array().expect("limits");
        let limit = limits.iter().find(|limit| {
            limit["count"] == "failures" && limit["key"] == serde_json::json!(["account"])
        });
        assert!(limit.is_some(), "{name}");
    }
}
