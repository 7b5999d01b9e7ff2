//! Every event in every waiting state, against a host that does with a request what Envoy does, and a model that says
//! what must be counted, what may reach the application, and what its answer may reach.

#![expect(
    clippy::panic_in_result_fn,
    reason = "a host that is asked for what it never gives fails the test"
)]

mod envoy;
mod run;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::config;
use crate::fake_host::FakeHost;
use crate::message::{HeaderBlock, serialise};
use crate::request::{Bodies, Engine};
use crate::response::Origin;
use envoy::Envoy;
use run::Run;

const BODY: &str = "email=alice&cf-turnstile-response=t1&rest=0123456789";
/// Where the captcha's token begins in it.
const TOKEN_AT: usize = 34;
const SOLVED: &str = r#"{"success": true, "hostname": "example.com", "action": "login", "challenge_ts": "1970-01-12T13:46:40Z"}"#;
const CLEAN: &str =
    r#"{"country": "DE", "asn": {"ASN": "AS64500", "Type": "isp"}, "privacy": {"VPN": false}}"#;
/// How many logins of one account pass.
const LIMIT: usize = 2;

/// A request, and the Envoy that it comes to.
#[derive(Clone, Debug)]
struct Case {
    /// `allow_on_headers_stop_iteration`.
    flag: bool,
    /// What the worker believes of it.
    bodies: Bodies,
    /// Whether the head says how long the body is.
    has_length: bool,
    /// Whether the head names the account as well.
    basic: bool,
    /// Whether its address is looked up.
    looked_up: bool,
    asks: Asks,
    /// Whether the fleet counts the account as well.
    shared: bool,
    checked: Checked,
    monitors: bool,
    /// How many logins of the account came before.
    before: usize,
    events: Vec<Event>,
}

/// Whether its password is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checked {
    No,
    /// Before or behind the rule that challenges; whether the service answers.
    Yes {
        first: bool,
        answers: bool,
    },
}

/// What is asked of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    Nothing,
    /// A proof of work, which it does not have.
    Work,
    /// A captcha, which stands in the body; whether the service takes it.
    Captcha(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// So many bytes of the body come.
    Piece(usize),
    /// The rest of it comes, and ends it.
    End,
    /// Trailers come, which end it.
    Trailers,
    LookedUp,
    Called,
    /// The call about its password ends.
    Ranged,
    /// So many milliseconds pass.
    Tick(u64),
    /// The clock is set back by so many seconds.
    SetBack(u64),
    /// An answer comes from there, if the head has gone on.
    Answer(Origin),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (1..40_usize).prop_map(Event::Piece),
        1 => Just(Event::End),
        1 => Just(Event::Trailers),
        2 => Just(Event::LookedUp),
        2 => Just(Event::Called),
        2 => Just(Event::Ranged),
        3 => prop_oneof![Just(2_u64), Just(60), Just(300), Just(2_000)].prop_map(Event::Tick),
        1 => (1..100_000_u64).prop_map(Event::SetBack),
        2 => prop_oneof![
            2 => Just(Origin::Application),
            1 => Just(Origin::Envoy),
            1 => Just(Origin::Undelivered),
        ].prop_map(Event::Answer),
    ];
    prop::collection::vec(event, 0..10)
}

fn cases() -> impl Strategy<Value = Case> {
    let bodies = prop_oneof![
        Just(Bodies::Unknown),
        Just(Bodies::AfterHead),
        Just(Bodies::WithHead)
    ];
    let asks = prop_oneof![
        3 => Just(Asks::Nothing),
        1 => Just(Asks::Work),
        2 => any::<bool>().prop_map(Asks::Captcha),
    ];
    let request = (any::<bool>(), any::<bool>(), any::<bool>());
    let policy = (
        asks,
        prop::bool::weighted(0.2),
        0..=LIMIT,
        prop::bool::weighted(0.4),
        prop_oneof![
            2 => Just(Checked::No),
            3 => (any::<bool>(), any::<bool>())
                .prop_map(|(first, answers)| Checked::Yes { first, answers }),
        ],
    );
    (any::<bool>(), bodies, request, policy, events()).prop_map(
        |(
            flag,
            bodies,
            (has_length, basic, looked_up),
            (asks, monitors, before, shared, checked),
            events,
        )| Case {
            flag,
            bodies,
            has_length,
            basic,
            looked_up,
            asks,
            shared,
            checked,
            monitors,
            before,
            events,
        },
    )
}

