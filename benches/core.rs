//! What a request costs in the core alone, without a host: instructions counted under QEMU, and which calls it would
//! make of a host.
//!
//! `make bench` prints it. `target/release/deps/core-* KIND NUMBER` sends so many requests of one kind and nothing
//! else, for a profiler: `valgrind --tool=callgrind`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a developer's tool on figures of its own: it may stop with a message"
)]

#[path = "instructions/counter.rs"]
mod counter;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use palisade::callout::{
    Body, CallError, CallToken, Caller, Ended, HttpRequest, Response, StreamId,
};
use palisade::host::{HeadLine, Host};
use palisade::message::{HeaderBlock, serialise};
use palisade::request::{Engine, Outcome, Progress, Step, Watched, Woken};
use palisade::response::Origin;
use palisade::store::{Expected, MemoryStore, Store, StoreError};
use palisade::telemetry::{Event, Meter};
use palisade::time::Time;
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Clients with distinct addresses, accounts and sessions.
const CLIENTS: u32 = 500;
/// Requests of the shorter and the longer run; the difference is free of what a start costs.
const RUNS: [u32; 2] = [1_000, 3_000];

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unprotected,
    CachedAllow,
    CachedDeny,
    OneLimit,
    FourLimits,
    FailedLogin,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Unprotected,
        Self::CachedAllow,
        Self::CachedDeny,
        Self::OneLimit,
        Self::FourLimits,
        Self::FailedLogin,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Unprotected => "unprotected",
            Self::CachedAllow => "cached-allow",
            Self::CachedDeny => "cached-deny",
            Self::OneLimit => "one-limit",
            Self::FourLimits => "four-limits",
            Self::FailedLogin => "failed-login",
        }
    }

    fn policy(self) -> Value {
        let limit = |key: &str, count: &str| {
            json!({
                "name": key, "key": [key], "count": count, "limit": 1_000_000, "window": "1h",
            })
        };
        let attempts = |key| limit(key, "attempts");
        let limits = match self {
            Self::Unprotected | Self::CachedAllow | Self::CachedDeny => Vec::new(),
            Self::OneLimit => vec![attempts("subnet")],
            Self::FourLimits => ["address", "subnet", "account", "session"]
                .map(attempts)
                .to_vec(),
            Self::FailedLogin => vec![
                attempts("address"),
                attempts("subnet"),
                limit("account", "failures"),
                attempts("session"),
            ],
        };
        let names: Vec<Value> = limits.iter().map(|limit| limit["name"].clone()).collect();
        json!({
            "intelligence": {
                "provider": "ipasis", "cluster": "api", "api_key_env": "IPASIS_API_KEY",
            },
            "identity": {
                "account": [{"header": "x-account"}],
                "session": [{"cookie": "session"}],
            },
            "limits": limits,
            "routes": [{
                "name": "login",
                "match": {"methods": ["POST"], "path": "/login"},
                "rules": [
                    {"when": {"any": ["tor", "hosting", {"score": ">=80"}]}, "then": "deny"},
                    {"when": {"any": ["vpn", "proxy", {"score": "50..80"}]}, "then": "challenge"},
                ],
                "limits": names,
            }],
        })
    }

    /// What the API says of every address.
    fn reputation(self) -> String {
        let tor = self == Self::CachedDeny;
        json!({
            "ip": "11.0.0.1", "country": "DE",
            "asn": {"ASN": "AS64500", "Type": "isp"},
            "privacy": {"VPN": false, "Proxy": false, "Tor": tor, "Hosting": false, "Abuse": false},
        })
        .to_string()
    }
}

/// A host whose calls are only counted.
#[derive(Default)]
struct Plain {
    store: MemoryStore,
    peer: RefCell<Vec<u8>>,
    calls: Cell<u32>,
    reads: Cell<u32>,
    writes: Cell<u32>,
    events: Cell<u32>,
}

