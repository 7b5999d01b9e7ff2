//! The summary as one page that needs nothing else: light, dark, and on paper.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::sketch::Frequent;
use super::super::tally::{Example, Outcomes, Summary};
use super::chart;
use super::text::{ordered, share};
use crate::markup::escaped;

const STYLE: &str = include_str!("page.css");
/// How many rows a table has.
const ROWS: usize = 50;

/// The page.
pub(in crate::replay) fn page(summary: &Summary) -> String {
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>palisade replay</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<style>{STYLE}</style></head><body><main>\n\
         <h1>What {} would have done</h1>\n",
        escaped(&summary.policy)
    );
    head(&mut page, summary);
    let hours: Vec<(&str, Outcomes)> = summary
        .hours
        .iter()
        .map(|(hour, own)| (hour.as_str(), *own))
        .collect();
    if !hours.is_empty() {
        page.push_str("<h2>By hour</h2>\n");
        page.push_str(&legend());
        page.push_str(&chart::stacked("requests by hour", &hours));
    }
    table(&mut page, "By route", &summary.routes);
    table(&mut page, "By rule", &summary.rules);
    table(&mut page, "By limit", &summary.limits);
    table(&mut page, "By reason", &summary.reasons);
    page.push_str("<div class=\"columns\">");
    frequent(&mut page, "Networks most refused", &summary.networks);
    frequent(&mut page, "Autonomous systems most refused", &summary.asns);
    frequent(&mut page, "Accounts most refused", &summary.accounts);
    page.push_str("</div>\n");
    positives(&mut page, summary);
    against(&mut page, summary);
    agreement(&mut page, summary);
    faults(&mut page, summary);
    if !summary.cannot_know.is_empty() {
        page.push_str("<h2>What the log cannot tell</h2>\n<ul>");
        for note in &summary.cannot_know {
            let _ = write!(page, "<li>{}</li>", escaped(note));
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</main></body></html>\n");
    page
}

fn head(page: &mut String, summary: &Summary) {
    if summary.interrupted {
        page.push_str("<p class=\"warning\">The replay was interrupted: this is what was known by then.</p>\n");
    }
    if let Some((first, last)) = summary.first.as_ref().zip(summary.last.as_ref()) {
        let _ = writeln!(page, "<p>{first} to {last}</p>");
    }
    page.push_str("<div class=\"tiles\">");
    tile(page, "", "lines", summary.lines, None);
    tile(
        page,
        "",
        "protected",
        summary.protected,
        Some(summary.lines),
    );
    for (action, count) in summary.outcomes.each() {
        tile(
            page,
            action.name(),
            action.name(),
            count,
            Some(summary.protected),
        );
    }
    page.push_str("</div>\n");
    if summary.only_monitored > 0 {
        let _ = writeln!(
            page,
            "<p>{} of these are only monitored: they go on now.</p>",
            summary.only_monitored
        );
    }
    if summary.unknown > 0 {
        let _ = writeln!(
            page,
            "<p>Of the addresses of {} requests{} nothing was known.</p>",
            summary.unknown,
            share(summary.unknown, summary.protected)
        );
    }
}

fn tile(page: &mut String, class: &str, name: &str, count: u64, of: Option<u64>) {
    let share = of.map_or_else(String::new, |whole| share(count, whole));
    let _ = write!(
        page,
        "<div class=\"tile {class}\"><b>{count}</b><span>{name}{share}</span></div>"
    );
}

fn legend() -> String {
    let names = Outcomes::default().each();
    let parts =
        names.map(|(action, _)| format!("<span class=\"key {0}\">{0}</span>", action.name()));
    format!("<p class=\"legend\">{}</p>\n", parts.join(" "))
}

fn table(page: &mut String, title: &str, all: &BTreeMap<String, Outcomes>) {
    let rows = ordered(all);
    if rows.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<h2>{title}</h2>\n<table class=\"sums\"><thead><tr><th></th>"
    );
    for (action, _) in Outcomes::default().each() {
        let _ = write!(page, "<th class=\"n\">{}</th>", action.name());
    }
    page.push_str("<th class=\"wide\"></th></tr></thead><tbody>\n");
    for (name, own) in rows.iter().take(ROWS) {
        let _ = write!(page, "<tr><td>{}</td>", escaped(name));
        for (_, count) in own.each() {
            let _ = write!(page, "<td class=\"n\">{count}</td>");
        }
        let _ = writeln!(page, "<td>{}</td></tr>", chart::bar(*own));
    }
    page.push_str("</tbody></table>\n");
    if rows.len() > ROWS {
        let _ = writeln!(page, "<p>And {} more.</p>", rows.len().saturating_sub(ROWS));
    }
}