impl Case {
    fn engine(&self) -> Engine {
        let mut policy = json!({
            "mode": if self.monitors { "monitor" } else { "enforce" },
            "signing_keys_env": ["KEY"],
            "identity": { "account": [{ "form": "email" }, "basic"], "body_timeout": "10s" },
            "lists": [{ "name": "all", "cidrs": ["11.0.0.0/8"] }],
            "limits": [{ "name": "account", "key": ["account"], "limit": LIMIT, "window": "1h" }],
            "routes": [
                { "name": "login", "match": { "path": "/login" }, "limits": ["account"] },
                {
                    "name": "probe", "match": { "path": "/probe" }, "limits": ["account"], "mode": "enforce",
                    "lookup": "off",
                },
            ],
        });
        if self.shared {
            policy["fleet"] = json!({ "cluster": "ratelimit" });
            policy["limits"][0]["scope"] = json!("fleet");
        }
        if self.asks != Asks::Nothing {
            policy["routes"][0]["rules"] =
                json!([{ "name": "suspect", "when": { "list": "all" }, "then": "challenge" }]);
        }
        if let Checked::Yes { first, .. } = self.checked {
            policy["breached_passwords"] =
                json!({ "cluster": "passwords", "authority": "passwords.internal" });
            let route = &mut policy["routes"][0];
            route["password"] = json!([{ "form": "rest" }]);
            let rule = json!({ "when": "breached_password", "then": "step_up" });
            let mut rules = route["rules"].as_array().cloned().unwrap_or_default();
            rules.insert(if first { 0 } else { rules.len() }, rule);
            route["rules"] = json!(rules);
        }
        if matches!(self.asks, Asks::Captcha(_)) {
            policy["captcha"] = json!({
                "provider": "turnstile", "cluster": "siteverify", "site_key": "0x4AAA", "secret_env": "KEY",
                "hostnames": ["example.com"], "action": "login",
            });
        }
        if self.looked_up {
            policy["intelligence"] =
                json!({ "provider": "ipasis", "cluster": "ipasis", "api_key_env": "KEY" });
            policy["limits"]
                .as_array_mut()
                .expect("a list")
                .push(json!({ "name": "asn", "key": ["asn"], "limit": 1000, "window": "1h" }));
            policy["routes"][0]["limits"] = json!(["account", "asn"]);
        }
        let mut engine = engine(&policy);
        engine.bodies = self.bodies;
        engine
    }
}

fn engine(policy: &Value) -> Engine {
    let environment = |_: &str| Some("a-secret-key-that-is-long-enough-0123".to_owned());
    let policy = config::load(policy.to_string().as_bytes(), &environment).expect("valid");
    Engine::new(policy, "test", [0; 16])
}

