//! What counts once in the fleet, and what holds on all its Envoys.

use serde_json::json;

use super::{ENVOYS, Fleet, counted, spread};
use crate::captchas::scene as captchas;
use crate::challenges::scene::policy as challenges;
use crate::fleet::service::Service;
use crate::limits::unlock::{link, result, token};
use crate::service::{Provider, SECRET, Service as Captchas};
use crate::support::{
    HOME, Policy, Request, Response, SIGNING_KEY, TOR, challenge, eventually, form, solve,
};

impl Fleet {
    /// Sends the same request so often to each Envoy, all at once: how many reach an application.
    async fn repeated(&self, request: &Request, times: usize) -> usize {
        let all = std::iter::repeat_n(request.clone(), times * ENVOYS);
        self.at_once(all).await
    }
}

/// The fleet of these tests: a busy machine changes nothing.
fn shared() -> serde_json::Value {
    json!({ "fleet": { "cluster": "ratelimit", "timeout": "1s" } })
}

#[tokio::test]
async fn a_solution_answers_one_challenge_whichever_envoys_it_is_sent_to() {
    let service = Service::start().await;
    let fleet = Fleet::start(&challenges(&shared()), &service).await;
    let request = Request::get("/login").client("11.0.0.1");
    for round in 0..5 {
        let challenged = fleet.envoys[round % ENVOYS].send(&request).await;
        let solution = solve(&challenge(&challenged));
        let answering = request.clone().header("x-palisade-solution", solution);
        assert_eq!(fleet.repeated(&answering, 4).await, 1, "round {round}");
    }
}

#[tokio::test]
async fn a_captcha_answers_once_though_its_service_verifies_it_at_every_envoy() {
    let (service, provider) = (Service::start().await, Provider::Turnstile);
    let verifying = Captchas::start(provider).await;
    verifying.repeats();
    let mut policy = captchas::policy(provider, json!({}));
    policy["fleet"] = shared()["fleet"].clone();
    let fleet = Fleet::with(&policy, &service, |config, _| {
        config
            .cluster(provider.name(), verifying.address())
            .environment("CAPTCHA_SECRET", SECRET)
    })
    .await;
    for round in 0..5 {
        let answering = captchas::with(&verifying.token());
        assert_eq!(fleet.repeated(&answering, 2).await, 1, "round {round}");
    }
}

#[tokio::test]
async fn three_codes_reach_an_account_through_all_envoys_together() {
    let service = Service::start().await;
    let codes = json!({ "match": { "methods": ["POST"], "path": "/2fa" }, "limits": ["codes"] });
    let limit = json!({ "codes": { "length": 6 }, "limit": 3, "scope": "fleet" });
    let policy = Policy::new()
        .account()
        .session()
        .signed()
        .limit("codes", limit)
        .route("codes", codes)
        .with(shared());
    let fleet = Fleet::start(&policy, &service).await;
    let code = |number: usize, account: &str| {
        let client = format!("11.{}.{}.1", number % 7, number % 250);
        let body = format!("email={account}&code=123456");
        form("/2fa", &client, &body).header("cookie", format!("sid=session-{number}"))
    };
    for account in ["alice", "bob"] {
        let codes = (0..120).map(|number| code(number, account));
        assert_eq!(fleet.at_once(codes).await, 3, "{account}");
    }
}

/// A fleet that locks an account after three failures until a link unlocks it; every login fails.
async fn failing(service: &Service) -> Fleet {
    let policy = counted(json!({ "key": ["account"], "limit": 3, "count": "failures" }))
        .with(json!({ "unlock": { "path": "/unlock", "redirect": "/login?from=mail" } }));
    let fleet = Fleet::start(&policy, service).await;
    for envoy in &fleet.envoys {
        envoy.application.answer(crate::support::failed());
    }
    fleet
}

