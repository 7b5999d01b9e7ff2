//! What `palisade simulate` says of a policy is what a real Envoy does with it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Answer, Backend, EnvoyConfig, Policy, Received, Scene, text};

/// Ten thousand logins and codes. Nothing of it takes ten minutes, so that time passes for neither of both.
const SCENARIO: &str = r#"
title: What a real Envoy is asked as well
length: 5m
accounts: 2000
second_factor: 0.3
attacks:
  - name: proxies
    attempts: 4000
    right: 0.02
    retries: 1
    gives_up_after: 4
    solves: 100000
    targets: 900
    addresses: { within: [24.0.0.0/8], count: 900, per_network: 3, flags: [vpn] }
  - name: rack
    attempts: 1500
    right: 0.02
    addresses: { within: [25.0.0.0/8], count: 60, per_network: 20, flags: [hosting], asn_type: hosting }
  - name: clean
    attempts: 1500
    right: 0.02
    solves: 4000
    addresses: { within: [26.0.0.0/8], count: 200, per_network: 4 }
honest:
  - name: people
    people: 1000
    logins: 1500
    typos: 0.1
    addresses: { within: [80.0.0.0/8], count: 700, per_network: 3 }
"#;

fn policy() -> Value {
    let policy = Policy::new().account().session().api().signed().with(json!({
        "challenge": { "difficulty": 1_000 },
        "limits": [
            { "name": "account", "key": ["account"], "count": "failures", "limit": 4, "window": "2h" },
            { "name": "subnet", "key": ["subnet"], "limit": { "clean": 25, "risky": 12 }, "window": "2h" },
            {
                "name": "spray", "key": ["subnet"], "count": "distinct(account)", "limit": 9, "window": "2h",
                "then": "challenge",
            },
        ],
    }));
    let login = json!({
        "match": { "methods": ["POST"], "path": "/login" }, "limits": ["subnet", "spray", "account"],
        "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        "next_step": { "header": [{ "name": "location", "prefix": "/login/code" }] },
        "failure": "otherwise",
    });
    let code = json!({
        "match": { "methods": ["POST"], "path": "/login/code" }, "limits": ["subnet"],
    });
    serde_json::to_value(policy.route("login", login).route("code", code)).expect("JSON")
}

/// The application answers what the request says that it would.
fn simulated(request: &Received) -> Answer {
    let Some(said) = request.header("x-simulated-answer") else {
        return Answer::status(500);
    };
    let (status, headers): (u16, Vec<(String, String)>) =
        serde_json::from_str(&said).expect("an answer");
    let answer = Answer::status(status);
    headers
        .iter()
        .fold(answer, |answer, (name, value)| answer.header(name, value))
}

/// The API knows of each address what the scenario says.
fn known(request: &Received) -> Answer {
    let of = |network: &str| request.target.contains(network);
    let flags: &[&str] = match () {
        () if of("/24.") || of("=24.") => &["VPN"],
        () if of("/25.") || of("=25.") => &["Hosting"],
        () => &[],
    };
    Answer::ipasis(flags)
}

fn simulate(folder: &Path, more: &[&str]) -> Value {
    let [scenario, policy] = ["scenario.yaml", "policy.json"].map(|file| folder.join(file));
    let output = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .arg("simulate")
        .arg(scenario)
        .arg("--policy")
        .arg(policy)
        .args(["--whole", "--json"])
        .args(more)
        .output()
        .expect("the command line runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut row = all["scenarios"][0]["rows"][0].clone();
    // How long it took, and what only the engine itself can tell.
    let fields = row.as_object_mut().expect("a row");
    fields.remove("took_seconds");
    fields.remove("shared_memory_bytes");
    row
}

#[tokio::test]
async fn ten_thousand_requests_through_a_real_envoy_give_the_simulated_table() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("scenario.yaml"), SCENARIO).expect("a file");
    std::fs::write(folder.path().join("policy.json"), policy().to_string()).expect("a file");
    let (api, application) = (Backend::api().await, Backend::application().await);
    api.answer_by(known);
    application.answer_by(simulated);
    let scene = Scene::between(api, application, &policy(), EnvoyConfig::alone).await;

    let mut expected = simulate(folder.path(), &[]);
    let through = scene.envoy.address.to_string();
    let path = folder.path().to_owned();
    let run = tokio::task::spawn_blocking(move || simulate(&path, &["--through", &through]));
    let mut seen = run.await.expect("a run");

    let requests = |row: &Value| {
        let of = |name: &str| row[name].as_u64().expect(name);
        of("attack_requests") + of("honest_requests")
    };
    assert!(requests(&expected) >= 10_000, "{expected}");
    for figure in [
        "attack_challenges_solved",
        "attack_limited",
        "attack_denied",
        "honest_requests_challenged",
    ] {
        assert!(
            expected[figure].as_u64() > Some(0),
            "{figure} shows nothing: {expected}"
        );
    }
    let lookups = expected["lookups"].take();
    seen["lookups"].take();
    assert_eq!(lookups, json!(scene.api.count()));
    assert_eq!(seen, expected);
}
