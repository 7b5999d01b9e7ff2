//! What the documents name exists, and what they print is what is printed.

use std::collections::BTreeSet;

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
fn the_book_has_every_page_once() {
    let summary = read("docs/SUMMARY.md");
    let listed: Vec<String> = summary
        .split("](")
        .skip(1)
        .map(|rest| format!("docs/{}", rest.split(')').next().unwrap()))
        .collect();
    let pages = pages_below("docs").into_iter();
    let pages = pages.map(|page| page.to_string_lossy().into_owned());
    let pages: BTreeSet<String> = pages.filter(|page| page != "docs/SUMMARY.md").collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), pages);
    assert_eq!(listed.len(), pages.len(), "a page stands there twice");
}
