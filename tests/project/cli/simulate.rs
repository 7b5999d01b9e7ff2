//! `palisade simulate` that is stopped, and on several workers.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{palisade, text};

/// Whether the process hears SIGINT by itself by now.
#[cfg(target_os = "linux")]
fn hears_ctrl_c(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 2 != 0))
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_prints_what_is_known_by_then_and_says_so_by_its_status() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args(["simulate", "large-campaign", "--whole", "--full", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command line runs");
    let begun = Instant::now();
    while !hears_ctrl_c(child.id()) {
        assert!(
            child.try_wait().expect("a process").is_none(),
            "it has ended"
        );
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it hears nothing"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.expect("kill").success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for row in told["scenarios"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|one| one["rows"].as_array().expect("rows"))
    {
        assert!(
            row["ended_at_percent"]
                .as_u64()
                .is_some_and(|share| share < 100),
            "{row}"
        );
    }
}

#[test]
fn two_workers_come_to_what_one_comes_to() {
    let row = |workers: &str| {
        let words = [
            "simulate",
            "large-campaign",
            "--whole",
            "--json",
            "--sample",
            "50000",
            "--workers",
            workers,
        ];
        let output = palisade(&words);
        assert!(output.status.success(), "{}", text(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let rows = &told["scenarios"][0]["rows"];
        assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
        rows[0].clone()
    };
    let (one, two) = (row("1"), row("2"));
    for figure in ["attack_attempts", "attack_requests", "honest_logins_wanted"] {
        assert_eq!(one[figure], two[figure], "{figure}");
    }
    for figure in [
        "attack_reached_application",
        "attack_denied",
        "attack_challenged",
        "honest_logins_done",
    ] {
        let [one, two] = [&one, &two].map(|row| row[figure].as_u64().expect(figure));
        assert!(one.abs_diff(two) <= one / 50 + 5, "{figure}: {one}, {two}");
    }
}

#[test]
fn workers_are_refused_where_one_must_see_all_of_an_attack() {
    let output = palisade(&[
        "simulate",
        "credential-stuffing",
        "--whole",
        "--workers",
        "2",
    ]);
    let told = text(&output.stderr);
    assert!(
        !output.status.success() && told.contains("leave out --workers"),
        "{told}"
    );
}
