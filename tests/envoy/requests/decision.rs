//! What is decided: signals, scores, rules and their order.

use serde_json::{Value, json};

use crate::requests::{ABUSE, HOME, HOSTING, PRIVATE, PROXY, Scene, TOR, VPN, from, login, policy};
use crate::support::{Answer, Http2, Request};

/// A complete answer of the API.
fn answer(flags: &[&str], country: &str, asn: &str, kind: &str) -> Answer {
    let is = |name: &str| flags.contains(&name);
    Answer::json(&json!({
        "country": country,
        "asn": {"ASN": asn, "Type": kind},
        "privacy": {
            "VPN": is("VPN"), "Proxy": is("Proxy"), "Tor": is("Tor"), "Relay": is("Relay"),
            "Hosting": is("Hosting"), "Abuse": is("Abuse"), "Crawler": is("Crawler"),
        },
    }))
}

/// A home connection that the provider itself gives this score.
fn scored(score: u8) -> Answer {
    Answer::json(&json!({
        "asn": {"ASN": "AS64500", "Type": "isp"},
        "privacy": {"VPN": false, "Proxy": false, "Tor": false, "Hosting": false, "Abuse": false},
        "risk": {"score": score},
    }))
}

/// A route for one path with one rule that denies.
fn denying(path: &str, when: Value) -> Value {
    let name = path.trim_start_matches('/');
    json!({"name": name, "match": {"path": path}, "rules": [{"when": when, "then": "deny"}]})
}

/// 200 for what passes, and the reason for what does not.
async fn verdict(scene: &Scene, path: &str, client: &str) -> String {
    let response = scene.send(&Request::get(path).client(client)).await;
    match response.status {
        200 => "200".to_owned(),
        status => format!("{status} {}", response.json()["reason"].as_str().unwrap()),
    }
}

#[tokio::test]
async fn out_of_the_box_tor_is_denied_and_a_vpn_challenged() {
    let scene = Scene::start(&login()).await;
    let clean: &[&[&str]] = &[&[], &["Crawler"]];
    for (index, flags) in clean.iter().enumerate() {
        scene
            .api
            .answer_to(&format!("11.2.0.{index}"), Answer::ipasis(flags));
    }
    for score in [49, 50, 79, 80] {
        scene
            .api
            .answer_to(&format!("11.2.1.{score}"), scored(score));
    }
    let denied = "urn:palisade:denied";
    let challenged = "urn:palisade:challenge-required";
    for (client, kind, reason) in [
        (TOR, denied, "tor"),
        (HOSTING, denied, "hosting"),
        (ABUSE, denied, "score"),
        ("11.2.1.80", denied, "score"),
        (VPN, challenged, "vpn"),
        (PROXY, challenged, "proxy"),
        ("11.2.1.79", challenged, "score"),
        ("11.2.1.50", challenged, "score"),
    ] {
        let problem = scene.refused(&from(client), 403).await.json();
        assert_eq!(
            (&problem["type"], &problem["reason"]),
            (&json!(kind), &json!(reason)),
            "{client}"
        );
    }
    for client in [HOME, PRIVATE, "11.2.0.0", "11.2.0.1", "11.2.1.49"] {
        scene.passes(&from(client)).await;
    }
    assert_eq!(scene.counted("requests.route=login.verdict=deny").await, 4);
    assert_eq!(
        scene
            .counted("requests.route=login.verdict=challenge")
            .await,
        4
    );
    assert_eq!(scene.counted("requests.route=login.verdict=allow").await, 5);
    assert_eq!(
        scene
            .counted("rule_hits.route=login.rule=default_tor.mode=enforce")
            .await,
        1
    );
}

