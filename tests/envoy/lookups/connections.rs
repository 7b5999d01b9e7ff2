//! What connects an address, and who is a crawler, from whatever the provider says.

use serde_json::{Value, json};

use crate::lookups::scene::configuration;
use crate::support::{Answer, Request, Scene, http1};

const GOOGLE: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// A scene with two workers and these rules on `/login`.
async fn scene(provider: Value, rules: Value, more: Value) -> Scene {
    let mut policy = configuration(json!({ "provider": provider }));
    policy["routes"][0]["rules"] = rules;
    policy["routes"][0]["on_unknown"] = json!("allow");
    for (name, value) in more.as_object().unwrap() {
        policy[name] = value.clone();
    }
    Scene::with(&policy, |config| config.workers(2)).await
}

/// The status of a login, and what the application was told of it under these names.
async fn login(scene: &Scene, address: &str, agent: &str, names: &[&str]) -> (u16, String) {
    scene.application.forget();
    let request = Request::post("/login")
        .client(address)
        .header("user-agent", agent);
    let response = http1(scene.envoy.address, &request).await;
    let told = names.iter().map(|name| {
        let seen = scene.application.requests().into_iter().next();
        seen.and_then(|seen| seen.header(&format!("x-palisade-{name}")))
            .unwrap_or_default()
    });
    (response.status, told.collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn the_connection_decides_in_rules_and_is_told() {
    let rules = json!([
        { "when": { "connection": ["datacenter"] }, "then": "deny" },
        { "when": { "connection": ["mobile", "corporate"] }, "then": "step_up" },
    ]);
    let scene = scene(json!("ipqualityscore"), rules, json!({})).await;
    let answer = |kind: &str, mobile: bool| {
        Answer::json(&json!({
            "success": true, "fraud_score": 0, "country_code": "DE", "ASN": 64500, "connection_type": kind,
            "mobile": mobile, "vpn": false, "proxy": false, "tor": false,
        }))
    };
    for (number, (kind, mobile, status, told)) in [
        ("Residential", false, 200, "residential allow"),
        ("Mobile", true, 200, "mobile step_up"),
        ("Corporate", false, 200, "corporate step_up"),
        ("Education", false, 200, "corporate step_up"),
        ("Data Center", false, 403, " "),
        // Contradictions.
        ("Data Center", true, 403, " "),
        ("Residential", true, 200, "mobile step_up"),
        ("Premium required.", false, 200, " allow"),
    ]
    .into_iter()
    .enumerate()
    {
        let address = format!("11.0.1.{number}");
        scene.api.answer_to(&address, answer(kind, mobile));
        for _ in 0..2 {
            let seen = login(&scene, &address, "a", &["connection", "verdict"]).await;
            assert_eq!(seen, (status, told.to_owned()), "{kind} {mobile}");
        }
    }
    let refused = scene.counted("refused_connections.type=datacenter").await;
    assert_eq!(refused, 4);
    scene.api.answer_to("11.0.2.1", Answer::status(500));
    let unknown = login(&scene, "11.0.2.1", "a", &["connection"]).await;
    assert_eq!(unknown, (200, String::new()));
}

#[tokio::test]
async fn limits_have_a_threshold_for_each_connection() {
    let more = json!({ "limits": [{
        "name": "kinds", "key": ["subnet"], "window": "1h",
        "limit": [
            { "when": { "connection": ["datacenter"] }, "limit": 1 },
            { "when": { "connection": ["corporate"] }, "limit": 3 },
            { "limit": 2 },
        ],
    }] });
    let mut policy = configuration(json!({}));
    policy["limits"] = more["limits"].clone();
    policy["routes"][0]["limits"] = json!(["kinds"]);
    policy["routes"][0]["rules"] = json!([]);
    let scene = Scene::with(&policy, |config| config.workers(2)).await;
    for (subnet, kind, most) in [(1, "hosting", 1), (2, "business", 3), (3, "isp", 2)] {
        let address = format!("11.1.{subnet}.1");
        let body = json!({ "asn": { "Type": kind }, "privacy": { "VPN": false } });
        scene.api.answer_to(&address, Answer::json(&body));
        let mut passed = 0;
        for _ in 0..5 {
            passed += usize::from(login(&scene, &address, "a", &[]).await.0 == 200);
        }
        assert_eq!(passed, most, "{kind}");
    }
}

#[tokio::test]
async fn crawlers_are_verified_by_flag_list_or_reverse_name() {
    let provider = json!({
        "preset": "ipinfo",
        "fields": { "crawler": ["bot", { "path": "hostname", "when": { "domain": ["googlebot.com"] } }] },
    });
    let rules = json!([
        { "when": "crawler_verified", "then": "allow" },
        { "when": "crawler_unverified", "then": "deny" },
    ]);
    let lists =
        json!({ "lists": [{ "name": "search", "cidrs": ["11.5.0.0/24"], "crawlers": true }] });
    let scene = scene(provider, rules, lists).await;
    let answer = |more: Value| {
        let mut body =
            json!({ "country": "US", "org": "AS64500 Example", "privacy": { "vpn": false } });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        Answer::json(&body)
    };
    let verified = "crawler_claimed,crawler_verified";
    for (address, more, agent, status, told) in [
        (
            "11.4.0.1",
            json!({ "hostname": "crawl-66-249-66-1.googlebot.com" }),
            GOOGLE,
            200,
            "crawler,crawler_claimed,crawler_verified",
        ),
        (
            "11.4.0.2",
            json!({ "hostname": "crawl-1.evilgooglebot.com" }),
            GOOGLE,
            403,
            "",
        ),
        (
            "11.4.0.3",
            json!({ "hostname": "googlebot.com.evil.example" }),
            GOOGLE,
            403,
            "",
        ),
        (
            "11.4.0.4",
            json!({ "hostname": "" }),
            GOOGLE,
            200,
            "crawler_claimed",
        ),
        ("11.4.0.5", json!({}), GOOGLE, 200, "crawler_claimed"),
        (
            "11.4.0.6",
            json!({ "bot": true }),
            GOOGLE,
            200,
            "crawler,crawler_claimed,crawler_verified",
        ),
        ("11.5.0.7", json!({ "bot": false }), GOOGLE, 200, verified),
        (
            "11.4.0.2",
            json!({ "hostname": "crawl-1.evilgooglebot.com" }),
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            200,
            "",
        ),
    ] {
        scene.api.answer_to(address, answer(more));
        for _ in 0..2 {
            let seen = login(&scene, address, agent, &["signals"]).await;
            let told = if address == "11.5.0.7" {
                // The list decides before anybody is asked.
                format!("{told},unknown")
            } else {
                told.to_owned()
            };
            assert_eq!(seen, (status, told), "{address} {agent}");
        }
    }
    assert_eq!(scene.asked("11.5.0.7"), 0);
    assert_eq!(scene.counted("agents.signal=crawler_unverified").await, 4);
    scene.api.answer_to("11.4.0.9", Answer::status(500));
    let failed = login(&scene, "11.4.0.9", GOOGLE, &["signals"]).await;
    assert_eq!(failed, (200, "crawler_claimed,unknown".to_owned()));
}
