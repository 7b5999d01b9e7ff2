//! The documents say what the code does: every table of the README and of the book in `docs/` is compared with what it
//! describes.
//!
//! A comment such as `<!-- metrics -->` stands before each table that is read here.

mod command_line;
mod examples;
mod fields;
mod generated;
mod links;
mod settings;
mod shape;
mod signals;
mod simulations;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};

use palisade::config;
use palisade::policy::Policy;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(file: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All Markdown files below a folder, relative to the root, in order.
fn pages_below(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new(ROOT).join(folder)).expect(folder) {
        let name = entry.expect(folder).file_name();
        let path = format!("{folder}/{}", name.to_string_lossy());
        if Path::new(ROOT).join(&path).is_dir() {
            files.extend(pages_below(&path));
        } else if path.ends_with(".md") {
            files.push(PathBuf::from(path));
        }
    }
    files.sort();
    files
}

/// The README and every page of the book, one behind the other.
pub(crate) fn documents() -> String {
    let pages = pages_below("docs");
    let files = [PathBuf::from("README.md")].into_iter().chain(pages);
    files.map(|file| read(file) + "\n").collect()
}

type Row = Vec<String>;

/// The rows of the table behind the comment of this name, without its head.
fn table(name: &str) -> Vec<Row> {
    let text = documents();
    let comment = format!("<!-- {name} -->");
    let mut parts = text.split(&comment).skip(1);
    let (Some(behind), None) = (parts.next(), parts.next()) else {
        panic!("expected one table {name:?} in the documents");
    };
    rows(behind)
}

fn rows(behind: &str) -> Vec<Row> {
    let lines = behind.lines().skip_while(|line| line.is_empty());
    let lines = lines.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| {
        let line = line.trim().trim_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

/// The texts in backticks.
fn codes(cell: &str) -> Vec<String> {
    let pieces = cell.split('`').skip(1).step_by(2);
    pieces.map(str::to_owned).collect()
}

/// The first text in backticks of each row's first cell.
fn names(rows: &[Row]) -> Vec<String> {
    let name = |row: &Row| codes(&row[0]).into_iter().next();
    rows.iter()
        .map(|row| name(row).unwrap_or_else(|| panic!("no name in {row:?}")))
        .collect()
}

/// The text as it reads: of a link, the words.
fn plain(cell: &str) -> String {
    let mut text = String::new();
    for (place, part) in cell.split('[').enumerate() {
        let linked = part.split_once("](").and_then(|(words, behind)| {
            let (_, rest) = behind.split_once(')')?;
            Some(format!("{words}{rest}"))
        });
        match linked {
            Some(linked) => text.push_str(&linked),
            None if place == 0 => text.push_str(part),
            None => text.push_str(&format!("[{part}")),
        }
    }
    text
}

/// All fenced blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let text = documents();
    let fence = format!("```{language}\n");
    let blocks = text
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("```").next());
    blocks.map(|block| block.unwrap().to_owned()).collect()
}

fn load(configuration: &Value) -> Policy {
    // Long enough for a signing key, and never the same as another one.
    let key = |name: &str| Some(format!("{name:-<32}"));
    config::load(configuration.to_string().as_bytes(), &key)
        .unwrap_or_else(|errors| panic!("{errors}\nin {configuration:#}"))
}

fn complete_example() -> Value {
    let text = documents();
    let (_, behind) = text.split_once("<!-- complete example -->").unwrap();
    let block = behind.split("```yaml\n").nth(1).unwrap();
    serde_yaml_ng::from_str(block.split("```").next().unwrap()).unwrap()
}
