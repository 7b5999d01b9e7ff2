//! Every event in every waiting state, against a host that does with a request what Envoy does, and a model that says what must be
//! counted, what may reach the application, and what its answer may reach.

use std::cell::{Cell, RefCell};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::desk::{Bodies, Desk};
use super::stream::Stream;
use super::wire::{Action, Buffer, HeaderMap, HostResult, Status, Wire};
use crate::callout::HttpRequest;
use crate::config;
use crate::fake_host::FakeHost;
use crate::intelligence::provider::{Body, FailureReason, Response};
use crate::intelligence::{CallToken, Caller, StreamId};
use crate::message::{HeaderBlock, serialise};
use crate::response::Origin;
use crate::store::{Expected, Store, StoreError};
use crate::telemetry::{Event as Metered, Meter};
use crate::time::Time;
use crate::transaction::{Engine, Host};

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
    monitors: bool,
    /// How many logins of the account came before.
    before: usize,
    events: Vec<Event>,
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
    /// So many milliseconds pass.
    Tick(u64),
    /// The application answers, if it has the head.
    Answer,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (1..40_usize).prop_map(Event::Piece),
        1 => Just(Event::End),
        1 => Just(Event::Trailers),
        2 => Just(Event::LookedUp),
        2 => Just(Event::Called),
        3 => prop_oneof![Just(2_u64), Just(60), Just(300), Just(2_000)].prop_map(Event::Tick),
        2 => Just(Event::Answer),
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
    let policy = (asks, prop::bool::weighted(0.2), 0..=LIMIT);
    (any::<bool>(), bodies, request, policy, events()).prop_map(
        |(flag, bodies, (has_length, basic, looked_up), (asks, monitors, before), events)| Case {
            flag,
            bodies,
            has_length,
            basic,
            looked_up,
            asks,
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
                { "name": "probe", "match": { "path": "/probe" }, "limits": ["account"], "mode": "enforce", "lookup": "off" },
            ],
        });
        if self.asks != Asks::Nothing {
            policy["routes"][0]["rules"] =
                json!([{ "name": "suspect", "when": { "list": "all" }, "then": "challenge" }]);
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
        engine(&policy)
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

/// One stream of Envoy's.
#[derive(Default)]
struct Envoy {
    host: FakeHost,
    /// How many bytes have been received, with the head.
    size: Cell<u64>,
    /// What the filter may read of the body.
    visible: RefCell<Vec<u8>>,
    reply: Cell<Option<u16>>,
    resumed: Cell<bool>,
}

impl Wire for &Envoy {
    fn request_size(&self) -> Option<u64> {
        Some(self.size.get())
    }

    fn buffer(&self, kind: Buffer, start: usize, length: usize) -> HostResult<Vec<u8>> {
        assert_eq!(kind, Buffer::RequestBody);
        let visible = self.visible.borrow();
        let end = visible.len().min(start + length);
        visible.get(start..end).map(<[u8]>::to_vec).ok_or(Status(2))
    }

    fn headers(&self, map: HeaderMap) -> HostResult<Vec<u8>> {
        let lines: &[(&[u8], &[u8])] = match map {
            HeaderMap::Response => &[(b":status", b"200")],
            _ => &[],
        };
        Ok(serialise(lines.iter().copied()))
    }

    fn add_header(&self, _: HeaderMap, _: &[u8], _: &[u8]) -> HostResult<()> {
        Ok(())
    }

    fn remove_header(&self, _: HeaderMap, _: &[u8]) -> HostResult<()> {
        Ok(())
    }

    fn set_property(&self, _: &[u8], _: &[u8]) -> HostResult<()> {
        Ok(())
    }

    fn send_local_response(
        &self,
        status: u16,
        _: &str,
        _: &[u8],
        _: &[u8],
        _: i32,
    ) -> HostResult<()> {
        assert_eq!(self.reply.replace(Some(status)), None, "answered once");
        Ok(())
    }

    fn resume_request(&self) -> HostResult<()> {
        assert!(!self.resumed.replace(true), "resumed once");
        Ok(())
    }
}

impl Store for &Envoy {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.host.get(key)
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        self.host.compare_and_set(key, value, expected)
    }
}

impl Caller for &Envoy {
    fn call(
        &self,
        cluster: &str,
        request: &HttpRequest,
        timeout: std::time::Duration,
    ) -> Result<CallToken, FailureReason> {
        self.host.call(cluster, request, timeout)
    }
}

impl Meter for &Envoy {
    fn meter(&self, event: Metered) {
        self.host.meter(event);
    }
}

impl Host for &Envoy {
    fn now(&self) -> Time {
        self.host.now()
    }

    fn peer_address(&self) -> Option<Vec<u8>> {
        self.host.peer_address()
    }

    fn profile(&self) -> Option<Vec<u8>> {
        self.host.profile()
    }

    fn origin(&self) -> Origin {
        Origin::Application
    }

    fn random(&self) -> [u8; 16] {
        self.host.random()
    }
}

