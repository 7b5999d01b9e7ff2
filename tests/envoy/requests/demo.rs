//! The demo: what `make run` prints, in a shell.

use std::process::Command;

use crate::support::binary;

#[test]
fn each_line_that_is_printed_gives_what_it_says_in_its_order() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/demo.py");
    let run = |argument: &str| {
        let command = Command::new("python3")
            .args([script, argument])
            .env("ENVOY", binary())
            .output();
        let output = command.expect("python3");
        let printed = String::from_utf8(output.stdout).expect("text");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{printed}\n{errors}");
        printed
    };
    let printed = run("--curl");
    let lines = printed
        .lines()
        .filter(|line| line.contains("curl -si "))
        .count();
    assert!(lines > 30, "{printed}");
    let played = run("--lines");
    let all = format!("{lines} of {lines} verdicts as expected");
    assert!(played.contains(&all), "{played}");
}