impl Store for Plain {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.reads.set(self.reads.get() + 1);
        self.store.get(key)
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> std::result::Result<(), StoreError> {
        self.writes.set(self.writes.get() + 1);
        self.store.compare_and_set(key, value, expected)
    }
}

impl Caller for Plain {
    fn call(
        &self,
        _: &str,
        _: &HttpRequest,
        _: Duration,
    ) -> std::result::Result<CallToken, CallError> {
        self.calls.set(self.calls.get() + 1);
        Ok(CallToken(self.calls.get()))
    }
}

impl Meter for Plain {
    fn meter(&self, _: Event) {
        self.events.set(self.events.get() + 1);
    }
}

impl Host for Plain {
    fn now(&self) -> Time {
        Time::from_secs(1_700_000_000)
    }

    fn peer_address(&self) -> Option<Vec<u8>> {
        Some(self.peer.borrow().clone())
    }

    fn profile(&self) -> Option<Vec<u8>> {
        None
    }

    fn filter_state(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn head_line(&self, _: HeadLine) -> Option<Vec<u8>> {
        None
    }

    fn origin(&self) -> Origin {
        Origin::Application
    }

    fn random(&self) -> [u8; 16] {
        [7; 16]
    }
}

/// One engine, and the requests that it gets.
struct Scene {
    kind: Kind,
    engine: Engine,
    host: Plain,
    answer: String,
    requests: Vec<(String, HeaderBlock)>,
    refusal: HeaderBlock,
}

impl Scene {
    fn new(kind: Kind) -> Result<Self> {
        let environment = |_: &str| Some("secret-key".to_owned());
        let policy = palisade::config::load(kind.policy().to_string().as_bytes(), &environment);
        let policy = policy.map_err(|mistakes| format!("{mistakes:?}"))?;
        let requests = (0..CLIENTS).map(|client| request(kind, client)).collect();
        Ok(Self {
            kind,
            engine: Engine::new(policy, "bench", [0; 16]),
            host: Plain::default(),
            answer: kind.reputation(),
            requests,
            refusal: block(&[(":status", "401"), ("content-type", "text/plain")]),
        })
    }

    fn send(&mut self, client: usize) {
        let (peer, headers) = &self.requests[client];
        self.host.peer.replace(peer.clone().into_bytes());
        let progress = self.engine.begin(headers, true, StreamId(1), &self.host);
        let step = match progress {
            Progress::Step(step) => step,
            Progress::Redeems(_) => panic!("no link is sent"),
            Progress::Waits(waiting) => {
                let ended = Ended::Answered(Response {
                    status: Some(200),
                    retry_after: None,
                    body: Body::Whole(self.answer.as_bytes()),
                });
                let token = CallToken(self.host.calls.get());
                let woken = self.engine.call_ended(token, ended, &self.host);
                let Woken::Lookup(_, knowledge, _) = woken else {
                    panic!("nobody waits: {woken:?}");
                };
                waiting.resume(knowledge, &mut self.engine, &self.host)
            }
        };
        let Step::Done(outcome) = step else {
            panic!("it waits");
        };
        match (self.kind, outcome) {
            (Kind::CachedDeny, Outcome::Refuse(_))
            | (Kind::Unprotected, Outcome::Unprotected { .. }) => {}
            (Kind::FailedLogin, Outcome::Pass(_, Some(watch))) => {
                let watched = watch.headers(&self.refusal, true, &self.engine, &self.host);
                assert!(matches!(watched, Watched::Done(_)), "{watched:?}");
            }
            (Kind::CachedAllow | Kind::OneLimit | Kind::FourLimits, Outcome::Pass(..)) => {}
            (kind, outcome) => panic!("{kind:?}: {outcome:?}"),
        }
    }