/// A run of one case.
struct Run<'c> {
    case: &'c Case,
    engine: Engine,
    bodies: Bodies,
    envoy: &'c Envoy,
    stream: Option<Stream>,
    /// Whether the head is held back.
    head_held: bool,
    /// What the host keeps back until the head has gone on, whether that ends the body, and whether by trailers.
    kept_back: (Vec<u8>, bool, bool),
    /// What the host keeps because it was told to wait.
    buffered: Vec<u8>,
    cumulative: bool,
    /// How much of the body the client has sent, and whether it has ended it.
    sent: usize,
    ended: bool,
    /// What the application has.
    upstream: Option<Vec<u8>>,
    upstream_ended: bool,
    /// How much of the body had come when the application got the head.
    come_by_then: usize,
    /// Whether the client has got the application's answer.
    delivered: bool,
}

impl<'c> Run<'c> {
    fn new(case: &'c Case, envoy: &'c Envoy) -> Self {
        Self {
            case,
            engine: case.engine(),
            bodies: case.bodies,
            envoy,
            stream: Some(Stream::new(1)),
            head_held: false,
            kept_back: (Vec::new(), false, false),
            buffered: Vec::new(),
            cumulative: false,
            sent: 0,
            ended: false,
            upstream: None,
            upstream_ended: false,
            come_by_then: 0,
            delivered: false,
        }
    }

    /// Runs a callback, and does what it has asked for.
    fn call<R>(
        &mut self,
        run: impl FnOnce(&mut Stream, &mut Desk<'_, &'c Envoy>) -> R,
    ) -> Option<R> {
        let stream = self.stream.as_mut()?;
        let mut desk = Desk {
            engine: &mut self.engine,
            host: self.envoy,
            bodies: &mut self.bodies,
        };
        Some(run(stream, &mut desk))
    }

    fn is_over(&self) -> bool {
        self.envoy.reply.get().is_some() || self.delivered
    }

    fn begin(&mut self) {
        let length = BODY.len().to_string();
        let mut more = Vec::new();
        if self.case.has_length {
            more.push(("content-length", length.as_str()));
        }
        if self.case.basic {
            more.push(("authorization", "Basic YWxpY2U6eA=="));
        }
        let headers = head("/login", &more);
        self.envoy.size.set(100);
        let action = self.call(|stream, desk| {
            let progress = desk.engine.begin(&headers, false, StreamId(1), &desk.host);
            stream.begin(progress, desk)
        });
        match action {
            Some(Action::Continue) => self.pass_on(),
            _ => self.head_held = true,
        }
        self.go_on();
    }

    fn pass_on(&mut self) {
        if self.envoy.reply.get().is_none() {
            self.head_held = false;
            if self.upstream.is_none() {
                self.come_by_then = self.sent;
            }
            let body = self.upstream.get_or_insert_default();
            body.append(&mut self.buffered);
        }
    }

    /// What the filter has let go on outside of a callback of its own.
    fn go_on(&mut self) {
        if !self.envoy.resumed.replace(false) || self.envoy.reply.get().is_some() {
            return;
        }
        self.pass_on();
        if self.ended && self.kept_back.0.is_empty() && !self.kept_back.1 {
            self.upstream_ended = true;
        }
        let (piece, ends, by_trailers) = std::mem::take(&mut self.kept_back);
        if !piece.is_empty() || ends && !by_trailers {
            self.hand_over(&piece, ends && !by_trailers);
        }
        if by_trailers {
            self.hand_over_trailers();
        }
    }

    fn hand_over(&mut self, piece: &[u8], ends: bool) {
        let told = if self.cumulative {
            self.buffered.extend_from_slice(piece);
            *self.envoy.visible.borrow_mut() = self.buffered.clone();
            self.buffered.len()
        } else {
            *self.envoy.visible.borrow_mut() = piece.to_vec();
            piece.len()
        };
        let was_cumulative = self.cumulative;
        let action = self.call(|stream, desk| stream.body(told, ends, desk));
        if !was_cumulative {
            self.buffered.extend_from_slice(piece);
        }
        self.cumulative = action == Some(Action::Pause);
        *self.envoy.visible.borrow_mut() = self.buffered.clone();
        if action == Some(Action::Continue) {
            self.pass_on();
            self.upstream_ended |= ends && self.envoy.reply.get().is_none();
        }
        self.go_on();
    }

    fn hand_over_trailers(&mut self) {
        let action = self.call(|stream, desk| stream.trailers(desk));
        if action == Some(Action::Continue) {
            self.pass_on();
            self.upstream_ended |= self.envoy.reply.get().is_none();
        }
        self.go_on();
    }

    fn come(&mut self, piece: &[u8], ends: bool, by_trailers: bool) {
        if self.ended || self.is_over() {
            return;
        }
        self.sent += piece.len();
        self.ended |= ends;
        let size = self.envoy.size.get() + u64::try_from(piece.len()).expect("small");
        self.envoy.size.set(size);
        if self.head_held && !self.case.flag {
            self.kept_back.0.extend_from_slice(piece);
            self.kept_back.1 |= ends;
            self.kept_back.2 |= by_trailers;
            return;
        }
        if !piece.is_empty() || ends && !by_trailers {
            self.hand_over(piece, ends && !by_trailers);
        }
        if by_trailers && self.envoy.reply.get().is_none() {
            self.hand_over_trailers();
        }
    }

