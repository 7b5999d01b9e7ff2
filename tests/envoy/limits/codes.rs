//! Guessing two-factor codes.

use serde_json::json;

use crate::support::{Backend, Envoy, Policy, Request, Scene, form};

/// Codes of this length at `/2fa`, three tries an hour.
fn policy(length: u32) -> Policy {
    let codes = json!({ "match": { "methods": ["POST"], "path": "/2fa" }, "limits": ["codes"] });
    Policy::new()
        .account()
        .session()
        .limit(
            "codes",
            json!({ "codes": { "length": length }, "limit": 3 }),
        )
        .route("codes", codes)
}

/// A code for this account, from this address, in this session.
fn code(client: &str, account: &str, session: &str) -> Request {
    let body = format!("email={account}&code=123456");
    form("/2fa", client, &body).header("cookie", format!("lang=en; sid={session}"))
}

#[tokio::test]
async fn three_codes_an_hour_reach_an_account_from_all_the_world() {
    let scene = Scene::start(&policy(6)).await;
    let attempts = (0..2_000).map(|number| {
        let client = format!("11.{}.{}.{}", number % 7, number / 250, number % 250);
        code(&client, "alice", &format!("session-{number}"))
    });
    let statuses = scene.send_all(attempts).await;
    let refused = statuses.iter().filter(|status| **status == 429).count();
    assert_eq!((scene.application.count(), refused), (3, 1_997));
    let exceeded = scene.counted("limit_hits.route=codes.limit=codes.result=exceeded");
    assert_eq!(exceeded.await, 1_997);
}

#[tokio::test]
async fn one_session_enters_three_codes_an_hour_whatever_it_changes() {
    let scene = Scene::start(&policy(6)).await;
    let of = |session: &'static str| {
        (0..10).map(move |number| {
            let client = format!("11.{number}.0.1");
            code(&client, &format!("{session}-{number}"), session)
        })
    };
    assert_eq!(scene.passing(of("stolen")).await, 3);
    assert_eq!(scene.passing(of("another")).await, 3);
    let refused = scene.send(&code("11.0.0.1", "zoe", "stolen")).await;
    assert_eq!(refused.status, 429);
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert_eq!(refused.header(name), None, "{name}");
    }
    let exceeded = scene.counted("limit_hits.route=codes.limit=codes_session.result=exceeded");
    assert_eq!(exceeded.await, 15);
    let spared = scene.send(&code("11.0.0.1", "stolen-9", "third")).await;
    assert_eq!(spared.status, 200, "a refused session locks no account");
}

#[tokio::test]
async fn guessable_codes_are_refused_at_load_with_the_figure() {
    let (api, application) = (Backend::api().await, Backend::application().await);
    let config = Scene::around(&api, &application).palisade(&policy(4));
    let Err(log) = Envoy::try_start(&config).await else {
        panic!("Envoy took a limit under which codes of four digits can be guessed");
    };
    let error = log
        .lines()
        .find(|line| line.contains("palisade: configuration: limits[0].codes"))
        .unwrap_or_else(|| panic!("no error in {log}"));
    for words in ["1 in ", "expected at most 1 in 10000 a day"] {
        assert!(error.contains(words), "{words:?} in {error}");
    }
}
