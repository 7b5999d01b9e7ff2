//! How fast `palisade replay` reads logs, and in how much memory:
//! `cargo bench --profile load --features cli --bench replay`, part of `make bench`.
//!
//! Logs of two sizes, so that it shows whether memory grows with them; of each format, with one request in twenty to a
//! protected route, as sites have them, and one in which all are.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a developer's tool on figures of its own: it may stop with a message"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

const LINES: [u64; 2] = [500_000, 2_000_000];
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

fn main() {
    // `cargo test --all-targets` runs this too, but asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("a benchmark: cargo bench --profile load --features cli --bench replay");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.json");
    std::fs::write(&policy, self::policy().to_string()).expect("a file");
    println!(
        "palisade replay: lines per second of processor time, that of unpacking and reading included"
    );
    println!(
        "{:>9} {:>10} {:>10} {:>10} {:>12} {:>9}",
        "format", "protected", "lines", "MiB", "lines/s", "MiB peak"
    );
    for (format, every) in [
        ("combined", 20),
        ("envoy", 20),
        ("json", 20),
        ("combined", 1),
    ] {
        for lines in LINES {
            let log = folder.path().join("access.log");
            write(&log, format, lines, every);
            measure(&policy, &log, (format, every, lines));
        }
    }
}

/// The limits that most sites have, on the login alone.
fn policy() -> Value {
    json!({
        "limits": [
            { "name": "address", "key": ["address"], "limit": 30, "window": "5m" },
            { "name": "subnet", "key": ["subnet"], "limit": 300, "window": "5m" },
        ],
        "routes": [{
            "name": "login", "match": { "methods": ["POST"], "path": "/login" }, "on_unknown": "allow",
            "limits": ["address", "subnet"],
        }],
    })
}

/// A day of requests from 60,000 addresses, one in `every` of them a login.
fn write(log: &Path, format: &str, lines: u64, every: u64) {
    let mut to = BufWriter::new(File::create(log).expect("a file"));
    for number in 0..lines {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let client = format!("11.{}.{}.{}", mixed % 4, mixed / 4 % 100, mixed / 400 % 150);
        let (method, path) = match number % every {
            0 => ("POST", "/login".to_owned()),
            _ => (
                "GET",
                format!("/assets/{}/app.js?v={}", mixed % 997, mixed % 13),
            ),
        };
        let milliseconds = number * 86_400_000 / lines;
        let (second, rest) = (milliseconds / 1_000, milliseconds % 1_000);
        let clock = format!(
            "{:02}:{:02}:{:02}",
            second / 3_600,
            second / 60 % 60,
            second % 60
        );
        let written = match format {
            "combined" => writeln!(
                to,
                "{client} - - [01/Dec/2026:{clock} +0000] \"{method} {path} HTTP/1.1\" 200 512 \"https://shop.example/\" \"{AGENT}\""
            ),
            "envoy" => writeln!(
                to,
                "[2026-12-01T{clock}.{rest:03}Z] \"{method} {path} HTTP/2\" 200 - 0 512 12 11 \"{client}\" \"{AGENT}\" \
                 \"7c1e6a4e-1d43-4f56-9a55-0d2f4e3b8a10\" \"shop.example\" \"10.0.0.7:8080\""
            ),
            _ => writeln!(
                to,
                "{{\"time\":\"2026-12-01T{clock}.{rest:03}Z\",\"id\":\"7c1e6a4e-1d43-4f56-9a55-0d2f4e3b8a10\",\"client\":\"{client}\",\
                 \"method\":\"{method}\",\"host\":\"shop.example\",\"path\":\"{path}\",\"agent\":\"{AGENT}\",\"status\":200,\
                 \"duration\":12,\"palisade\":null,\"details\":\"via_upstream\",\"context\":null}}"
            ),
        };
        written.expect("written");
    }
    to.flush().expect("written");
}

fn measure(policy: &Path, log: &Path, (format, every, lines): (&str, u64, u64)) {
    let child = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .arg("replay")
        .args([policy, log])
        .arg("--json")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command line runs");
    let folder = format!("/proc/{}", child.id());
    let mut peak = 0;
    // What a process has used stands there until somebody asks how it ended.
    let hundredths = loop {
        let (is_over, hundredths) = used(&folder);
        if is_over {
            break hundredths;
        }
        peak = peak.max(resident(&folder));
        std::thread::sleep(Duration::from_millis(10));
    };
    let output = child.wait_with_output().expect("it ends");
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(summary["lines"], json!(lines), "{summary}");
    let size = std::fs::metadata(log).expect("a file").len() >> 20;
    let share = format!("1 in {every}");
    println!(
        "{format:>9} {share:>10} {lines:>10} {size:>10} {:>12} {:>9}",
        lines * 100 / hundredths.max(1),
        peak >> 10
    );
}

/// Whether a process has ended, and what it has used of processors, in hundredths of a second.
fn used(folder: &str) -> (bool, u64) {
    let text = std::fs::read_to_string(format!("{folder}/stat")).expect("a process");
    // Behind the name, which stands in parentheses.
    let (_, rest) = text.rsplit_once(") ").expect("a name");
    let words: Vec<&str> = rest.split(' ').collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    (
        words.first() == Some(&"Z"),
        number(11).unwrap_or(0) + number(12).unwrap_or(0),
    )
}

/// The most memory that a process has had, in KiB.
fn resident(folder: &str) -> u64 {
    let text = std::fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}
