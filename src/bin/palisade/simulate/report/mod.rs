//! What came of a scenario: as text, as JSON, as pictures and as a page.

mod html;
mod svg;
mod words;

use palisade::scenario::Scenario;
use serde_json::{Value, json};

pub(super) use html::page as html;
pub(super) use svg::curves as svg;

use super::figures::{Figure, Figures};
use super::plan::Result as Row;
use words::{bytes, number, percent};

/// A scenario and its rows.
pub(super) struct Report<'r> {
    pub(super) name: &'r str,
    pub(super) scenario: &'r Scenario,
    pub(super) rows: Vec<Row>,
    pub(super) seed: u64,
    /// What a thousand lookups cost.
    pub(super) price: Option<f64>,
}

/// A column of the table: its title in one or two lines, and what stands in it.
struct Column {
    title: [&'static str; 2],
    /// What it means, for the page.
    about: &'static str,
    cell: fn(&Figures, Option<f64>) -> String,
}

/// The table's columns.
const COLUMNS: &[Column] = &[
    Column {
        title: ["attack", "stopped"],
        about: "The share of the attackers' attempts that did not reach the application.",
        cell: |figures, _| percent(figures.stopped()),
    },
    Column {
        title: ["guesses", "let through"],
        about: "The attackers' requests that reached the application: guesses, or mails that were sent.",
        cell: |figures, _| number(figures.get(Figure::Reached)),
    },
    Column {
        title: ["accounts", "taken"],
        about: "Accounts that the attackers got into.",
        cell: |figures, _| number(figures.get(Figure::Taken)),
    },
    Column {
        title: ["attack work", "(tries)"],
        about: "The tries that the challenges took which the attackers solved.",
        cell: |figures, _| number(figures.get(Figure::Work)),
    },
    Column {
        title: ["honest", "refused"],
        about: "The share of honest logins that did not work because something was refused.",
        cell: |figures, _| percent(figures.turned_away()),
    },
    Column {
        title: ["honest", "challenged"],
        about: "The share of honest requests that were challenged.",
        cell: |figures, _| percent(figures.bothered()),
    },
    Column {
        title: ["honest work", "(tries)"],
        about: "The tries that those challenges took.",
        cell: |figures, _| number(figures.get(Figure::HonestWork)),
    },
    Column {
        title: ["lookups", ""],
        about: "How often the API was asked.",
        cell: |figures, price| lookups(figures.get(Figure::Lookups), price),
    },
    Column {
        title: ["shared", "memory"],
        about: "What is kept about all who came, in shared memory.",
        cell: |figures, _| figures.stored.map_or_else(String::new, bytes),
    },
];

/// How many lookups, and what they cost if that is known.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "shown with two digits"
)]
fn lookups(count: u64, price: Option<f64>) -> String {
    match price {
        Some(price) => format!("{} ({:.2})", number(count), count as f64 * price / 1_000.0),
        None => number(count),
    }
}

impl Report<'_> {
    /// The cells of a row behind its name.
    fn cells(&self, row: &Row) -> Vec<String> {
        match &row.figures {
            Ok(figures) => COLUMNS
                .iter()
                .map(|column| (column.cell)(figures, self.price))
                .collect(),
            Err(_) => COLUMNS.iter().map(|_| "-".to_owned()).collect(),
        }
    }

    /// What was simulated, in a line.
    fn said(&self) -> String {
        let scenario = self.scenario;
        let attempts: u64 = scenario
            .attacks
            .iter()
            .map(|attack| u64::from(attack.attempts))
            .sum();
        let logins: u64 = scenario
            .honest
            .iter()
            .map(|group| u64::from(group.logins))
            .sum();
        let sample = match scenario.sample {
            0 | 1 => String::new(),
            one_in => format!(", one in {} of all", number(one_in.into())),
        };
        format!(
            "{} attempts and {} honest logins within {}{sample}; seed {}",
            number(attempts),
            number(logins),
            palisade::time::Span::new(scenario.length),
            self.seed,
        )
    }

    /// What did not go to its end, or did not go at all.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for row in &self.rows {
            match &row.figures {
                Ok(figures) => notes.extend(figures.cut.map(|share| {
                    format!(
                        "{}: stopped after {share} % of the time; the figures are those until then",
                        row.name
                    )
                })),
                Err(problem) => notes.push(problem.clone()),
            }
        }
        notes
    }
}

/// The table for people.
pub(super) fn text(report: &Report<'_>) -> String {
    let mut lines = vec![
        vec![String::new(); COLUMNS.len().saturating_add(1)],
        vec!["defence".to_owned()],
    ];
    let [first, second] = [0, 1].map(|line: usize| {
        COLUMNS.iter().map(move |column| {
            column
                .title
                .get(line)
                .copied()
                .unwrap_or_default()
                .to_owned()
        })
    });
    if let [one, other] = lines.as_mut_slice() {
        *one = std::iter::once(String::new()).chain(first).collect();
        other.extend(second);
    }
    for row in &report.rows {
        lines.push(
            std::iter::once(row.name.clone())
                .chain(report.cells(row))
                .collect(),
        );
    }
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..=COLUMNS.len()).map(width).collect();
    let mut told = format!(
        "{}: {}\n{}\n",
        report.name,
        report.scenario.title,
        report.said()
    );
    for line in &lines {
        let mut written = String::new();
        for (place, (cell, width)) in line.iter().zip(&widths).enumerate() {
            match place {
                0 => written.push_str(&format!("{cell:width$}")),
                _ => written.push_str(&format!("  {cell:>width$}")),
            }
        }
        told.push_str(written.trim_end());
        told.push('\n');
    }
    for note in report.notes() {
        told.push_str(&format!("note: {note}\n"));
    }
    told
}

/// All figures for machines.
pub(super) fn json(reports: &[Report<'_>]) -> Value {
    let scenarios = reports.iter().map(|report| {
        let rows = report.rows.iter().map(|row| {
            let mut figures = match &row.figures {
                Ok(figures) => figures.to_json(),
                Err(problem) => json!({ "error": problem }),
            };
            if let Some(fields) = figures.as_object_mut() {
                fields.insert("defence".to_owned(), json!(row.name));
                fields.insert("took_seconds".to_owned(), json!(row.took.as_secs_f64()));
            }
            figures
        });
        json!({
            "scenario": report.name,
            "title": report.scenario.title,
            "length_seconds": report.scenario.length.as_secs_f64(),
            "one_in": report.scenario.sample.max(1),
            "seed": report.seed,
            "rows": rows.collect::<Vec<_>>(),
        })
    });
    json!({ "scenarios": scenarios.collect::<Vec<_>>() })
}
