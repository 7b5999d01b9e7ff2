//! What counters live through, and how long what follows a breach lasts.

use std::time::Instant;

use serde_json::json;

use crate::limits::unlock::{link, result, token};
use crate::support::{
    Policy, Request, SIGNING_KEY, Scene, challenge, eventually, intelligence, login, solve,
};

/// So many logins an hour per account, and four by another limit.
fn policy(limit: u32) -> Policy {
    Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": limit, "window": "1h" },
        { "name": "kept", "key": ["account"], "limit": 4, "window": "1h" },
    ]))
}

/// With one more route, which denies everything and so shows which configuration is in force.
fn with_new(policy: Policy) -> Policy {
    let new = json!({
        "rules": [{ "when": { "any": ["unknown", { "not": "unknown" }] }, "then": "deny" }],
    });
    policy.route("new", new)
}

#[tokio::test]
async fn counters_survive_updates_and_a_stricter_limit() {
    let mut scene = Scene::start(&policy(3)).await;
    let tries = |account: &'static str| (0..10).map(move |_| login("11.0.0.1", account));
    assert_eq!(scene.passing(tries("alice")).await, 3);
    assert_eq!(scene.passing(tries("bob").take(1)).await, 1);
    assert_eq!(scene.passing(tries("dave").take(2)).await, 2);
    let same = with_new(policy(3));
    scene.update(&same).await;
    scene.refuses_at("/new").await;
    assert_eq!(scene.passing(tries("alice")).await, 0, "still locked");
    assert_eq!(scene.passing(tries("bob")).await, 2, "one was counted");

    let mut stricter = with_new(policy(2));
    stricter["limits"][0]["block_for"] = json!("1h");
    stricter["limits"][0]["count_refused"] = json!(true);
    stricter["routes"][1]["match"]["path"] = json!(["/new", "/newer"]);
    scene.update(&stricter).await;
    scene.refuses_at("/newer").await;
    for account in ["alice", "bob", "dave"] {
        assert_eq!(scene.passing(tries(account)).await, 0, "{account}");
    }
    assert_eq!(scene.passing(tries("carol")).await, 2);
}

#[tokio::test]
async fn more_memory_reopens_no_lock_and_renews_nothing_used() {
    let with_memory = |memory: &str| {
        let mut policy = Policy::limiting(json!([
            { "name": "account", "key": ["account"], "limit": 3, "window": "1h", "block_for": "1h" },
        ]));
        policy["signing_keys_env"] = json!(["PALISADE_KEY"]);
        policy["unlock"] = json!({ "path": "/unlock", "redirect": "/login?from=mail" });
        policy["challenge"] = json!({ "difficulty": 1000 });
        policy["lists"] = json!([{ "name": "suspects", "cidrs": ["11.0.0.0/8"] }]);
        policy["counters"] = json!({ "memory": memory });
        let asking = json!({ "when": { "list": "suspects" }, "then": "challenge" });
        let asking = json!({ "name": "asking", "match": { "path": "/asking" }, "rules": [asking] });
        policy["routes"].as_array_mut().unwrap().push(asking);
        policy
    };
    let mut scene = Scene::start(&with_memory("64KiB")).await;
    let tries =
        |account: &str| -> Vec<Request> { (0..5).map(|_| login("11.0.0.1", account)).collect() };
    let names = |kind: &str| -> Vec<String> { (0..30).map(|n| format!("{kind}-{n}")).collect() };
    for account in names("locked") {
        assert_eq!(scene.passing(tries(&account).into_iter()).await, 3);
    }
    for account in names("tried") {
        assert_eq!(scene.passing(tries(&account).into_iter().take(2)).await, 2);
    }
    let used = link(&format!(
        "token={}",
        token(SIGNING_KEY, "alice", 3_600, "n")
    ));
    assert_eq!(result(&scene.send(&used).await), "done");
    let ask = Request::get("/asking").client("11.0.0.1");
    let cookie = solve(&challenge(&scene.send(&ask).await));
    let solved = ask.header("cookie", format!("palisade-solution={cookie}"));
    assert_eq!(scene.send(&solved).await.status, 200);
    assert_eq!(scene.send(&solved).await.status, 403);

    for (number, memory) in ["1MiB", "16MiB", "64KiB"].into_iter().enumerate() {
        let path = format!("/new-{number}");
        let mut more = with_new(with_memory(memory));
        more["routes"][2]["match"]["path"] = json!(path);
        scene.update(&more).await;
        scene.refuses_at(&path).await;
        for account in names("locked") {
            let passing = scene.passing(tries(&account).into_iter()).await;
            assert_eq!(passing, 0, "{account} with {memory}");
        }
        for account in &names("tried")[number * 10..number * 10 + 10] {
            let passing = scene.passing(tries(account).into_iter()).await;
            assert_eq!(passing, 1, "{account} with {memory}");
        }
        assert_eq!(result(&scene.send(&used).await), "used", "{memory}");
        assert_eq!(scene.send(&solved).await.status, 403, "{memory}");
    }
    assert_eq!(scene.counted("counter_evictions").await, 0);
    assert_eq!(scene.counted("host_refused").await, 0);
}

