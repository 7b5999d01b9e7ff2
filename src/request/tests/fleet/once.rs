//! What may be used once may be used at one proxy.

use super::super::challenges::{earned, failed, solve, suspects};
use super::super::sessions::{get, revocations, scene};
use super::*;
use crate::signing::{Secret, SigningKeys};
use crate::telemetry::{ChallengeFailure, RevocationResult, UnlockResult};
use crate::unlock::Unlock;

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

/// A policy with links that lift locks.
pub(super) fn links() -> Value {
    json!({ "unlock": { "path": "/unlock", "redirect": "/login" } })
}

/// A link that lifts the lock of alice.
pub(super) fn link(fleet: &Fleet) -> HeaderBlock {
    let keys = SigningKeys::new(&[Secret::parse(SECRET).expect("a secret")]).expect("keys");
    let expiry = u64::from(fleet.proxies[0].host.time().seconds()) + 600;
    let token = Unlock::new(b"alice", expiry, "0123456789abcdef").expect("a token");
    let path = format!("/unlock?token={}", token.token(&keys));
    block(&[(":method", "GET"), (":path", &path)])
}

/// Proxies whose limit on failures a link lifts, and such a link.
fn locked() -> (Fleet, HeaderBlock) {
    let limit = json!({ "count": "failures", "limit": 1 });
    let mut fleet = Fleet::new(&shared(limit, links()));
    assert_eq!(fleet.passing(6, "alice"), 1);
    assert_eq!(fleet.passing(6, "bob"), 1);
    let link = link(&fleet);
    (fleet, link)
}

/// Where a link leads.
pub(super) fn follow(
    proxy: &mut Proxy,
    head: &HeaderBlock,
    service: Option<&mut Service>,
) -> String {
    let reply = match proxy.engine.begin(head, true, StreamId(1), &proxy.host) {
        Progress::Redeems(link) => {
            let mut service = service;
            let reply = proxy.answered(service.as_deref_mut(), |response, engine, host| {
                link.resume(response, engine, host)
            });
            proxy.end_calls(service, false);
            reply
        }
        Progress::Step(Step::Done(Outcome::Answer(reply))) => *reply,
        other => panic!("{other:?}"),
    };
    assert_eq!(reply.status, 303);
    let location = header(&reply.headers, "location");
    location.expect("a location").to_owned()
}

#[test]
fn an_unlock_link_lifts_the_lock_of_all_proxies_once() {
    let (mut fleet, link) = locked();
    let calls = fleet.proxies[1].host.call_count();
    let service = &mut fleet.service;
    let led = follow(&mut fleet.proxies[1], &link, Some(service));
    assert_eq!(led, "/login?unlock=done");
    let asked = fleet.proxies[1].host.call_count() - calls;
    assert_eq!(asked, 2, "it asks once, and tells once what is lifted");
    // So long each goes by what it has heard.
    fleet.pass(6);
    assert_eq!(fleet.passing(6, "alice"), 1);
    assert_eq!(fleet.passing(6, "bob"), 0);
    for at in [1, 0, 2] {
        let proxy = &mut fleet.proxies[at];
        let led = follow(proxy, &link, Some(&mut fleet.service));
        assert_eq!(led, "/login?unlock=used", "{at}");
    }
    fleet.pass(6);
    assert_eq!(fleet.passing(6, "alice"), 0, "a used link lifts nothing");
}

#[test]
fn an_unlock_link_lifts_a_lock_though_nobody_waits_or_the_service_fails() {
    let (mut fleet, link) = locked();
    let proxy = &mut fleet.proxies[0];
    match proxy.engine.begin(&link, true, StreamId(1), &proxy.host) {
        Progress::Redeems(link) => link.cut_off(&mut proxy.engine),
        other => panic!("{other:?}"),
    }
    proxy.end_calls(Some(&mut fleet.service), false);
    let done = Event::Unlock(UnlockResult::Done);
    assert_eq!(proxy.host.counted(done), 1);
    fleet.pass(6);
    assert_eq!(fleet.passing(6, "alice"), 1);
    let (mut fleet, link) = locked();
    let proxy = &mut fleet.proxies[0];
    assert_eq!(follow(proxy, &link, None), "/login?unlock=done");
    assert_eq!(follow(proxy, &link, None), "/login?unlock=used");
    let attempt = proxy.attempt("alice", None);
    assert!(answer(proxy, attempt, "401"), "its own lock is lifted");
}

