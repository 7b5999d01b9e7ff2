use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::address::{ClientAddress, PrefixLengths};
use crate::identity::session::{MAX_SESSIONS, SessionSource, SessionSources};
use crate::message::{HeaderBlock, serialise};
use crate::records::{Life, PAYLOAD, Record, Table};
use crate::store::{Budget, MemoryStore, Written};
use crate::time::Time;

mod deliveries;
mod judgement;
mod remembrance;
mod revocation;
mod webhook;
mod worker;

const HOUR: u64 = 3_600;

fn keys() -> Keys {
    Keys::new([7; 16])
}

/// The sessions of a request with these bearer tokens.
fn sessions(tokens: &[&str]) -> Vec<Session> {
    let lines: Vec<String> = tokens
        .iter()
        .map(|token| format!("Bearer {token}"))
        .collect();
    let lines = lines
        .iter()
        .map(|line| (&b"authorization"[..], line.as_bytes()));
    SessionSources::new(vec![SessionSource::Bearer]).read(&HeaderBlock::new(serialise(lines)))
}

fn session(token: &str) -> Session {
    sessions(&[token]).remove(0)
}

fn key_of(token: &str) -> RecordKey {
    key(&keys(), &session(token)).expect("readable")
}

fn table() -> Table {
    Table::new("test", Budget::new(8_192).expect("a budget"))
}

fn life(seconds: u64) -> Life {
    Life::new(Duration::from_secs(seconds)).expect("a life")
}

fn at(seconds: u64) -> Time {
    at_millis(seconds * 1_000)
}

fn at_millis(millis: u64) -> Time {
    Time::from_millis(1_764_000_000_000 + millis)
}

#[test]
fn a_session_has_a_key_of_its_own_and_what_nobody_can_read_has_none() {
    assert_eq!(key_of("one"), key_of("one"));
    assert_ne!(key_of("one"), key_of("two"));
    let other = Keys::new([8; 16]);
    assert_ne!(key(&other, &session("one")), Some(key_of("one")));
    let names: Vec<String> = (0..=MAX_SESSIONS)
        .map(|number| number.to_string())
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = sessions(&names);
    assert_eq!(many.len(), 1);
    assert_eq!(key(&keys(), &many[0]), None);
}
