//! What happens is counted under fixed names, with the labels that the shipped `stats_tags` make.

use serde_json::json;
use std::time::Duration;

use crate::lookups::scene::configuration;
use crate::support::{Answer, EnvoyConfig, Http2, Scene, eventually, post};

/// Every metric of ours, its kind, and its labels.
const DOCUMENTED: &[(&str, &str, &[&str])] = &[
    ("palisade_account_names", "counter", &["result"]),
    ("palisade_accounts_missing", "counter", &["reason"]),
    ("palisade_agents", "counter", &["signal"]),
    ("palisade_asn_rates", "counter", &["result"]),
    ("palisade_asn_samples", "counter", &["result"]),
    ("palisade_audit_lines_dropped", "counter", &[]),
    ("palisade_breakers_open", "gauge", &[]),
    ("palisade_cache_evictions", "counter", &["level"]),
    ("palisade_cache_hits", "counter", &["level"]),
    ("palisade_cache_misses", "counter", &[]),
    ("palisade_cache_stale_hits", "counter", &["level"]),
    ("palisade_cache_stale_on_error", "counter", &[]),
    ("palisade_captcha_time_ms", "histogram", &[]),
    ("palisade_captchas", "counter", &["result"]),
    ("palisade_challenge_solve_time_ms", "histogram", &[]),
    ("palisade_challenges", "counter", &["result"]),
    ("palisade_challenges_failed", "counter", &["reason"]),
    ("palisade_clearances_refused", "counter", &["reason"]),
    ("palisade_client_anomalies", "counter", &["reason"]),
    ("palisade_client_private", "counter", &[]),
    ("palisade_client_without_address", "counter", &[]),
    ("palisade_counter_evictions", "counter", &[]),
    ("palisade_counts_given_up", "counter", &[]),
    ("palisade_devices", "counter", &["result"]),
    ("palisade_fingerprints", "counter", &["result"]),
    ("palisade_forms_not_carried", "counter", &["reason"]),
    ("palisade_host_refused", "counter", &[]),
    ("palisade_limit_hits", "counter", &["limit", "result"]),
    ("palisade_list_hits", "counter", &["list"]),
    ("palisade_logins", "counter", &["route", "result"]),
    ("palisade_lookup_time_ms", "histogram", &[]),
    ("palisade_lookups", "counter", &["result"]),
    ("palisade_monitored", "counter", &["route", "verdict"]),
    ("palisade_monitored_connections", "counter", &["type"]),
    ("palisade_notices", "counter", &["result"]),
    ("palisade_odd_paths", "counter", &[]),
    ("palisade_record_evictions", "counter", &[]),
    ("palisade_records_given_up", "counter", &[]),
    ("palisade_refused_connections", "counter", &["type"]),
    ("palisade_requests", "counter", &["route", "verdict"]),
    ("palisade_revocation_window_ms", "histogram", &[]),
    ("palisade_revocations", "counter", &["result"]),
    ("palisade_rule_hits", "counter", &["route", "rule", "mode"]),
    ("palisade_schema_drift", "counter", &[]),
    ("palisade_session_accounts", "counter", &["result"]),
    ("palisade_sessions", "counter", &["result"]),
    ("palisade_shared_writes_given_up", "counter", &[]),
    ("palisade_travel", "counter", &["result"]),
    ("palisade_travel_positions", "counter", &["result"]),
    ("palisade_unknown_profiles", "counter", &[]),
    ("palisade_unlocks", "counter", &["result"]),
    ("palisade_wait_time_ms", "histogram", &[]),
];

/// Envoy merges its histograms when it flushes its statistics, every five seconds unless told otherwise.
fn flushes_often(config: EnvoyConfig) -> EnvoyConfig {
    config.bootstrap(&json!({"stats_flush_interval": "0.1s"}))
}

/// The lines of our metrics that are not 0, but for the histograms.
fn raised(prometheus: &str) -> Vec<&str> {
    let ours = prometheus
        .lines()
        .filter(|line| line.starts_with("palisade_"));
    ours.filter(|line| !line.ends_with(" 0") && !line.contains("_ms_"))
        .collect()
}

