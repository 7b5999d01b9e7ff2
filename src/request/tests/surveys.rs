//! What is looked at from time to time.

use super::*;
use crate::telemetry::SharedTable;

fn surveyed(host: &FakeHost) -> Vec<(SharedTable, u64)> {
    let events = host.events.borrow();
    let used = events.iter().filter_map(|event| match event {
        Event::TableSlotsUsed { table, slots } => Some((*table, *slots)),
        _ => None,
    });
    used.collect()
}

fn limited() -> Value {
    json!({
        "limits": [{ "name": "ip", "key": ["address"], "limit": 100, "window": "1h" }],
        "routes": [{ "name": "login", "match": { "path": "/login" }, "limits": ["ip"], "rules": [] }],
    })
}

#[test]
fn one_worker_of_all_looks_every_ten_seconds() {
    let (mut one, mut other) = (engine(&policy(limited())), engine(&policy(limited())));
    let host = FakeHost::of("11.0.0.1:1");
    let mut surveys = |one_ticks: bool| {
        host.events.borrow_mut().clear();
        let _ = if one_ticks { &mut one } else { &mut other }.tick(&host);
        surveyed(&host).len()
    };
    assert_eq!(surveys(true), 2);
    assert_eq!((surveys(true), surveys(false)), (0, 0));
    host.pass(10);
    assert_eq!((surveys(false), surveys(true)), (2, 0));
    host.set_back(1_000);
    assert_eq!((surveys(true), surveys(false)), (0, 0));
    host.pass(10);
    assert_eq!((surveys(true), surveys(false)), (2, 0));
}

#[test]
fn a_survey_tells_the_tables_that_are_used_and_no_other() {
    for (policy, expected) in [
        (
            json!({ "routes": [{ "name": "login", "match": {}, "rules": [] }] }),
            vec![SharedTable::Reputations],
        ),
        (
            limited(),
            vec![SharedTable::Counters, SharedTable::Reputations],
        ),
        (
            json!({}),
            vec![
                SharedTable::Counters,
                SharedTable::Once,
                SharedTable::Reputations,
            ],
        ),
    ] {
        let (mut engine, host) = (engine(&super::policy(policy)), FakeHost::of("11.0.0.1:1"));
        let _ = engine.tick(&host);
        let tables: Vec<SharedTable> = surveyed(&host).iter().map(|(table, _)| *table).collect();
        assert_eq!(tables, expected);
    }
}

#[test]
fn a_survey_tells_how_many_counters_there_are_and_the_budget_that_is_left() {
    let mut policy = policy(limited());
    policy["counters"] = json!({ "memory": "64KiB" });
    policy["intelligence"]["daily_budget"] = json!(1_000);
    let (mut engine, host) = (engine(&policy), FakeHost::default());
    host.now.set(1_000_000_000);
    for client in 1..=100 {
        host.set_peer(&format!("11.0.{client}.1:1"));
        let _ = outcome(&mut engine, &host, &login(&[]), CLEAN);
    }
    let _ = engine.tick(&host);
    let slots = Event::TableSlots {
        table: SharedTable::Counters,
        slots: 16 * 81,
    };
    assert_eq!(host.counted(slots), 1);
    let used = surveyed(&host);
    // The limit's counter of each address, and the share of lookups of each network.
    assert!(used.contains(&(SharedTable::Counters, 200)), "{used:?}");
    assert_eq!(host.counted(Event::BudgetLeft(900)), 1);
}

#[test]
fn a_request_that_is_judged_pays_nothing_for_surveys() {
    let (mut engine, host) = (engine(&policy(limited())), FakeHost::of("11.0.0.1:1"));
    for _ in 0..3 {
        host.pass(60);
        let _ = outcome(&mut engine, &host, &login(&[]), CLEAN);
    }
    assert_eq!(surveyed(&host), []);
    let read = host.read.borrow();
    assert!(!read.iter().any(|key| key.ends_with(b"survey")));
}
