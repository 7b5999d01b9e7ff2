//! Solutions and cookies that are anything but.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::challenges::scene::{CLEARANCE, browser_form, policy};
use crate::support::{Request, Scene, challenge, solve};

fn login() -> Request {
    Request::get("/login").client("11.0.0.1")
}

/// The payload with one member changed.
fn changed(payload: &str, name: &str, value: Value) -> String {
    let json = STANDARD.decode(payload).expect("base64");
    let mut json: Value = serde_json::from_slice(&json).expect("JSON");
    json[name] = value;
    STANDARD.encode(json.to_string())
}

#[tokio::test]
async fn only_the_right_solution_in_time_and_place_counts_once() {
    let scene = Scene::flagged(&policy(&json!({})), true).await;
    let payload = solve(&challenge(&scene.send(&login()).await));
    let other = "0".repeat(64);
    let padded = STANDARD.encode(format!("{}{}", " ".repeat(900), "{}"));
    let here = "11.0.0.1";
    let elsewhere = "11.0.1.1";
    let cases: Vec<(&str, &str, Vec<u8>, &str)> = vec![
        (
            here,
            "/login",
            changed(&payload, "number", json!(1_000_000)).into(),
            "wrong_answer",
        ),
        (
            here,
            "/login",
            changed(&payload, "signature", json!(other)).into(),
            "forged",
        ),
        (
            here,
            "/login",
            changed(&payload, "challenge", json!(other)).into(),
            "forged",
        ),
        (
            here,
            "/login",
            changed(&payload, "number", json!(-1)).into(),
            "malformed",
        ),
        (
            here,
            "/login",
            changed(&payload, "algorithm", json!("SHA-1")).into(),
            "malformed",
        ),
        (
            here,
            "/login",
            changed(&payload, "salt", json!("<script>")).into(),
            "malformed",
        ),
        (
            here,
            "/login",
            payload[..payload.len() / 2].into(),
            "malformed",
        ),
        (here, "/login", b"\xff\xfe\x80".to_vec(), "malformed"),
        (here, "/login", padded.into(), "too_large"),
        (here, "/login", vec![b'A'; 30_000], "too_large"),
        (here, "/other", payload.clone().into(), "other_route"),
        (elsewhere, "/login", payload.clone().into(), "other_network"),
    ];
    let mut failed = std::collections::BTreeMap::new();
    for (client, path, payload, reason) in &cases {
        for name in ["x-palisade-solution", "cookie"] {
            let value = match name {
                "cookie" => [b"a=b; palisade-solution=", payload.as_slice()].concat(),
                _ => payload.clone(),
            };
            let request = Request::get(path).client(client).header(name, value);
            let answer = scene.send(&request).await;
            assert_eq!(answer.status, 403, "{reason} in {name}");
            *failed.entry(*reason).or_insert(0) += 1;
        }
    }
    assert_eq!(scene.application.count(), 0);
    let solved = login().header("x-palisade-solution", &payload);
    assert_eq!(scene.send(&solved).await.status, 200);
    // Both workers know.
    for _ in 0..4 {
        assert_eq!(scene.send(&solved).await.status, 403);
    }
    failed.insert("replayed", 4);
    for (reason, count) in failed {
        let name = format!("challenges_failed.reason={reason}");
        assert_eq!(scene.counted(&name).await, count, "{reason}");
    }
    let traps = scene.envoy.log();
    assert!(!traps.contains("Uncaught"), "{traps}");
}

#[tokio::test]
async fn after_a_refused_solution_the_page_waits_for_the_person() {
    let scene = Scene::flagged(&policy(&json!({})), false).await;
    let request = browser_form("11.0.0.1", "a=b");
    let page = async |request: &Request| {
        let page = scene.send(request).await.text();
        crate::support::data(&page, "start")
    };
    assert_eq!(page(&request).await, "now");
    let wrong = request.clone().header("cookie", "palisade-solution=x");
    assert_eq!(page(&wrong).await, "click");
}

#[tokio::test]
async fn hundreds_of_cookies_are_read_and_of_two_either_clears() {
    let scene = Scene::flagged(&policy(&json!({})), false).await;
    let clearance = scene.clearance(&login()).await;
    let status = async |cookies: String| {
        let request = login().header("cookie", cookies);
        scene.send(&request).await.status
    };
    let junk = |count: usize| format!("{CLEARANCE}=x; ").repeat(count);
    for (cookies, expected) in [
        (clearance.clone(), 200),
        (format!("{CLEARANCE}=x; {clearance}"), 200),
        (format!("{clearance}; {CLEARANCE}=x"), 200),
        (format!("{CLEARANCE}=; {CLEARANCE}; =; ;; {clearance}"), 200),
        (format!("{}{clearance}", "a=b; ".repeat(500)), 200),
        (format!("{clearance}; {}", junk(100)), 200),
        (format!("{}{clearance}; {}", junk(100), junk(3)), 200),
        // A hundred and twenty-eight are read, from either end.
        (format!("{}{clearance}; {}", junk(100), junk(100)), 403),
        (clearance[..clearance.len() - 1].to_owned(), 403),
        (format!("{clearance}A"), 403),
        (
            clearance.replace(CLEARANCE, "__host-palisade-clearance"),
            403,
        ),
        (format!("{CLEARANCE}={}", "A".repeat(20_000)), 403),
    ] {
        assert_eq!(status(cookies.clone()).await, expected, "{cookies:.200}");
    }
    let request = login().header("cookie", [CLEARANCE.as_bytes(), b"=\xff\xfe"].concat());
    assert_eq!(scene.send(&request).await.status, 403);
    assert!(scene.counted("clearances_refused.reason=malformed").await >= 4);

    // Twenty-four solutions of a request are read.
    let before = scene.counted("challenges_failed.reason=malformed").await;
    assert_eq!(status("palisade-solution=x; ".repeat(100)).await, 403);
    let after = scene.counted("challenges_failed.reason=malformed").await;
    assert_eq!(after - before, 24);
    let payload = solve(&challenge(&scene.send(&login()).await));
    let tossed = "palisade-solution=x; ".repeat(100);
    let among = format!("{tossed}palisade-solution={payload}; {tossed}");
    assert_eq!(status(among).await, 403);
    let among = format!("{tossed}palisade-solution={payload}; palisade-solution=x");
    assert_eq!(status(among).await, 200);
    // Over TLS the page's script sets one that no other host can set.
    let payload = solve(&challenge(&scene.send(&login()).await));
    let among = format!("{tossed}__Host-palisade-solution={payload}; {tossed}");
    assert_eq!(status(among).await, 200);
}
