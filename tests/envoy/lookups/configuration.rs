//! What Envoy makes of a configuration, right or wrong.

use serde_json::{Value, json};

use crate::lookups::scene::{configuration, told};
use crate::support::{Answer, Backend, Envoy, EnvoyConfig, Scene, Update, post};

/// Something of everything: text, numbers, booleans, lists, nesting, durations, sizes, ranges.
fn rich() -> Value {
    json!({
        "mode": "enforce",
        "intelligence": {
            "provider": {
                "preset": "ipasis",
                "fields": {"score": [{"path": "risk.score", "direction": "risk", "max": 0.5}]},
            },
            "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY", "timeout": "2s", "max_response": "64KiB",
            "concurrent_lookups": 64, "daily_budget": 100_000,
            "cache": {"flags": "1h30m", "entries": 2048, "ipv6_prefix": 56},
            "breaker": {"failures": 50, "open_for": "1s500ms"},
        },
        "lists": [
            {"name": "office", "cidrs": ["11.9.0.0/24"], "then": "allow"},
            {"name": "partners", "asns": [64510, "AS64511"], "then": "step_up"},
            {"name": "watched", "cidrs": ["11.0.0.3"], "weight": -5},
        ],
        "score": {"weights": {"vpn": 60, "crawler": 49}},
        "routes": [
            {
                "name": "login",
                "match": {"methods": ["POST"], "path": ["/login", {"glob": "/v*/login"}], "ignore_case": true},
                "on_unknown": "challenge",
                "rules": [
                    {
                        "name": "odd", "when": {"all": [{"not": "vpn"}, {"score": "49..=50"}]}, "then": "deny",
                        "status": 451,
                    },
                    "default",
                ],
            },
            {
                "name": "rest", "match": {"path": {"prefix": "/"}}, "lookup": "off", "on_unknown": "allow",
                "mode": "monitor",
            },
        ],
        "annotate": {"headers": ["verdict", "score", "signals"], "filter_state": false},
        "audit": {"lines_per_second": 0},
    })
}

/// What becomes of a number of requests: status, reason, and what the application was told.
async fn answers(scene: &Scene) -> Vec<String> {
    scene.api.answer_to("11.0.0.2", Answer::ipasis(&["VPN"]));
    scene.api.answer_to("11.0.0.3", Answer::ipasis(&["VPN"]));
    scene
        .api
        .answer_to("11.0.0.4", Answer::ipasis(&["Crawler"]));
    scene.api.answer_to(
        "11.0.0.5",
        Answer::json(&json!({"risk": {"score": 0.45}, "vpn": false})),
    );
    scene.api.answer_to(
        "11.0.0.6",
        Answer::json(&json!({"asn": {"asn": "AS64511"}, "vpn": false})),
    );
    scene.api.answer_to("11.0.0.7", Answer::status(500));
    let mut answers = Vec::new();
    for path in ["/login", "/V2/LOGIN", "/v2/3/login", "/other"] {
        for address in [
            "11.9.0.7", "11.0.0.1", "11.0.0.2", "11.0.0.3", "11.0.0.4", "11.0.0.5", "11.0.0.6",
            "11.0.0.7",
        ] {
            let response = scene.send(&post(path, address)).await;
            let seen = match response.status {
                200 => {
                    let seen = scene.application.last();
                    format!("{:?} {}", seen.header("x-palisade-step-up"), told(&seen))
                }
                _ => response.json()["reason"].to_string(),
            };
            answers.push(format!("{path} {address}: {} {seen}", response.status));
        }
    }
    answers.push(format!("{} calls", scene.api.count()));
    answers
}

#[tokio::test]
async fn json_text_and_a_native_struct_mean_the_same() {
    let text = Scene::single(&rich()).await;
    let native = Scene::with(&rich(), |config| config.workers(1).palisade_struct(&rich())).await;
    let (from_text, from_struct) = (answers(&text).await, answers(&native).await);
    assert_eq!(from_text, from_struct);
    // And it is what was written, not two times nothing.
    for expected in [
        "/login 11.9.0.7: 200 None unknown",
        "/login 11.0.0.1: 200 None score=0",
        "/login 11.0.0.2: 403 \"vpn\"",
        "/V2/LOGIN 11.0.0.3: 403 \"vpn\"",
        "/login 11.0.0.4: 451 \"score\"",
        "/login 11.0.0.5: 403 \"score\"",
        "/login 11.0.0.6: 200 Some(\"mfa\") score=0",
        "/login 11.0.0.7: 403 \"unknown\"",
        "/v2/3/login 11.0.0.2: 200 None vpn score=60",
        "7 calls",
    ] {
        assert!(
            from_text.iter().any(|answer| answer == expected),
            "{expected} in {from_text:#?}"
        );
    }
}

