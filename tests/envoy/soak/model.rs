//! That the soak finds what it is there to find.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::load::client::{Manner, Outcome, Reply};
use crate::load::memory::{Memory, Sample};
use crate::load::model::{Fate, Model, Sent};
use crate::load::report::Report;

/// A request of this case, just sent.
fn sent(model: &Model, case: u64, fate: Fate) -> Sent {
    Sent {
        id: model.number(),
        case,
        kind: "login",
        is_judged: true,
        may_close: false,
        fate,
        manner: Manner::Patient,
        at: Instant::now(),
    }
}

fn reply(status: u16, from: &str) -> Outcome {
    Outcome::Reply(Reply {
        status,
        headers: vec![(from.to_owned(), "yes".to_owned())],
        body: Vec::new(),
        is_cut: false,
        has_more: false,
    })
}

/// So many requests reach the application, and get its answer.
fn reach(model: &Model, case: u64, requests: u32) {
    for _ in 0..requests {
        let sent = sent(model, case, Fate::Application);
        model.arrived(case, sent.id, false);
        model.ended(&sent, &reply(401, "x-soak-application"));
    }
}

#[test]
fn one_more_than_may_and_one_less_than_must_are_violations() {
    for (requests, is_sound) in [(4, false), (5, true), (6, false)] {
        let model = Model::new();
        let case = model.open("an account".to_owned(), Some(5));
        reach(&model, case, requests);
        model.close(case, "login", Some(5));
        assert_eq!(model.is_sound(), is_sound, "{requests}");
    }
}

#[test]
fn a_doubt_excuses_one_and_what_reached_nobody_excuses_none() {
    for (fate, outcome, is_sound) in [
        (Fate::Application, Outcome::Left, true),
        (Fate::Wasted, reply(503, "server"), true),
        (Fate::Nobody, reply(503, "server"), false),
        (Fate::Application, reply(429, "x-palisade-ref"), false),
    ] {
        let model = Model::new();
        let case = model.open("an account".to_owned(), Some(5));
        reach(&model, case, 4);
        model.ended(&sent(&model, case, fate), &outcome);
        model.close(case, "login", Some(5));
        assert_eq!(model.is_sound(), is_sound, "{fate:?} {outcome:?}");
    }
}

#[test]
fn no_answer_a_second_one_and_a_second_arrival_are_violations() {
    for (outcome, is_reloading, is_sound) in [
        (Outcome::Closed, false, false),
        (Outcome::Closed, true, true),
        (Outcome::Hung, true, false),
        (Outcome::Left, false, true),
    ] {
        let model = Model::new();
        if is_reloading {
            model.reload_begins();
        }
        model.ended(&sent(&model, 0, Fate::Application), &outcome);
        assert_eq!(model.is_sound(), is_sound, "{outcome:?}");
    }
    let model = Model::new();
    model.arrived(0, 7, false);
    assert!(model.is_sound());
    model.arrived(0, 7, false);
    assert!(!model.is_sound());
}

#[test]
fn the_metrics_must_say_what_the_answers_show() {
    for (allowed, limited, is_sound) in [
        (3, 1, true),
        (2, 1, false),
        // One more is the one whose answer nobody has seen; two are not.
        (3, 2, true),
        (4, 1, true),
        (4, 2, false),
        (5, 1, false),
    ] {
        let model = Model::new();
        let case = model.open("an account".to_owned(), None);
        reach(&model, case, 3);
        for outcome in [reply(429, "x-palisade-ref"), Outcome::Left] {
            model.ended(&sent(&model, case, Fate::Application), &outcome);
        }
        model.settle();
        let name =
            |verdict: &str| format!("wasmcustom.palisade_requests.route=login.verdict={verdict}");
        let stats = BTreeMap::from([(name("allow"), allowed), (name("limit"), limited)]);
        let report = Report::new(&model, 1, 1, 0, &stats, Memory::default());
        assert_eq!(report.is_sound(), is_sound, "{allowed} {limited}");
    }
}

#[test]
fn ten_bytes_lost_per_request_are_found_and_noise_is_not() {
    let hour = |leak: f64| {
        let mut memory = Memory::default();
        for second in (0..3_600_u32).step_by(10) {
            // Tables fill in the first minutes; then it goes up and down by a MiB.
            let filling = f64::from(second.min(300)) * 1e5;
            let noise = f64::from(second * 7_919 % 1_000) * 1_048.0;
            let bytes = (130e6 + filling + noise + f64::from(second) * leak) as u64;
            let seconds = f64::from(second);
            memory.take(Sample {
                seconds,
                resident: bytes,
                allocated: bytes,
            });
        }
        memory.is_flat()
    };
    assert!(hour(0.0));
    assert!(!hour(200.0 * 10.0));
}
