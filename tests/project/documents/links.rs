//! Links between documents, and from them to the files of the repository.
//!
//! This is how the documents are read in the repository; `make docs` looks at the links of the built book.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{ROOT, pages_below, read};

const DOCUMENTS: [&str; 5] = [
    "README.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "CODE_OF_CONDUCT.md",
];

#[test]
fn every_link_leads_somewhere() {
    let files = DOCUMENTS.map(PathBuf::from).into_iter();
    let files = files
        .chain(pages_below("docs"))
        .chain(pages_below("recipes"));
    let mut relative = 0;
    for file in files {
        let text = read(&file);
        let prose: String = text.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            if target.starts_with("https://") {
                continue;
            }
            relative += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let place = file.parent().unwrap().join(path);
            let linked = if path.is_empty() { &file } else { &place };
            assert!(Path::new(ROOT).join(linked).exists(), "{file:?}: {target}");
            assert!(
                anchor.is_empty() || anchors(&read(linked)).contains(anchor),
                "{file:?}: {target}"
            );
        }
    }
    assert!(relative > 10, "found only {relative}");
}

/// The anchors that headings get.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-');
    headings
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|title| {
            title
                .chars()
                .filter(kept)
                .collect::<String>()
                .replace(' ', "-")
        })
        .collect()
}