/// Eight mistakes, and what is told of each: path, what stands there, what was expected.
fn mistakes() -> (Value, [[&'static str; 3]; 8]) {
    let wrong = json!({
        "intelligence": {"provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY", "timeout": "1h"},
        "lists": [
            {"name": "office", "cidrs": []},
            {"name": "office", "cidrs": ["11.0.0.0/8"]},
        ],
        "routes": [
            {
                "name": "log in",
                "match": {"path": "/login"},
                "rules": [
                    {"when": {"list": "partners"}, "then": "deny"},
                    {"when": "tor", "then": "deny", "status": 200},
                ],
            },
            {"name": "admin", "match": {"path": "admin"}},
        ],
        "score": {"weights": {"vpn": 1000}},
    });
    let told = [
        ["intelligence.timeout", "1h", "2s"],
        ["lists[0].cidrs", "[]", "at least one"],
        ["lists[1].name", "office", ""],
        ["routes[0].name", "log in", "a-z"],
        ["routes[0].rules[0].when", "partners", ""],
        ["routes[0].rules[1].status", "200", "400"],
        ["routes[1].match.path", "admin", "/"],
        ["score.weights.vpn", "1000", "100"],
    ];
    (wrong, told)
}

/// The lines that tell what is wrong with a configuration.
fn refusals(log: &str) -> Vec<&str> {
    let told = log
        .lines()
        .filter_map(|line| line.split_once("palisade: configuration: "));
    told.map(|(_, refusal)| refusal).collect()
}

fn assert_told(log: &str, expected: &[[&str; 3]]) {
    let refusals = refusals(log);
    for [path, found, wanted] in expected {
        let line = refusals.iter().find(|line| line.starts_with(path));
        let line = line.unwrap_or_else(|| panic!("{path} in {refusals:#?}"));
        assert!(
            line.contains(found) && line.contains(wanted),
            "{found}, {wanted} in {line}"
        );
    }
    assert_eq!(refusals.len(), expected.len(), "{refusals:#?}");
}

#[tokio::test]
async fn a_wrong_update_is_refused_with_every_mistake() {
    let mut scene = Scene::with(&configuration(json!({})), |config| {
        config.workers(1).alone()
    })
    .await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny tor");
    let (wrong, expected) = mistakes();
    assert_eq!(
        scene.envoy.update(&scene.config().palisade(&wrong)).await,
        Update::Rejected
    );
    assert_told(&scene.envoy.log(), &expected);
    scene
        .envoy
        .wait_for_log("the configuration is refused; what was in force before stays")
        .await;
    for address in ["11.0.0.1", "11.0.0.2"] {
        assert_eq!(scene.ask("/login", address).await, "deny tor");
    }
    assert_eq!(scene.api.count(), 2);

    // The same mistakes in a Struct, and then what makes it right again.
    assert_eq!(
        scene
            .envoy
            .update(&scene.config().palisade_struct(&wrong))
            .await,
        Update::Rejected
    );
    let twice: Vec<_> = refusals(&scene.envoy.log())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(twice[..8], twice[8..], "told in the same words");
    let mut right = configuration(json!({}));
    right["routes"][0]["match"]["path"] = "/signup".into();
    scene.protect(&right, "/signup").await;
    assert_eq!(scene.ask("/signup", "11.0.0.1").await, "deny tor");
}

#[tokio::test]
async fn unknown_fields_and_wrong_types_are_refused_all_at_once() {
    let mut wrong = configuration(json!({"time_out": "1s", "daily_budget": "many"}));
    wrong["routes"][0]["rules"] = json!([{"when": "tor", "then": "block"}]);
    wrong["moed"] = "monitor".into();
    let mut scene = Scene::with(&configuration(json!({})), |config| {
        config.workers(1).alone()
    })
    .await;
    let config = EnvoyConfig::new(scene.application.address).environment("IPASIS_API_KEY", "k");
    assert_eq!(
        scene.envoy.update(&config.palisade(&wrong)).await,
        Update::Rejected
    );
    let log = scene.envoy.log();
    let refusals = refusals(&log);
    for place in [
        "time_out",
        "intelligence.daily_budget",
        "routes[0].rules[0].then",
        "moed",
    ] {
        assert!(
            refusals.iter().any(|line| line.contains(place)),
            "{place} in {refusals:#?}"
        );
    }
}

#[tokio::test]
async fn what_is_no_configuration_at_all_is_refused() {
    let mut scene = Scene::with(&configuration(json!({})), |config| {
        config.workers(1).alone()
    })
    .await;
    for text in [
        "",
        " \n",
        "{",
        "[]",
        "null",
        "mode: enforce",
        "\u{0}\u{1}\u{2}",
        "{\"routes\":[]}",
    ] {
        let update = scene.config().palisade_text(text);
        assert_eq!(
            scene.envoy.update(&update).await,
            Update::Rejected,
            "{text:?}"
        );
    }
    assert!(refusals(&scene.envoy.log()).len() >= 8);
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let update = scene.config().palisade_text(&nested);
    assert_eq!(scene.envoy.update(&update).await, Update::Rejected);
    assert_eq!(
        scene.ask("/login", "11.0.0.1").await,
        "allow",
        "the old one serves"
    );
}

/// Starts an Envoy that must not start; its log.
async fn refused_start(change: impl FnOnce(EnvoyConfig) -> EnvoyConfig) -> String {
    let application = Backend::application().await;
    let config = EnvoyConfig::new(application.address).cluster("ipasis", application.address);
    match Envoy::try_start(&change(config)).await {
        Ok(_) => panic!("Envoy started"),
        Err(log) => log,
    }
}

#[tokio::test]
async fn a_wrong_configuration_does_not_start() {
    let (wrong, expected) = mistakes();
    let log =
        refused_start(|config| config.environment("IPASIS_API_KEY", "k").palisade(&wrong)).await;
    assert_told(&log, &expected);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_told_before_it_is_missed() {
    let log = refused_start(|config| config.palisade(&configuration(json!({})))).await;
    assert_told(
        &log,
        &[[
            "intelligence.api_key_env",
            "\"IPASIS_API_KEY\"",
            "vm_config.environment_variables",
        ]],
    );

    let mut without = configuration(json!({}));
    without["intelligence"]
        .as_object_mut()
        .unwrap()
        .remove("api_key_env");
    let log = refused_start(|config| config.palisade(&without)).await;
    assert_told(
        &log,
        &[[
            "intelligence.api_key_env",
            "",
            "this provider refuses to answer without one",
        ]],
    );
}
