//! What was expected and what was seen, scene by scene.

use std::fmt;

/// One scene in one mode.
pub(crate) struct Row {
    pub(crate) application: &'static str,
    pub(crate) scene: String,
    /// `stop` with `allow_on_headers_stop_iteration`, `plain` without.
    pub(crate) mode: &'static str,
    pub(crate) expected: String,
    pub(crate) seen: String,
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
    /// The page of the book: each scene once, with what was seen in each mode.
    pub(crate) fn page(&self) -> String {
        let mut page = "# What was played\n\nWritten by `make test-applications PALISADE_APPLICATIONS=--write`. \
            `stop` is with `allow_on_headers_stop_iteration`, `plain` without; a \
            scene that did not end as it should says so.\n"
            .to_owned();
        let mut application = "";
        for (number, row) in self.rows.iter().enumerate() {
            let is_same =
                |other: &&Row| other.application == row.application && other.scene == row.scene;
            if self.rows[..number].iter().any(|other| is_same(&other)) {
                continue;
            }
            if application != row.application {
                application = row.application;
                page +=
                    &format!("\n## {application}\n\n| scene | expected | seen |\n|---|---|---|\n");
            }
            let modes = self.rows.iter().filter(is_same);
            let seen = modes.map(|row| match row.is_as_expected() {
                true => format!("{}: yes", row.mode),
                false => format!("{}: **no**, {}", row.mode, shortened(&row.seen)),
            });
            let seen = seen.collect::<Vec<_>>().join("; ");
            page += &format!("| {} | {} | {seen} |\n", row.scene, row.expected);
        }
        page
    }
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
        write!(out, "{sign:<3} {application:<10} {mode:<5} {scene:<58} ")?;
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
