//! The API fails: every request ends in its route's `on_unknown`, in time, and counted under its own reason.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use crate::lookups::scene::configuration;
use crate::support::{Answer, EnvoyConfig, Scene, http1, post};

/// As long as a request may ever wait, so that a loaded machine is not taken for an API that is late.
const TIMEOUT: Duration = Duration::from_secs(2);
/// What such a machine may need beyond the deadline.
const MARGIN: Duration = Duration::from_secs(2);
/// A timer of Envoy's runs from when its loop's turn began, which is a little before it was set.
const EARLY: Duration = Duration::from_millis(100);

/// One route for each thing that can be done with the unknown, `/allow`, `/challenge` and `/deny`, and what then
/// becomes of a request.
const ROUTES: [(&str, &str); 3] = [
    ("/allow", "allow"),
    ("/challenge", "challenge unknown"),
    ("/deny", "deny unknown"),
];

/// Those routes, and a breaker that stays closed.
fn routes(intelligence: Value) -> Value {
    let mut all = configuration(json!({
        "timeout": "2s",
        "max_response": "16KiB",
        "breaker": {"failures": 1_000_000},
    }));
    for (name, value) in intelligence.as_object().unwrap() {
        all["intelligence"][name] = value.clone();
    }
    let route = |(path, _): (&str, &str)| {
        let name = path.trim_start_matches('/');
        json!({"name": name, "match": {"path": path}, "on_unknown": name})
    };
    all["routes"] = ROUTES.map(route).to_vec().into();
    all
}

/// Every way in which an API can fail (but for those that close it, see `quota`), and the reason under which it is
/// counted.
fn failures() -> Vec<(&'static str, Answer)> {
    let vpn = Answer::ipasis(&["VPN"]);
    let nested = format!("{}1{}", "{\"vpn\":".repeat(1_000), "}".repeat(1_000));
    let padding = |bytes: usize| json!({"privacy": {"VPN": true}, "padding": "x".repeat(bytes)});
    let text = |body: &'static str| Answer::status(200).body(body);
    vec![
        ("timeout", Answer::silent()),
        ("timeout", Answer::status(504)),
        ("unavailable", Answer::closed()),
        ("unavailable", Answer::status(503)),
        ("reset", vpn.clone().cut()),
        ("reset", vpn.clone().stalled()),
        // More than Envoy buffers, see the runtime of envoy/demo.yaml.
        ("reset", Answer::json(&padding(200_000))),
        ("too_large", Answer::json(&padding(20_000))),
        ("refused_key", Answer::status(401)),
        (
            "refused_key",
            Answer::status(403).body("{\"privacy\":{\"VPN\":true}}"),
        ),
        ("bad_request", Answer::status(400)),
        ("nothing", Answer::status(404)),
        ("nothing", Answer::status(204)),
        ("nothing", text("{\"privacy\":{\"VPN\":null}}")),
        (
            "server_error",
            Answer::status(500).body("{\"privacy\":{\"VPN\":true}}"),
        ),
        ("server_error", Answer::status(502)),
        (
            "unexpected_status",
            Answer::status(302).header("location", "/elsewhere"),
        ),
        ("empty_body", text("")),
        ("empty_body", text(" \r\n")),
        ("not_json", text("<html>busy</html>")),
        ("not_json", text("{\"privacy\":{\"VPN\":tr")),
        (
            "not_json",
            Answer::status(200).body(b"{\"privacy\":\"\xff\xfe\"}".as_slice()),
        ),
        ("wrong_shape", text("[{\"privacy\":{\"VPN\":true}}]")),
        ("wrong_shape", text("true")),
        ("too_deep", Answer::status(200).body(nested)),
        ("schema_drift", text("{}")),
        ("schema_drift", text("{\"result\":{\"is_a_vpn\":true}}")),
    ]
}