#[tokio::test]
async fn many_updates_take_no_memory_of_their_own() {
    const MIB: u64 = 1 << 20;
    const UPDATES: u32 = 30;
    let numbered = |number: u32| {
        let mut policy = policy(number + 5);
        policy["intelligence"] = intelligence();
        policy
    };
    let mut scene = Scene::alone(&numbered(0)).await;
    let visit = async |scene: &Scene| {
        for mut worker in scene.workers().await {
            let visit = login("11.0.0.1", "alice");
            assert!([200, 429].contains(&worker.request(&visit).await.status));
        }
    };
    // What Envoy itself needs for its first updates.
    for number in 1..5 {
        scene.update(&numbered(number)).await;
        visit(&scene).await;
    }
    let before = scene.envoy.resident_bytes();
    for number in 5..5 + UPDATES {
        scene.update(&numbered(number)).await;
        visit(&scene).await;
    }
    // A level of the cache is 4 MiB, and there are two workers.
    let more = scene.envoy.resident_bytes().saturating_sub(before);
    assert!(more < 40 * MIB, "{} MiB", more / MIB);
    let asked = scene.api.count();
    assert_eq!(asked, 1, "what is known outlives the update");
}

#[tokio::test]
async fn two_plugins_of_one_proxy_count_apart() {
    let scene = Scene::with(&policy(4), |config| config.again_as("second")).await;
    let requests = (0..10).map(|_| login("11.0.0.1", "alice"));
    assert_eq!(
        scene.passing(requests).await,
        4,
        "not two, as if both counted together"
    );
    assert_eq!(scene.counted("host_refused").await, 0);
}

#[tokio::test]
async fn a_block_outlasts_the_window_and_waits_grow_with_every_breach() {
    let mut policy = Policy::limiting(json!([
        { "name": "long", "key": ["subnet"], "limit": 1, "window": "1s", "block_for": "4s" },
        {
            "name": "growing", "key": ["subnet"], "limit": 1, "window": "1s",
            "block_for": { "first": "2s", "longest": "3s" },
        },
    ]));
    let route = |name: &str| json!({ "name": name, "match": { "path": format!("/{name}") }, "limits": [name] });
    policy["routes"] = json!([route("long"), route("growing")]);
    let scene = Scene::start(&policy).await;
    // Breaks the limit, and gives what is told of the wait and how long it was.
    let breach = async |path: &str| {
        let request = Request::get(path).client("11.0.0.1");
        let started = Instant::now();
        let refused = scene.send(&request).await;
        assert_eq!(refused.status, 429, "{path}");
        eventually("the block to end", async || {
            (scene.send(&request).await.status == 200).then_some(())
        })
        .await;
        (refused.header("retry-after").unwrap(), started.elapsed())
    };
    let long = async {
        assert_eq!(
            scene
                .send(&Request::get("/long").client("11.0.0.1"))
                .await
                .status,
            200
        );
        vec![breach("/long").await]
    };
    let growing = async {
        assert_eq!(
            scene
                .send(&Request::get("/growing").client("11.0.0.1"))
                .await
                .status,
            200
        );
        vec![
            breach("/growing").await,
            breach("/growing").await,
            breach("/growing").await,
        ]
    };
    let (long, growing) = tokio::join!(long, growing);
    for ((told, waited), seconds) in long.iter().chain(&growing).zip([4, 2, 3, 3]) {
        // Waits end on whole seconds.
        let told: u64 = told.parse().unwrap();
        assert!(
            (seconds..=seconds + 1).contains(&told),
            "{told} of {seconds}"
        );
        let (least, most) = (seconds * 1_000 - 100, seconds * 1_000 + 4_000);
        assert!(
            (least..most).contains(&(waited.as_millis() as u64)),
            "{waited:?}"
        );
    }
}
