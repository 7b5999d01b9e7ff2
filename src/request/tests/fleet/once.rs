//! What may be used once may be used at one proxy.

use super::super::challenges::{earned, failed, solve, suspects};
use super::*;
use crate::telemetry::ChallengeFailure;

#[test]
fn a_solution_that_has_answered_at_one_proxy_answers_at_no_other() {
    let policy = suspects(json!({ "fleet": { "cluster": "ratelimit" } }));
    let mut fleet = Fleet::new(&policy);
    let asked = refused(fleet.proxies[0].send(&[], None));
    assert_eq!(
        fleet.calls(),
        0,
        "who has answered nothing is asked about nothing"
    );
    let solution = solve(&asked);
    let head = [("x-palisade-solution", solution.as_str())];
    let clearance = earned(fleet.proxies[1].send(&head, Some(&mut fleet.service)));
    for at in [0, 2] {
        let proxy = &mut fleet.proxies[at];
        let refused = refused(proxy.send(&head, Some(&mut fleet.service)));
        assert_eq!(refused.reply.status, 403);
        assert_eq!(failed(&proxy.host, ChallengeFailure::Replayed), 1, "{at}");
        let sets = |(name, value): &(&str, std::borrow::Cow<'_, str>)| {
            *name == "set-cookie" && !value.contains("Max-Age=0")
        };
        assert!(
            !refused.reply.headers.iter().any(sets),
            "{:?}",
            refused.reply.headers
        );
    }
    let before = fleet.calls();
    for proxy in &mut fleet.proxies {
        passed(proxy.send(&[("cookie", clearance.as_str())], None));
    }
    assert_eq!(
        fleet.calls(),
        before,
        "a clearance holds everywhere, and nobody is asked about it"
    );
}

#[test]
fn while_the_service_fails_a_solution_counts_once_at_each_proxy() {
    let policy = suspects(json!({ "fleet": { "cluster": "ratelimit" } }));
    let mut fleet = Fleet::new(&policy);
    let solution = solve(&refused(fleet.proxies[0].send(&[], None)));
    let head = [("x-palisade-solution", solution.as_str())];
    for proxy in &mut fleet.proxies {
        earned(proxy.send(&head, None));
        refused(proxy.send(&head, None));
    }
}
