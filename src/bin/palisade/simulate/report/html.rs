//! A page with everything in it: it loads nothing, and is light, dark or printed as the reader has it.

use super::svg;
use super::{COLUMNS, Report};
use crate::markup::escaped;

const STYLE: &str = "\
:root{color-scheme:light dark;--back:#fff;--text:#1f2328;--faint:#d0d7de;--shade:#f6f8fa}\
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--faint:#3d444d;--shade:#151b23}}\
@media print{:root{color-scheme:light;--back:#fff;--text:#000;--faint:#999;--shade:#fff}section{break-inside:avoid}}\
body{margin:2rem auto;max-width:76rem;padding:0 1rem;background:var(--back);color:var(--text);font:15px/1.5 system-ui,sans-serif}\
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}.wide{overflow-x:auto}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums;white-space:nowrap}\
th,td{padding:.25rem .7rem;border-bottom:1px solid var(--faint);text-align:right}\
th:first-child,td:first-child{text-align:left}thead th{vertical-align:bottom}tr.all td{font-weight:600;background:var(--shade)}\
svg{max-width:100%;height:auto}dt{font-weight:600}";

/// The page of all scenarios.
pub(in crate::simulate) fn page(reports: &[Report<'_>]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>Palisade: simulated attacks</title><style>{STYLE}</style></head><body>\n\
         <h1>Simulated attacks</h1>\n<p>Each row is a run of the same attack and the same honest people against the \
         filter's own engine with these defences alone. What no simulation knows: whether your attackers behave like \
         these.</p>\n",
    );
    for report in reports {
        html.push_str(&section(report));
    }
    html.push_str("<section><h2>Columns</h2><dl>");
    for column in COLUMNS {
        let title = column.title.join(" ");
        html.push_str(&format!(
            "<dt>{}</dt><dd>{}</dd>",
            escaped(title.trim()),
            escaped(column.about)
        ));
    }
    html.push_str("</dl></section>\n</body></html>\n");
    html
}

fn section(report: &Report<'_>) -> String {
    let scenario = report.scenario;
    let mut html = format!(
        "<section><h2>{}</h2>\n<p>{}</p>\n<p>{}</p>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">defence</th>",
        escaped(&scenario.title),
        escaped(&scenario.about),
        escaped(&report.said()),
    );
    for column in COLUMNS {
        let title: Vec<String> = column.title.iter().map(|part| escaped(part)).collect();
        html.push_str(&format!(
            "<th scope=\"col\" title=\"{}\">{}</th>",
            escaped(column.about),
            title.join("<br>")
        ));
    }
    html.push_str("</tr></thead><tbody>\n");
    for row in &report.rows {
        let class = if row.name == "all" {
            " class=\"all\""
        } else {
            ""
        };
        html.push_str(&format!("<tr{class}><td>{}</td>", escaped(&row.name)));
        for cell in report.cells(row) {
            html.push_str(&format!("<td>{}</td>", escaped(&cell)));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div>\n");
    for note in report.notes() {
        html.push_str(&format!("<p>Note: {}</p>\n", escaped(&note)));
    }
    html.push_str(&svg::curves(report));
    html.push_str("</section>\n");
    html
}