    fn happen(&mut self, event: Event) {
        let rest = BODY.as_bytes().get(self.sent..).unwrap_or_default();
        match event {
            Event::Piece(size) => {
                let piece = rest.get(..size.min(rest.len())).unwrap_or_default();
                let ends = self.case.has_length && piece.len() == rest.len();
                if !piece.is_empty() {
                    self.come(piece, ends, false);
                }
            }
            Event::End => self.come(rest, true, false),
            // A body of a known length must have come whole before them.
            Event::Trailers if self.case.has_length => self.come(rest, true, true),
            Event::Trailers => self.come(b"", true, true),
            Event::LookedUp => {
                if self.stream.as_ref().is_some_and(Stream::is_waiting) {
                    self.looked_up();
                }
            }
            Event::Called => {
                let waits = self.stream.as_ref().and_then(Stream::verifying);
                if let (Some(_), Asks::Captcha(solved)) = (waits, self.case.asks) {
                    let body = if solved { SOLVED } else { "{}" };
                    let response = Response {
                        status: Some(200),
                        retry_after: None,
                        body: Body::Whole(body.as_bytes()),
                    };
                    self.call(|stream, desk| stream.verified(Some(response), desk));
                    self.go_on();
                }
            }
            Event::Tick(milliseconds) => {
                self.envoy.host.pass_milliseconds(milliseconds);
                if !self.is_over() {
                    self.call(|stream, desk| stream.tick(desk));
                    self.go_on();
                }
            }
            Event::Answer => {
                if self.upstream.is_some() && !self.is_over() {
                    self.call(|stream, desk| stream.answered(true, desk));
                    self.delivered = self.envoy.reply.get().is_none();
                }
            }
        }
    }

    fn looked_up(&mut self) {
        let calls = self.envoy.host.calls.borrow();
        let place = calls.iter().position(|call| call.method == "GET");
        drop(calls);
        let token = CallToken(u32::try_from(place.map_or(1, |place| place + 1)).expect("few"));
        let response = Response {
            status: Some(200),
            retry_after: None,
            body: Body::Whole(CLEAN.as_bytes()),
        };
        let now = self.envoy.host.time();
        let library = self.engine.library().expect("an API");
        let arrival = library
            .arrived(token, Some(response), now, &self.envoy)
            .expect("a flight");
        self.call(|stream, desk| stream.looked_up(arrival.knowledge, desk));
        self.go_on();
    }

    fn end(&mut self) {
        let stream = self.stream.take().expect("once");
        let mut desk = Desk {
            engine: &mut self.engine,
            host: self.envoy,
            bodies: &mut self.bodies,
        };
        stream.end(&mut desk);
    }

    /// Whether another login of the account passes.
    fn probe(&mut self) -> bool {
        let basic = [("authorization", "Basic YWxpY2U6eA==")];
        let envoy = Envoy {
            host: FakeHost::of("12.0.0.1:1"),
            ..Envoy::default()
        };
        // The counters are those of the first.
        let progress = self
            .engine
            .begin(&head("/probe", &basic), true, StreamId(2), &self.envoy);
        let mut desk = Desk {
            engine: &mut self.engine,
            host: &envoy,
            bodies: &mut self.bodies,
        };
        Stream::new(1).begin(progress, &mut desk) == Action::Continue
    }
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
        Event::Tick(20_000),
        Event::Called,
    ] {
        run.happen(event);
    }
    let went_ahead = run.upstream.is_some();
    assert!(went_ahead || run.is_over(), "hangs");
    run.happen(Event::Answer);
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
    if run.delivered {
        assert!(cleared, "a challenge was passed without an answer");
        assert!(account.is_some(), "nobody's account");
        assert!(!full || account != Some("alice"), "one too many");
    }
    if went_ahead && !cleared {
        assert!(
            !case.flag || case.bodies != Bodies::WithHead,
            "a head left that was to be held"
        );
        assert!(case.has_length, "a challenged head left");
        assert_eq!(run.come_by_then, BODY.len(), "a challenged head left");
    }
    if went_ahead && case.has_length && !run.delivered {
        assert_eq!(run.come_by_then, BODY.len(), "a head left before its body");
    }
    // An honest request passes; only an answer to a challenge in a body of unknown length is not waited for where that may be in vain.
    let early = case.events.contains(&Event::Answer);
    let in_vain = case.asks != Asks::Nothing
        && !case.has_length
        && !(case.flag && case.bodies == Bodies::WithHead);
    if is_whole && cleared && !full && !early && !in_vain {
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
    if run.delivered && account == Some("alice") {
        assert_eq!(counted, 1, "the application's answer was not counted");
    }
    if went_ahead && cleared && case.basic && !full {
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
