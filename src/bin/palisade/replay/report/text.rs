//! The summary for a terminal.

use std::collections::BTreeMap;

use super::super::sketch::Frequent;
use super::super::tally::{Outcomes, Summary};

/// How many lines a table has.
const ROWS: usize = 10;

/// The lines of the summary.
pub(in crate::replay) fn lines(summary: &Summary) -> Vec<String> {
    let mut lines = head(summary);
    let mut add = |title: &str, table: Vec<String>| {
        if !table.is_empty() {
            lines.push(String::new());
            lines.push(title.to_owned());
            lines.extend(table);
        }
    };
    add("by route", outcomes(&summary.routes));
    add("by rule", outcomes(&summary.rules));
    add("by limit", outcomes(&summary.limits));
    add(
        "by hour, those with most refusals",
        worst_hours(&summary.hours),
    );
    add("networks most refused", frequent(&summary.networks));
    add("autonomous systems most refused", frequent(&summary.asns));
    add("accounts most refused", frequent(&summary.accounts));
    add(
        "likely false positives: refused, though the login had succeeded",
        false_positives(summary),
    );
    add("the other policy", compared(summary));
    add(
        "the verdicts that the filter has written into the log",
        agreement(summary),
    );
    add("what could not be read", faults(summary));
    add(
        "what the log cannot tell",
        summary
            .cannot_know
            .clone()
            .into_iter()
            .map(|note| format!("  {note}"))
            .collect(),
    );
    lines
}

fn head(summary: &Summary) -> Vec<String> {
    let span = summary.first.as_deref().zip(summary.last.as_deref());
    let span = span.map_or_else(String::new, |(first, last)| format!(", {first} to {last}"));
    let formats: Vec<&str> = summary.formats.keys().copied().collect();
    let mut lines = Vec::new();
    if summary.interrupted {
        lines.push("interrupted: this is what is known so far".to_owned());
    }
    lines.push(format!(
        "read       {} lines: {} requests ({}){span}",
        summary.lines,
        summary.requests,
        formats.join(", "),
    ));
    lines.push(format!("protected  {}", summary.protected));
    let all = summary.outcomes;
    for (action, count) in all.each() {
        lines.push(format!(
            "{:<10} {count}{}",
            action.name(),
            share(count, summary.protected)
        ));
    }
    if summary.only_monitored > 0 {
        lines.push(format!(
            "           {} of these are only monitored: they go on now",
            summary.only_monitored
        ));
    }
    if summary.unknown > 0 {
        lines.push(format!(
            "unknown    {}{}: nothing is known of the address (--reputation, --list)",
            summary.unknown,
            share(summary.unknown, summary.protected)
        ));
    }
    lines.push(format!(
        "took       {:.1} s, {} lines a second",
        summary.seconds, summary.lines_per_second
    ));
    lines
}

/// A part of a whole, in percent.
pub(super) fn share(part: u64, whole: u64) -> String {
    let tenths = part.saturating_mul(1_000).checked_div(whole);
    tenths.map_or_else(String::new, |tenths| {
        format!(" ({}.{} %)", tenths / 10, tenths % 10)
    })
}

/// The names with most refusals first.
pub(super) fn ordered(all: &BTreeMap<String, Outcomes>) -> Vec<(&str, Outcomes)> {
    let mut rows: Vec<(&str, Outcomes)> = all
        .iter()
        .map(|(name, own)| (name.as_str(), *own))
        .collect();
    rows.sort_by_key(|(_, own)| std::cmp::Reverse((own.refused(), own.all())));
    rows
}

fn outcomes(all: &BTreeMap<String, Outcomes>) -> Vec<String> {
    let rows = ordered(all);
    if rows.is_empty() {
        return Vec::new();
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let row = |name: &str, cells: [String; 5]| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>10}")).collect();
        format!("  {name:<width$} {}", cells.join(""))
    };
    let head = Outcomes::default()
        .each()
        .map(|(action, _)| action.name().to_owned());
    let mut lines = vec![row("", head)];
    let counts = |own: Outcomes| own.each().map(|(_, count)| count.to_string());
    lines.extend(
        rows.iter()
            .take(ROWS)
            .map(|(name, own)| row(name, counts(*own))),
    );
    if rows.len() > ROWS {
        lines.push(format!("  and {} more", rows.len().saturating_sub(ROWS)));
    }
    lines
}

fn worst_hours(hours: &BTreeMap<String, Outcomes>) -> Vec<String> {
    let rows = ordered(hours)
        .into_iter()
        .filter(|(_, own)| own.refused() > 0);
    let worst: BTreeMap<String, Outcomes> = rows
        .take(ROWS)
        .map(|(name, own)| (name.to_owned(), own))
        .collect();
    outcomes(&worst)
}

fn frequent(all: &[Frequent]) -> Vec<String> {
    let row = |one: &Frequent| match one.uncertain {
        0 => format!("  {:>9}  {}", one.count, one.name),
        uncertain => format!(
            "  {:>9}  {} (and at most {uncertain} before)",
            one.count, one.name
        ),
    };
    all.iter().take(ROWS).map(row).collect()
}

fn false_positives(summary: &Summary) -> Vec<String> {
    let found = &summary.false_positives;
    if found.count == 0 {
        return Vec::new();
    }
    let mut lines = vec![format!("  {} in all", found.count)];
    lines.extend(
        found
            .by
            .iter()
            .map(|(by, count)| format!("  {count:>9}  {by}")),
    );
    let examples = found.examples.iter().take(ROWS);
    lines.extend(examples.map(|one| {
        format!(
            "  {}: {} {} on {}: {}",
            one.place, one.time, one.client, one.route, one.what
        )
    }));
    lines
}

fn compared(summary: &Summary) -> Vec<String> {
    let Some(found) = &summary.against else {
        return Vec::new();
    };
    let mut lines = vec![format!(
        "  {}: {} requests are judged alike",
        found.policy, found.same
    )];
    lines.extend(
        found
            .differ
            .iter()
            .map(|(what, count)| format!("  {count:>9}  {what}")),
    );
    let examples = found.examples.iter().take(ROWS);
    lines.extend(examples.map(|one| format!("  {}: {} {}", one.place, one.client, one.what)));
    lines
}

fn agreement(summary: &Summary) -> Vec<String> {
    let Some(found) = &summary.agreement else {
        return Vec::new();
    };
    let mut lines = vec![
        format!("  {:>9}  the same", found.same),
        format!("  {:>9}  others", found.differ),
    ];
    let untold = found.untold.iter();
    lines.extend(untold.map(|(why, count)| format!("  {count:>9}  the log cannot tell: {why}")));
    let examples = found.examples.iter().take(ROWS);
    lines.extend(examples.map(|one| format!("  {}: {} {}", one.place, one.client, one.what)));
    lines
}

fn faults(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, faulty) in &summary.faults {
        lines.push(format!(
            "  {:>9}  {what}: {}",
            faulty.lines,
            faulty.first.join(", ")
        ));
    }
    if summary.late > 0 {
        lines.push(format!(
            "  {:>9}  too late in the log: judged as if they had come later",
            summary.late
        ));
    }
    lines
}
