//! Requests that do not wait, and what becomes of their sessions.

use std::time::Duration;

use serde_json::json;

use crate::sessions::scene::{Scene, denying, flushes_often, policy, visit};
use crate::support::{Answer, HOME, TOR, eventually};

const REVOKED: &str = "deny session_revoked";

/// The value of a line of the metrics.
fn value(prometheus: &str, name: &str) -> Option<f64> {
    let line = prometheus
        .lines()
        .find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

#[tokio::test]
async fn a_bad_answer_refuses_the_session_everywhere_afterwards() {
    let session = json!({
        "cookies": [{ "name": "sid", "path": "/app", "domain": "example.com" }],
        "clear_site_data": true,
    });
    for flag in [false, true] {
        let policy = policy(&json!({ "session": session }));
        let change = |config| flushes_often(config).stop_iteration(flag);
        let scene = Scene::with(&policy, change).await;
        let late = Answer::ipasis(&["Tor"]).delay(Duration::from_millis(300));
        scene.api.answer_to(TOR, late);
        scene.api.hold();
        let mut workers = scene.workers().await;
        let first = workers[0].request(&visit("/shop", TOR, "stolen")).await;
        assert_eq!(first.verdict(), "allow", "the API has not answered yet");
        let mine = workers[1].request(&visit("/shop", HOME, "mine")).await;
        assert_eq!(mine.verdict(), "allow");
        for worker in &mut workers {
            let again = worker.request(&visit("/account", HOME, "stolen")).await;
            assert_eq!(again.verdict(), "allow", "nobody knows of it yet");
        }
        scene.api.release();
        scene.wait_for("revocations.result=revoked", 1).await;

        let before = scene.application.count();
        for worker in &mut workers {
            for address in [HOME, "2600:db00::5", "10.0.0.1", "11.0.0.67"] {
                for path in ["/shop", "/account", "/once"] {
                    let refused = worker.request(&visit(path, address, "stolen")).await;
                    assert_eq!(refused.verdict(), REVOKED, "{path} from {address}");
                    assert_eq!(
                        refused.header("set-cookie").as_deref(),
                        Some(
                            "sid=; Path=/app; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
                        )
                    );
                    let cleared = refused.header("clear-site-data");
                    assert_eq!(cleared.as_deref(), Some("\"cookies\""));
                }
            }
        }
        let there = workers[1].request(&visit("/shop", TOR, "stolen")).await;
        assert_eq!(there.verdict(), "deny tor");
        assert_eq!(scene.application.count(), before);
        assert_eq!(scene.counted("sessions.result=refused").await, 24);
        for worker in &mut workers {
            let logout = worker.request(&visit("/logout", HOME, "stolen")).await;
            assert_eq!(logout.verdict(), "allow", "`on_revoked: ignore`");
            for path in ["/shop", "/account", "/once"] {
                let mine = worker.request(&visit(path, HOME, "mine")).await;
                assert_eq!(mine.verdict(), "allow", "{path}");
                assert_eq!(mine.header("set-cookie"), None);
            }
        }

        let told = eventually("the histogram", async || {
            let prometheus = scene.envoy.prometheus().await;
            let count = value(&prometheus, "palisade_revocation_window_ms_count{}");
            (count == Some(1.0)).then_some(prometheus)
        })
        .await;
        let sum = value(&told, "palisade_revocation_window_ms_sum{}").expect("a sum");
        assert!((290.0..20_000.0).contains(&sum), "{sum}");

        let lines = scene.audited("revoked");
        assert_eq!(lines.len(), 1, "{lines:?}");
        let mut line = lines[0].clone();
        assert!(line["ref"].as_str().is_some_and(|text| text.len() == 13));
        line["ref"] = json!("");
        assert!(
            line["time"]
                .as_str()
                .is_some_and(|text| text.ends_with('Z'))
        );
        line["time"] = json!("");
        assert_eq!(
            line,
            json!({
                "palisade": "revoked", "time": "", "ref": "", "mode": "enforce", "verdict": "deny", "reason": "tor",
                "route": "everything",
                "rule": "default_tor", "client": TOR, "score": 90, "signals": "tor",
                "asn": 64500, "asn_type": "isp", "connection": "residential", "country": "US",
            })
        );
        assert_eq!(scene.audited("refused").len(), 25);
        let log = scene.envoy.log();
        assert!(!log.contains("stolen"), "{log}");
        assert_eq!(scene.told.count(), 0, "nobody asked for notices");
    }
}

#[tokio::test]
async fn a_known_bad_address_is_refused_and_signed_out_at_once() {
    let scene = Scene::start(&policy(&json!({}))).await;
    scene.revoke(TOR, "first").await;
    // Both workers: the one that has not asked finds the answer in shared memory.
    for (number, worker) in scene.workers().await.iter_mut().enumerate() {
        let session = format!("second-{number}");
        let refused = worker.request(&visit("/shop", TOR, &session)).await;
        assert_eq!(refused.verdict(), "deny tor");
        let ended = "sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(refused.header("set-cookie").as_deref(), Some(ended));
        assert_eq!(refused.header("clear-site-data"), None);
        let elsewhere = worker.request(&visit("/account", HOME, &session)).await;
        assert_eq!(elsewhere.verdict(), REVOKED);
    }
    // Where requests wait, nothing is revoked: the request alone is refused.
    assert_eq!(scene.visit("/once", TOR, "third").await, "deny tor");
    assert_eq!(scene.visit("/account", HOME, "third").await, "allow");
    assert_eq!(scene.counted("revocations.result=revoked").await, 3);
}

#[tokio::test]
async fn an_api_that_fails_or_talks_nonsense_has_nobody_signed_out() {
    let unsure = json!([{ "name": "tor", "when": "tor", "then": "deny" }]);
    for rules in [None, Some(unsure)] {
        let mut policy = policy(&json!({}));
        policy["intelligence"]["timeout"] = json!("300ms");
        policy["intelligence"]["breaker"] = json!({ "failures": 1000 });
        if let Some(rules) = rules {
            policy["routes"][3]["rules"] = rules;
            policy["routes"][3]["on_unknown"] = json!("allow");
        }
        let scene = Scene::start(&policy).await;
        let tor = || Answer::ipasis(&["Tor"]);
        let answers = [
            Answer::status(500).body("{\"privacy\":{\"Tor\":true}}"),
            Answer::status(429),
            Answer::closed(),
            Answer::silent(),
            tor().cut(),
            tor().stalled(),
            tor().delay(Duration::from_secs(3)),
            Answer::status(200).body("<html>Tor</html>"),
            Answer::status(200).body(vec![0xff, 0x00, 0x7b]),
            Answer::status(200).body("[".repeat(60_000)),
            Answer::status(200).body(vec![b'x'; 1 << 20]),
            Answer::json(&json!({})),
            Answer::status(204),
        ];
        let many = answers.len();
        for (number, answer) in answers.into_iter().enumerate() {
            let address = format!("11.1.0.{number}");
            scene.api.answer_to(&address, answer);
            let session = format!("session-{number}");
            assert_eq!(scene.visit("/shop", &address, &session).await, "allow");
        }
        eventually("all lookups to end", async || {
            (scene.lookups().await == many as u64).then_some(())
        })
        .await;
        for number in 0..many {
            let session = format!("session-{number}");
            for path in ["/shop", "/account"] {
                assert_eq!(scene.visit(path, HOME, &session).await, "allow", "{number}");
            }
        }
        for result in [
            "revoked",
            "known",
            "monitored",
            "too_many",
            "failed",
            "forgotten",
        ] {
            let name = format!("revocations.result={result}");
            assert_eq!(scene.counted(&name).await, 0, "{result}");
        }
        assert_eq!(scene.audited("revoked"), [0; 0]);
    }
}

#[tokio::test]
async fn monitor_mode_signs_nobody_out_and_counts_whom_it_would() {
    let scene = Scene::start(&policy(&json!({ "mode": "monitor" }))).await;
    assert_eq!(scene.visit("/shop", TOR, "mine").await, "allow");
    scene.wait_for("revocations.result=monitored", 1).await;
    for path in ["/shop", "/account", "/once"] {
        assert_eq!(scene.visit(path, TOR, "mine").await, "allow", "{path}");
    }
    let many: Vec<String> = (0..17).map(|number| number.to_string()).collect();
    let many = many.join("; sid=");
    let many = visit("/account", HOME, &many);
    assert_eq!(scene.send(&many).await.verdict(), "allow");
    let seen = scene.application.last();
    assert_eq!(
        seen.header("x-palisade-monitored").as_deref(),
        Some("deny"),
        "too many sessions"
    );
    assert_eq!(scene.counted("revocations.result=revoked").await, 0);
    assert_eq!(scene.counted("sessions.result=refused").await, 0);
    assert_eq!(scene.audited("revoked"), [0; 0]);
}

#[tokio::test]
async fn a_list_and_what_is_not_known_revoke_nothing() {
    let mut policy = policy(&json!({
        "lists": [
            { "name": "bad", "asns": [64_500], "then": "deny" },
            { "name": "worse", "cidrs": ["11.5.0.0/16"], "then": "deny" },
        ],
    }));
    policy["routes"][3]["rules"] = json!([{ "name": "unsure", "when": "unknown", "then": "deny" }]);
    // The ASN is that of the lists only once the answer is there.
    let mut lists = policy.clone();
    lists["routes"][3]["rules"] = json!([]);
    let mut scene = Scene::alone(&lists).await;
    assert_eq!(scene.visit("/shop", "11.4.0.1", "mine").await, "allow");
    eventually("the answer", async || {
        (scene.lookups().await == 1).then_some(())
    })
    .await;
    assert_eq!(scene.visit("/shop", "11.4.0.1", "mine").await, "deny bad");
    assert_eq!(scene.visit("/shop", "11.5.0.1", "mine").await, "deny worse");
    assert_eq!(scene.visit("/account", "10.0.0.1", "mine").await, "allow");

    let unsure = denying(policy, "/new");
    scene.update(&unsure).await;
    scene.refuses_at("/new").await;
    scene.api.answer(Answer::status(500));
    let refused = scene.send(&visit("/shop", "11.6.0.1", "mine")).await;
    assert_eq!(refused.verdict(), "deny unknown");
    assert_eq!(refused.header("set-cookie"), None, "it has not ended");
    eventually("the answer", async || {
        (scene.lookups().await >= 2).then_some(())
    })
    .await;
    assert_eq!(scene.visit("/account", "10.0.0.1", "mine").await, "allow");
    assert_eq!(scene.counted("revocations.result=revoked").await, 0);
}
