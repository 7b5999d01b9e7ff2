//! The shape of the sources: files that one can keep in mind, lines that fit, and names of tests that are read at a
//! glance.

use std::path::{Path, PathBuf};

/// The most lines of a file.
const LINES: usize = 450;
/// The most characters of a line.
const COLUMNS: usize = 120;
/// The most characters of a test's name.
const NAME: usize = 70;

/// A line with a longer text may be wider: a text is looked for as its reader has it.
const TEXT: usize = 50;

/// A text of several lines that is written as it stands into a page, where its lines are long.
const PAGES: &[&str] = &["tests/project/documents/settings.rs"];

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every source file of the repository, with its path from the root.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![PathBuf::from(ROOT)];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name == "target" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push((
                    below_root(&path),
                    std::fs::read_to_string(&path).expect("text"),
                ));
            }
        }
    }
    assert!(sources.len() > 100, "these are not all");
    sources
}

fn below_root(path: &Path) -> String {
    let path = path.strip_prefix(ROOT).expect("below the root");
    path.display().to_string()
}

/// The names of the tests in a file.
fn tests(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        match line {
            "#[test]" | "#[tokio::test]" => is_test = true,
            _ if line.starts_with("#[") => {}
            _ => {
                let (_, name) = line.split_once("fn ").unwrap_or_default();
                let name = name.split('(').next().unwrap_or_default();
                names.extend(Some(name).filter(|_| is_test));
                is_test = false;
            }
        }
    }
    names
}

/// Whether a line may be wider: one with a long text, a pattern, and a row of a table or a document in a comment.
fn may_be_wide(line: &str) -> bool {
    let line = line.trim();
    if let Some(comment) = line.strip_prefix("//") {
        let comment = comment.trim_start_matches(['/', '!', ' ']);
        return comment.starts_with(['|', '{', '"']);
    }
    if line.contains("r#\"") || line.contains("matches!(") {
        return true;
    }
    let has_text = line.contains('"') || line.ends_with('\\');
    let line = line.replace("\\\"", "");
    has_text && line.split('"').any(|part| part.chars().count() > TEXT)
}

#[test]
fn no_file_is_too_long() {
    let lines = |source: &str| source.lines().count();
    let is_long = |source: &str| lines(source) > LINES;
    let sources = sources().into_iter();
    let long = sources.filter(|(_, source)| is_long(source));
    let long: Vec<String> = long
        .map(|(path, source)| format!("{path}: {}", lines(&source)))
        .collect();
    assert!(long.is_empty(), "split at a seam: {long:#?}");
}

#[test]
fn no_line_is_too_wide() {
    let mut wide = Vec::new();
    for (path, source) in sources() {
        if PAGES.contains(&path.as_str()) {
            continue;
        }
        let numbered = source.lines().zip(1..);
        let lines =
            numbered.filter(|(line, _)| line.chars().count() > COLUMNS && !may_be_wide(line));
        wide.extend(lines.map(|(line, number)| format!("{path}:{number}: {}", line.trim())));
    }
    assert!(wide.is_empty(), "wrap them: {wide:#?}");
}

#[test]
fn the_name_of_each_test_is_read_at_a_glance() {
    let sources = sources();
    let names = sources
        .iter()
        .flat_map(|(path, source)| tests(source).into_iter().map(move |name| (path, name)));
    let (long, short): (Vec<_>, Vec<_>) = names.partition(|(_, name)| name.len() > NAME);
    assert!(short.len() > 1_000, "these are not all");
    assert!(long.is_empty(), "say it shorter: {long:#?}");
}