fn head(path: &str, more: &[(&str, &str)]) -> HeaderBlock {
    let head = [
        (":method", "POST"),
        (":path", path),
        (":authority", "example.com"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let lines = head.iter().chain(more);
    HeaderBlock::new(serialise(
        lines.map(|(name, value)| (name.as_bytes(), value.as_bytes())),
    ))
}

fn check(case: &Case) {
    let envoy = Envoy {
        host: FakeHost::of("11.0.0.1:1"),
        ..Envoy::default()
    };
    let mut run = Run::new(case, &envoy);
    for _ in 0..case.before {
        assert!(run.probe());
    }
    run.begin();
    for event in &case.events {
        run.happen(*event);
    }
    // Whatever it waits for is over in the end.
    for event in [
        Event::LookedUp,
        Event::Called,
        Event::Ranged,
        Event::Called,
        Event::Called,
        Event::Tick(20_000),
        Event::Called,
        Event::Ranged,
        Event::Called,
        Event::Called,
    ] {
        run.happen(event);
    }
    let went_ahead = run.upstream.is_some();
    assert!(went_ahead || run.is_over(), "hangs");
    run.happen(Event::Answer(Origin::Application));
    assert!(run.is_over(), "hangs");
    run.end();
    let refused = envoy.reply.get();
    let body = run.upstream.clone().unwrap_or_default();
    if case.monitors {
        assert_eq!(refused, None, "monitor mode refuses nothing");
        return;
    }
    // What the application has of the body is a whole one that was judged.
    let is_whole = run.sent == BODY.len() && run.ended;
    if !body.is_empty() || run.upstream_ended {
        assert!(run.ended, "a part has gone on");
        assert_eq!(refused, None, "what was refused has gone on");
    }
    let body_names = match run.sent {
        _ if !run.ended => None,
        0..=6 => None,
        7..=10 => Some("another"),
        _ => Some("alice"),
    };
    let account = match (case.basic, body_names) {
        (true, None | Some("alice")) => Some("alice"),
        (true, _) => None,
        (false, named) => named,
    };
    let answers = case.asks == Asks::Captcha(true) && run.ended && run.sent > TOKEN_AT;
    let cleared = case.asks == Asks::Nothing || answers;
    let full = case.before == LIMIT;
    if run.delivered && !run.reached_nobody {
        assert!(cleared, "a challenge was passed without an answer");
        assert!(account.is_some(), "nobody's account");
        assert!(!full || account != Some("alice"), "one too many");
    }
    // A rule about the password that comes first may excuse from the challenge behind it, and stands in the body.
    let is_excused = matches!(case.checked, Checked::Yes { first: true, .. });
    if went_ahead && !cleared {
        assert!(
            !case.flag || case.bodies != Bodies::WithHead,
            "a head left that was to be held"
        );
    }
    if went_ahead && !cleared && !is_excused {
        assert!(case.has_length, "a challenged head left");
        assert_eq!(run.come_by_then, BODY.len(), "a challenged head left");
    }
    if went_ahead && case.has_length && !run.delivered {
        assert_eq!(run.come_by_then, BODY.len(), "a head left before its body");
    }
    // An honest request passes; only an answer to a challenge in a body of unknown length is not waited for where that
    // may be in vain.
    let early = case
        .events
        .iter()
        .any(|event| matches!(event, Event::Answer(_)));
    // A clock that is wrong takes the service's word for one from another time.
    let set_back = case
        .events
        .iter()
        .any(|event| matches!(event, Event::SetBack(_)));
    let in_vain = case.asks != Asks::Nothing
        && !case.has_length
        && !(case.flag && case.bodies == Bodies::WithHead);
    if is_whole && cleared && !full && !early && !in_vain && !set_back {
        let waits = case.events.iter().map(|event| match event {
            Event::Tick(milliseconds) => *milliseconds,
            _ => 0,
        });
        let waited: u64 = waits.sum();
        assert!(
            refused.is_none() || waited >= 10_000,
            "an honest client was refused: {refused:?}"
        );
    }
    // It is counted once, as the model says.
    let mut left = 0;
    while run.probe() {
        left += 1;
        assert!(left <= LIMIT);
    }
    let counted = LIMIT - case.before - left;
    assert!(counted <= 1, "counted {counted} times");
    // Whether it counts depends on whether it had been judged by then.
    if run.reached_nobody {
        return;
    }
    if run.delivered && account == Some("alice") {
        assert_eq!(counted, 1, "the application's answer was not counted");
    }
    // Whose captcha was still being verified when the application answered gets the challenge again, and learns
    // nothing.
    let is_challenged = refused == Some(403);
    if went_ahead && cleared && case.basic && !full && !is_challenged {
        assert_eq!(counted, 1, "the application had the account in the head");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]
    #[test]
    fn no_order_of_events_passes_unjudged_or_uncounted_or_hangs(case in cases()) {
        check(&case);
    }
}