#[tokio::test]
async fn conditions_combine_and_the_unknown_makes_no_rule_hold() {
    let scene = Scene::start(&policy(json!([
        denying("/any", json!({"any": ["tor", "vpn"]})),
        denying("/all", json!({"all": ["vpn", {"country": ["NL", "SE"]}]})),
        denying(
            "/both",
            json!({"asn_type": ["business"], "country": ["NL"]})
        ),
        denying("/not", json!({"not": {"country": ["US"]}})),
        denying(
            "/nested",
            json!({"all": [{"any": ["vpn", "proxy"]}, {"not": {"asn": [64501, "AS64502"]}}]})
        ),
        denying("/score", json!({"score": "35..36"})),
        denying("/unknown", json!("unknown")),
        denying("/private", json!("private")),
    ])))
    .await;
    let clients = ["11.3.0.1", "11.3.0.2", "11.3.0.3", "11.3.0.4"];
    let [dutch_vpn, partner_vpn, american, blank] = clients;
    scene
        .api
        .answer_to(dutch_vpn, answer(&["VPN"], "NL", "AS64500", "business"));
    scene
        .api
        .answer_to(partner_vpn, answer(&["VPN"], "US", "AS64502", "isp"));
    scene
        .api
        .answer_to(american, answer(&[], "US", "AS64500", "isp"));
    scene.api.answer_to(
        blank,
        Answer::json(&json!({"asn": {"Type": ""}, "privacy": {"Tor": false}})),
    );
    for (path, verdicts) in [
        ("/any", ["403 vpn", "403 vpn", "200", "200"]),
        ("/all", ["403 vpn", "200", "200", "200"]),
        ("/both", ["403 asn_type", "200", "200", "200"]),
        // The country of the last one is not known, so it is not known to be another one.
        ("/not", ["403 rule_1", "200", "200", "200"]),
        ("/nested", ["403 vpn", "200", "200", "200"]),
        ("/score", ["403 score", "403 score", "200", "200"]),
        ("/unknown", ["200", "200", "200", "200"]),
        ("/private", ["200", "200", "200", "200"]),
    ] {
        for (client, expected) in clients.iter().zip(verdicts) {
            assert_eq!(
                verdict(&scene, path, client).await,
                expected,
                "{path} {client}"
            );
        }
    }
    assert_eq!(scene.api.count(), clients.len(), "one lookup each");
    assert_eq!(verdict(&scene, "/private", PRIVATE).await, "403 private");
    assert_eq!(verdict(&scene, "/unknown", PRIVATE).await, "403 unknown");
}

#[tokio::test]
async fn the_first_rule_that_holds_decides() {
    let scene = Scene::start(&policy(json!([
        {"name": "first", "match": {"path": "/first"}, "rules": [
            {"when": "vpn", "then": "allow"},
            {"when": "tor", "then": "challenge", "reason": "first"},
            {"when": "tor", "then": "deny"},
            "default",
        ]},
        {
            "name": "default_first", "match": {"path": "/default"},
            "rules": ["default", {"when": "tor", "then": "allow"}],
        },
    ])))
    .await;
    assert_eq!(verdict(&scene, "/first", VPN).await, "200");
    assert_eq!(verdict(&scene, "/first", TOR).await, "403 first");
    assert_eq!(verdict(&scene, "/first", PROXY).await, "403 proxy");
    assert_eq!(verdict(&scene, "/default", TOR).await, "403 tor");
    assert_eq!(
        scene
            .counted("rule_hits.route=first.rule=rule_2.mode=enforce")
            .await,
        1
    );
    assert_eq!(
        scene
            .counted("rule_hits.route=first.rule=rule_3.mode=enforce")
            .await,
        0
    );
}

#[tokio::test]
async fn weights_are_the_operators_and_add_up() {
    let mut policy = policy(json!([denying("/range", json!({"score": ">=60"}))]));
    policy["score"] = json!({"weights": {"vpn": 30, "relay": 30, "tor": 10, "unknown": 60}});
    let scene = Scene::start(&policy).await;
    scene
        .api
        .answer_to("11.4.0.1", Answer::ipasis(&["VPN", "Relay"]));
    for (client, expected) in [
        (VPN, "200"),
        (TOR, "200"),
        ("11.4.0.1", "403 score"),
        (PRIVATE, "403 score"),
    ] {
        assert_eq!(
            verdict(&scene, "/range", client).await,
            expected,
            "{client}"
        );
    }
}

#[tokio::test]
async fn what_is_unknown_gets_what_the_route_says() {
    let route = |name: &str, action: Value| {
        json!({
            "name": name, "match": {"path": format!("/{name}")}, "on_unknown": action,
        })
    };
    let scene = Scene::start(&policy(json!([
        {"name": "silent", "match": {"path": "/silent"}},
        route("shop", json!("allow")),
        route("reset", json!("challenge")),
        route("admin", json!("deny")),
        route("careful", json!("step_up")),
    ])))
    .await;
    scene.api.answer_to("11.5.0.1", Answer::status(500));
    scene
        .api
        .answer_to("11.5.0.2", Answer::json(&json!({"privacy": {"VPN": null}})));
    for client in ["11.5.0.1", "11.5.0.2", PRIVATE] {
        for (path, expected) in [
            ("/silent", "200"),
            ("/shop", "200"),
            ("/reset", "403 unknown"),
            ("/admin", "403 unknown"),
            ("/careful", "200"),
        ] {
            assert_eq!(
                verdict(&scene, path, client).await,
                expected,
                "{path} {client}"
            );
        }
        let step_up = scene.application.last().header("x-palisade-step-up");
        assert_eq!(step_up.as_deref(), Some("mfa"));
    }
    let reset = scene
        .send(&Request::get("/reset").client(PRIVATE))
        .await
        .json();
    assert_eq!(reset["type"], "urn:palisade:challenge-required");
    assert_eq!(reset["challenge"], "required");
    for path in ["/silent", "/shop", "/reset", "/admin", "/careful"] {
        assert_eq!(verdict(&scene, path, HOME).await, "200", "{path}");
    }
}

