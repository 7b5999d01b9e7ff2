//! What the book shows of simulations is what the command prints.

use crate::cli::{palisade, text};

use super::read;

/// Those that take a moment; the others are written by the same command, and take longer.
const QUICK: [&str; 2] = ["school", "family"];

#[test]
fn the_simulations_in_the_book_are_what_the_command_prints() {
    let page = read("docs/operate/simulate.md");
    for name in QUICK {
        let mark = format!("<!-- simulated {name} -->\n```text\n");
        let (_, rest) = page.split_once(&mark).expect(name);
        let (shown, _) = rest.split_once("\n```").expect("its end");
        let output = palisade(&["simulate", name]);
        let printed = text(&output.stdout);
        let lines = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.is_empty());
            lines.map(|line| line.trim_end().to_owned()).collect()
        };
        assert_eq!(lines(shown), lines(&printed), "{name}; run: make simulate");
    }
}
