//! What only owners have: the code of their authenticator, and the unlock link that was mailed to them.

use std::cell::RefCell;
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palisade::signing::{Secret, SigningKeys};
use palisade::unlock::Unlock;

use crate::site::KEY;

/// How an authenticator's secret is written.
#[derive(Clone, Copy)]
pub(crate) enum Written {
    Base32,
    Text,
}

/// What an authenticator shows, kept for its half minute: attackers ask a hundred times for it.
struct Shown {
    secret: String,
    half_minute: u64,
    code: String,
}

thread_local! {
    static SHOWN: RefCell<Option<Shown>> = const { RefCell::new(None) };
}

/// The code that the authenticator shows now.
pub(crate) fn code(secret: &str, written: Written) -> String {
    let half_minute = since_1970().as_secs() / 30;
    let is_shown = |shown: &Shown| shown.secret == secret && shown.half_minute == half_minute;
    let known = SHOWN.with_borrow(|shown| {
        let shown = shown.as_ref().filter(|shown| is_shown(shown));
        shown.map(|shown| shown.code.clone())
    });
    known.unwrap_or_else(|| {
        let code = computed(secret, written);
        SHOWN.set(Some(Shown {
            secret: secret.to_owned(),
            half_minute,
            code: code.clone(),
        }));
        code
    })
}

fn computed(secret: &str, written: Written) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/applications/totp.py");
    let mut command = Command::new("python3");
    command.args([script, secret]);
    if matches!(written, Written::Text) {
        command.arg("--text");
    }
    let output = command.output().expect("python3");
    assert!(output.status.success(), "{script}");
    String::from_utf8(output.stdout)
        .expect("digits")
        .trim()
        .to_owned()
}

/// A code that will be good for some time yet: a slow machine types slowly, and some take no code of the half minute
/// before.
pub(crate) fn fresh_code(secret: &str, written: Written) -> String {
    let into = || since_1970().as_secs() % 30;
    while into() > 15 {
        thread::sleep(Duration::from_millis(200));
    }
    code(secret, written)
}

/// A code that is wrong, whatever the time: another one for each number.
pub(crate) fn wrong_code(right: &str, number: usize) -> String {
    let right: usize = right.parse().expect("digits");
    // The codes of neighbouring times are taken as well, and are not known here; one guess in 300,000 hits one of them.
    format!("{:06}", (right + 1 + number * 7919) % 1_000_000)
}

/// Path and query of a link that lifts the lock of this account.
pub(crate) fn unlock_link(path: &str, account: &str, number: u32) -> String {
    let now = since_1970();
    let secret = Secret::parse(KEY).expect("a key");
    let keys = SigningKeys::new(&[secret]).expect("one key");
    let nonce = format!("{:x}-{number:020}", now.as_nanos());
    let unlock = Unlock::new(account.as_bytes(), now.as_secs() + 3600, &nonce).expect("an account");
    format!("{path}?token={}", unlock.token(&keys))
}

fn since_1970() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970")
}