#[tokio::test]
async fn a_step_up_reaches_the_application_with_what_to_ask_for() {
    let rules = json!([{"when": "hosting", "then": "step_up", "reason": "b2b"}, "default"]);
    let scene = Scene::start(&policy(json!([
        {"name": "login", "match": {"path": "/login"}, "rules": rules},
        {"name": "admin", "match": {"path": "/admin"}, "rules": rules, "step_up": "webauthn"},
    ])))
    .await;
    for (path, what) in [("/login", "mfa"), ("/admin", "webauthn")] {
        let seen = scene.passes(&Request::get(path).client(HOSTING)).await;
        assert_eq!(seen.header("x-palisade-step-up").as_deref(), Some(what));
        assert_eq!(
            seen.header("x-palisade-verdict").as_deref(),
            Some("step_up")
        );
        assert_eq!(seen.header("x-palisade-reason").as_deref(), Some("b2b"));
        let seen = scene.passes(&Request::get(path).client(HOME)).await;
        assert_eq!(seen.header("x-palisade-step-up"), None);
        scene.refused(&Request::get(path).client(TOR), 403).await;
    }
}

#[tokio::test]
async fn a_rule_says_status_message_and_reason_of_its_refusal() {
    let scene = Scene::start(&policy(json!([
        {"name": "shop", "match": {"path": "/shop"}, "rules": [
            {"when": "tor", "then": "deny", "status": 451, "message": "Nicht über \"Tor\"</p>.", "reason": "no_tor"},
            {"when": "vpn", "then": "challenge", "status": 401, "message": "Prove it."},
            {"when": "proxy", "then": "deny", "status": 503},
        ]},
    ])))
    .await;
    let get = |client| Request::get("/shop").client(client);
    let problem = scene.refused(&get(TOR), 451).await;
    assert_eq!(problem.json()["status"], 451);
    assert_eq!(problem.json()["detail"], "Nicht über \"Tor\"</p>.");
    assert_eq!(problem.json()["reason"], "no_tor");
    let page = scene
        .refused(&get(TOR).header("accept", "text/html"), 451)
        .await
        .text();
    assert!(
        page.contains("Nicht über &#34;Tor&#34;&lt;/p&gt;."),
        "{page}"
    );
    assert_eq!(
        scene.refused(&get(VPN), 401).await.json()["detail"],
        "Prove it."
    );
    scene.refused(&get(PROXY), 503).await;
    let call = get(TOR).header("content-type", "application/grpc");
    let status = Http2::open(scene.envoy.address)
        .await
        .request(&call)
        .await
        .unwrap();
    let message = "Nicht %C3%BCber \"Tor\"</p>.";
    assert_eq!(status.header("grpc-message").as_deref(), Some(message));
    let entry = scene
        .envoy
        .wait_for_access(|entry| entry["status"] == 451)
        .await;
    assert_eq!(entry["details"], "palisade_denied_no_tor");
}

#[tokio::test]
async fn a_password_reset_answers_exactly_as_its_operator_wants() {
    let scene = Scene::start(&policy(json!([{
        "name": "password_reset", "match": {"methods": ["POST"], "path": "/password-reset"}, "format": "json",
        "rules": [
            {"when": "tor", "then": "deny", "message": "Tor is not allowed for password resets."},
            {"when": "hosting", "then": "deny", "message": "Datacenter addresses are not allowed."},
            {"when": {"any": ["vpn", "proxy"]}, "then": "challenge", "status": 400, "message": "A captcha is \
                required."},
        ],
    }])))
    .await;
    for (client, status, error, challenge) in [
        (
            TOR,
            403,
            "Tor is not allowed for password resets.",
            Value::Null,
        ),
        (
            HOSTING,
            403,
            "Datacenter addresses are not allowed.",
            Value::Null,
        ),
        (VPN, 400, "A captcha is required.", json!("required")),
        (PROXY, 400, "A captcha is required.", json!("required")),
    ] {
        // Whatever the client would rather have.
        let request = Request::post("/password-reset")
            .client(client)
            .header("accept", "text/html");
        let response = scene.refused(&request, status).await;
        assert_eq!(
            response.header("content-type").as_deref(),
            Some("application/json")
        );
        let body = response.json();
        assert_eq!(
            (&body["error"], &body["challenge"]),
            (&json!(error), &challenge)
        );
    }
    scene
        .passes(&Request::post("/password-reset").client(HOME))
        .await;
}
