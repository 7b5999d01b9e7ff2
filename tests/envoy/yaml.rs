//! One YAML file means the same to `palisade check` and to a real Envoy.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::{Answer, Backend, Envoy, EnvoyConfig, Request, Update, http1};
use serde_json::Value;

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../vectors/yaml.json")).expect("vectors")
}

/// The measured truth, once more: what `src/bin/palisade/yaml/tests.rs` holds the reader of `palisade check` to.
#[tokio::test]
async fn envoy_reads_each_word_as_the_vectors_say() {
    let application = Backend::application().await;
    let vectors = vectors();
    let written = |(index, vector): (usize, &Value)| {
        format!(
            "w{index}: {}\n",
            vector["written"].as_str().expect("a word")
        )
    };
    let lines: String = vectors.iter().enumerate().map(written).collect();
    let envoy = Envoy::start(&EnvoyConfig::new(application.address).node_metadata(&lines)).await;
    let dump: Value = serde_json::from_str(&envoy.get("/config_dump").await).expect("JSON");
    let mut configs = dump["configs"].as_array().expect("a list").iter();
    let bootstrap = configs
        .find_map(|config| config.get("bootstrap"))
        .expect("a bootstrap");
    for (index, vector) in vectors.iter().enumerate() {
        let arrived = &bootstrap["node"]["metadata"][format!("w{index}")];
        assert_eq!(arrived, &vector["envoy"], "{}", vector["written"]);
    }
}

const ROUTE: &str = "name: login, match: {path: /login}";

/// Policies with words that YAML 1.1 takes for something else, and a word of the mistake if there is one.
fn policies() -> Vec<(String, Option<&'static str>)> {
    let route = |more: &str| format!("{{routes: [{{{ROUTE}, {more}}}]}}");
    let rule = |when: &str| route(&format!("rules: [{{when: {when}, then: deny}}]"));
    let fails = |sign: &str| route(&format!("failure: {{{sign}}}"));
    let captcha = |more: &str| {
        format!(
            "{{captcha: {{provider: recaptcha_v3, cluster: c, secret_env: KEY, hostnames: [a.example], \
             action: login, {more}}}, routes: [{{{ROUTE}}}]}}"
        )
    };
    let yes = "without quotes YAML reads yes, on and y as true";
    let no = "without quotes YAML reads no, off and n as false";
    let number = "without quotes YAML reads this as a number";
    vec![
        (route("lookup: off"), None),
        (route("lookup: OFF"), None),
        (route("lookup: \"off\""), None),
        (route("lookup: on"), Some(yes)),
        (route("lookup: oFF"), Some("expected one of inline")),
        (route("mode: no"), Some(no)),
        (rule("{country: [NO]}"), Some(no)),
        (rule("{country: [\"NO\", SE]}"), None),
        (rule("{country: [n]}"), Some(no)),
        (rule("y"), Some(yes)),
        (rule("{not: tor}"), None),
        (rule("{score: 50}"), Some("expected a range")),
        (rule("{asn: [0x10, 010, 4294967294]}"), None),
        (rule("{asn: [64512-65534]}"), None),
        (fails("header: [{name: x-ok, equals: no}]"), Some(no)),
        (fails("header: [{name: x-ok, equals: 0}]"), Some(number)),
        (fails("header: [{name: x-ok, equals: \"0\"}]"), None),
        (fails("header: [{name: on, contains: n}]"), Some(yes)),
        (fails("body: [{json: /ok, equals: no}]"), None),
        (fails("body: [{json: /ok, equals: 0.5}]"), None),
        (fails("status: [0x191, 401]"), None),
        (fails("status: [\"401\"]"), None),
        (route("step_up: y"), Some(yes)),
        (route("sets_device: off"), None),
        (captcha("min_score: 0.5"), None),
        (captcha("min_score: 1"), None),
        (captcha("min_score: half"), Some("expected a number")),
        (captcha("timeout: 2"), Some("expected a duration")),
        (captcha("site_key: 12"), Some(number)),
        (
            "{routes: [{name: on, match: {path: /login}}]}".to_owned(),
            Some(yes),
        ),
        (
            "{routes: [{name: 12, match: {path: /login}}]}".to_owned(),
            Some(number),
        ),
    ]
}

/// The mistakes that a text tells, in the form that filter and command line share.
fn mistakes(text: &str) -> BTreeSet<String> {
    let places = ["routes[", "captcha.", "limits["];
    let told = |line: &str| {
        let at = places.iter().filter_map(|place| line.find(place)).min()?;
        line.get(at..)
            .filter(|line| line.contains(": "))
            .map(str::to_owned)
    };
    text.lines().filter_map(told).collect()
}

#[tokio::test]
async fn envoy_and_check_take_and_refuse_the_same_files() {
    let application = Backend::application().await;
    let directory = tempfile::tempdir().expect("a directory");
    let plain = EnvoyConfig::new(application.address).environment("KEY", "a-secret");
    let mut envoy = Envoy::start(
        &plain
            .clone()
            .palisade_yaml(&format!("{{routes: [{{{ROUTE}}}]}}")),
    )
    .await;
    for (policy, mistake) in policies() {
        let update = envoy.update(&plain.clone().palisade_yaml(&policy)).await;
        let file = directory.path().join("envoy.yaml");
        let place = format!(
            "configuration: {{\"@type\": type.googleapis.com/google.protobuf.Struct, value: {policy}}}\n"
        );
        std::fs::write(&file, place).expect("a file");
        let output = Command::new(env!("CARGO_BIN_EXE_palisade"))
            .args([
                "check",
                file.to_str().expect("a path"),
                "--env",
                "KEY=a-secret",
            ])
            .output()
            .expect("the command line runs");
        let told = String::from_utf8(output.stderr).expect("text");
        let accepted = mistake.is_none();
        assert_eq!(
            (output.status.success(), update == Update::Accepted),
            (accepted, accepted),
            "{policy}: {told}"
        );
        let Some(words) = mistake else { continue };
        assert!(told.contains(words), "{policy}: {told}");
        let log = envoy.log();
        // The filter tells those of the first stage of its reading; `check` tells all.
        let both = mistakes(&told)
            .into_iter()
            .filter(|mistake| mistake.contains(words));
        for mistake in both {
            assert!(
                mistakes(&log).iter().any(|line| line.contains(&mistake)),
                "{policy}: {mistake:?} in\n{log}"
            );
        }
    }
}

#[tokio::test]
async fn a_failure_that_says_no_is_counted_though_yaml_reads_false() {
    let application = Backend::application().await;
    application.answer(Answer::status(200).body(r#"{"ok": "no"}"#));
    let policy = "{identity: {account: [{form: email}]}, \
         limits: [{name: account, key: [account], count: failures, limit: 3, window: 1h}], \
         routes: [{name: login, match: {path: /login}, limits: [account], \
         failure: {body: [{json: /ok, equals: no}]}}]}";
    let envoy = Envoy::start(&EnvoyConfig::new(application.address).palisade_yaml(policy)).await;
    let login = Request::post("/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("email=a");
    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(http1(envoy.address, &login).await.status);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}
