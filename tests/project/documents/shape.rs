//! What the documents name exists, and what they print is what is printed.

use std::collections::BTreeSet;

use palisade::telemetry::Family;
use serde_json::Value;

use super::tables::prometheus_names;
use super::{documents, pages_below, read};

#[test]
fn the_demo_in_the_documents_is_the_demo() {
    let script = read("scripts/demo.py");
    let text = documents();
    let cases = script
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Case("));
    let mut count = 0;
    for case in cases {
        let [method, path, client, what, verdict] =
            std::array::from_fn(|place| case.split('"').nth(2 * place + 1).unwrap());
        // The number behind them, whatever follows it.
        let rest = case.split('"').nth(10).unwrap().trim_start_matches(", ");
        let status = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        let request = format!("  {method} {path} ");
        let address = format!(" {client}: {what} ");
        let end = format!(" {verdict} {status}");
        let fits = |line: &str| {
            let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
            line.starts_with(&request) && line.contains(&address) && words.contains(&end)
        };
        assert!(text.lines().any(fits), "{case} is not in the documents");
        count += 1;
    }
    assert!(text.contains(&format!("{count} of {count} verdicts as expected")));
}

#[test]
fn every_make_target_that_is_named_exists() {
    let makefile = read("Makefile");
    let text = documents();
    let words = text.split("make ").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_lowercase())?;
        Some(&rest[..end])
            .filter(|_| rest[end..].starts_with(['`', '\n']) || rest[end..].starts_with("  "))
    });
    let targets: BTreeSet<&str> = words.collect();
    assert!(targets.contains("demo"), "{targets:?}");
    for target in targets {
        assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
    }
}

#[test]
fn the_readme_is_short() {
    assert!(read("README.md").lines().count() <= 200);
}

#[test]
fn what_operators_look_for_is_a_heading() {
    let text = documents().to_lowercase();
    let headings: String = text.lines().filter(|line| line.starts_with('#')).collect();
    for word in [
        "alerts",
        "api is down",
        "blocked",
        "dashboard",
        "django",
        "express",
        "false positives",
        "fastapi",
        "istio",
        "keycloak",
        "laravel",
        "metrics",
        "mobile app",
        "monitor",
        "nextauth",
        "oauth",
        "privacy",
        "rails",
        "reload",
        "rotate",
        "several envoys",
        "spring",
        "troubleshooting",
        "uninstall",
        "upgrade",
        "verify",
    ] {
        assert!(headings.contains(word), "{word}");
    }
}

#[test]
fn the_book_has_every_page_once() {
    let summary = read("docs/SUMMARY.md");
    let links = summary.split("](").skip(1);
    let links = links.map(|rest| rest.split(')').next().unwrap());
    // What begins otherwise lies outside of the folder.
    let listed: Vec<String> = links
        .filter(|link| !link.starts_with("../"))
        .map(|link| format!("docs/{link}"))
        .collect();
    let pages = pages_below("docs").into_iter();
    let pages = pages.map(|page| page.to_string_lossy().into_owned());
    let pages: BTreeSet<String> = pages.filter(|page| page != "docs/SUMMARY.md").collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), pages);
    assert_eq!(listed.len(), pages.len(), "a page stands there twice");
}

/// The names of our metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let pieces = text.split(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
    let names = pieces.filter(|word| word.starts_with("palisade_"));
    names.map(str::to_owned).collect()
}

#[test]
fn dashboard_and_alerts_name_metrics_that_there_are() {
    let mut there: BTreeSet<String> = Family::ALL.into_iter().flat_map(prometheus_names).collect();
    // The end of one of Envoy's, whose beginning differs.
    there.insert("palisade_vm_reload".to_owned());
    for file in ["docs/observe/grafana.json", "docs/observe/alerts.yaml"] {
        let text = read(file);
        serde_yaml_ng::from_str::<Value>(&text).expect(file);
        let named = metrics_in(&text);
        let unknown: Vec<_> = named.difference(&there).collect();
        assert!(named.len() > 8 && unknown.is_empty(), "{file}: {unknown:?}");
    }
}

#[test]
fn every_alert_is_explained() {
    let alerts: Value = serde_yaml_ng::from_str(&read("docs/observe/alerts.yaml")).unwrap();
    let rules = alerts["groups"][0]["rules"].as_array().unwrap();
    let page = read("docs/observe/dashboard.md");
    for rule in rules {
        let name = rule["alert"].as_str().unwrap();
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
    assert_eq!(page.matches("| `Palisade").count(), rules.len());
}

/// What stands in the access log for an answer of ours.
const DETAILS: [&str; 4] = [
    "palisade_denied_",
    "palisade_challenged_",
    "palisade_limited_",
    "palisade_unlock_",
];

#[test]
fn metrics_that_pages_name_exist() {
    let families = Family::ALL.map(|family| format!("palisade_{}", family.name()));
    let pages = pages_below("docs/operate")
        .into_iter()
        .chain(pages_below("docs/observe"));
    for page in pages {
        for name in metrics_in(&read(&page)) {
            // Without stats_tags, labels are parts of a name.
            let is_metric = families
                .iter()
                .any(|family| name.starts_with(family.as_str()));
            let is_detail = DETAILS.iter().any(|detail| name.starts_with(detail));
            assert!(
                is_metric || is_detail || name == "palisade_",
                "{}: {name}",
                page.display()
            );
        }
    }
}

#[test]
fn the_readme_repeats_the_figures_of_the_page_about_cost() {
    let readme = read("README.md");
    let (_, section) = readme.split_once("## What it costs\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let page = read("docs/costs.md");
    let words = section
        .split_whitespace()
        .map(|word| word.trim_matches(['.', ',', ';', ':']));
    let figures: Vec<&str> = words
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .collect();
    assert!(figures.len() > 4, "{figures:?}");
    for figure in figures {
        assert!(page.contains(figure), "{figure} is not on the page");
    }
}
