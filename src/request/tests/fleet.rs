//! Several proxies that count as one.

mod attacked;
mod failing;
mod meanings;
mod once;
mod windows;

use super::limits::{SECRET, limited, signing};
use super::*;
use crate::fleet::testing::Service;
use crate::telemetry::{FleetResult, LimitResult};

/// A proxy of a fleet.
struct Proxy {
    engine: Engine,
    host: FakeHost,
    /// How many of its calls have ended.
    ended: usize,
}

/// Proxies under one policy, and the service that counts for them.
struct Fleet {
    proxies: Vec<Proxy>,
    service: Service,
}

fn shared(limit: Value, more: Value) -> Value {
    let mut own =
        json!({ "name": "own", "scope": "fleet", "window": "1h", "limit": 3, "key": ["account"] });
    put(&mut own, &limit);
    let mut policy = limited(json!([own]), json!({ "fleet": { "cluster": "ratelimit" } }));
    policy["routes"][0]["success"] = json!({ "status": ["2xx", "3xx"] });
    put(&mut policy, &more);
    policy
}

impl Proxy {
    fn new(engine: Engine) -> Self {
        Self {
            engine,
            host: FakeHost::of("11.0.0.1:1"),
            ended: 0,
        }
    }

    /// The calls of this proxy end, all but the last, for which a request waits: its answer.
    fn end_calls(&mut self, service: Option<&mut Service>, waits: bool) -> Option<Vec<u8>> {
        let mut service = service;
        loop {
            self.engine.flush(&self.host);
            let made = self.host.call_count();
            if self.ended == made {
                return None;
            }
            let request = self.host.calls.borrow()[self.ended].clone();
            let second = self.host.time().nanos() / 1_000_000_000;
            let body = service
                .as_mut()
                .map(|service| service.answer(&request, second));
            if waits && self.ended + 1 == made {
                self.ended += 1;
                return body;
            }
            self.end_next(body.as_deref());
        }
    }

    /// The next call ends, for which no request waits.
    fn end_next(&mut self, body: Option<&[u8]>) {
        self.ended += 1;
        let token = CallToken(u32::try_from(self.ended).expect("few"));
        let response = Response {
            status: Some(if body.is_some() { 200 } else { 504 }),
            retry_after: None,
            body: Body::Whole(body.unwrap_or_default()),
        };
        let ended = Ended::Answered(response);
        let woken = self.engine.call_ended(token, ended, &self.host);
        assert!(matches!(woken, Woken::Nobody), "{woken:?}");
    }

    /// Ends the call that the request waits for.
    fn go_on(&mut self, step: Step, service: Option<&mut Service>) -> Step {
        let Step::Calls(Calling::Tallying(tallying)) = step else {
            return step;
        };
        self.answered(service, |response, engine, host| {
            tallying.resume(response, engine, host)
        })
    }

    /// The same, whatever waits.
    fn answered<T>(
        &mut self,
        service: Option<&mut Service>,
        resume: impl FnOnce(Option<Response<'_>>, &mut Engine, &FakeHost) -> T,
    ) -> T {
        let body = self.end_calls(service, true);
        let token = CallToken(u32::try_from(self.ended).expect("few"));
        let response = Response {
            status: Some(if body.is_some() { 200 } else { 504 }),
            retry_after: None,
            body: Body::Whole(body.as_deref().unwrap_or_default()),
        };
        match self
            .engine
            .call_ended(token, Ended::Answered(response), &self.host)
        {
            Woken::Called(_, response) => resume(response, &mut self.engine, &self.host),
            other => panic!("nobody is woken: {other:?}"),
        }
    }

    fn begin(&mut self, account: &str) -> Step {
        self.begin_with(&[("x-account", account)])
    }

    fn begin_with(&mut self, head: &[(&str, &str)]) -> Step {
        self.begin_head(&login(head))
    }

    fn begin_head(&mut self, head: &HeaderBlock) -> Step {
        match self.engine.begin(head, true, StreamId(1), &self.host) {
            Progress::Step(step) => step,
            other => panic!("nothing is looked up: {other:?}"),
        }
    }

    /// What becomes of a login, whose calls are answered by `service`, or time out.
    fn attempt(&mut self, account: &str, service: Option<&mut Service>) -> Outcome {
        self.send(&[("x-account", account)], service)
    }

    fn send(&mut self, head: &[(&str, &str)], service: Option<&mut Service>) -> Outcome {
        let step = self.begin_with(head);
        self.finish(step, service)
    }

    /// Goes on to the end.
    fn finish(&mut self, mut step: Step, mut service: Option<&mut Service>) -> Outcome {
        while matches!(step, Step::Calls(Calling::Tallying(_))) {
            step = self.go_on(step, service.as_deref_mut());
        }
        self.end_calls(service, false);
        done(step)
    }
}

/// The application answers with this status; whether it was asked.
fn answer(proxy: &mut Proxy, outcome: Outcome, status: &str) -> bool {
    match outcome {
        Outcome::Pass(_, watch) => {
            if let Some(watch) = watch {
                let done = watch.headers(
                    &block(&[(":status", status)]),
                    true,
                    &proxy.engine,
                    &proxy.host,
                );
                assert!(matches!(done, Watched::Done(_)), "{done:?}");
            }
            true
        }
        Outcome::Refuse(_) => false,
        other => panic!("{other:?}"),
    }
}

impl Fleet {
    fn new(policy: &Value) -> Self {
        Self {
            proxies: (0..3).map(|_| Proxy::new(signing(policy))).collect(),
            service: Service::default(),
        }
    }