    /// Lookups first, so that all that follows is known.
    fn run(&mut self, requests: u32) {
        for number in 0..(CLIENTS + requests) {
            if number == CLIENTS {
                for count in [&self.host.reads, &self.host.writes, &self.host.events] {
                    count.set(0);
                }
            }
            self.send((number % CLIENTS) as usize);
        }
    }
}

fn block(lines: &[(&str, &str)]) -> HeaderBlock {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    HeaderBlock::new(serialise(lines))
}

/// Twelve headers, as a browser sends them through a load balancer, and those that Envoy adds.
fn request(kind: Kind, client: u32) -> (String, HeaderBlock) {
    let host = client.wrapping_mul(0x009e_3779) & 0x00ff_ffff;
    let address = std::net::Ipv4Addr::from(0x0b00_0000 | host);
    let path = if kind == Kind::Unprotected {
        "/other"
    } else {
        "/login"
    };
    let cookie = format!("session=0123456789abcdef01234567{client:08x}; theme=dark");
    let account = format!("user{client:08}@example.net");
    let headers = block(&[
        (":authority", "shop.example"),
        (":path", path),
        (":method", "POST"),
        (":scheme", "http"),
        ("content-length", "0"),
        (
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ),
        ("accept", "application/json, text/plain, */*"),
        ("accept-language", "en-US,en;q=0.5"),
        ("accept-encoding", "gzip, deflate, br"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://shop.example"),
        ("referer", "https://shop.example/account"),
        ("cookie", &cookie),
        ("x-account", &account),
        ("x-forwarded-for", &address.to_string()),
        ("x-forwarded-proto", "http"),
        ("x-request-id", "8d4a7f0e-6f6c-4b1e-9d0c-1f2e3d4c5b6a"),
    ]);
    (format!("{address}:1234"), headers)
}

/// Thousands of instructions that a request of this kind takes.
fn measure(counter: &counter::Counter, kind: Kind) -> Result<f64> {
    let itself = std::env::current_exe()?;
    let mut counts = Vec::new();
    for requests in RUNS {
        let directory = tempfile::tempdir()?;
        let [qemu, option, plugin] = counter.command(directory.path());
        let status = Command::new(qemu)
            .args([option, plugin])
            .arg(&itself)
            .args([kind.name(), &requests.to_string()])
            .status()?;
        if !status.success() {
            return Err(format!("{} ended with {status}", kind.name()).into());
        }
        counts.push(counter::read(directory.path())?);
    }
    let [shorter, longer] = RUNS;
    let difference = counts[1].saturating_sub(counts[0]);
    Ok(difference as f64 / 1e3 / f64::from(longer - shorter))
}

fn report() -> Result<String> {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&target)?;
    let counter = counter::Counter::find(&target)??;
    let mut lines =
        "the core alone, natively      k-instructions   reads  writes  metrics\n".to_owned();
    for kind in Kind::ALL {
        let mut scene = Scene::new(kind)?;
        let requests = RUNS[0];
        scene.run(requests);
        let each = |count: &Cell<u32>| f64::from(count.get()) / f64::from(requests);
        writeln!(
            lines,
            "{:<28} {:>15.1} {:>7.1} {:>7.1} {:>8.1}",
            kind.name(),
            measure(&counter, kind)?,
            each(&scene.host.reads),
            each(&scene.host.writes),
            each(&scene.host.events),
        )?;
    }
    Ok(lines)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [kind, requests] => run_one(kind, requests),
        [bench] if bench == "--bench" => report().map(|lines| print!("{lines}")),
        // `cargo test --all-targets` runs this too, but asks for no figures.
        _ => {
            println!("a benchmark: cargo bench --bench core");
            return ExitCode::SUCCESS;
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_one(kind: &str, requests: &str) -> Result<()> {
    let found = Kind::ALL.into_iter().find(|each| each.name() == kind);
    let kind = found.ok_or_else(|| format!("no kind {kind:?}"))?;
    Scene::new(kind)?.run(requests.parse()?);
    Ok(())
}
