//! The key of the API is told to the API and to nobody else.

use serde_json::{Value, json};

use crate::lookups::scene::configuration;
use crate::support::{Answer, Connection, KEY, Request, Scene, Update, http1, post, text};

/// The key and whatever it could be recognised by: in clear, percent-encoded, in base64.
const TRACES: [&str; 5] = ["k3y", "with/odd", "with%2Fodd", "odd+parts", "azN5"];

fn assert_secret(what: &str, shown: &str) {
    for line in shown.lines() {
        assert!(
            !TRACES.iter().any(|trace| line.contains(trace)),
            "{what}: {line}"
        );
    }
}

fn lines(headers: &[(String, Vec<u8>)]) -> String {
    let lines = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", text(value)));
    lines.collect::<Vec<_>>().join("\n")
}

async fn log_everything_of_wasm(scene: &Scene) {
    let answer = http1(scene.envoy.admin, &Request::post("/logging?wasm=trace")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn assert_secret_everywhere(scene: &Scene) {
    let log = scene.envoy.log();
    assert!(log.contains("[trace][wasm]"), "wasm is logged in full");
    assert_secret("the log", &log);
    assert_secret("the access log", &format!("{:?}", scene.envoy.access_log()));
    for path in ["/stats", "/stats/prometheus", "/clusters", "/listeners"] {
        assert_secret(path, &scene.envoy.get(path).await);
    }
    for request in scene.application.requests() {
        assert_secret(
            "the application",
            &format!("{}\n{}", request.target, lines(&request.headers)),
        );
    }
}

#[tokio::test]
async fn the_key_stands_in_no_log_metric_reply_or_forwarded_request() {
    let with = |provider: Value| configuration(json!({"provider": provider, "timeout": "300ms"}));
    let mut scene = Scene::with(&with(json!("ipasis")), |config| config.workers(1).alone()).await;
    log_everything_of_wasm(&scene).await;
    for (number, answer) in [
        Answer::ipasis(&["Tor"]),
        Answer::ipasis(&[]),
        // An API that sends the key back.
        Answer::status(401).body(format!("{{\"error\":\"bad key {KEY}\"}}")),
        Answer::json(&json!({"message": KEY})),
        Answer::silent(),
        Answer::closed(),
        Answer::status(429).header("retry-after", KEY),
    ]
    .into_iter()
    .enumerate()
    {
        scene.api.answer_to(&format!("11.0.0.{number}"), answer);
    }
    // The key in a header, in Basic authentication, in the path and in the query.
    for (number, provider) in [
        json!("ipasis"),
        json!("maxmind"),
        json!("ipqualityscore"),
        json!({"preset": "ipasis", "request": {"path": "/json/{ip}?key={key}", "headers": {}}}),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/login/{number}");
        let mut configuration = with(provider);
        configuration["routes"][0]["match"]["path"] = path.as_str().into();
        scene.protect(&configuration, &path).await;
        // A client that leaves during a lookup.
        let asked = scene.api.count();
        let mut connection = Connection::open(scene.envoy.address).await;
        connection.send(&post(&path, "11.0.1.1").to_http1()).await;
        scene.api.arrived(asked + 1).await;
        drop(connection);
        for address in 0..7 {
            let response = scene.send(&post(&path, &format!("11.0.0.{address}"))).await;
            assert_secret(
                "a reply",
                &format!("{}\n{}", lines(&response.headers), response.text()),
            );
        }
    }
    let asked = scene.api.requests();
    assert_eq!(asked.len(), 4 * (1 + 7));
    for request in asked {
        let told = format!("{}\n{}", request.target, lines(&request.headers));
        assert!(
            told.contains("k3y") || told.contains("azN5"),
            "the API itself is told: {told}"
        );
    }
    assert_secret_everywhere(&scene).await;
}

#[tokio::test]
async fn a_refused_configuration_is_told_without_what_may_be_a_key() {
    let mut scene = Scene::with(&configuration(json!({})), |config| {
        config.workers(1).alone()
    })
    .await;
    log_everything_of_wasm(&scene).await;
    let header =
        json!({"preset": "ipasis", "request": {"headers": {"x-api-key": format!("{KEY}\u{e9}")}}});
    for mistake in [
        json!({"api_key": KEY}),
        json!({"api_key_env": KEY}),
        json!({"api_key_env": {"value": KEY}}),
        json!({"provider": header}),
    ] {
        let update = scene.config().palisade(&configuration(mistake));
        assert_eq!(scene.envoy.update(&update).await, Update::Rejected);
    }
    let unusable = scene.config().palisade(&configuration(json!({})));
    let unusable = unusable.environment("IPASIS_API_KEY", &format!("{KEY}\n"));
    assert_eq!(scene.envoy.update(&unusable).await, Update::Rejected);

    let log = scene.envoy.log();
    let told = log
        .lines()
        .filter(|line| line.contains("palisade: configuration: "));
    assert!(told.count() >= 5, "every mistake is told");
    assert_secret_everywhere(&scene).await;
}

#[tokio::test]
async fn only_the_component_the_readme_names_logs_the_key_at_debug() {
    let scene = Scene::with(&configuration(json!({})), |config| {
        config.workers(1).alone()
    })
    .await;
    for (number, (loggers, expected)) in [
        (
            vec![
                "http",
                "http2",
                "client",
                "connection",
                "pool",
                "upstream",
                "filter",
            ],
            false,
        ),
        (vec!["router"], true),
    ]
    .into_iter()
    .enumerate()
    {
        for logger in loggers {
            let set = Request::post(format!("/logging?{logger}=debug"));
            assert_eq!(http1(scene.envoy.admin, &set).await.status, 200, "{logger}");
        }
        assert_eq!(
            scene.ask("/login", &format!("11.0.0.{number}")).await,
            "allow"
        );
        let log = scene.envoy.log();
        let shown = TRACES.iter().any(|trace| log.contains(trace));
        assert_eq!(shown, expected, "{log}");
    }
    let log = scene.envoy.log();
    let line = log.lines().find(|line| line.contains(KEY));
    assert_eq!(line, Some(format!("'x-api-key', '{KEY}'").as_str()));
}
