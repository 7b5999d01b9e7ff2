//! Where sessions stand, and what requests they come with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::sessions::scene::{Scene, policy, visit};
use crate::support::{HOME, Http2, Request, TOR};

const REVOKED: &str = "deny session_revoked";

/// A JWT with this payload and signature.
fn jwt(payload: &Value, signature: &str) -> String {
    let payload = URL_SAFE_NO_PAD.encode(payload.to_string());
    format!("Bearer eyJhbGciOiJIUzI1NiJ9.{payload}.{signature}")
}

/// A place, a header with a revoked session, others that are the same session, and others that are none.
type Case = (
    Value,
    (&'static str, String),
    Vec<(&'static str, String)>,
    Vec<(&'static str, String)>,
);

fn cases() -> Vec<Case> {
    let cookie = |text: &str| ("cookie", text.to_owned());
    let token = |text: &str| ("authorization", text.to_owned());
    let header = |text: &str| ("x-session", text.to_owned());
    let claims = |sid: Value, more: u32| jwt(&json!({ "sub": "bob", "sid": sid, "n": more }), "aa");
    vec![
        (
            json!({ "cookie": "sid" }),
            cookie("sid=one"),
            vec![
                cookie("sid=\"one\""),
                cookie("a=b;sid=one"),
                cookie("sid=%6fne"),
                cookie("sid=; sid=one"),
                cookie(" sid = one ;"),
                // Some reader passes over the case, and over blanks.
                cookie("sid=One"),
                cookie("SID=one"),
                cookie("sid=one%20"),
            ],
            vec![
                cookie("asid=one"),
                cookie("sid=onetwo"),
                cookie("sid="),
                cookie("one"),
            ],
        ),
        (
            json!("bearer"),
            token("Bearer opaque-one"),
            vec![
                token("bearer  opaque-one"),
                token("BEARER\topaque-one "),
                // Some take the second word, whatever the first one is.
                token("Basic opaque-one"),
            ],
            vec![token("Bearer opaque-two"), token("Bearer")],
        ),
        (
            json!("bearer"),
            token(&claims(json!("one"), 1)),
            vec![token(&claims(json!("one"), 1).replace(".aa", ".bb"))],
            vec![token(&claims(json!("one"), 2))],
        ),
        (
            json!({ "claim": "sid" }),
            token(&claims(json!("one"), 1)),
            vec![token(&claims(json!("one"), 2))],
            vec![
                token(&claims(json!("two"), 1)),
                token(&claims(json!(["one"]), 1)),
                token("Bearer x.y.z"),
                token("Bearer one"),
            ],
        ),
        (
            json!({ "header": "x-session" }),
            header("one"),
            vec![header("  one ")],
            vec![header("two"), header("")],
        ),
    ]
}

#[tokio::test]
async fn a_session_is_revoked_wherever_and_however_it_is_written() {
    for (place, session, same, others) in cases() {
        let policy = policy(&json!({ "identity": { "session": [place] } }));
        let scene = Scene::start(&policy).await;
        let with = |path: &str, address: &str, (name, value): &(&str, String)| {
            Request::get(path).client(address).header(name, value)
        };
        let first = scene.send(&with("/shop", TOR, &session)).await;
        assert_eq!(first.verdict(), "allow", "{session:?}");
        scene.wait_for("revocations.result=revoked", 1).await;
        for each in std::iter::once(&session).chain(&same) {
            let refused = scene.send(&with("/account", HOME, each)).await;
            assert_eq!(refused.verdict(), REVOKED, "{each:?}");
            let is_cookie = each.0 == "cookie";
            assert_eq!(refused.header("set-cookie").is_some(), is_cookie);
        }
        for each in &others {
            let passed = scene.send(&with("/account", HOME, each)).await;
            assert_eq!(passed.verdict(), "allow", "{each:?}");
        }
        let none = scene.send(&Request::get("/account").client(HOME)).await;
        assert_eq!(none.verdict(), "allow");
    }
}

#[tokio::test]
async fn several_places_are_all_read() {
    let places =
        json!([{ "cookie": "sid" }, { "cookie": "old" }, "bearer", { "header": "x-session" }]);
    let scene = Scene::start(&policy(&json!({ "identity": { "session": places } }))).await;
    let bearer = |request: Request| request.header("authorization", "Bearer token");
    let first = bearer(visit("/shop", TOR, "one"));
    assert_eq!(scene.send(&first).await.verdict(), "allow");
    scene.wait_for("revocations.result=revoked", 2).await;
    let old = Request::get("/account").client(HOME);
    // The browser's cookies are ended where every session is revoked.
    let with = [
        (visit("/account", HOME, "one"), 2),
        (bearer(visit("/account", HOME, "two")), 0),
        (visit("/account", HOME, "two").header("x-session", "one"), 0),
        (old.header("cookie", "old=one"), 2),
    ];
    for (request, cookies) in with {
        let refused = scene.send(&request).await;
        assert_eq!(refused.verdict(), REVOKED, "{request:?}");
        let ended = refused
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie");
        assert_eq!(ended.count(), cookies, "{request:?}");
    }
}

#[tokio::test]
async fn bodies_go_on_whole_and_those_of_revoked_sessions_not_at_all() {
    let body = "item=1&".repeat(30_000);
    let post = |path: &str, address: &str| {
        Request::post(path)
            .client(address)
            .header("cookie", "sid=one")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(&body)
    };
    for flag in [false, true] {
        let scene = Scene::with(&policy(&json!({})), |config| config.stop_iteration(flag)).await;
        scene.api.hold();
        let client = Http2::open(scene.envoy.address).await;
        let passed = client.request(&post("/shop", TOR)).await.unwrap();
        assert_eq!(passed.verdict(), "allow");
        assert_eq!(scene.application.last().body, body);
        let trailers = post("/shop", TOR).trailer("x-checksum", "1");
        assert_eq!(client.request(&trailers).await.unwrap().verdict(), "allow");
        assert_eq!(scene.application.last().body, body);
        scene.api.release();
        scene.wait_for("revocations.result=revoked", 1).await;
        let before = scene.application.body_bytes();
        for path in ["/shop", "/account", "/once"] {
            let refused = client.request(&post(path, HOME)).await.unwrap();
            assert_eq!(refused.verdict(), REVOKED, "{path} over HTTP/2");
            assert!(refused.header("set-cookie").is_some());
            // Over HTTP/1.1 Envoy closes the connection behind the refusal.
            let small = post(path, HOME).body("item=1");
            assert_eq!(scene.send(&small).await.verdict(), REVOKED, "{path}");
        }
        assert_eq!(scene.application.body_bytes(), before);
        assert_eq!(scene.application.count(), 2);
    }
}
