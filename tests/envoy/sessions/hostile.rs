//! Sessions that no honest client sends.

use serde_json::{Value, json};

use crate::sessions::scene::{Scene, policy};
use crate::support::{Answer, HOME, Http2, Request, TOR};

const UNREADABLE: &str = "deny session_unreadable";
const REVOKED: &str = "deny session_revoked";

/// Cookie lines, and what becomes of a request with them, the session `stolen` being revoked.
fn cases() -> Vec<(Vec<Vec<u8>>, &'static str)> {
    let line = |text: &str| vec![text.as_bytes().to_vec()];
    let many = |value: &dyn Fn(usize) -> String| {
        let cookies = (0..100).map(|number| format!("sid={}", value(number)));
        vec![cookies.collect::<Vec<_>>().join("; ").into_bytes()]
    };
    let long = |length: usize| format!("sid={}", "x".repeat(length));
    vec![
        (many(&|number| number.to_string()), UNREADABLE),
        (many(&|_| "same".to_owned()), "allow"),
        (many(&|_| String::new()), "allow"),
        // What is left is another session.
        (
            many(&|number| ["stolen", "a"][number % 2].to_owned()),
            "allow",
        ),
        (
            (0..20)
                .map(|number| format!("sid={number}").into_bytes())
                .collect(),
            UNREADABLE,
        ),
        (line("sid=a; sid=b; sid=c; sid=stolen"), "allow"),
        (line("sid=a; sid=b; sid=c; sid=d; sid=stolen"), "allow"),
        (
            line("sid=a; sid=b; sid=c; sid=d; sid=e; sid=f; sid=g; sid=h; sid=stolen"),
            "allow",
        ),
        (line(",sid=stolen"), REVOKED),
        (line("a=b, sid=stolen"), REVOKED),
        (line("a=b sid=stolen"), REVOKED),
        (line("a=\"b\" sid=stolen"), REVOKED),
        (line("a=\"b; sid=stolen"), REVOKED),
        (line("sid=stolen,junk"), REVOKED),
        (line("sid=stolen=junk"), REVOKED),
        (line("sid=stolen[junk"), REVOKED),
        (line("sid=\"stolen\"junk"), REVOKED),
        (line("sid=\"\\163tolen\""), REVOKED),
        (line("sid=\"\\stolen\""), REVOKED),
        (line("sid=%2573tolen"), REVOKED),
        (line("sid=stolen=="), REVOKED),
        (line("Sid=stolen"), REVOKED),
        (line("\"sid\"=stolen"), REVOKED),
        (vec![b"\xa0sid=stolen".to_vec()], REVOKED),
        (vec![b"sid=\xa0stolen\x85".to_vec()], REVOKED),
        (line("side=stolen; mysid=stolen; sid2=stolen"), "allow"),
        (line(&"sid=".repeat(7_000)), UNREADABLE),
        (line("sid="), "allow"),
        (line("sid=\"\""), "allow"),
        (line("sid=   ; theme=dark"), "allow"),
        (line("sid=\"   \""), "allow"),
        (line("sid=%20%20"), "allow"),
        (line("sid=\t"), "allow"),
        (line("sid=%00"), "allow"),
        (line("sid=%"), "allow"),
        (line("sid"), "allow"),
        (line("=stolen"), "allow"),
        (line(";;;;sid=stolen;;;"), REVOKED),
        (line("sid=stolen; sid=stolen"), REVOKED),
        (line("sid[]=stolen"), REVOKED),
        (line("sid[x]=stolen"), REVOKED),
        (line(&long(8 << 10)), "allow"),
        (line(&long((8 << 10) + 1)), UNREADABLE),
        (line(&long(40_000)), UNREADABLE),
        (line(&format!("{}; sid=stolen", long(40_000))), UNREADABLE),
        (line(&format!("sid={}", "%41".repeat(8 << 10))), "allow"),
        (line(&"a=b; ".repeat(1_000)), "allow"),
        // No jar holds so many.
        (line(&"a=b; ".repeat(8_000)), UNREADABLE),
        (line(&"=".repeat(30_000)), UNREADABLE),
        (vec![b"sid=\xff\xfe\x80".to_vec()], "allow"),
        (vec![b"\xff=1; sid=stolen".to_vec()], REVOKED),
        (vec![b"sid=\xc3\x28; sid=stolen".to_vec()], REVOKED),
    ]
}

