//! What must not be called in the filter is really forbidden, and no crate reaches it unseen.
//!
//! Clippy says nothing of a list that it does not enforce, and a lint without a list forbids nothing: so each entry of
//! clippy.toml is called here once, in a crate of nothing else, which takes clippy a second.

use std::collections::BTreeSet;
use std::process::Command;

/// How each entry of clippy.toml is called.
const CALLS: &[(&str, &str)] = &[
    (
        "std::time::SystemTime::now",
        "let _ = std::time::SystemTime::now();",
    ),
    (
        "std::time::SystemTime::elapsed",
        "let _ = std::time::SystemTime::UNIX_EPOCH.elapsed();",
    ),
    (
        "std::time::Instant::now",
        "let _ = std::time::Instant::now();",
    ),
    (
        "std::time::Instant::elapsed",
        "let _ = |then: std::time::Instant| then.elapsed();",
    ),
    ("std::env::var", "let _ = std::env::var(\"A\");"),
    ("std::env::var_os", "let _ = std::env::var_os(\"A\");"),
    ("std::env::vars", "let _ = std::env::vars();"),
    ("std::env::vars_os", "let _ = std::env::vars_os();"),
    (
        "std::thread::sleep",
        "std::thread::sleep(std::time::Duration::ZERO);",
    ),
    ("std::thread::spawn", "let _ = std::thread::spawn(|| ());"),
    ("std::process::exit", "let _ = || std::process::exit(1);"),
    ("std::process::abort", "let _ = || std::process::abort();"),
    ("std::mem::forget", "std::mem::forget(String::new());"),
    ("std::boxed::Box::leak", "let _ = Box::leak(Box::new(1));"),
    ("std::string::String::leak", "let _ = String::new().leak();"),
    ("std::vec::Vec::leak", "let _ = vec![1].leak();"),
    ("slice::sort", "[2, 1].sort();"),
    ("slice::sort_by", "[2, 1].sort_by(|a, b| b.cmp(a));"),
    ("slice::sort_by_key", "[2, 1].sort_by_key(|a| -a);"),
    (
        "slice::sort_by_cached_key",
        "[2, 1].sort_by_cached_key(|a| a.to_string());",
    ),
    ("slice::sort_unstable", "[2, 1].sort_unstable();"),
    (
        "slice::sort_unstable_by",
        "[2, 1].sort_unstable_by(|a, b| b.cmp(a));",
    ),
    (
        "slice::sort_unstable_by_key",
        "[2, 1].sort_unstable_by_key(|a| -a);",
    ),
    (
        "serde_json::Value",
        "let _: Option<serde_json::Value> = None;",
    ),
    ("serde_json::Map", "let _: Option<serde_json::Map> = None;"),
    ("std::fs::File", "let _: Option<std::fs::File> = None;"),
    (
        "std::net::TcpStream",
        "let _: Option<std::net::TcpStream> = None;",
    ),
    (
        "std::net::UdpSocket",
        "let _: Option<std::net::UdpSocket> = None;",
    ),
    ("std::sync::Mutex", "let _ = std::sync::Mutex::new(1);"),
    ("std::sync::RwLock", "let _ = std::sync::RwLock::new(1);"),
    ("std::print", "print!(\"\");"),
    ("std::println", "println!();"),
    ("std::eprint", "eprint!(\"\");"),
    ("std::eprintln", "eprintln!();"),
];

/// The crates of the filter, those that are only compiled on the way (derives) included.
const CRATES: &[&str] = &[
    "anyhow",
    "base64",
    "block-buffer",
    "bytes",
    "cfg-if",
    "cmov",
    "crypto-common",
    "ctutils",
    "digest",
    "either",
    "getrandom",
    "hmac",
    "httpdate",
    "humantime",
    "hybrid-array",
    "ipnet",
    "itertools",
    "itoa",
    "log",
    "memchr",
    "palisade",
    "palisade-derive",
    "proc-macro2",
    "prost",
    "prost-derive",
    "prost-types",
    "quote",
    "regex-lite",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "sha1",
    "sha2",
    "siphasher",
    "strsim",
    "syn",
    "typenum",
    "unicode-ident",
    "zeroize",
    "zmij",
];

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn cargo(directory: &std::path::Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(directory)
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER");
    cargo
}

fn read(file: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/{file}")).expect(file)
}

#[test]
fn every_entry_of_the_lint_list_forbids() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |file: &str, text: &str| {
        let file = directory.path().join(file);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&file, text).expect("a file");
    };
    // What stands for the crate has its names, and needs no registry.
    write(
        "json/Cargo.toml",
        "[package]\nname = \"serde_json\"\nversion = \"1.0.0\"\nedition = \"2024\"\n",
    );
    write("json/src/lib.rs", "pub struct Value;\npub struct Map;\n");
    write(
        "Cargo.toml",
        "[package]\nname = \"calls\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\nserde_json = { path = \"json\" }\n[workspace]\n",
    );
    let lines: String = CALLS
        .iter()
        .map(|(_, call)| format!("    {call}\n"))
        .collect();
    let lints = ["macros", "methods", "types"]
        .map(|kind| format!("clippy::disallowed_{kind}"))
        .join(", ");
    write(
        "src/lib.rs",
        &format!("#![warn({lints})]\npub fn calls() {{\n{lines}}}\n"),
    );
    let output = cargo(directory.path())
        .args([
            "clippy",
            "--offline",
            "--quiet",
            "--message-format",
            "short",
        ])
        .env("CLIPPY_CONF_DIR", ROOT)
        .env("CARGO_TARGET_DIR", directory.path().join("target"))
        .output()
        .expect("cargo runs");
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{told}");
    for (index, (path, call)) in CALLS.iter().enumerate() {
        let place = format!("src/lib.rs:{}:", index + 3);
        let mut lines = told.lines().filter(|line| line.starts_with(&place));
        let name = path.trim_start_matches("slice::");
        assert!(
            lines.any(|line| line.contains("disallowed") && line.contains(name)),
            "{call}\n{told}"
        );
    }
}

#[test]
fn the_lint_list_names_a_remedy_and_is_called_whole() {
    let list = read("clippy.toml");
    let paths: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("{ path = \"")?.split('"').next())
        .collect();
    assert_eq!(paths, CALLS.iter().map(|(path, _)| *path).collect());
    for line in list.lines().filter(|line| line.contains("path = ")) {
        assert!(line.contains("reason = \""), "{line}");
    }
}

/// The lints are denied where the filter is compiled, and `make lint` compiles it.
#[test]
fn the_filter_is_what_is_linted() {
    let crate_root = read("src/lib.rs");
    let (_, denied) = crate_root
        .split_once("not(any(test, feature = \"cli\"))")
        .expect("a level of its own");
    for lint in [
        "disallowed_macros",
        "disallowed_methods",
        "disallowed_types",
    ] {
        assert!(denied.contains(lint), "{lint}");
    }
    assert!(
        read("Makefile")
            .contains("cargo clippy --locked --lib --target $(WASM_TARGET) -- -D warnings")
    );
}

#[test]
fn no_other_crate_reaches_the_filter() {
    let output = cargo(ROOT.as_ref())
        .args([
            "tree",
            "--locked",
            "--offline",
            "--edges",
            "normal",
            "--target",
            "wasm32-wasip1",
        ])
        .args([
            "--no-default-features",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(output.stdout).expect("text");
    let found: BTreeSet<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(
        found,
        CRATES.iter().copied().collect(),
        "a crate of the filter is a decision: see deny.toml"
    );
}
