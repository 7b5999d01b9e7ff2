//! What is measured.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;

use crate::heads::{client, session, stranger};
use crate::load::{self, Statuses};
use crate::measured::{Measured, Pauses};
use crate::policy;
use crate::report;
use crate::support::{Answer, Backend, Connection, EnvoyConfig, Received, Request};
use crate::worst;

/// How many connections send requests.
const CLIENTS: u32 = 8;
/// A flood of so many new keys.
const FLOOD: u32 = 60_000;
/// So many bytes are sent of each of the worst.
const WORST: usize = 24 << 20;
/// So many wait for one lookup.
const ONE_LOOKUP: u32 = 1_000;
/// What recorded requests take is given back after so many.
const FORGOTTEN: u32 = 128;

/// Who is behind Envoy.
struct Servers {
    application: Rc<Backend>,
    api: Rc<Backend>,
    told: Rc<Backend>,
}

impl Servers {
    async fn start() -> Self {
        let servers = Self {
            application: Rc::new(Backend::application().await),
            api: Rc::new(Backend::api().await),
            told: Rc::new(Backend::start(Answer::status(500)).await),
        };
        servers.application.answer_by(login);
        servers
    }

    fn config(&self, wasm: &Path, policy: &Value) -> EnvoyConfig {
        EnvoyConfig::new(self.application.address)
            .palisade(policy)
            .wasm(wasm)
            .alone()
            .stop_iteration(true)
            .environment("IPASIS_API_KEY", "the-stand-in-takes-any-key")
            .environment("PALISADE_KEY", policy::SIGNING_KEY)
            .cluster("api", self.api.address)
            .cluster("told", self.told.address)
            .listener(&serde_json::json!({"per_connection_buffer_limit_bytes": 4 << 20}))
    }

