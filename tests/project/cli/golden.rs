//! What `palisade check` warns of, word for word: each file of tests/golden/check brings about what it is named for.
//!
//! `PALISADE_WRITE_GOLDEN=1` writes the answers anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{palisade, text};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/check")
}

/// What is told of a file in the folder, without what a valid configuration does.
fn told(name: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .current_dir(folder())
        .args(["check", name])
        .output()
        .expect("the command line runs");
    let all = text(&output.stdout) + &text(&output.stderr);
    let lines = all.lines().filter(|line| {
        let is_place =
            line.starts_with(&format!("{name}:")) && line.contains(&format!("{name}:1:"));
        let is_finding = line
            .split(':')
            .nth(1)
            .is_some_and(|part| part.parse::<usize>().is_ok());
        is_place || is_finding || line.contains(" | ")
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// The rules that the command line has.
fn rules() -> Vec<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("none.yaml");
    let file = file.to_str().expect("a path");
    let output = palisade(&["check", "--format", "sarif", file]);
    let log: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules");
    let id = |rule: &Value| rule["id"].as_str().expect("an id").to_owned();
    rules.iter().map(id).collect()
}

#[test]
fn each_warning_is_told_word_for_word() {
    let rules = rules();
    assert!(rules.len() > 50, "{rules:?}");
    let write = std::env::var_os("PALISADE_WRITE_GOLDEN").is_some();
    for rule in &rules {
        let told = told(&format!("{rule}.yaml"));
        let kept = folder().join(format!("{rule}.txt"));
        if write {
            fs::write(&kept, &told).expect("a file");
        }
        let kept = fs::read_to_string(&kept).unwrap_or_default();
        assert_eq!(told, kept, "{rule}");
        let tag = format!("[{rule}]");
        assert!(
            told.contains(&tag) || rule == "invalid" && told.contains("error:"),
            "{rule}: {told}"
        );
        let others = told
            .lines()
            .filter(|line| line.contains(": warning: ") && !line.ends_with(&tag));
        assert_eq!(others.count(), 0, "{rule} brings about others: {told}");
    }
    let files = fs::read_dir(folder()).expect("files");
    let name = |path: PathBuf| {
        path.file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    };
    let files: BTreeSet<String> = files
        .map(|file| name(file.expect("a file").path()))
        .collect();
    assert_eq!(files, rules.into_iter().collect());
}
