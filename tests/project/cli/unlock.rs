//! `palisade unlock`.

use std::process::{Command, Output};
use std::time::SystemTime;

use palisade::signing::{Secret, SigningKeys};
use palisade::time::Time;
use palisade::unlock::Unlock;

use super::text;

/// What `unlock` says with this key in PALISADE_KEY.
fn unlock(key: Option<&str>, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_palisade"));
    command.arg("unlock").args(words).env_remove("PALISADE_KEY");
    if let Some(key) = key {
        command.env("PALISADE_KEY", key);
    }
    command.output().expect("the command line runs")
}

#[test]
fn a_token_of_the_command_line_lifts_the_lock_it_is_made_for() {
    const KEY: &str = "0123456789abcdef0123456789abcdef";
    let keys = SigningKeys::new(&[Secret::parse(KEY).expect("a secret")]).expect("keys");
    let seconds = || SystemTime::UNIX_EPOCH.elapsed().expect("a clock").as_secs();
    let made = |words: &[&str]| {
        let output = unlock(Some(&format!("{KEY}\n")), words);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).trim_end().to_owned()
    };
    let read = |token: &str| {
        let now = Time::from_secs(seconds());
        Unlock::verify(token.as_bytes(), &keys, now).expect("valid")
    };
    let before = seconds();
    let token = made(&["--account", "müller+1@example.com"]);
    let permission = read(&token);
    assert_eq!(permission.account(), "müller+1@example.com".as_bytes());
    let hour = Time::from_secs(before + 3_600)..=Time::from_secs(seconds() + 3_600);
    assert!(hour.contains(&permission.expiry()));

    let prefix = "https://a.example/login?unlock=";
    let link = made(&["--account", "a", "--url", prefix, "--valid", "6d"]);
    let other = read(link.strip_prefix(prefix).expect("the URL stands before"));
    assert_ne!(permission.nonce(), other.nonce());
}

#[test]
fn no_token_without_a_good_key_and_no_key_is_shown() {
    let long = "a".repeat(513);
    for (key, account, told) in [
        (None, "alice", "PALISADE_KEY"),
        (Some(""), "alice", "PALISADE_KEY: the signing key is empty"),
        (Some("geheim"), "alice", "shorter than 32 bytes"),
        (
            Some("geheim geheim geheim geheim geheim"),
            "alice",
            "at byte 6",
        ),
        (Some("geheim-geheim-geheim-geheim-geheim"), "", "--account"),
        (
            Some("geheim-geheim-geheim-geheim-geheim"),
            &long,
            "--account",
        ),
    ] {
        let output = unlock(key, &["--account", account]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(told), "{told} in {said}");
        assert!(!said.contains("geheim"), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn no_token_is_made_for_a_policy_that_takes_none() {
    const KEY: &str = "0123456789abcdef0123456789abcdef";
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("policy.yaml");
    let path = file.to_str().expect("a path");
    for (links, status) in [
        ("", 1),
        ("unlock: { path: /unlock, redirect: /login }\n", 0),
    ] {
        let policy = format!("{links}routes: [{{ name: login, match: {{ path: /login }} }}]\n");
        std::fs::write(&file, policy).expect("a file");
        let output = unlock(Some(KEY), &["--account", "a", "--policy", path]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert_eq!(said.contains("has no `unlock`"), status == 1, "{said}");
        assert_eq!(output.stdout.is_empty(), status == 1);
    }
}