#[tokio::test]
async fn an_unlock_link_lifts_a_lock_at_all_envoys_and_once() {
    let service = Service::start().await;
    let fleet = failing(&service).await;
    assert_eq!(fleet.at_once(spread(60, "alice")).await, 3);
    assert_eq!(fleet.at_once(spread(60, "bob")).await, 3);
    let link = link(&format!(
        "token={}",
        token(SIGNING_KEY, "alice", 3_600, "once")
    ));
    let [one, two, three] = fleet.envoys.as_slice() else {
        panic!("three Envoys");
    };
    let answers = tokio::join!(one.send(&link), two.send(&link), three.send(&link));
    let mut results = [&answers.0, &answers.1, &answers.2].map(result);
    results.sort();
    assert_eq!(results, ["done", "used", "used"]);
    let mut passed = 0;
    eventually("all Envoys to have heard of it", async || {
        passed += fleet.at_once(spread(30, "alice")).await;
        (passed >= 3).then_some(())
    })
    .await;
    passed += fleet.at_once(spread(60, "alice")).await;
    assert_eq!(passed, 3);
    assert_eq!(result(&one.send(&link).await), "used");
    assert_eq!(fleet.at_once(spread(60, "bob")).await, 0);
}

#[tokio::test]
async fn a_link_that_is_opened_by_post_with_a_body_works_once_in_the_fleet() {
    let service = Service::start().await;
    let fleet = failing(&service).await;
    for round in 0..3 {
        let account = format!("alice-{round}");
        assert_eq!(fleet.at_once(spread(30, &account)).await, 3, "{round}");
        let token = token(SIGNING_KEY, &account, 3_600, &format!("post-{round}"));
        // What a page that waits for a click sends: its own form, larger than one frame of the body.
        let body = format!("confirm={}", "x".repeat(40_000));
        let link = form(&format!("/unlock?token={token}"), "11.0.0.9", &body);
        let reached = fleet.reached();
        let [one, two, three] = fleet.envoys.as_slice() else {
            panic!("three Envoys");
        };
        let answers = tokio::join!(one.send(&link), two.send(&link), three.send(&link));
        let mut results = [&answers.0, &answers.1, &answers.2].map(result);
        results.sort();
        assert_eq!(results, ["done", "used", "used"], "{round}");
        assert_eq!(result(&two.send(&link).await), "used", "{round}");
        assert_eq!(fleet.reached(), reached, "no link reaches an application");
        let mut passed = 0;
        eventually("all Envoys to have heard of it", async || {
            passed += fleet.at_once(spread(30, &account)).await;
            (passed >= 3).then_some(())
        })
        .await;
        passed += fleet.at_once(spread(30, &account)).await;
        assert_eq!(passed, 3, "{round}");
    }
}

#[tokio::test]
async fn a_session_that_one_envoy_revokes_is_refused_by_all_that_ask_the_fleet() {
    let service = Service::start().await;
    let counts = json!({ "key": ["session"], "limit": 1_000, "scope": "fleet" });
    let quiet = json!({ "lookup": "off", "rules": [] });
    let policy = Policy::new()
        .session()
        .signed()
        .api()
        .limit("sessions", counts)
        .route("plain", quiet.clone())
        .route("counted", quiet)
        .in_route("counted", json!({ "limits": ["sessions"] }))
        .route("shop", json!({ "lookup": "background" }))
        .with(shared());
    let fleet = Fleet::start(&policy, &service).await;
    let visit = async |at: usize, path: &str, address: &str, session: &str| {
        let request = Request::get(path).client(address);
        let request = request.header("cookie", format!("sid={session}"));
        fleet.envoys[at].send(&request).await
    };
    let verdict = |response: Response| response.verdict();
    for at in 0..ENVOYS {
        let counted = visit(at, "/counted", HOME, "stolen").await;
        assert_eq!(verdict(counted), "allow", "{at}");
    }
    let late = visit(0, "/shop", TOR, "stolen").await;
    assert_eq!(
        verdict(late),
        "allow",
        "nothing is known of the address yet"
    );
    fleet.envoys[0]
        .wait_for("revocations.result=revoked", 1)
        .await;
    for at in 1..ENVOYS {
        let plain = visit(at, "/plain", HOME, "stolen").await;
        assert_eq!(verdict(plain), "allow", "it has not asked the fleet");
        eventually("the fleet to have heard of it", async || {
            let counted = visit(at, "/counted", HOME, "stolen").await;
            (verdict(counted) == "deny session_revoked").then_some(())
        })
        .await;
        let plain = visit(at, "/plain", HOME, "stolen").await;
        assert_eq!(verdict(plain), "deny session_revoked", "{at}");
        let other = visit(at, "/counted", HOME, "mine").await;
        assert_eq!(verdict(other), "allow", "{at}");
        let heard = fleet.envoys[at].counted("revocations.result=elsewhere");
        assert_eq!(heard.await, 1, "{at}");
    }
    assert!(!service.keys().await.contains("stolen"));
}
