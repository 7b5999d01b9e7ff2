//! A refusal says nothing about the account: not whether it was ever seen, nor whether the application knows it.

use serde_json::json;

use crate::challenges::scene::{policy, route};
use crate::support::{Answer, Request, Response, Scene, data};

/// Status, the names of the headers, and the body; without what is different in every answer, and with the account,
/// which the client itself has sent, blanked out.
fn comparable(response: &Response, account: &str) -> (u16, Vec<String>, String) {
    let names = response.headers.iter().map(|(name, _)| name.clone());
    let kind = response.header("content-type").unwrap_or_default();
    let mut changing = vec![response.header("x-palisade-ref").expect("a reference")];
    if kind.starts_with("text/html") {
        let policy = response
            .header("content-security-policy")
            .unwrap_or_default();
        if let Some((_, rest)) = policy.split_once("'nonce-") {
            changing.extend(rest.split('\'').next().map(str::to_owned));
        }
        if response.text().contains("data-challenge") {
            let told = data(&response.text(), "challenge");
            changing.push(told.replace('&', "&amp;").replace('"', "&#34;"));
        }
    } else {
        let told = response.json();
        changing.extend([&told["altcha"], &told["expires"]].map(ToString::to_string));
    }
    let body = changing
        .iter()
        .fold(response.text(), |body, value| body.replace(value, ""));
    let body = body.replace(account, "ACCOUNT");
    (response.status, names.collect(), body)
}

#[tokio::test]
async fn a_password_reset_is_refused_alike_for_every_account() {
    let mut reset = route("reset");
    reset["limits"] = json!(["account"]);
    let more = json!({
        "identity": { "account": [{ "form": "email" }] },
        "device": {},
        "lists": [
            { "name": "enemies", "cidrs": ["11.6.0.0/16"], "then": "deny" },
            { "name": "suspects", "cidrs": ["11.0.0.0/8"] },
        ],
        "limits": [{ "name": "account", "key": ["account"], "limit": 2, "window": "1h" }],
        "routes": [reset],
    });
    for flag in [false, true] {
        let scene = Scene::flagged(&policy(&more), flag).await;
        let ask = async |client: &str, account: &str, accept: &str| {
            let request = Request::post("/reset")
                .client(client)
                .header("accept", accept)
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("email={account}"));
            scene.send(&request).await
        };
        // The application tells them apart, and Palisade sees it.
        for (account, status) in [("alice", 200), ("nemo1", 404)] {
            scene.application.answer(Answer::status(status));
            for attempt in 1..=3 {
                let answer = ask("12.0.0.1", account, "*/*").await;
                let expected = if attempt < 3 { status } else { 429 };
                assert_eq!(answer.status, expected, "{account} {attempt}");
            }
        }
        for accept in ["text/html", "application/json", "*/*"] {
            // Denied, challenged, limited: one that exists, one that does not, one of which nobody has ever heard.
            for (client, status, accounts) in [
                ("11.6.0.1", 403, &["alice", "nemo1", "fresh"][..]),
                ("11.0.0.1", 403, &["alice", "nemo1", "fresh"]),
                ("12.0.0.1", 429, &["alice", "nemo1"]),
            ] {
                let mut answers = Vec::new();
                for account in accounts {
                    let answer = ask(client, account, accept).await;
                    answers.push(comparable(&answer, account));
                }
                assert_eq!(answers[0].0, status, "{client} {accept}");
                assert!(
                    answers.iter().all(|answer| *answer == answers[0]),
                    "{answers:#?}"
                );
                let names = &answers[0].1;
                for name in ["retry-after", "ratelimit", "set-cookie"] {
                    assert!(!names.contains(&name.to_owned()), "{name} for {client}");
                }
            }
        }
    }
}
