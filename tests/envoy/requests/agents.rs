//! What a client says that it is, whatever bytes it says it with.

use serde_json::{Value, json};

use crate::requests::{HOME, Scene, from, policy};
use crate::support::{Http2, Request};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SIGNALS: [&str; 5] = [
    "agent_missing",
    "agent_scripted",
    "agent_headless",
    "agent_impossible",
    "crawler_claimed",
];

/// A route for each signal, `/agent_missing` and so on, and `/login`, where nobody asks.
fn attentive() -> Value {
    let route = |signal: &str| {
        json!({
            "name": signal, "match": {"path": format!("/{signal}")}, "rules": [{"when": signal, "then": "deny"}],
        })
    };
    let mut routes: Vec<Value> = SIGNALS.iter().map(|signal| route(signal)).collect();
    routes.push(json!({"name": "login", "match": {"path": "/login"}}));
    policy(json!(routes))
}

#[tokio::test]
async fn each_agent_signal_refuses_is_counted_and_costs_no_lookup() {
    let scene = Scene::with(&attentive(), |config| config.workers(2)).await;
    let hints = "\"Chromium\";v=\"138\", \"HeadlessChrome\";v=\"138\"";
    for (signal, name, value) in [
        ("agent_missing", "user-agent", ""),
        ("agent_scripted", "user-agent", "Go-http-client/2.0"),
        ("agent_headless", "sec-ch-ua", hints),
        ("agent_impossible", "user-agent", "Mozilla/5.0"),
        ("crawler_claimed", "user-agent", "Googlebot/2.1"),
    ] {
        let to = |route: &str| Request::post(format!("/{route}")).client(HOME);
        let suspect = |route: &str| to(route).header(name, value);
        for _ in 0..2 {
            let refused = scene.refused(&suspect(signal), 403).await;
            assert_eq!(refused.json()["reason"], signal);
        }
        assert_eq!(scene.counted(&format!("agents.signal={signal}")).await, 2);
        assert_eq!(scene.api.count(), 0, "{signal}");
    }
    for signal in SIGNALS {
        let person = Request::post(format!("/{signal}")).client(HOME);
        let seen = scene.passes(&person.header("user-agent", FIREFOX)).await;
        assert_eq!(seen.header("x-palisade-signals"), None, "{signal}");
    }
    let seen = scene
        .passes(&from(HOME).header("user-agent", "curl/8"))
        .await;
    assert_eq!(seen.header("x-palisade-signals"), None, "nobody asks there");
}

#[tokio::test]
async fn agents_of_a_megabyte_and_of_any_bytes_have_a_verdict() {
    let to = || Request::post("/agent_scripted").client(HOME);
    let megabyte = |start: &[u8]| [start, &vec![b'a'; 1 << 20]].concat();
    let scene = Scene::with(&attentive(), |config| config.workers(2)).await;
    for (agent, status) in [
        (b"\xff\xfe\x80\xc3(\xed\xa0\x80".to_vec(), 200),
        (b"curl/8 \xff\xfe".to_vec(), 403),
        ([b"curl/8 ".as_slice(), &vec![0xff; 50 << 10]].concat(), 403),
        (
            [vec![b'a'; 50 << 10].as_slice(), b" sqlmap/1"].concat(),
            200,
        ),
        // More than Envoy takes: no filter sees it.
        (megabyte(b"curl/8 "), 431),
    ] {
        let response = scene.send(&to().header("user-agent", &agent)).await;
        assert_eq!(response.status, status, "{} bytes", agent.len());
        let ours = response.header("x-palisade-ref").is_some();
        assert_eq!(ours, status == 403);
    }
    let scene = Scene::with(&attentive(), |config| {
        config
            .workers(2)
            .manager(&json!({"max_request_headers_kb": 4096}))
    })
    .await;
    let http2 = Http2::open(scene.envoy.address).await;
    for agent in [megabyte(b"curl/8 "), b"curl/8 \xff ".repeat(1 << 17)] {
        let refused = scene.refused(&to().header("user-agent", &agent), 403).await;
        assert_eq!(refused.json()["reason"], "agent_scripted");
    }
    let long = [
        megabyte(b""),
        megabyte(b"Mozilla/5.0 ("),
        vec![b'('; 1 << 20],
    ];
    for agent in &long {
        // The application of the tests takes less than Envoy.
        let response = scene.send(&to().header("user-agent", agent)).await;
        assert_eq!(response.status, 431);
    }
    let allowed = "requests.route=agent_scripted.verdict=allow";
    assert_eq!(scene.counted(allowed).await, 3);
    let bytes = to().header("user-agent", b"curl/8 \xff\xfe");
    assert_eq!(http2.request(&bytes).await.unwrap().status, 403);
    assert_eq!(scene.counted("host_refused").await, 0);
}

#[tokio::test]
async fn of_several_agents_the_first_counts() {
    let scene = Scene::start(&attentive()).await;
    let both = |one: &str, other: &str| {
        let request = Request::post("/agent_scripted").client(HOME);
        request
            .header("user-agent", one)
            .header("User-Agent", other)
    };
    let first = scene.send(&both("curl/8", FIREFOX)).await.status;
    assert_eq!(first, 403);
    // Envoy joins the lines of one name for nobody: the second is the application's to refuse.
    let second = scene.send(&both(FIREFOX, "curl/8")).await.status;
    assert_eq!(second, 200);
}