/// The value of one line, by its name and labels.
fn value(prometheus: &str, name: &str) -> Option<f64> {
    let line = prometheus
        .lines()
        .find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

/// All metrics, once so many requests have waited and Envoy has merged its histograms.
async fn merged(scene: &Scene, waited: f64) -> String {
    eventually("the histograms", async || {
        let prometheus = scene.envoy.prometheus().await;
        let count = value(&prometheus, "palisade_wait_time_ms_count{}");
        (count == Some(waited)).then_some(prometheus)
    })
    .await
}

#[tokio::test]
async fn every_outcome_is_counted_with_its_labels() {
    let mut configuration = configuration(json!({}));
    configuration["audit"] = json!({"lines_per_second": 100});
    configuration["routes"] = json!([
        {
            "name": "login",
            "match": {"path": "/login"},
            "on_unknown": "deny",
            "rules": [
                {"name": "no-tor", "when": "tor", "then": "deny"},
                {"when": "vpn", "then": "challenge"},
                {"name": "office_vpn", "when": "relay", "then": "step_up"},
                {"name": "trial", "when": "crawler", "then": "deny", "mode": "monitor"},
            ],
        },
        {"name": "sign-up", "match": {"path": "/signup"}, "mode": "monitor"},
    ]);
    let scene = Scene::with(&configuration, |config| config.workers(1).alone()).await;
    for (address, flags) in [(2, "Relay"), (3, "VPN"), (4, "Tor"), (5, "Crawler")] {
        scene
            .api
            .answer_to(&format!("11.0.0.{address}"), Answer::ipasis(&[flags]));
    }
    scene.api.answer_to("11.0.0.6", Answer::status(500));
    for (path, address, times) in [
        ("/login", "11.0.0.1", 1),
        ("/login", "11.0.0.2", 2),
        ("/login", "11.0.0.3", 3),
        ("/login", "11.0.0.4", 4),
        ("/login", "11.0.0.5", 5),
        ("/login", "11.0.0.6", 6),
        ("/login", "10.0.0.1", 7),
        ("/signup", "11.0.0.4", 8),
        ("/signup", "11.0.0.3", 9),
        ("/unprotected", "11.0.0.4", 10),
    ] {
        for _ in 0..times {
            scene.send(&post(path, address)).await;
        }
    }
    let prometheus = scene.envoy.prometheus().await;
    let mut raised = raised(&prometheus);
    raised.sort_unstable();
    assert_eq!(
        raised,
        [
            r#"palisade_cache_hits{level="local"} 27"#,
            r#"palisade_cache_misses{} 11"#,
            r#"palisade_challenges{result="issued"} 3"#,
            r#"palisade_client_private{} 7"#,
            r#"palisade_lookups{result="answer"} 5"#,
            r#"palisade_lookups{result="server_error"} 1"#,
            r#"palisade_monitored_connections{type="residential"} 22"#,
            r#"palisade_monitored{route="login",verdict="deny"} 5"#,
            r#"palisade_monitored{route="sign-up",verdict="challenge"} 9"#,
            r#"palisade_monitored{route="sign-up",verdict="deny"} 8"#,
            r#"palisade_refused_connections{type="residential"} 7"#,
            r#"palisade_refused_connections{type="unknown"} 13"#,
            r#"palisade_requests{route="login",verdict="allow"} 6"#,
            r#"palisade_requests{route="login",verdict="challenge"} 3"#,
            r#"palisade_requests{route="login",verdict="deny"} 17"#,
            r#"palisade_requests{route="login",verdict="step_up"} 2"#,
            r#"palisade_requests{route="sign-up",verdict="allow"} 17"#,
            r#"palisade_rule_hits{route="login",rule="no-tor",mode="enforce"} 4"#,
            r#"palisade_rule_hits{route="login",rule="office_vpn",mode="enforce"} 2"#,
            r#"palisade_rule_hits{route="login",rule="rule_2",mode="enforce"} 3"#,
            r#"palisade_rule_hits{route="login",rule="trial",mode="monitor"} 5"#,
            r#"palisade_rule_hits{route="sign-up",rule="default_tor",mode="monitor"} 8"#,
            r#"palisade_rule_hits{route="sign-up",rule="default_vpn",mode="monitor"} 9"#,
        ]
    );
    assert_eq!(
        scene
            .counted("requests.route=login.verdict=challenge")
            .await,
        3
    );
    assert_eq!(
        scene
            .counted("rule_hits.route=login.rule=trial.mode=monitor")
            .await,
        5
    );
}

#[tokio::test]
async fn every_metric_has_its_documented_name_kind_and_labels() {
    let mut configuration = configuration(json!({}));
    configuration["routes"][0]["name"] = "a-route_1".into();
    configuration["limits"] =
        json!([{ "name": "a-limit_1", "key": ["subnet"], "limit": 9, "window": "1m" }]);
    configuration["lists"] = json!([{ "name": "a-list_1", "asns": [64500] }]);
    let scene = Scene::with(&configuration, flushes_often).await;
    // A histogram shows itself with its first value.
    scene.ask("/login", "11.0.0.1").await;
    let prometheus = merged(&scene, 1.0).await;
    let kinds = prometheus
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE palisade_"));
    let mut kinds: Vec<String> = kinds.map(|kind| format!("palisade_{kind}")).collect();
    kinds.sort();
    let documented: Vec<String> = DOCUMENTED
        .iter()
        .map(|(name, kind, _)| format!("{name} {kind}"))
        .collect();
    assert_eq!(kinds, documented);

    for line in prometheus
        .lines()
        .filter(|line| line.starts_with("palisade_"))
    {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, _) = rest.split_once('}').unwrap();
        let Some((_, _, documented)) = DOCUMENTED.iter().find(|(each, _, _)| *each == name) else {
            assert!(name.contains("_ms_"), "{line}");
            continue;
        };
        let labels: Vec<&str> = labels
            .split(',')
            .filter_map(|label| Some(label.split_once('=')?.0))
            .collect();
        assert_eq!(labels, *documented, "{line}");
    }
}

#[tokio::test]
async fn how_long_requests_wait_and_lookups_take_is_measured() {
    let scene = Scene::with(&configuration(json!({})), flushes_often).await;
    scene
        .api
        .answer(Answer::ipasis(&[]).delay(Duration::from_millis(150)));
    let client = Http2::open(scene.envoy.address).await;
    let login = post("/login", "11.0.0.1");
    let (one, two, three) = tokio::join!(
        client.request(&login),
        client.request(&login),
        client.request(&login)
    );
    for response in [one, two, three] {
        assert_eq!(response.unwrap().status, 200);
    }
    scene.ask("/login", "11.0.0.1").await;
    let prometheus = merged(&scene, 3.0).await;
    for (metric, count) in [("wait", 3.0), ("lookup", 1.0)] {
        let of =
            |name: &str| value(&prometheus, &format!("palisade_{metric}_time_ms_{name}")).unwrap();
        assert_eq!(of("count{}"), count);
        assert_eq!(of("bucket{le=\"100\"}"), 0.0, "{metric}");
        assert_eq!(of("bucket{le=\"2500\"}"), count, "{metric}");
        assert!(of("sum{}") >= 140.0 * count, "{metric}");
    }
}
