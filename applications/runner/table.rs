//! What was expected and what was seen, scene by scene.

use std::fmt;
use std::time::Duration;

use crate::application::ALL;

/// One scene in one mode.
pub(crate) struct Row {
    pub(crate) application: &'static str,
    pub(crate) scene: String,
    /// `stop` with `allow_on_headers_stop_iteration`, `plain` without.
    pub(crate) mode: &'static str,
    pub(crate) expected: String,
    pub(crate) seen: String,
    pub(crate) took: Duration,
}

impl Row {
    fn is_as_expected(&self) -> bool {
        self.seen == self.expected
    }
}

/// All scenes so far, printed as they come.
pub(crate) struct Table {
    rows: Vec<Row>,
    absent: Vec<String>,
    broken: Vec<String>,
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self {
            rows: Vec::new(),
            absent: Vec::new(),
            broken: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, row: Row) {
        println!("{row}");
        self.rows.push(row);
    }

    /// An application that this machine cannot have.
    pub(crate) fn absent(&mut self, application: &str, reason: &str) {
        println!("   {application} cannot be had here: {reason}");
        self.absent.push(format!("{application}: {reason}"));
    }

    /// An application that should be here, and does not start.
    pub(crate) fn broken(&mut self, application: &str, reason: &str) {
        println!("   {application} does not start: {reason}");
        self.broken.push(format!("{application}: {reason}"));
    }

    /// Whether every scene ended as it should; with `all`, also whether every application was there.
    pub(crate) fn is_as_expected(&self, all: bool) -> bool {
        self.broken.is_empty()
            && self.rows.iter().all(Row::is_as_expected)
            && (!all || self.absent.is_empty())
    }
}

impl Table {
    /// How long an application took: until it ran, and in all.
    pub(crate) fn took(&mut self, application: &str, started: Duration, all: Duration) {
        let (started, all) = (started.as_secs(), all.as_secs());
        println!("   {application}: started in {started} s, {all} s in all");
    }

    /// The page of the book: of each application that was played each scene once, with what was seen in each mode; of
    /// all others what stood there `before`.
    pub(crate) fn page(&self, before: &str) -> String {
        let mut page = "# What was played\n\nWritten by `make test-applications PALISADE_APPLICATIONS=--write`, \
            application by application. `stop` is with `allow_on_headers_stop_iteration`, `plain` without; a \
            scene that did not end as it should says so.\n"
            .to_owned();
        for application in ALL {
            let name = application.name;
            let played = self.rows.iter().filter(|row| row.application == name);
            let section = match played.collect::<Vec<_>>().as_slice() {
                [] => section_of(before, name),
                played => Some(section(played)),
            };
            if let Some(section) = section {
                page += &format!("\n## {name}\n\n{}\n", section.trim());
            }
        }
        page
    }
}

/// What stands below an application's heading.
fn section_of(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("\n## {name}\n"))?;
    let section = rest.split("\n## ").next()?;
    Some(section.to_owned())
}

/// The table of one application.
fn section(played: &[&Row]) -> String {
    let mut section = "| scene | expected | seen |\n|---|---|---|\n".to_owned();
    let mut told: Vec<&str> = Vec::new();
    for row in played {
        if told.contains(&row.scene.as_str()) {
            continue;
        }
        told.push(&row.scene);
        let modes = played.iter().filter(|other| other.scene == row.scene);
        let seen = modes.map(|row| match row.is_as_expected() {
            true => format!("{}: yes", row.mode),
            false => format!("{}: **no**, {}", row.mode, shortened(&row.seen)),
        });
        let seen = seen.collect::<Vec<_>>().join("; ");
        section += &format!("| {} | {} | {seen} |\n", row.scene, row.expected);
    }
    section
}

/// As much as fits into a table.
fn shortened(text: &str) -> String {
    let text = text.replace('|', " ");
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_as_expected() { "ok" } else { "NOT" };
        let (application, mode, scene) = (self.application, self.mode, &self.scene);
        let took = self.took.as_secs_f32();
        write!(
            out,
            "{sign:<3} {application:<10} {mode:<5} {took:>5.1} s  {scene:<58} "
        )?;
        if self.is_as_expected() {
            write!(out, "{}", self.seen)
        } else {
            write!(out, "expected: {}; seen: {}", self.expected, self.seen)
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (right, wrong): (Vec<&Row>, Vec<&Row>) =
            self.rows.iter().partition(|row| row.is_as_expected());
        writeln!(
            out,
            "\n{} of {} scenes as expected",
            right.len(),
            self.rows.len()
        )?;
        for row in wrong {
            writeln!(out, "{row}")?;
        }
        for line in &self.absent {
            writeln!(out, "cannot be had here: {line}")?;
        }
        for line in &self.broken {
            writeln!(out, "does not start: {line}")?;
        }
        Ok(())
    }
}
