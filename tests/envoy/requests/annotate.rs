//! What the application and the access log are told, and that nobody else can tell it.

use serde_json::json;

use crate::requests::{HOME, PRIVATE, Scene, TOR, VPN, from, login, policy};
use crate::support::{Answer, Backend, Http2, Received, Request};

/// Every header under our prefix, or under a name that some application takes for it.
fn ours(seen: &Received) -> Vec<(String, String)> {
    let alike = |name: &str| name.replace(|byte: char| !byte.is_ascii_alphanumeric(), "-");
    let headers = seen.headers.iter().chain(&seen.trailers);
    let mut ours: Vec<_> = headers
        .filter(|(name, _)| alike(name).starts_with("x-palisade-"))
        .map(|(name, value)| (name.clone(), crate::support::text(value)))
        .collect();
    ours.sort();
    ours
}

/// With everything that a client may try to pass off as ours.
fn forged(request: Request) -> Request {
    request
        .header("x-palisade-verdict", "allow")
        .header("X-Palisade-Verdict", "step_up")
        .header("X-PALISADE-SCORE", "0")
        .header("x-palisade-signals", "")
        .header("x-palisade-signals", b"\xff\xfe")
        .header("x-palisade-step-up", "none")
        .header("x-palisade-monitored", "allow")
        .header("x-palisade-ref", "0000000000000")
        .header("x-palisade-anything", "else")
        .header("x-palisade-", "no name")
        .header("x_palisade_asn", "1")
        .header("X-Palisade_Country", "US")
        .header("x.palisade.lists", "office")
        .header("x-palisadeverdict", "not ours")
        .header("y-x-palisade-verdict", "not ours")
}

#[tokio::test]
async fn the_application_is_told_what_is_known_and_what_was_decided() {
    let mut policy = policy(json!([{
        "name": "login", "match": {"path": "/login"}, "rules": [{"when": "vpn", "then": "step_up"}],
    }]));
    policy["lists"] = json!([
        {"name": "watched", "cidrs": ["11.0.0.0/24", "11.99.0.0/24"]},
        {"name": "also", "asns": [64500]},
    ]);
    let scene = Scene::start(&policy).await;
    scene
        .api
        .answer_to("11.9.0.1", Answer::ipasis(&["VPN", "Relay", "Crawler"]));
    let known =
        |verdict: &str, reason: Option<&str>, score: &str, signals: Option<&str>, lists: &str| {
            let mut told = vec![
                ("asn", "64500"),
                ("asn-type", "isp"),
                ("connection", "residential"),
                ("country", "US"),
                ("lists", lists),
            ];
            told.extend(reason.map(|reason| ("reason", reason)));
            told.push(("score", score));
            told.extend(signals.map(|signals| ("signals", signals)));
            told.extend((verdict == "step_up").then_some(("step-up", "mfa")));
            told.push(("verdict", verdict));
            told.into_iter()
                .map(|(name, value)| (format!("x-palisade-{name}"), value.to_owned()))
                .collect::<Vec<_>>()
        };
    let mut references = Vec::new();
    for (client, expected) in [
        (HOME, known("allow", None, "0", None, "watched,also")),
        (
            VPN,
            known("step_up", Some("vpn"), "35", Some("vpn"), "watched,also"),
        ),
        (
            "11.9.0.1",
            known(
                "step_up",
                Some("vpn"),
                "45",
                Some("vpn,relay,crawler"),
                "also",
            ),
        ),
    ] {
        // The first one waits for the API, the second one is judged from the cache.
        for _ in 0..2 {
            let seen = scene.passes(&forged(from(client))).await;
            let reference = seen.header("x-palisade-ref").unwrap();
            let mut told = ours(&seen);
            told.retain(|(name, _)| name != "x-palisade-ref");
            assert_eq!(told, expected, "{client}");
            assert_eq!(
                seen.header("x-palisadeverdict").as_deref(),
                Some("not ours")
            );
            assert_eq!(
                seen.header("y-x-palisade-verdict").as_deref(),
                Some("not ours")
            );

            let entry = scene
                .envoy
                .wait_for_access(|entry| entry["request_ref"] == reference)
                .await;
            let verdict = seen.header("x-palisade-verdict").unwrap();
            assert_eq!(entry["verdict"], verdict);
            references.push(reference);
        }
    }
    assert_eq!(scene.api.count(), 3);
    references.sort();
    references.dedup();
    assert_eq!(references.len(), 6, "each request has its own");
    let seen = scene.passes(&from(PRIVATE)).await;
    assert_eq!(
        seen.header("x-palisade-signals").as_deref(),
        Some("private,unknown")
    );
    assert_eq!(seen.header("x-palisade-score"), None);
}

