//! Links that lift the lock of one account.

use std::time::{SystemTime, UNIX_EPOCH};

use palisade::signing::{Secret, SigningKeys};
use palisade::unlock::Unlock;
use serde_json::json;

use crate::limits::devices;
use crate::support::{Answer, Policy, Request, Response, SIGNING_KEY, Scene, failed, login};

fn policy() -> Policy {
    let here = json!({ "key": ["account", "subnet"], "count": "failures", "limit": 3 });
    let unlock = json!({ "path": "/unlock", "redirect": "/login?from=mail" });
    Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h", "block_for": "growing" },
    ]))
    .limit("here", here)
    .in_route("login", json!({ "limits": ["account", "here"] }))
    .signed()
    .with(json!({ "unlock": unlock }))
}

/// A token for `account` that expires in so many seconds.
pub(crate) fn token(key: &str, account: &str, seconds: i64, nonce: &str) -> String {
    let keys = SigningKeys::new(&[Secret::parse(key).unwrap()]).unwrap();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let expiry = now.checked_add_signed(seconds).unwrap();
    let nonce = format!("{nonce:0>20}");
    Unlock::new(account.as_bytes(), expiry, &nonce)
        .unwrap()
        .token(&keys)
}

pub(crate) fn link(query: &str) -> Request {
    Request::get(format!("/unlock?{query}")).client("11.0.0.9")
}

/// What a link did.
pub(crate) fn result(response: &Response) -> String {
    assert_eq!(response.status, 303, "{}", response.text());
    assert_eq!(
        response.header("cache-control").as_deref(),
        Some("no-store")
    );
    let location = response.header("location").unwrap();
    location
        .strip_prefix("/login?from=mail&unlock=")
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_link_lifts_the_lock_of_its_account_alone_and_once() {
    let scene = Scene::start(&policy()).await;
    let mut workers = scene.workers().await;
    let [one, other] = &mut workers;
    for account in ["alice", "bob"] {
        for _ in 0..3 {
            assert_eq!(one.request(&login("11.0.0.1", account)).await.status, 200);
        }
        for worker in [&mut *one, &mut *other] {
            assert_eq!(
                worker.request(&login("11.0.0.1", account)).await.status,
                429
            );
        }
    }
    let good = token(SIGNING_KEY, "Alice", 3_600, "good");
    let used = token(SIGNING_KEY, "alice", 3_600, "twice");
    let bad = [
        (
            format!(
                "token={}",
                token("the-key-of-somebody-else-0123456789", "alice", 60, "a")
            ),
            "invalid",
        ),
        (
            format!("token={}", token(SIGNING_KEY, "alice", -1, "b")),
            "expired",
        ),
        (
            format!("token={}", token(SIGNING_KEY, "alice", 8 * 86_400, "c")),
            "invalid",
        ),
        (format!("token={good}&token={good}"), "invalid"),
        (format!("token={good}&token={used}"), "invalid"),
        (format!("token={good}x"), "invalid"),
        (format!("Token={good}"), "invalid"),
        ("token=".to_owned(), "invalid"),
        (String::new(), "invalid"),
    ];
    for (query, expected) in &bad {
        assert_eq!(
            result(&one.request(&link(query)).await),
            *expected,
            "{query}"
        );
        assert_eq!(other.request(&login("11.0.0.1", "alice")).await.status, 429);
    }
    let head = Request::new("HEAD", format!("/unlock?token={good}")).client("11.0.0.9");
    assert_eq!(
        one.request(&head).await.status,
        200,
        "the application's answer"
    );
    assert_eq!(other.request(&login("11.0.0.1", "alice")).await.status, 429);

    assert_eq!(
        result(&one.request(&link(&format!("token={good}"))).await),
        "done"
    );
    assert_eq!(other.request(&login("11.0.0.1", "alice")).await.status, 200);
    for worker in [&mut *one, &mut *other] {
        assert_eq!(
            worker.request(&login("11.0.0.1", "alice")).await.status,
            200
        );
    }
    for worker in [&mut *one, &mut *other] {
        assert_eq!(
            worker.request(&login("11.0.0.1", "alice")).await.status,
            429
        );
        assert_eq!(
            result(&worker.request(&link(&format!("token={good}"))).await),
            "used"
        );
        assert_eq!(
            worker.request(&login("11.0.0.1", "alice")).await.status,
            429
        );
        assert_eq!(worker.request(&login("11.0.0.1", "bob")).await.status, 429);
    }
    for (name, count) in [("done", 1), ("used", 2), ("expired", 1), ("invalid", 8)] {
        assert_eq!(
            scene.counted(&format!("unlocks.result={name}")).await,
            count,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_link_lifts_the_lock_of_its_network_and_known_device() {
    let mut policy = policy();
    policy["limits"][0]["count"] = json!("failures");
    policy["device"] = json!({});
    policy["routes"][0]["success"] = json!({ "status": [200] });
    let scene = Scene::start(&policy).await;
    scene.application.answer(failed());
    let cookie = devices::made(SIGNING_KEY, "alice", 1);
    let known = || login("11.0.0.1", "alice").header("cookie", &cookie);
    assert_eq!(scene.passing((0..5).map(|_| known())).await, 3);
    let strangers = (0..5).map(|_| login("11.0.0.1", "alice"));
    assert_eq!(scene.passing(strangers).await, 3);

    let token = token(SIGNING_KEY, "alice", 60, "n");
    let click = link(&format!("token={token}"))
        .client("11.0.0.1")
        .header("cookie", &cookie);
    assert_eq!(result(&scene.send(&click).await), "done");
    scene.application.answer(Answer::status(200));
    assert_eq!(scene.login("11.0.0.1", "alice").await.status, 200);
    assert_eq!(
        scene.send(&known()).await.status,
        200,
        "the owner's own browser"
    );
}
