//! Impossible travel, from the request to the application's answer.

mod bodies;
mod conditions;
mod positions;

use super::*;
use crate::response::Origin;
use crate::telemetry::{PositionResult, TravelResult};

const HOUR: u64 = 3_600;

/// A place: an address there, and what the API says of it.
#[derive(Clone, Copy)]
struct Place {
    address: &'static str,
    loc: &'static str,
    more: &'static str,
}

const BERLIN: Place = Place {
    address: "11.0.0.1:1",
    loc: "52.5,13.4",
    more: r#""privacy": {"VPN": false, "Proxy": false, "Tor": false}, "country": "DE", "city": "Berlin""#,
};
const SYDNEY: Place = Place {
    address: "11.0.1.1:1",
    loc: "-33.9,151.2",
    more: r#""privacy": {"VPN": false, "Proxy": false, "Tor": false}, "country": "AU", "city": "Sydney""#,
};

impl Place {
    fn answer(self) -> String {
        format!(r#"{{"loc": "{}", {}}}"#, self.loc, self.more)
    }

    /// The outcome of a login from here, with these headers.
    fn begin(self, engine: &mut Engine, host: &FakeHost, more: &[(&str, &str)]) -> Outcome {
        host.set_peer(self.address);
        outcome(engine, host, &login(more), &self.answer())
    }

    /// The same for alice.
    fn alice(self, engine: &mut Engine, host: &FakeHost) -> Outcome {
        self.begin(engine, host, &[("x-account", "alice")])
    }

    /// The same, which the application answers with this status; what it was told.
    fn logs_in(self, engine: &mut Engine, host: &FakeHost, status: &str) -> Vec<Line> {
        let outcome = self.alice(engine, host);
        end(outcome, engine, host, status)
    }
}

/// Lets the application answer; what it was told.
fn end(outcome: Outcome, engine: &Engine, host: &FakeHost, status: &str) -> Vec<Line> {
    let Outcome::Pass(pass, Some(watch)) = outcome else {
        panic!("expected a pass that is watched, not {outcome:?}");
    };
    watch.headers(&block(&[(":status", status)]), true, engine, host);
    pass.headers
}

/// A login route with these rules; the account stands in a header, so that no body is needed.
fn ruled(rules: Value, more: Value) -> Value {
    let mut policy = policy(json!({
        "identity": { "account": [{ "header": "x-account" }], "session": [{ "cookie": "sid" }] },
        "routes": [{
            "name": "login", "match": { "path": "/login" }, "failure": { "status": [401] },
            "success": { "status": ["2xx", "3xx"] }, "rules": rules,
        }],
    }));
    put(&mut policy, &more);
    policy
}

/// Refuses what is impossible.
fn denying() -> Engine {
    let rule = json!([{ "name": "travel", "when": "impossible_travel", "then": "deny" }]);
    engine(&ruled(rule, json!({})))
}

/// Only tells the application.
fn telling() -> Engine {
    let rule = json!([{ "name": "travel", "when": "impossible_travel", "then": "step_up" }]);
    engine(&ruled(rule, json!({})))
}

fn is_impossible(told: &[Line]) -> bool {
    let signals = header(told, "x-palisade-signals").unwrap_or_default();
    signals.split(',').any(|name| name == "impossible_travel")
}

/// How often the table of positions was read.
fn reads(host: &FakeHost) -> usize {
    let read = host.read.borrow();
    let ours = |key: &&Vec<u8>| String::from_utf8_lossy(key).contains("/travel/");
    read.iter().filter(ours).count()
}

#[test]
fn a_login_far_away_is_refused_seconds_later_and_not_a_day_later() {
    let (mut engine, host) = (denying(), FakeHost::of("11.0.0.1:1"));
    let told = BERLIN.logs_in(&mut engine, &host, "302");
    assert_eq!(header(&told, "x-palisade-travel"), None, "the first one");
    assert_eq!(host.counted(Event::Travel(TravelResult::First)), 1);
    assert_eq!(host.counted(Event::Position(PositionResult::Moved)), 1);
    host.pass(10);
    let refused = refused(SYDNEY.alice(&mut engine, &host));
    assert_eq!(
        (refused.reply.status, refused.reply.details.as_str()),
        (403, "palisade_denied_impossible_travel")
    );
    let line: Value = serde_json::from_str(&refused.audit.expect("a line")).expect("JSON");
    assert_eq!(line["travel_km"], json!(16_097));
    assert_eq!(line["travel_speed"], json!(15_997 * 3_600 / 11));
    assert_eq!(line["signals"], json!("impossible_travel"));
    assert_eq!(host.counted(Event::Travel(TravelResult::Impossible)), 1);
    host.pass(24 * HOUR);
    let told = SYDNEY.logs_in(&mut engine, &host, "302");
    let seconds = 24 * HOUR + 10;
    let speed = 15_997 * 3_600 / (seconds + 1);
    let travel = format!("km=16097, speed={speed}");
    assert_eq!(header(&told, "x-palisade-travel"), Some(travel.as_str()));
    assert_eq!(host.counted(Event::Travel(TravelResult::Possible)), 1);
}

#[test]
fn another_account_has_not_travelled() {
    let (mut engine, host) = (denying(), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "302");
    let bob = SYDNEY.begin(&mut engine, &host, &[("x-account", "bob")]);
    assert!(matches!(bob, Outcome::Pass(..)), "{bob:?}");
}

#[test]
fn workers_share_the_last_positions() {
    let host = FakeHost::of("11.0.0.1:1");
    let (mut one, mut other) = (telling(), telling());
    BERLIN.logs_in(&mut one, &host, "302");
    assert!(is_impossible(&SYDNEY.logs_in(&mut other, &host, "302")));
}

#[test]
fn only_a_successful_login_moves_the_position() {
    for status in ["401", "500", "100"] {
        let (mut engine, host) = (telling(), FakeHost::of("11.0.0.1:1"));
        SYDNEY.logs_in(&mut engine, &host, status);
        assert_eq!(host.counted(Event::Position(PositionResult::Moved)), 0);
        let told = BERLIN.logs_in(&mut engine, &host, "302");
        assert!(!is_impossible(&told), "{status}");
    }
    let (mut engine, host) = (telling(), FakeHost::of("11.0.0.1:1"));
    let Outcome::Pass(_, Some(watch)) = SYDNEY.alice(&mut engine, &host) else {
        panic!("it passes");
    };
    watch.cut_off(&engine, &host);
    host.origin.set(Some(Origin::Undelivered));
    SYDNEY.logs_in(&mut engine, &host, "200");
    host.origin.set(None);
    assert!(!is_impossible(&BERLIN.logs_in(&mut engine, &host, "302")));
}

#[test]
fn a_thief_who_gets_in_moves_nothing() {
    let (mut engine, host) = (telling(), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "302");
    for _ in 0..2 {
        host.pass(600);
        assert!(is_impossible(&SYDNEY.logs_in(&mut engine, &host, "302")));
        host.pass(600);
        assert!(!is_impossible(&BERLIN.logs_in(&mut engine, &host, "302")));
    }
    assert_eq!(host.counted(Event::Position(PositionResult::Kept)), 2);
}

#[test]
fn of_two_first_logins_at_once_one_stays() {
    let (mut engine, host) = (telling(), FakeHost::of("11.0.0.1:1"));
    let berlin = BERLIN.alice(&mut engine, &host);
    let sydney = SYDNEY.alice(&mut engine, &host);
    assert!(!is_impossible(&end(berlin, &engine, &host, "302")));
    end(sydney, &engine, &host, "302");
    assert_eq!(host.counted(Event::Position(PositionResult::Moved)), 1);
    assert_eq!(host.counted(Event::Position(PositionResult::Kept)), 1);
    assert!(is_impossible(&SYDNEY.logs_in(&mut engine, &host, "302")));
}

#[test]
fn a_position_lost_to_other_workers_is_counted_and_holds_up_nobody() {
    let (mut engine, host) = (telling(), FakeHost::of("11.0.0.1:1"));
    host.contended.set(true);
    BERLIN.logs_in(&mut engine, &host, "302");
    assert_eq!(host.counted(Event::Position(PositionResult::GivenUp)), 1);
}

#[test]
fn a_position_is_forgotten_in_time() {
    let more = json!({ "travel": { "remember": "1h", "max_speed": 100 } });
    let rule = json!([{ "name": "travel", "when": "impossible_travel", "then": "deny" }]);
    let (mut engine, host) = (engine(&ruled(rule, more)), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "302");
    host.pass(HOUR - 1);
    assert!(matches!(
        SYDNEY.alice(&mut engine, &host),
        Outcome::Refuse(_)
    ));
    host.pass(2);
    SYDNEY.logs_in(&mut engine, &host, "302");
}

#[test]
fn each_session_travels_by_itself_where_sessions_do() {
    let more = json!({ "travel": { "subject": "session" } });
    let rule = json!([{ "name": "travel", "when": "impossible_travel", "then": "deny" }]);
    let (mut engine, host) = (engine(&ruled(rule, more)), FakeHost::of("11.0.0.1:1"));
    let with = |engine: &mut Engine, place: Place, cookie: &str| {
        place.begin(engine, &host, &[("cookie", cookie)])
    };
    let first = with(&mut engine, BERLIN, "sid=stolen");
    end(first, &engine, &host, "200");
    host.pass(10);
    for (cookie, passes) in [
        ("sid=another", true),
        ("sid=stolen", false),
        ("sid=made-up; sid=stolen", false),
        ("other=1", true),
    ] {
        let outcome = with(&mut engine, SYDNEY, cookie);
        assert_eq!(matches!(outcome, Outcome::Pass(..)), passes, "{cookie}");
    }
}
