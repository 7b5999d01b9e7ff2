//! What `palisade simulate` says of a policy is what a real Envoy does with it.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Answer, Backend, EnvoyConfig, Policy, Received, Scene, text};

/// A door of the application, and who comes to it. What is counted at one door has nothing to do with the other, so
/// that both are asked side by side, each over a connection that stays open.
struct Door {
    name: &'static str,
    login: &'static str,
    code: &'static str,
    /// The first byte of the addresses that are a VPN's, in a datacenter, clean, and of honest people.
    networks: [u8; 4],
}

const DOORS: [Door; 2] = [
    Door {
        name: "front",
        login: "POST /login",
        code: "POST /login/code",
        networks: [24, 25, 26, 80],
    },
    Door {
        name: "back",
        login: "POST /back",
        code: "POST /back/code",
        networks: [34, 35, 36, 90],
    },
];

/// Five thousand logins and codes. All windows are far longer, so that nothing is forgotten meanwhile, whether it takes
/// five minutes on the virtual clock or some seconds on the real one. What a client solves is easy, since a program
/// that is not optimised solves it.
fn scenario(door: &Door) -> String {
    let [vpn, rack, clean, people] = door.networks;
    format!(
        r#"
title: What a real Envoy is asked as well
length: 5m
accounts: 1000
second_factor: 0.3
attacks:
  - name: proxies
    attempts: 2400
    right: 0.02
    retries: 1
    gives_up_after: 4
    solves: 3000
    targets: 100
    addresses: {{ within: [{vpn}.0.0.0/8], count: 450, per_network: 3, flags: [vpn] }}
  - name: rack
    attempts: 500
    right: 0.02
    addresses: {{ within: [{rack}.0.0.0/8], count: 30, per_network: 20, flags: [hosting], asn_type: hosting }}
  - name: clean
    attempts: 900
    right: 0.02
    solves: 2000
    addresses: {{ within: [{clean}.0.0.0/8], count: 100, per_network: 4 }}
honest:
  - name: people
    people: 500
    logins: 1000
    typos: 0.1
    addresses: {{ within: [{people}.0.0.0/8], count: 350, per_network: 3 }}
"#
    )
}

/// Nothing in it is estimated: `distinct` beyond a handful follows from keyed hashes, whose key is another one in each
/// Envoy.
fn policy() -> Value {
    let policy = Policy::new().account().session().api().signed().with(json!({
        "challenge": { "difficulty": 1_000 },
        "limits": [
            { "name": "account", "key": ["account", "route"], "count": "failures", "limit": 4, "window": "2h" },
            { "name": "subnet", "key": ["subnet"], "limit": { "clean": 25, "risky": 12 }, "window": "2h" },
            { "name": "busy", "key": ["subnet"], "limit": 9, "window": "2h", "then": "challenge" },
        ],
    }));
    let login = |door: &str| {
        json!({
            "match": { "methods": ["POST"], "path": door }, "limits": ["subnet", "busy", "account"],
            "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
            "next_step": { "header": [{ "name": "location", "prefix": "/login/code" }] },
            "failure": "otherwise",
        })
    };
    let code = |door: &str| json!({ "match": { "methods": ["POST"], "path": door }, "limits": ["subnet"] });
    let policy = policy
        .route("front", login("/login"))
        .route("front_code", code("/login/code"))
        .route("back", login("/back"))
        .route("back_code", code("/back/code"));
    serde_json::to_value(policy).expect("JSON")
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
    let is = |place: usize| {
        let mut numbers = DOORS.iter().map(|door| door.networks[place]);
        numbers.any(|number| {
            ["/", "="]
                .iter()
                .any(|mark| request.target.contains(&format!("{mark}{number}.")))
        })
    };
    let flags: &[&str] = match () {
        () if is(0) => &["VPN"],
        () if is(1) => &["Hosting"],
        () => &[],
    };
    Answer::ipasis(flags)
}

/// The row of the whole policy at this door.
fn simulate(folder: &Path, door: &Door, more: &[&str]) -> Value {
    let scenario = folder.join(format!("{}.yaml", door.name));
    let output = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .arg("simulate")
        .arg(scenario)
        .arg("--policy")
        .arg(folder.join("policy.json"))
        .args([
            "--login", door.login, "--code", door.code, "--whole", "--json",
        ])
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

/// Both doors, side by side.
async fn both(folder: &Path, more: &[&str]) -> Vec<Value> {
    let runs = DOORS.iter().map(|door| {
        let folder = folder.to_owned();
        let more: Vec<String> = more.iter().map(ToString::to_string).collect();
        tokio::task::spawn_blocking(move || {
            let more: Vec<&str> = more.iter().map(String::as_str).collect();
            simulate(&folder, door, &more)
        })
    });
    let runs: Vec<_> = runs.collect();
    let mut rows = Vec::new();
    for run in runs {
        rows.push(run.await.expect("a run"));
    }
    rows
}

#[tokio::test]
async fn ten_thousand_requests_through_a_real_envoy_give_the_simulated_table() {
    let folder = tempfile::tempdir().expect("a folder");
    for door in &DOORS {
        let file = folder.path().join(format!("{}.yaml", door.name));
        std::fs::write(file, scenario(door)).expect("a file");
    }
    std::fs::write(folder.path().join("policy.json"), policy().to_string()).expect("a file");
    let (api, application) = (Backend::api().await, Backend::application().await);
    api.answer_by(known);
    application.answer_by(simulated);
    let scene = Scene::between(api, application, &policy(), EnvoyConfig::alone).await;

    let mut expected = both(folder.path(), &[]).await;
    let through = scene.envoy.address.to_string();
    let mut seen = both(folder.path(), &["--through", &through]).await;

    let of = |row: &Value, name: &str| row[name].as_u64().expect(name);
    let sum = |name: &str| expected.iter().map(|row| of(row, name)).sum::<u64>();
    assert!(
        sum("attack_requests") + sum("honest_requests") >= 10_000,
        "{expected:?}"
    );
    for figure in [
        "attack_challenges_solved",
        "attack_limited",
        "attack_denied",
        "honest_requests_challenged",
        "accounts_taken_over",
    ] {
        assert!(sum(figure) > 0, "{figure} shows nothing: {expected:?}");
    }
    // A client does not see what is looked up: that the API tells.
    assert_eq!(
        sum("lookups"),
        u64::try_from(scene.api.count()).expect("a number")
    );
    for row in expected.iter_mut().chain(&mut seen) {
        row["lookups"].take();
    }
    assert_eq!(seen, expected);
}