/// A request of a session; whether it passes.
fn visits(fleet: &mut Fleet, at: usize, (path, session): (&str, &str)) -> bool {
    let cookie = format!("sid={session}");
    let head = block(&[(":method", "GET"), (":path", path), ("cookie", &cookie)]);
    let proxy = &mut fleet.proxies[at];
    let step = proxy.begin_head(&head);
    let outcome = proxy.finish(step, Some(&mut fleet.service));
    matches!(outcome, Outcome::Pass(..))
}

/// Proxies, of which the first has revoked a session, and told this service so, if it answers.
fn revoked(answers: bool) -> Fleet {
    let mut fleet = Fleet::new(&shared(json!({}), json!({})));
    for proxy in &mut fleet.proxies {
        let (engine, host) = scene(json!({
            "fleet": { "cluster": "ratelimit" },
            "limits": [{
                "name": "own", "scope": "fleet", "window": "1h", "limit": 100, "key": ["session"],
                "count_refused": true,
            }],
            "routes": [
                { "name": "login", "match": { "path": "/login" }, "lookup": "background" },
                { "name": "counted", "match": { "path": "/counted" }, "lookup": "off", "rules": [], "limits": ["own"] },
                { "name": "plain", "match": { "path": "/plain" }, "lookup": "off", "rules": [] },
            ],
        }));
        *proxy = Proxy {
            engine,
            host,
            ended: 0,
        };
    }
    let proxy = &mut fleet.proxies[0];
    let (outcome, asked) = get(&mut proxy.engine, &proxy.host, ("/login", "stolen"), TOR);
    assert!(asked && matches!(outcome, Outcome::Pass(..)));
    proxy.ended = 1;
    proxy.end_calls(answers.then_some(&mut fleet.service), false);
    assert_eq!(revocations(&proxy.host, RevocationResult::Revoked), 1);
    fleet
}

#[test]
fn a_session_revoked_at_one_proxy_is_refused_where_the_fleet_is_asked() {
    let mut fleet = revoked(true);
    for at in [1, 2] {
        assert!(visits(&mut fleet, at, ("/plain", "stolen")), "{at}");
        assert!(visits(&mut fleet, at, ("/counted", "other")), "{at}");
        let calls = fleet.calls();
        assert!(!visits(&mut fleet, at, ("/counted", "stolen")), "{at}");
        assert_eq!(fleet.calls(), calls + 1, "never a call more");
        assert!(!visits(&mut fleet, at, ("/plain", "stolen")), "{at}");
        assert!(!visits(&mut fleet, at, ("/counted", "stolen")), "{at}");
        assert_eq!(fleet.calls(), calls + 1, "what is known asks nobody");
        let elsewhere = RevocationResult::Elsewhere;
        assert_eq!(revocations(&fleet.proxies[at].host, elsewhere), 1);
    }
    assert!(!fleet.service.keys().contains("stolen"));
}

#[test]
fn a_session_revoked_while_the_service_fails_is_told_when_it_answers() {
    let mut fleet = revoked(false);
    assert!(
        visits(&mut fleet, 1, ("/counted", "stolen")),
        "nobody has heard"
    );
    assert!(visits(&mut fleet, 0, ("/counted", "other")));
    assert!(!visits(&mut fleet, 1, ("/counted", "stolen")));
    let calls = fleet.calls();
    assert!(visits(&mut fleet, 0, ("/counted", "other")));
    assert_eq!(fleet.calls(), calls + 1, "it is told once");
}