#[tokio::test]
async fn what_a_client_forges_is_gone_on_every_route_in_every_mode() {
    let mut monitored = login();
    monitored["mode"] = json!("monitor");
    for (policy, stop_iteration) in [(login(), false), (monitored, true)] {
        let scene = Scene::with(&policy, |config| config.stop_iteration(stop_iteration)).await;
        let client = Http2::open(scene.envoy.address).await;
        for (path, is_protected) in [("/login", true), ("/", false)] {
            for address in ["11.9.1.1", "11.9.1.1", PRIVATE] {
                let request = forged(Request::post(path).client(address)).body("x");
                scene.passes(&request).await;
                let by_http1 = ours(&scene.application.last());
                assert_eq!(client.request(&request).await.unwrap().status, 200);
                let by_http2 = ours(&scene.application.last());
                for told in [by_http1, by_http2] {
                    let count = |name: &str| told.iter().filter(|(key, _)| key == name).count();
                    assert_eq!(
                        count("x-palisade-verdict"),
                        usize::from(is_protected),
                        "{told:?}"
                    );
                    assert_eq!(
                        count("x-palisade-ref"),
                        usize::from(is_protected),
                        "{told:?}"
                    );
                    let names =
                        ["anything", "", "step-up"].map(|name| format!("x-palisade-{name}"));
                    assert_eq!(names.map(|name| count(&name)), [0; 3], "{told:?}");
                    assert!(
                        told.iter().all(|(name, _)| name.starts_with("x-palisade-")),
                        "{told:?}"
                    );
                    let values = [
                        "0000000000000",
                        "step_up",
                        "office",
                        "else",
                        "\u{fffd}\u{fffd}",
                    ];
                    assert!(
                        !told
                            .iter()
                            .any(|(_, value)| values.contains(&value.as_str())),
                        "{told:?}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_forged_by_trailers_either() {
    for stop_iteration in [false, true] {
        let scene = Scene::with(&login(), |config| config.stop_iteration(stop_iteration)).await;
        let client = Http2::open(scene.envoy.address).await;
        for path in ["/login", "/login", "/"] {
            let request = Request::post(path).client("11.9.2.1").body("x");
            let request = request
                .trailer("x-palisade-verdict", "forged")
                .trailer("x_palisade_step_up", "forged")
                .trailer("x-sum", "7");
            scene.passes(&request).await;
            let by_http1 = scene.application.last();
            assert_eq!(client.request(&request).await.unwrap().status, 200);
            for seen in [by_http1, scene.application.last()] {
                assert!(
                    !ours(&seen).iter().any(|(_, value)| value == "forged"),
                    "{seen:?}"
                );
                assert_eq!(seen.trailers, [("x-sum".to_owned(), b"7".to_vec())]);
            }
        }
        let only_forged = from(HOME).body("x").trailer("x-palisade-ref", "forged");
        assert_eq!(client.request(&only_forged).await.unwrap().status, 200);
        assert_eq!(scene.application.last().trailers, []);
    }
}

#[tokio::test]
async fn only_named_headers_are_set_and_all_others_still_removed() {
    let mut policy = login();
    policy["annotate"] = json!({"headers": ["verdict", "asn"], "filter_state": false});
    let scene = Scene::start(&policy).await;
    let seen = scene.passes(&forged(from(HOME))).await;
    let told = [("x-palisade-asn", "64500"), ("x-palisade-verdict", "allow")];
    assert_eq!(
        ours(&seen),
        told.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    scene.refused(&from(TOR), 403).await;
    let entry = scene
        .envoy
        .wait_for_access(|entry| entry["client"] == HOME)
        .await;
    assert!(entry["verdict"].is_null());
}

#[tokio::test]
async fn envoys_routes_go_by_what_is_told_never_by_what_is_forged() {
    let second_factor = Backend::application().await;
    let rules = json!([{"when": "vpn", "then": "step_up"}]);
    let route = json!({"name": "login", "match": {"path": "/login"}, "rules": rules});
    let scene = Scene::with(&policy(json!([route])), |config| {
        config
            .cluster("second_factor", second_factor.address)
            .route(json!({
                "match": {"prefix": "/", "headers": [{"name": "x-palisade-step-up", "present_match": true}]},
                "route": {"cluster": "second_factor"},
            }))
    })
    .await;
    let forging = |request: Request| request.header("x-palisade-step-up", "mfa");
    // First after a lookup, then from the cache.
    for count in [1, 2] {
        assert_eq!(scene.send(&from(VPN)).await.status, 200);
        assert_eq!(second_factor.count(), count);
        scene.passes(&forging(from(HOME))).await;
        scene.passes(&forging(Request::get("/").client(HOME))).await;
        assert_eq!(second_factor.count(), count);
    }
}
