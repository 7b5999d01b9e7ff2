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
