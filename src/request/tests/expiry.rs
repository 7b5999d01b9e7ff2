//! How long solutions and clearances are good, also where a clock jumps.

use super::challenges::{answer, ask, earned, failed, solve, suspects};
use super::limits::signing;
use super::*;
use crate::challenge::clearance::ClearanceError;
use crate::challenge::proof;
use crate::telemetry::ChallengeFailure;

#[test]
fn a_solution_is_good_until_it_expires_and_not_a_second_longer() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    host.pass(600);
    refused(answer(&mut engine, &host, &payload));
    assert_eq!(failed(&host, proof::Failure::Expired), 1);
    let payload = solve(&ask(&mut engine, &host));
    host.pass(599);
    earned(answer(&mut engine, &host, &payload));
    assert_eq!(
        host.counted(Event::SolveTime(std::time::Duration::from_secs(599))),
        1
    );
}

#[test]
fn a_solution_is_single_use_for_as_long_as_anybody_takes_it() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    earned(answer(&mut engine, &host, &payload));
    for (seconds, failure) in [
        (0, ChallengeFailure::Replayed),
        (599, ChallengeFailure::Replayed),
        (1, proof::Failure::Expired.into()),
        (100_000, proof::Failure::Expired.into()),
    ] {
        host.pass(seconds);
        let before = failed(&host, failure);
        refused(answer(&mut engine, &host, &payload));
        assert_eq!(
            failed(&host, failure),
            before + 1,
            "after {seconds} more seconds"
        );
    }
}

#[test]
fn a_clock_that_jumps_back_refuses_what_comes_from_the_future() {
    let (mut engine, host) = (signing(&suspects(json!({}))), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    let other = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &other));
    let now = host.now.get();
    // Clocks of two proxies may be a minute apart.
    host.now.set(now - 61_000);
    refused(answer(&mut engine, &host, &payload));
    assert_eq!(failed(&host, proof::Failure::Premature), 1);
    refused(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    assert_eq!(
        host.counted(Event::ClearanceError(ClearanceError::Premature)),
        1
    );
    host.now.set(0);
    refused(answer(&mut engine, &host, &payload));
    host.now.set(now - 59_000);
    passed(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    earned(answer(&mut engine, &host, &payload));
    host.now.set(u64::MAX / 1_000_000);
    refused(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
}

#[test]
fn a_clearance_lasts_as_long_as_the_operator_says() {
    let challenge =
        json!({ "challenge": { "difficulty": 1000, "clearance": { "lifetime": "2m" } } });
    let (mut engine, host) = (signing(&suspects(challenge)), FakeHost::of("11.0.0.1:1"));
    let payload = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &payload));
    host.pass(119);
    passed(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    host.pass(1);
    refused(outcome(
        &mut engine,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    assert_eq!(
        host.counted(Event::ClearanceError(ClearanceError::Expired)),
        1
    );
}

#[test]
fn a_clearance_by_less_work_than_is_asked_for_now_is_refused() {
    let host = FakeHost::of("11.0.0.1:1");
    let mut engine = signing(&suspects(json!({})));
    let payload = solve(&ask(&mut engine, &host));
    let clearance = earned(answer(&mut engine, &host, &payload));
    let mut harder = signing(&suspects(json!({ "challenge": { "difficulty": 1001 } })));
    refused(outcome(
        &mut harder,
        &host,
        &login(&[("cookie", &clearance)]),
        "",
    ));
    assert_eq!(
        host.counted(Event::ClearanceError(ClearanceError::TooEasy)),
        1
    );
}