/// Asks on every route for every failure at the same time, and checks verdicts, times and reasons.
async fn each_failure_ends_in_what_the_route_says(change: fn(EnvoyConfig) -> EnvoyConfig) {
    let scene = Scene::with(&routes(json!({})), change).await;
    let mut expected = BTreeMap::new();
    let mut waiting = Vec::new();
    for (failure, (reason, answer)) in failures().into_iter().enumerate() {
        for (route, (path, becomes)) in ROUTES.into_iter().enumerate() {
            let address = format!("11.0.{failure}.{}", route + 1);
            scene.api.answer_to(&address, answer.clone());
            let envoy = scene.envoy.address;
            waiting.push(tokio::spawn(async move {
                let request = post(path, &address).body("user=alice");
                let started = std::time::Instant::now();
                let response = http1(envoy, &request).await;
                let what = format!("{reason} ({failure}) on {path}");
                assert_eq!(response.verdict(), becomes, "{what}");
                assert!(
                    started.elapsed() < TIMEOUT + MARGIN,
                    "{what}: {:?}",
                    started.elapsed()
                );
            }));
            *expected.entry(reason).or_insert(0) += 1;
        }
    }
    let requests = waiting.len();
    for request in waiting {
        request.await.unwrap();
    }
    let expected: Vec<String> = expected
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    assert_eq!(scene.tally("lookups.result").await, expected.join(", "));
    assert_eq!(
        scene.api.count(),
        requests,
        "each is asked for once and never again"
    );

    let seen = scene.application.requests();
    assert_eq!(seen.len(), requests / 3, "only /allow lets them through");
    for request in seen {
        assert_eq!(
            (request.target.as_str(), &request.body[..]),
            ("/allow", b"user=alice".as_slice())
        );
        assert_eq!(
            request.header("x-palisade-signals").as_deref(),
            Some("unknown")
        );
        assert_eq!(request.header("x-palisade-score"), None);
    }
    for route in ["allow", "challenge", "deny"] {
        let name = format!("requests.route={route}.verdict={route}");
        assert_eq!(scene.counted(&name).await, requests as u64 / 3);
    }

    // A moment later the same address is as unknown as before, and the API is left alone.
    for (path, becomes) in ROUTES {
        assert_eq!(scene.ask(path, "11.0.0.1").await, becomes);
    }
    assert_eq!(
        scene.ask("/deny", "11.9.9.9").await,
        "allow",
        "a healthy answer"
    );
    assert_eq!(scene.api.count(), requests + 1);
    assert_eq!(scene.counted("host_refused").await, 0);
}

#[tokio::test]
async fn each_failure_ends_in_what_the_route_says_of_the_unknown() {
    each_failure_ends_in_what_the_route_says(|config| config).await;
}

#[tokio::test]
async fn each_failure_ends_there_with_header_iteration_stopped() {
    each_failure_ends_in_what_the_route_says(|config| config.workers(2).stop_iteration(true)).await;
}

#[tokio::test]
async fn an_unreachable_api_ends_in_what_the_route_says_of_unknown() {
    let nobody = nobody_listens();
    let with_clusters =
        |config: EnvoyConfig| config.cluster("refuses", nobody).empty_cluster("empty");
    let mut scene = Scene::with(&routes(json!({"cluster": "refuses"})), |config| {
        with_clusters(config).alone()
    })
    .await;
    for (cluster, reason) in [
        ("refuses", "unavailable"),
        ("empty", "no_healthy_host"),
        ("no_such_cluster", "dispatch_failed"),
    ] {
        if cluster != "refuses" {
            let mut configuration = routes(json!({"cluster": cluster}));
            configuration["routes"][2]["match"]["path"] = json!(["/deny", format!("/{cluster}")]);
            scene.protect(&configuration, &format!("/{cluster}")).await;
        }
        for (route, (path, becomes)) in ROUTES.into_iter().enumerate() {
            let address = format!("11.0.{route}.{}", cluster.len());
            let (verdict, time) = scene.timed(path, &address).await;
            assert_eq!(verdict, becomes, "{cluster}");
            assert!(time < TIMEOUT + MARGIN, "{cluster}: {time:?}");
        }
        assert_eq!(
            scene.counted(&format!("lookups.result={reason}")).await,
            3,
            "{cluster}"
        );
    }
    assert_eq!(scene.api.count(), 0);
}

