//! One line for each refused request, and not too many of them.

use serde_json::{Value, json};
use std::time::Instant;

use crate::lookups::scene::configuration;
use crate::support::{Answer, Connection, Request, Scene, eventually, http1, post};

/// The audit lines so far.
fn audit(scene: &Scene) -> Vec<Value> {
    let log = scene.envoy.log();
    let lines = log
        .lines()
        .filter_map(|line| line.find("{\"palisade\"").map(|start| &line[start..]));
    lines
        .map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

async fn audited(scene: &Scene, many: usize) -> Vec<Value> {
    eventually("the audit lines", async || {
        let lines = audit(scene);
        (lines.len() >= many).then_some(lines)
    })
    .await
}

#[tokio::test]
async fn a_refusal_leaves_one_line_that_tells_why_and_no_more() {
    let mut configuration = configuration(json!({}));
    configuration["routes"][0]["match"]["path"] = json!({"prefix": "/login"});
    let scene = Scene::single(&configuration).await;
    scene
        .api
        .answer_to("11.0.0.1", Answer::ipasis(&["Tor", "Abuse"]));
    scene.api.answer_to("2600:db00::7", Answer::status(500));
    let request = |address: &str| {
        Request::post("/login/private-path?user=alice@example.com&password=hunter2")
            .client(address)
            .header("host", "shop.example")
            .header("authorization", "Bearer private-token")
            .header("cookie", "session=private-session")
            .header("user-agent", "private-agent")
            .header("x-account", "alice")
            .body("user=alice&password=hunter2")
    };
    let denied = http1(scene.envoy.address, &request("11.0.0.1")).await;
    let unknown = http1(scene.envoy.address, &request("2600:db00::7")).await;
    assert_eq!(scene.ask("/login", "11.0.0.9").await, "allow");
    let lines = audited(&scene, 2).await;
    assert_eq!(
        lines,
        [
            json!({
                "palisade": "refused", "time": lines[0]["time"], "ref": denied.json()["reference"],
                "id": lines[0]["id"],
                "method": "POST", "host": "shop.example", "mode": "enforce", "verdict": "deny", "reason": "tor",
                "route": "login", "rule": "default_tor", "client": "11.0.0.1", "score": 100, "signals": "tor,abuse",
                "asn": 64500, "asn_type": "isp", "connection": "residential", "country": "US",
            }),
            json!({
                "palisade": "refused", "time": lines[1]["time"], "ref": unknown.json()["reference"],
                "id": lines[1]["id"],
                "method": "POST", "host": "shop.example", "mode": "enforce", "verdict": "deny", "reason": "unknown",
                "route": "login", "client": "2600:db00::7", "signals": "unknown",
            }),
        ]
    );
    for line in &lines {
        assert_eq!(line["id"].as_str().map(str::len), Some(36), "{line}");
        let time = line["time"].as_str().unwrap();
        assert!(
            time.starts_with("20") && time.ends_with('Z') && time.len() == 24,
            "{time}"
        );
    }
    let log = scene.envoy.log();
    for private in ["private", "alice", "hunter2", "example.com"] {
        assert!(!log.contains(private), "{private} in {log}");
    }
}

#[tokio::test]
async fn a_flood_leaves_bounded_lines_and_tells_how_many_are_missing() {
    let mut configuration = configuration(json!({}));
    configuration["audit"] = json!({"lines_per_second": 2});
    let scene = Scene::single(&configuration).await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    let mut connection = Connection::open(scene.envoy.address).await;
    let mut refused = 0;
    let started = Instant::now();
    let lines = eventually("a line that tells how many are missing", async || {
        for _ in 0..10 {
            let response = connection.request(&post("/login", "11.0.0.1")).await;
            assert_eq!(response.status, 403);
            refused += 1;
        }
        let lines = audit(&scene);
        let told = lines.iter().any(|line| line["dropped_before"].is_u64());
        told.then_some(lines)
    })
    .await;
    let seconds = started.elapsed().as_secs() + 2;
    assert!(
        (3..=2 * seconds).contains(&(lines.len() as u64)),
        "{}",
        lines.len()
    );
    assert_eq!(
        scene.counted("requests.route=login.verdict=deny").await,
        refused
    );

    // Each refusal is a line or is missing, and what is missing before a line is told in it.
    let written = audit(&scene).len() as u64;
    let dropped = scene.counted("audit_lines_dropped").await;
    assert_eq!(written + dropped, refused);
    let first = lines
        .iter()
        .position(|line| line["dropped_before"].is_u64())
        .unwrap();
    assert!((1..=2).contains(&first), "two lines in the first second");
    let missing = lines[first]["dropped_before"].as_u64().unwrap();
    assert!((1..=dropped).contains(&missing), "{missing} of {dropped}");
}

#[tokio::test]
async fn each_refusal_has_its_reference_and_no_line_if_unwanted() {
    for (lines_per_second, expected) in [(json!(100), 20), (json!(0), 0)] {
        let mut configuration = configuration(json!({}));
        configuration["audit"] = json!({"lines_per_second": lines_per_second});
        let scene = Scene::with(&configuration, |config| config.workers(2)).await;
        scene.api.answer(Answer::ipasis(&["Tor"]));
        let mut told = Vec::new();
        for mut connection in scene.workers().await {
            for _ in 0..10 {
                let refused = connection.request(&post("/login", "11.0.0.1")).await;
                told.push(refused.json()["reference"].as_str().unwrap().to_owned());
            }
        }
        told.sort();
        let lines = audited(&scene, expected).await;
        let mut logged: Vec<String> = lines
            .iter()
            .map(|line| line["ref"].as_str().unwrap().to_owned())
            .collect();
        logged.sort();
        logged.dedup();
        assert_eq!(logged.len(), expected);
        if expected > 0 {
            assert_eq!(logged, told);
        }
    }
}

/// The policy of these tests, which refuses nothing and keeps two failures of an account in mind.
fn monitored() -> Value {
    let mut configuration = configuration(json!({}));
    configuration["mode"] = json!("monitor");
    configuration["identity"] = json!({ "account": [{ "header": "x-account" }] });
    configuration["signing_keys_env"] = json!(["PALISADE_KEY"]);
    configuration["limits"] =
        json!([{ "name": "two", "key": ["account"], "limit": 2, "window": "1h" }]);
    configuration["routes"][0]["limits"] = json!(["two"]);
    configuration
}

const KEY: &str = "a-signing-key-of-the-tests-0123456789";

#[tokio::test]
async fn what_would_be_refused_stands_in_both_logs_with_all_that_explains_it() {
    let scene = Scene::with(&monitored(), |config| {
        config.environment("PALISADE_KEY", KEY)
    })
    .await;
    scene.api.answer(Answer::ipasis(&[]));
    let login = post("/login", "11.0.0.1")
        .header("x-account", "alice")
        .header("host", "shop.example:8443");
    for _ in 0..4 {
        assert_eq!(http1(scene.envoy.address, &login).await.status, 200);
    }
    let lines = audited(&scene, 2).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    let line = &lines[0];
    assert_eq!(
        [
            &line["palisade"],
            &line["mode"],
            &line["verdict"],
            &line["limit"],
            &line["host"],
            &line["method"]
        ],
        [
            "monitored",
            "monitor",
            "limit",
            "two",
            "shop.example:8443",
            "POST"
        ]
    );
    assert_eq!((&line["count"], &line["threshold"]), (&json!(2), &json!(2)));
    let account = line["accounts"].as_str().unwrap();
    assert_eq!(account.len(), 16);

    let entry = scene
        .envoy
        .wait_for_access(|entry| entry["id"] == line["id"])
        .await;
    assert_eq!(
        [&entry["method"], &entry["host"], &entry["path"]],
        ["POST", "shop.example:8443", "/login"]
    );
    assert!(entry["time"].as_str().unwrap().ends_with('Z'), "{entry}");
    let state = entry["palisade"].as_str().unwrap();
    let expected = format!(
        "verdict=allow, reason=\"two\", route=\"login\", limit=\"two\", count=2, threshold=2, window=3600, retry_after={}, \
         monitored=limit, ref={}, client=\"11.0.0.1\", accounts=(\"{account}\"), ",
        line["retry_after"], line["ref"],
    );
    assert!(state.starts_with(&expected), "{state}");
}

#[tokio::test]
async fn hostile_heads_leave_one_line_each_in_both_logs() {
    let scene = Scene::single(&configuration(json!({}))).await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    let long = "x".repeat(20_000);
    for (method, host) in [
        ("POST", "a\"}{\"palisade\":\"forged\""),
        ("POST", long.as_str()),
        ("POST", "caf\u{e9}.example\u{202e}"),
        ("QUERY", "shop.example"),
    ] {
        let request = Request::new(method, "/login?\"}{\"palisade\":\"\u{202e}")
            .client("11.0.0.1")
            .header("host", host)
            .header("x-request-id", "not\"an id");
        let status = http1(scene.envoy.address, &request).await.status;
        assert!([400, 403, 404].contains(&status), "{host:.50}: {status}");
    }
    assert_eq!(
        http1(scene.envoy.address, &post("/login", "11.0.0.1"))
            .await
            .status,
        403
    );
    for line in audited(&scene, 1).await {
        assert_eq!(line["palisade"], "refused");
        assert!(line.to_string().len() < 1_000, "{line}");
    }
    let entry = scene
        .envoy
        .wait_for_access(|entry| entry["verdict"] == "deny")
        .await;
    assert!(entry["host"].as_str().unwrap().len() <= 255);
}
