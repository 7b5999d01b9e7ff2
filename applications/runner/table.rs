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
