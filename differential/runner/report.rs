//! What is printed, and what is kept for triage.

use std::fs;
use std::io::{IsTerminal, Write as _, stderr};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::framework::Absent;
use super::place::Place;
use super::request::{shown, text};
use super::run::Row;

/// How many inputs of one row are printed; the files hold all.
const PRINTED: usize = 8;

/// The table, as it grows.
pub(crate) struct Report {
    found: PathBuf,
    has_head: bool,
    rows: usize,
    failures: Vec<String>,
    absent: usize,
}

/// Says how far it is: a line that changes on a terminal, now and then a line elsewhere.
pub(crate) fn progress(framework: &str, place: Place, done: u64, of: u64) {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K{framework} {}: {done} of {of}", place.name());
        let _ = stderr().flush();
    } else if done > 0 && done.is_multiple_of(10_000) {
        eprintln!("{framework} {}: {done} of {of}", place.name());
    }
}

fn clear() {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K");
        let _ = stderr().flush();
    }
}

impl Report {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            found: root.join("tests/vectors/differential/found"),
            has_head: false,
            rows: 0,
            failures: Vec::new(),
            absent: 0,
        }
    }

    pub(crate) fn installing(&self, framework: &str) {
        clear();
        if stderr().is_terminal() {
            eprint!("{framework}: installing");
        }
    }

    pub(crate) fn absent(&mut self, framework: &str, absent: &Absent) {
        clear();
        match absent {
            Absent::CannotBeHad(why) => {
                self.absent += 1;
                println!("{framework:<16} not on this machine: {why}");
            }
            Absent::Broken(why) => {
                println!("{framework:<16} broken: {why}");
                self.failures.push(format!("{framework} is broken"));
            }
        }
    }

    pub(crate) fn row(&mut self, framework: &str, place: Place, row: Row) {
        clear();
        if !self.has_head {
            println!(
                "{:<16} {:<10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>15}",
                "framework",
                "place",
                "requests",
                "honest",
                "equal",
                "(read)",
                "refused",
                "rejected",
                "different",
                "honest refused"
            );
            self.has_head = true;
        }
        self.rows += 1;
        println!(
            "{framework:<16} {:<10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>15}",
            place.name(),
            row.requests,
            row.honest,
            row.equal,
            row.read,
            row.refused,
            row.rejected,
            row.different,
            row.honest_refused
        );
        if row.different > 0 {
            self.failures.push(format!(
                "{framework} reads {} of {} otherwise",
                row.different,
                place.name()
            ));
        }
        if row.honest_refused > 0 {
            self.failures.push(format!(
                "{} honest requests of {} are refused",
                row.honest_refused,
                place.name()
            ));
        }
        for found in row.found.iter().take(PRINTED) {
            let difference = &found.difference;
            println!("    {}", found.case.request);
            println!(
                "        {} is {}, filter: {}",
                difference.idiom,
                shown(&difference.read),
                difference.said
            );
        }
        for (case, why) in row.harmed.iter().take(PRINTED) {
            println!("    honest: {}", case.request);
            println!("        filter: {why}");
        }
        self.keep(framework, place, &row);
    }

    /// Writes what was found, one JSON object on each line.
    fn keep(&self, framework: &str, place: Place, row: &Row) {
        let file = self
            .found
            .join(format!("{framework}-{}.jsonl", place.name()));
        let _ = fs::remove_file(&file);
        let lines = row.found.iter().map(|found| {
            let difference = &found.difference;
            json!({
                "framework": framework,
                "place": place.name(),
                "field": found.case.field.name(),
                "idiom": difference.idiom,
                "reads": text(&difference.read),
                "filter": difference.said,
                "request": found.case.request.to_json(),
            })
            .to_string()
                + "\n"
        });
        let lines: String = lines.collect();
        if lines.is_empty() {
            return;
        }
        let written = fs::create_dir_all(&self.found).and_then(|()| fs::write(&file, lines));
        if let Err(error) = written {
            eprintln!("cannot write {}: {error}", file.display());
        }
    }

    /// Whether nothing failed; says what did.
    pub(crate) fn finish(&self, all: bool) -> bool {
        let absent = if all { self.absent } else { 0 };
        if self.rows == 0 && self.failures.is_empty() {
            println!("no framework could be asked");
            return false;
        }
        for failure in &self.failures {
            println!("FAILED {failure}");
        }
        if absent > 0 {
            println!("FAILED {absent} frameworks could not be had");
        }
        if !self.failures.is_empty() {
            println!("the smallest requests are in {}", self.found.display());
        }
        self.failures.is_empty() && absent == 0
    }
}