#[tokio::test]
async fn whatever_stands_in_cookies_hides_no_revoked_session() {
    for flag in [false, true] {
        let scene = Scene::with(&policy(&json!({})), |config| config.stop_iteration(flag)).await;
        scene.revoke(TOR, "stolen").await;
        let http2 = Http2::open(scene.envoy.address).await;
        for (lines, expected) in cases() {
            let request = |path: &str| {
                let request = Request::get(path).client(HOME);
                lines
                    .iter()
                    .fold(request, |request, line| request.header("cookie", line))
            };
            let shown = String::from_utf8_lossy(&lines[0]);
            let shown: String = shown.chars().take(60).collect();
            for path in ["/account", "/shop", "/once"] {
                let answer = scene.send(&request(path)).await;
                assert_eq!(answer.verdict(), expected, "{shown} at {path}");
                if expected == "allow" {
                    let seen = scene.application.last();
                    let cookies = seen.header("cookie").unwrap_or_default().to_owned();
                    let mut pairs = cookies.split("; ");
                    assert!(pairs.all(|pair| pair != "sid=stolen"), "{shown}");
                }
                let ended = answer.header("set-cookie").is_some();
                assert_eq!(ended, expected == REVOKED, "{shown}");
                let answer = http2.request(&request(path)).await.unwrap();
                assert_eq!(answer.verdict(), expected, "{shown} at {path} over HTTP/2");
            }
            let logout = scene.send(&request("/logout")).await;
            assert_eq!(logout.verdict(), "allow", "{shown}");
        }
        assert_eq!(scene.counted("host_refused").await, 0);
    }
}

#[tokio::test]
async fn hostile_sessions_from_a_bad_address_break_nothing() {
    let notify = json!({ "cluster": "told", "authority": "app", "path": "/revoked" });
    let all = policy(&json!({ "session": { "notify": notify } }));
    let scene = Scene::start(&all).await;
    for (number, (lines, _)) in cases().into_iter().enumerate() {
        let address = format!("11.7.{number}.1");
        scene.api.answer_to(&address, Answer::ipasis(&["Tor"]));
        let request = Request::get("/shop").client(&address);
        let request = lines
            .iter()
            .fold(request, |request, line| request.header("cookie", line));
        for _ in 0..2 {
            let status = scene.send(&request).await.status;
            assert!([200, 403].contains(&status), "{status}");
        }
    }
    let revoked = scene.counted("revocations.result=revoked").await;
    assert!(revoked >= 5, "{revoked}");
    for notice in scene.told.arrived(5).await {
        let body: Value = serde_json::from_slice(&notice.body).expect("JSON");
        assert_eq!(body["event"], "session.revoked");
    }
    // What nobody can read is never the session of anybody else.
    let honest = Request::get("/account").client(HOME);
    assert_eq!(scene.send(&honest).await.verdict(), "allow");
}

#[tokio::test]
async fn hostile_tokens_and_headers_have_a_defined_result() {
    let places = json!(["bearer", { "claim": "/a/sid" }, { "header": "x-session" }]);
    let scene = Scene::start(&policy(&json!({ "identity": { "session": places } }))).await;
    let values: Vec<Vec<u8>> = vec![
        b"Bearer".to_vec(),
        b"Bearer ".to_vec(),
        b"Bearer ..".to_vec(),
        b"Bearer eyJ.eyJ.x".to_vec(),
        b"Bearer \xff\xfe.\x80.\x81".to_vec(),
        [b"Bearer a.", "W1tb".repeat(1_500).as_bytes(), b".c"].concat(),
        [b"Bearer ", "x".repeat(20_000).as_bytes()].concat(),
        " ".repeat(500).into_bytes(),
        vec![0xe4; 9_000],
    ];
    for value in &values {
        for name in ["authorization", "x-session"] {
            for _ in 0..2 {
                let request = Request::get("/shop").client(TOR).header(name, value);
                let status = scene.send(&request).await.status;
                assert!([200, 403].contains(&status), "{status}");
            }
        }
    }
    assert_eq!(scene.counted("host_refused").await, 0);
}