#[tokio::test]
async fn an_api_that_refuses_with_status_200_is_no_answer() {
    let provider =
        json!({"provider": "ipqualityscore", "breaker": {"longest": "100ms", "open_for": "100ms"}});
    let scene = Scene::single(&routes(provider)).await;
    for (number, (fixture, reason)) in [
        ("refused_address", "not_success"),
        ("refused_key", "refused_key"),
        ("refused_quota", "quota_exhausted"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!(
            "{}/tests/fixtures/providers/ipqualityscore/{fixture}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let body = std::fs::read(file).unwrap();
        let address = format!("11.0.0.{number}");
        scene
            .api
            .answer_to(&address, Answer::status(200).body(body));
        assert_eq!(
            scene.ask("/challenge", &address).await,
            "challenge unknown",
            "{fixture}"
        );
        assert_eq!(
            scene.counted(&format!("lookups.result={reason}")).await,
            1,
            "{fixture}"
        );
    }
}

#[tokio::test]
async fn an_endless_lookup_holds_a_request_until_its_deadline() {
    for stop_iteration in [false, true] {
        let scene = Scene::with(&routes(json!({})), |config| {
            config.workers(1).stop_iteration(stop_iteration)
        })
        .await;
        scene.api.answer(Answer::silent());
        let (first, second) = tokio::join!(
            scene.timed("/deny", "11.0.0.1"),
            scene.timed("/challenge", "11.0.0.1")
        );
        assert_eq!(
            (first.0.as_str(), second.0.as_str()),
            ("deny unknown", "challenge unknown")
        );
        // The one that came second found half of the wait behind it, or less.
        let longest = first.1.max(second.1);
        assert!(
            (TIMEOUT - EARLY..TIMEOUT + MARGIN).contains(&longest),
            "{longest:?}"
        );
        assert_eq!(scene.api.count(), 1);
        let (_, time) = scene.timed("/deny", "11.0.0.1").await;
        assert!(time < TIMEOUT, "nobody waits for it again: {time:?}");
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_largest_size_and_not_a_byte_more() {
    let scene = Scene::single(&routes(json!({}))).await;
    const LARGEST: usize = 16 << 10;
    for (size, becomes) in [(LARGEST, "challenge vpn"), (LARGEST + 1, "deny unknown")] {
        let body = format!("{:size$}", json!({"privacy": {"VPN": true}}).to_string());
        assert_eq!(body.len(), size);
        let address = format!("11.0.0.{}", size - LARGEST);
        scene
            .api
            .answer_to(&address, Answer::status(200).body(body));
        assert_eq!(scene.ask("/deny", &address).await, becomes);
    }
    assert_eq!(scene.tally("lookups.result").await, "answer 1, too_large 1");
}

/// An address of this machine at which nobody listens.
fn nobody_listens() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn the_log_tells_failures_apart_and_each_once() {
    let scene = Scene::single(&routes(json!({"timeout": "300ms"}))).await;
    let answers = [
        ("it refuses the key (401 or 403)", Answer::status(401)),
        (
            "it does not answer within intelligence.timeout",
            Answer::silent(),
        ),
        (
            "its answers cannot be read",
            Answer::status(200).body("<html>busy</html>"),
        ),
        // The last one: it opens the breaker.
        ("the quota is used up", Answer::status(429)),
    ];
    for (network, (said, answer)) in answers.into_iter().enumerate() {
        for host in 1..=2 {
            let address = format!("11.{network}.0.{host}");
            scene.api.answer_to(&address, answer.clone());
            assert_eq!(scene.ask("/deny", &address).await, "deny unknown");
        }
        scene.envoy.wait_for_log(said).await;
        assert_eq!(scene.envoy.log().matches(said).count(), 1, "{said}");
    }
    let mut nowhere = routes(json!({}));
    nowhere["intelligence"]["cluster"] = json!("nowhere");
    let scene = Scene::single(&nowhere).await;
    assert_eq!(scene.ask("/deny", "11.0.0.1").await, "deny unknown");
    scene
        .envoy
        .wait_for_log("Envoy has no cluster of the name in intelligence.cluster")
        .await;
}
