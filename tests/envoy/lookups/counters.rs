//! What happens is counted under fixed names, with the labels that the shipped `stats_tags` make.

use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::lookups::scene::configuration;
use crate::support::{Answer, EnvoyConfig, Http2, Scene, eventually, post};

/// What the reference says of the metrics of one name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Documented {
    /// In Prometheus; several of a histogram.
    names: Vec<String>,
    kind: String,
    labels: Vec<String>,
}

/// What the reference says of every metric.
fn documented() -> Vec<Documented> {
    let page = include_str!("../../../docs/reference/metrics.md");
    let codes = |cell: &str| -> Vec<String> {
        let parts = cell.split('`').skip(1).step_by(2);
        parts.map(str::to_owned).collect()
    };
    let rows = page.lines().filter(|line| line.starts_with("| `palisade_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split(" | ").collect();
        Documented {
            names: codes(cells[0]),
            kind: cells[1].to_owned(),
            labels: codes(cells[3]),
        }
    })
    .collect()
}

/// Envoy merges its histograms when it flushes its statistics, every five seconds unless told otherwise.
fn flushes_often(config: EnvoyConfig) -> EnvoyConfig {
    config.bootstrap(&json!({"stats_flush_interval": "0.1s"}))
}

/// The lines of our metrics that are not 0, but for the histograms and what is the same whatever happens.
fn raised(prometheus: &str) -> Vec<&str> {
    let ours = prometheus
        .lines()
        .filter(|line| line.starts_with("palisade_"));
    let always = ["_ms_", "_build_info", "_timestamp_", "_table_"];
    ours.filter(|line| !line.ends_with(" 0") && !always.iter().any(|part| line.contains(part)))
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

/// The complete example of the documents, and what else there is to use.
fn everything() -> Value {
    let page = include_str!("../../../docs/reference/example.md");
    let (_, example) = page.split_once("```yaml\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    let mut policy: Value = serde_yaml_ng::from_str(example).expect("YAML");
    policy["identity"]["account_header"] = json!("x-user");
    policy["routes"][1]["realm"] = json!("shop");
    policy["routes"][1]["account"] = json!(["from_session"]);
    policy
}

#[tokio::test]
async fn every_metric_has_its_documented_name_kind_and_labels() {
    let keys = |config: EnvoyConfig| {
        let secret = "a-secret-of-the-tests-that-is-long-enough";
        let names = ["TURNSTILE_SECRET", "PALISADE_KEY_OLD"];
        let names = names.into_iter();
        names.fold(flushes_often(config), |config, name| {
            config.environment(name, secret)
        })
    };
    let scene = Scene::with(&everything(), |config| keys(config).alone()).await;
    // Histograms show themselves when Envoy has merged them, and tables when a worker has looked at them.
    let mut expected: Vec<String> = documented()
        .iter()
        .flat_map(|each| each.names.clone())
        .collect();
    expected.sort();
    let prometheus = eventually("every metric", async || {
        let prometheus = scene.envoy.prometheus().await;
        let told = |name: &String| prometheus.contains(&format!("\n{name}{{"));
        expected.iter().all(told).then_some(prometheus)
    })
    .await;
    let mut kinds: Vec<&str> = prometheus
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .filter(|line| line.starts_with("palisade_"))
        .collect();
    kinds.sort_unstable();
    let mut declared: Vec<String> = documented()
        .iter()
        .map(|each| {
            format!(
                "{} {}",
                each.names[0].trim_end_matches("_bucket"),
                each.kind
            )
        })
        .collect();
    declared.sort();
    assert_eq!(kinds, declared);
    for line in prometheus
        .lines()
        .filter(|line| line.starts_with("palisade_"))
    {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, _) = rest.split_once('}').unwrap();
        let all = documented();
        let found = all
            .iter()
            .find(|each| each.names.iter().any(|own| own == name));
        let labels: Vec<&str> = labels
            .split(',')
            .filter_map(|label| Some(label.split_once('=')?.0))
            .filter(|label| *label != "le")
            .collect();
        assert_eq!(labels, found.expect(line).labels, "{line}");
    }
}

#[tokio::test]
async fn a_policy_has_series_of_what_it_uses_and_of_nothing_else() {
    let none = json!({"routes": [{"name": "login", "match": {"path": "/login"}, "rules": []}]});
    let mut scene = Scene::with(&none, |config| config.workers(1).alone()).await;
    scene.send(&post("/login", "11.0.0.1")).await;
    let families = |prometheus: &str| -> Vec<String> {
        let kinds = prometheus
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE palisade_"));
        let mut names: Vec<String> = kinds
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let before = families(&scene.envoy.prometheus().await);
    assert_eq!(
        before,
        [
            "audit_lines_dropped",
            "build_info",
            "client_private",
            "client_without_address",
            "configuration_timestamp_seconds",
            "host_refused",
            "monitored",
            "monitored_connections",
            "odd_paths",
            "refused_connections",
            "requests",
        ]
    );
    let mut more = none;
    more["limits"] = json!([{ "name": "ip", "key": ["subnet"], "limit": 5, "window": "1h", "mobile": "volume" }]);
    more["routes"][0]["limits"] = json!(["ip"]);
    scene.update(&more).await;
    let after = eventually("the series of limits", async || {
        let after = families(&scene.envoy.prometheus().await);
        after
            .contains(&"table_slots_used".to_owned())
            .then_some(after)
    })
    .await;
    let new: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
    let expected = [
        "counter_evictions",
        "counts_given_up",
        "limit_hits",
        "table_slots",
        "table_slots_used",
    ];
    assert_eq!(new, expected);
}

#[tokio::test]
async fn gauges_tell_the_build_the_configuration_the_budget_and_the_tables() {
    let mut configuration = configuration(json!({}));
    configuration["intelligence"]["daily_budget"] = json!(100);
    configuration["limits"] =
        json!([{ "name": "ip", "key": ["subnet"], "limit": 9, "window": "1h" }]);
    configuration["counters"] = json!({ "memory": "64KiB" });
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let scene = Scene::with(&configuration, EnvoyConfig::alone).await;
    for subnet in 1..=7 {
        scene.ask("/login", &format!("11.0.{subnet}.1")).await;
    }
    let prometheus = eventually("the survey", async || {
        let prometheus = scene.envoy.prometheus().await;
        let left = value(
            &prometheus,
            r#"palisade_lookup_budget_left{provider="ipasis"}"#,
        );
        (left == Some(93.0)).then_some(prometheus)
    })
    .await;
    let of = |name: &str| value(&prometheus, &format!("palisade_{name}"));
    assert_eq!(of(r#"table_slots{table="counters"}"#), Some(16.0 * 81.0));
    // A counter of the limit and one of the share of lookups of each.
    assert!(
        of(r#"table_slots_used{table="counters"}"#) >= Some(7.0),
        "{prometheus}"
    );
    let time = of("configuration_timestamp_seconds{}").unwrap();
    assert!(
        (0.0..600.0).contains(&(time - before.as_secs_f64().floor())),
        "{time}"
    );
    let build = prometheus
        .lines()
        .find(|line| line.starts_with("palisade_build_info{"));
    let build = build.unwrap();
    let version = concat!(r#"version=""#, env!("CARGO_PKG_VERSION"), r#""} 1"#);
    assert!(
        build.starts_with(r#"palisade_build_info{revision=""#),
        "{build}"
    );
    assert!(build.ends_with(version), "{build}");
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