    /// A login at one of the proxies; whether the application was asked.
    fn tries(&mut self, at: usize, account: &str, status: &str) -> bool {
        let proxy = &mut self.proxies[at];
        let outcome = proxy.attempt(account, Some(&mut self.service));
        let passed = answer(proxy, outcome, status);
        proxy.end_calls(Some(&mut self.service), false);
        passed
    }

    /// How many of so many logins pass, at one proxy after the other.
    fn passing(&mut self, number: usize, account: &str) -> usize {
        (0..number)
            .filter(|number| self.tries(number % 3, account, "401"))
            .count()
    }

    fn pass(&self, seconds: u64) {
        for proxy in &self.proxies {
            proxy.host.pass(seconds);
        }
    }

    fn calls(&self) -> usize {
        self.proxies
            .iter()
            .map(|proxy| proxy.host.call_count())
            .sum()
    }
}

#[test]
fn all_proxies_together_let_through_what_one_would() {
    for count in ["attempts", "failures"] {
        let mut fleet = Fleet::new(&shared(json!({ "count": count }), json!({})));
        assert_eq!(fleet.passing(12, "alice"), 3, "{count}");
        assert_eq!(fleet.passing(12, "bob"), 3, "{count}");
    }
}

#[test]
fn what_a_proxy_refuses_by_itself_costs_no_call() {
    let mut fleet = Fleet::new(&shared(
        json!({ "key": ["subnet"], "mobile": "volume" }),
        json!({}),
    ));
    assert_eq!(fleet.passing(9, "alice"), 3);
    let before = fleet.calls();
    assert_eq!(fleet.passing(30, "alice"), 0);
    assert_eq!(fleet.calls(), before);
}

#[test]
fn one_call_asks_for_all_limits_of_a_request_and_one_refusal_ends_it() {
    let limits = json!([
        { "name": "net", "scope": "fleet", "window": "1h", "limit": 2, "key": ["subnet"], "mobile": "volume" },
        { "name": "account", "scope": "fleet", "window": "1h", "limit": 3, "key": ["account"] },
        { "name": "local", "window": "1h", "limit": 30, "key": ["session", "account"] },
    ]);
    let mut fleet = Fleet::new(&limited(
        limits,
        json!({ "fleet": { "cluster": "ratelimit" } }),
    ));
    assert!(fleet.tries(0, "alice", "401"));
    assert_eq!(fleet.calls(), 1);
    assert!(fleet.tries(1, "alice", "401"));
    assert!(!fleet.tries(2, "alice", "401"), "the network");
    for proxy in &fleet.proxies {
        proxy.host.set_peer("11.0.9.1:1");
    }
    assert!(
        fleet.tries(2, "alice", "401"),
        "what the network refused is not the account's"
    );
    assert!(!fleet.tries(0, "alice", "401"));
}

#[test]
fn nothing_leaves_in_clear_and_the_key_decides_who_counts_together() {
    let policy = shared(json!({ "key": ["account", "subnet"] }), json!({}));
    let environment = |_: &str| Some(format!("another-{SECRET}"));
    let other = config::load(policy.to_string().as_bytes(), &environment).expect("valid");
    let mut fleet = Fleet::new(&policy);
    fleet.proxies[1].engine = Engine::new(other, "test", [0; 16]);
    fleet.proxies[2].engine =
        Engine::new(fleet.proxies[2].engine.policy().clone(), "else", [0; 16]);
    assert_eq!(fleet.passing(30, "alice"), 9, "three of each");
    let keys = fleet.service.keys();
    assert!(!keys.contains("alice") && !keys.contains("11.0."), "{keys}");
}

/// A hit of the first limit on the first route.
fn hit(result: LimitResult) -> Event {
    Event::LimitHit {
        route: crate::route::RouteIndex::new(0),
        limit: crate::decision::LimitIndex(0),
        result,
    }
}

#[test]
fn a_limit_that_is_only_monitored_refuses_nobody_and_says_so() {
    let mut fleet = Fleet::new(&shared(json!({ "mode": "monitor" }), json!({})));
    assert_eq!(fleet.passing(9, "alice"), 9);
    let hit = hit(LimitResult::Monitored);
    let hits = fleet.proxies.iter().map(|proxy| proxy.host.counted(hit));
    assert_eq!(hits.sum::<usize>(), 6);
}