    /// What makes requests, and forgets now and then what has come.
    fn requests(&self, of: impl Fn(u32) -> Request + 'static) -> impl Fn(u32) -> Request + 'static {
        let servers = [&self.application, &self.api, &self.told].map(Rc::clone);
        move |number| {
            if number % FORGOTTEN == 0 {
                servers.iter().for_each(|server| server.forget());
            }
            of(number)
        }
    }
}

/// The application: the right password gets a session.
fn login(request: &Received) -> Answer {
    let is_right = request.body.ends_with(b"password=right");
    match is_right {
        true => Answer::status(200).header("set-cookie", "sid=fresh0123456789abcdef0123456789"),
        false => Answer::status(401).body("Wrong password or something else"),
    }
}

/// Runs and prints all scenes, or those whose names hold this word.
pub(crate) async fn all(wasm: &Path, wanted: Option<&str>) {
    let servers = Servers::start().await;
    let wants = |name: &str| wanted.is_none_or(|wanted| name.contains(wanted));
    if wants("flood") {
        flood(&servers, wasm).await;
    }
    for (name, limit) in [("64KiB", 64 << 10), ("1MiB", 1 << 20)] {
        if wants("worst") || wanted.is_some_and(|wanted| wanted == name) {
            worst(&servers, wasm, name, limit).await;
        }
    }
    if wants("load") {
        loads(&servers, wasm).await;
    }
    if wants("ticks") {
        ticks(&servers, wasm).await;
    }
}

fn share_of(statuses: &Statuses, status: u16) -> f64 {
    let all: u32 = statuses.values().sum();
    f64::from(statuses.get(&status).copied().unwrap_or(0)) / f64::from(all)
}

async fn flood(servers: &Servers, wasm: &Path) {
    let config = servers.config(wasm, &policy::everything("64KiB"));
    let mut measured = Measured::start(&config).await;
    report::scene("start: everything is configured", &measured.pauses().await);
    let address = measured.envoy.address;
    load::send(address, 1, 1, servers.requests(|_| stranger(0))).await;
    report::scene(
        "the first request: shared memory is empty",
        &measured.pauses().await,
    );
    load::send(
        address,
        CLIENTS,
        2_000,
        servers.requests(|number| stranger(1 + number)),
    )
    .await;
    report::scene("the next 2,000", &measured.pauses().await);
    let requests = servers.requests(|number| stranger(2_001 + number));
    let statuses = load::send(address, CLIENTS, FLOOD, requests).await;
    assert!(
        share_of(&statuses, 200) > 0.4 && share_of(&statuses, 401) > 0.4,
        "{statuses:?}"
    );
    report::scene("flood of new keys, one worker", &measured.pauses().await);
    drop(measured);

    let mut measured = Measured::start(&config.workers(2)).await;
    measured.pauses().await;
    let requests = servers.requests(|number| stranger(10_000_000 + number));
    load::send(measured.envoy.address, CLIENTS, FLOOD, requests).await;
    report::scene("flood of new keys, two workers", &measured.pauses().await);
}

async fn worst(servers: &Servers, wasm: &Path, limit_name: &str, limit: usize) {
    let config = servers.config(wasm, &policy::everything(limit_name));
    let mut measured = Measured::start(&config).await;
    let address = measured.envoy.address;
    // What is compiled at its first use is not what is measured.
    load::send(address, CLIENTS, 500, servers.requests(stranger)).await;
    measured.pauses().await;
    for worst in worst::all(limit) {
        let request = worst.request;
        let requests = servers.requests(move |_| request.clone());
        let statuses = load::send(
            address,
            4,
            u32::try_from(WORST / limit).unwrap_or(0).max(64),
            requests,
        )
        .await;
        let pauses = measured.pauses().await;
        let told: Pauses = pauses
            .into_iter()
            .filter(|(callback, _)| callback.starts_with("on_request"))
            .collect();
        let statuses: Vec<String> = statuses.keys().map(u16::to_string).collect();
        let name = format!("{limit_name}, {} ({})", worst.name, statuses.join(", "));
        report::scene(&name, &told);
    }
}

async fn loads(servers: &Servers, wasm: &Path) {
    let small = servers.config(wasm, &policy::small());
    let mut measured = Measured::start(&small).await;
    report::scene("start: a small configuration", &measured.pauses().await);
    let address = |measured: &Measured| measured.envoy.address;
    load::send(address(&measured), 2, 200, servers.requests(stranger)).await;
    measured.pauses().await;
    measured
        .update(&servers.config(wasm, &policy::everything("64KiB")))
        .await;
    report::scene("load: everything", &measured.pauses().await);
    let long = servers.config(wasm, &policy::lists(100_000));
    measured.update(&long).await;
    report::scene("load: lists of 100,000 entries", &measured.pauses().await);
    let statuses = load::send(
        address(&measured),
        CLIENTS,
        20_000,
        servers.requests(stranger),
    )
    .await;
    assert!(share_of(&statuses, 200) > 0.4, "{statuses:?}");
    report::scene("requests against those lists", &measured.pauses().await);
    let mut other = policy::small();
    other["routes"][0]["name"] = "other".into();
    measured.update(&servers.config(wasm, &other)).await;
    report::scene("load: a small configuration", &measured.pauses().await);
}

async fn ticks(servers: &Servers, wasm: &Path) {
    let config = servers.config(wasm, &policy::waiting());
    let mut measured = Measured::start(&config).await;
    let address = measured.envoy.address;
    load::send(
        address,
        CLIENTS,
        500,
        servers.requests(|number| stranger(20_000_000 + number)),
    )
    .await;
    measured.pauses().await;
    // Sessions are revoked, and the application does not want to know.
    let revoked = servers.requests(|number| {
        Request::get("/account")
            .client(&format!("14.{}.{}.1", number >> 8 & 255, number & 255))
            .header("cookie", session(number))
    });
    let statuses = load::send(address, CLIENTS, 10_000, revoked).await;
    assert!(share_of(&statuses, 403) > 0.9, "{statuses:?}");
    report::scene("10,000 sessions are revoked", &measured.pauses().await);
    // Nobody gets an answer of the API.
    servers.api.hold();
    let mut waiting = Vec::new();
    for number in 0..ONE_LOOKUP {
        let mut connection = Connection::open(address).await;
        let request = stranger(33_000_000 + number).replace("x-forwarded-for", "15.0.0.1");
        connection.send(&request.to_http1()).await;
        waiting.push(connection);
    }
    report::scene(
        "1,000 requests begin to wait for one lookup",
        &measured.pauses().await,
    );
    servers.api.release();
    for mut connection in waiting {
        let status = connection.response("POST").await.status;
        // So many accounts of one subnet are too many for one of the limits.
        assert!(matches!(status, 200 | 401 | 429), "{status}");
    }
    report::scene("its answer comes", &measured.pauses().await);
    servers.api.hold();
    let mut waiting = Vec::new();
    for number in 0..2_000 {
        let mut connection = Connection::open(address).await;
        connection
            .send(&stranger(30_000_000 + number).to_http1())
            .await;
        waiting.push(connection);
    }
    // And who is to be read has not sent all of the body.
    for number in 0..2_000 {
        let mut connection = Connection::open(address).await;
        let whole = stranger(31_000_000 + number).to_http1();
        connection.send(&whole[..whole.len() - 4]).await;
        waiting.push(connection);
    }
    load::send(
        address,
        CLIENTS,
        2_000,
        servers.requests(|number| {
            Request::get("/seen")
                .client(&client(32_000_000 + number))
                .header("cookie", session(number))
        }),
    )
    .await;
    report::scene("6,000 requests begin to wait", &measured.pauses().await);
    tokio::time::sleep(Duration::from_secs(3)).await;
    report::scene("ticks while they wait", &measured.pauses().await);
    servers.api.release();
    tokio::time::sleep(Duration::from_secs(4)).await;
    drop(waiting);
    report::scene("all are answered or time out", &measured.pauses().await);
}