fn frequent(page: &mut String, title: &str, all: &[Frequent]) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(
        page,
        "<div><h2>{title}</h2>\n<table class=\"narrow\"><tbody>"
    );
    for one in all {
        let more = match one.uncertain {
            0 => String::new(),
            uncertain => format!(" (and at most {uncertain} before)"),
        };
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{}</td><td>{}{more}</td></tr>",
            one.count,
            escaped(&one.name)
        );
    }
    page.push_str("</tbody></table></div>\n");
}

fn counts<'n>(page: &mut String, all: impl Iterator<Item = (&'n str, u64)>) {
    page.push_str("<table class=\"narrow\"><tbody>\n");
    for (name, count) in all {
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{count}</td><td>{}</td></tr>",
            escaped(name)
        );
    }
    page.push_str("</tbody></table>\n");
}

fn examples(page: &mut String, all: &[Example]) {
    if all.is_empty() {
        return;
    }
    page.push_str("<table><thead><tr><th>line</th><th>time</th><th>client</th><th>route</th><th></th></tr></thead><tbody>\n");
    for one in all {
        page.push_str("<tr>");
        for cell in [&one.place, &one.time, &one.client, &one.route, &one.what] {
            let _ = write!(page, "<td>{}</td>", escaped(cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table>\n");
}

fn positives(page: &mut String, summary: &Summary) {
    let found = &summary.false_positives;
    page.push_str("<h2>Likely false positives</h2>\n");
    if found.count == 0 {
        page.push_str("<p>No request was refused whose login had succeeded.</p>\n");
        return;
    }
    let _ = writeln!(
        page,
        "<p class=\"warning\">{} requests were refused, though their login had succeeded.</p>",
        found.count
    );
    counts(
        page,
        found.by.iter().map(|(by, count)| (by.as_str(), *count)),
    );
    examples(page, &found.examples);
}

fn against(page: &mut String, summary: &Summary) {
    let Some(found) = &summary.against else {
        return;
    };
    let _ = writeln!(
        page,
        "<h2>Against {}</h2>\n<p>{} requests are judged alike.</p>",
        escaped(&found.policy),
        found.same
    );
    counts(
        page,
        found
            .differ
            .iter()
            .map(|(what, count)| (what.as_str(), *count)),
    );
    examples(page, &found.examples);
}

fn agreement(page: &mut String, summary: &Summary) {
    let Some(found) = &summary.agreement else {
        return;
    };
    page.push_str("<h2>The filter's own verdicts in the log</h2>\n");
    let first = [("the same", found.same), ("others", found.differ)];
    let untold = found.untold.iter().map(|(why, count)| (*why, *count));
    counts(page, first.into_iter().chain(untold));
    examples(page, &found.examples);
}

fn faults(page: &mut String, summary: &Summary) {
    if summary.faults.is_empty() && summary.late == 0 {
        return;
    }
    page.push_str("<h2>What could not be read</h2>\n<table class=\"narrow\"><tbody>\n");
    for (what, faulty) in &summary.faults {
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{}</td><td>{what}</td><td>{}</td><td>{}</td></tr>",
            faulty.lines,
            escaped(&faulty.first.join(", ")),
            escaped(faulty.what_to_do)
        );
    }
    if summary.late > 0 {
        let _ = writeln!(
            page,
            "<tr><td class=\"n\">{}</td><td>too late in the log</td><td>judged as if they had come later</td><td>sort the log by time</td></tr>",
            summary.late
        );
    }
    page.push_str("</tbody></table>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_client_becomes_part_of_the_page() {
        let mut summary = Summary::default();
        let script = "<script>alert(1)</script>\"'&";
        summary
            .routes
            .insert(script.to_owned(), Outcomes::default());
        summary.networks.push(Frequent {
            name: script.to_owned(),
            count: 1,
            uncertain: 0,
        });
        summary.false_positives.count = 1;
        summary.false_positives.examples.push(Example {
            place: script.to_owned(),
            time: String::new(),
            client: script.to_owned(),
            route: script.to_owned(),
            what: script.to_owned(),
        });
        let page = page(&summary);
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"));
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let mut summary = Summary::default();
        for hour in 0..1_000 {
            let own = Outcomes {
                allow: 3,
                deny: hour,
                ..Outcomes::default()
            };
            summary.hours.insert(format!("{hour:04}"), own);
        }
        let page = page(&summary);
        for part in ["http:", "https:", "url(", "<script", "<link", "NaN"] {
            assert!(!page.contains(part), "{part}");
        }
        assert!(page.len() < 400_000, "{}", page.len());
    }
}
