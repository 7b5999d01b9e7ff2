//! The table of rooms in `docs/design/architecture.md` is what the code says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// What belongs to no room: the crate itself, the command line, and the host of the tests.
const NO_ROOMS: [&str; 3] = ["lib", "bin", "fake_host"];

#[test]
fn the_drawing_of_rooms_and_arrows_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (drawn, found) = (drawn(root), found(&root.join("src")));
    assert!(found.len() > 20, "{found:?}");
    let rooms: BTreeSet<_> = drawn.keys().chain(found.keys()).collect();
    let wrong: Vec<String> = rooms
        .into_iter()
        .filter_map(|room| match (drawn.get(room), found.get(room)) {
            (Some(drawn), Some(found)) if drawn == found => None,
            (Some(drawn), Some(found)) => {
                let new: Vec<_> = found.difference(drawn).collect();
                let gone: Vec<_> = drawn.difference(found).collect();
                Some(format!(
                    "`{room}` uses {new:?} as well, and no longer {gone:?}"
                ))
            }
            (None, _) => Some(format!("`{room}` is not drawn")),
            (_, None) => Some(format!("there is no `{room}`")),
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "docs/design/architecture.md, last table:\n{}",
        wrong.join("\n")
    );
}

/// The rows of the table.
fn drawn(root: &Path) -> Arrows {
    let page = std::fs::read_to_string(root.join("docs/design/architecture.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let names = |cell: &str| {
            cell.split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect()
        };
        (cells[1].trim_matches('`').to_owned(), names(cells[3]))
    })
    .collect()
}

/// Which rooms the files of each room name, tests and comments left out.
fn found(source: &Path) -> Arrows {
    let mut arrows = Arrows::new();
    for file in files(source) {
        let inside = file.strip_prefix(source).unwrap();
        let room = room_of(inside);
        if NO_ROOMS.contains(&room.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let used = arrows.entry(room.clone()).or_default();
        used.extend(
            names(&text).filter(|name| *name != room && !NO_ROOMS.contains(&name.as_str())),
        );
    }
    arrows
}

fn room_of(file: &Path) -> String {
    let first = file.components().next().unwrap();
    let name = first.as_os_str().to_str().unwrap();
    name.trim_end_matches(".rs").to_owned()
}

/// What stands behind `crate::` in code.
fn names(text: &str) -> impl Iterator<Item = String> {
    let own = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let lines = own
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines
        .flat_map(|line| {
            line.split("crate::").skip(1).map(|rest| {
                let end = rest.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '_'));
                rest[..end.unwrap_or(rest.len())].to_owned()
            })
        })
        .filter(|name| !name.is_empty())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !matches!(name, "tests" | "model" | "fixtures") {
            all.extend(files(&path));
        } else if name.ends_with(".rs") && !matches!(name, "tests.rs" | "model.rs" | "fake_host.rs")
        {
            all.push(path);
        }
    }
    all
}
