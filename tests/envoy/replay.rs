//! What a real filter has judged, `palisade replay` judges alike, line by line, from the log alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Answer, Policy, Request, Scene, eventually, text};

/// So many requests, over as many connections at once, on two workers.
const REQUESTS: usize = 10_400;
const CONNECTIONS: usize = 8;

fn policy() -> Policy {
    Policy::new()
        .api()
        .challenges()
        .with(json!({
            "identity": { "account": [{ "path_segment": 2 }] },
            "annotate": { "headers": ["verdict", "context"] },
        }))
        .limit(
            "watched",
            json!({ "key": ["address"], "limit": 4, "mode": "monitor" }),
        )
        // An estimate, by a key that each Envoy draws anew: the replay may know better by one or two.
        .limit(
            "spread",
            json!({ "key": ["subnet"], "count": "distinct(account)", "limit": 30, "mode": "monitor" }),
        )
        .limit("subnet", json!({ "key": ["subnet"], "limit": 250 }))
        .limit(
            "failures",
            json!({ "key": ["account"], "count": "failures", "limit": 4 }),
        )
        .route(
            "login",
            json!({
                "match": { "methods": ["POST"], "path": { "prefix": "/login" } }, "on_unknown": "allow",
                "limits": ["watched", "spread", "subnet", "failures"],
            }),
        )
        .route(
            "admin",
            json!({ "on_unknown": "deny", "limits": ["subnet"] }),
        )
}

/// Requests of one connection have clients and accounts of their own, so that who comes before whom is certain.
fn request(number: usize) -> Request {
    let (connection, turn) = (number % CONNECTIONS, number / CONNECTIONS);
    let client = format!("11.{connection}.{}.{}", turn % 3, turn % 41);
    let request = match turn % 13 {
        0 => Request::get("/shop"),
        1 => Request::get("/admin"),
        _ => {
            let fails = if turn % 4 == 0 { "/fails" } else { "" };
            let user = (turn * 7) % 50;
            Request::post(format!("/login/u{connection}-{user}{fails}"))
        }
    };
    request.client(&client).header(
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    )
}

#[tokio::test]
async fn a_replay_gives_the_verdicts_of_the_filter_line_by_line() {
    let policy = policy();
    let scene = Scene::start(&policy).await;
    let failing = |request: &crate::support::Received| {
        let status = if request.target.ends_with("/fails") {
            401
        } else {
            200
        };
        Answer::status(status)
    };
    scene.application.answer_by(failing);
    for connection in 0..CONNECTIONS {
        for (last, answer) in [
            (7, Answer::status(500)),
            (11, Answer::ipasis(&["VPN"])),
            (12, Answer::ipasis(&["Tor"])),
            (13, Answer::ipasis(&["Hosting"])),
            (19, Answer::status(503)),
        ] {
            for third in 0..3 {
                let address = format!("11.{connection}.{third}.{last}");
                scene.api.answer_to(&address, answer.clone());
            }
        }
    }
    scene.send_all((0..REQUESTS).map(request)).await;
    let log = eventually("the whole log", async || {
        let log = scene.envoy.access_log();
        (log.len() >= REQUESTS).then_some(log)
    })
    .await;

    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let mut lines = String::new();
    for line in &log {
        writeln!(lines, "{line}").expect("written");
    }
    std::fs::write(path("access.log"), lines).expect("a file");
    std::fs::write(
        path("policy.json"),
        serde_json::to_string(&policy).expect("JSON"),
    )
    .expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_palisade"))
        .args([
            "replay",
            &path("policy.json"),
            &path("access.log"),
            "--json",
            "--refused",
            &path("refused"),
        ])
        .output()
        .expect("the command line runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");

    let states = || log.iter().filter_map(|line| line["palisade"].as_str());
    let protected = states()
        .filter(|state| state.starts_with("verdict="))
        .count();
    assert_eq!(summary["lines"], json!(log.len()));
    assert_eq!(summary["protected"], json!(protected));
    let agreement = &summary["agreement"];
    let count = |name: &str| agreement[name].as_u64().expect("a number");
    assert_eq!(count("differ"), 0, "{agreement:#}");
    // Of the lines that an estimate has to do with the report says so.
    let untold = agreement["untold"].as_object().expect("an object");
    let (reasons, estimated): (Vec<_>, Vec<_>) = untold.iter().unzip();
    assert!(
        reasons
            .iter()
            .all(|reason| reason.starts_with("how many different ones")),
        "{agreement:#}"
    );
    let estimated: u64 = estimated.iter().filter_map(|count| count.as_u64()).sum();
    assert_eq!(count("same") + estimated, protected as u64, "{agreement:#}");
    assert!(estimated * 20 < protected as u64, "{agreement:#}");

    // Not what the replay says of itself: what stands in its file, against what stands in the log.
    let refused = std::fs::read_to_string(path("refused")).expect("the file");
    let mut replayed: BTreeMap<usize, String> = BTreeMap::new();
    for line in refused.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let (_, number) = line["line"]
            .as_str()
            .expect("a place")
            .rsplit_once(':')
            .expect("a number");
        let word = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        let told = format!("{} {} {}", word("verdict"), word("reason"), word("limit"));
        replayed.insert(number.parse().expect("a number"), told);
    }
    let mut others = 0;
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, line) in log.iter().enumerate() {
        let state = line["palisade"].as_str().unwrap_or_default();
        let word = |name: &str| {
            let (_, rest) = state.split_once(&format!("{name}="))?;
            Some(rest.split(',').next()?.trim_matches('"'))
        };
        let verdict = word("verdict").unwrap_or_default();
        *verdicts.entry(verdict).or_default() += 1;
        let is_refused = ["deny", "limit", "challenge"]
            .iter()
            .any(|kind| verdict == *kind || word("monitored") == Some(*kind));
        let told = is_refused.then(|| {
            let (reason, limit) = (word("reason").unwrap_or("-"), word("limit").unwrap_or("-"));
            format!("{verdict} {reason} {limit}")
        });
        let replayed = replayed.remove(&(index + 1));
        if replayed != told {
            let both = [&replayed, &told];
            let names_estimate = both
                .iter()
                .copied()
                .flatten()
                .any(|told| told.ends_with(" spread"));
            assert!(names_estimate, "line {}: {both:?}", index + 1);
            others += 1;
        }
    }
    assert!(
        others <= estimated && replayed.is_empty(),
        "{others} {replayed:?}"
    );
    for kind in ["allow", "deny", "limit", "challenge"] {
        assert!(
            verdicts.get(kind).is_some_and(|count| *count > 100),
            "{verdicts:?}"
        );
    }
    assert!(refused.contains("\"limit\":\"failures\"") && refused.contains("\"limit\":\"subnet\""));
    assert!(
        refused.contains("\"monitored\":\"limit\"") && refused.contains("\"reason\":\"unknown\"")
    );
}
