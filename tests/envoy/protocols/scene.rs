//! A scene that speaks every protocol.

use std::ops::Deref;

use serde_json::json;

use crate::support::{
    Answer, Certificate, Http2, Http3, Policy, Request, Response, Scene as Common,
};

/// The usual scene, over HTTP/3 as well.
pub(crate) struct Scene {
    common: Common,
    certificate: Certificate,
}

/// A connection of one of the protocols whose requests have no lines.
pub(crate) enum Wire {
    Http2(Http2),
    Http3(Http3),
}

impl Scene {
    /// One with [`policy`].
    pub(crate) async fn start() -> Self {
        let certificate = Certificate::new();
        let common = Common::with(&policy(), |config| config.http3(&certificate)).await;
        Self {
            common,
            certificate,
        }
    }

    /// A connection of each protocol.
    pub(crate) async fn wires(&self) -> [(&'static str, Wire); 2] {
        let http2 = Http2::open(self.envoy.address).await;
        let http3 = Http3::open(self.envoy.http3_port().await, &self.certificate);
        [
            ("HTTP/2", Wire::Http2(http2)),
            ("HTTP/3", Wire::Http3(http3)),
        ]
    }

    /// Has a session revoked by a visit from an exit of Tor that nobody has seen before, which goes on.
    pub(crate) async fn revoke(&self, wire: &Wire, session: &str) {
        const REVOKED: &str = "revocations.result=revoked";
        let before = self.counted(REVOKED).await;
        let exit = format!("11.66.{before}.1");
        self.api.answer_to(&exit, Answer::ipasis(&["Tor"]));
        let visit = visit("/shop", &exit).header("cookie", format!("sid={session}"));
        assert_eq!(wire.request(&visit).await.status, 200);
        self.wait_for(REVOKED, before + 1).await;
    }
}

impl Deref for Scene {
    type Target = Common;

    fn deref(&self) -> &Common {
        &self.common
    }
}

impl Wire {
    /// Sends a request and awaits its response.
    pub(crate) async fn request(&self, request: &Request) -> Response {
        match self {
            Self::Http2(http2) => http2.request(request).await.unwrap(),
            Self::Http3(http3) => http3.request(request).await,
        }
    }

    /// Sends requests at once, each in a stream of its own, and awaits all responses.
    pub(crate) async fn requests(&self, requests: Vec<Request>) -> Vec<Response> {
        match self {
            Self::Http2(http2) => {
                let send = |request| {
                    let http2 = http2.clone();
                    tokio::spawn(async move { http2.request(&request).await.unwrap() })
                };
                let sent: Vec<_> = requests.into_iter().map(send).collect();
                let mut responses = Vec::new();
                for each in sent {
                    responses.push(each.await.unwrap());
                }
                responses
            }
            Self::Http3(http3) => http3.requests(&requests).await,
        }
    }
}

/// `/login` counts failures of an account, `/account` neither looks up nor judges, `/shop` goes on before the answer is
/// there, and `/door` is for who passes the built-in rules.
fn policy() -> Policy {
    let login = json!({
        "match": { "methods": ["POST"], "path": "/login" },
        "lookup": "off",
        "rules": [],
        "limits": ["account"],
        "failure": { "status": [401] },
    });
    Policy::new()
        .account()
        .session()
        .challenges()
        .api()
        .limit(
            "account",
            json!({ "key": ["account"], "count": "failures", "limit": 3 }),
        )
        .limit(
            "fan_out",
            json!({ "key": ["session"], "count": "distinct(subnet)", "limit": 3 }),
        )
        .route("login", login)
        .route("account", json!({ "lookup": "off", "rules": [] }))
        .route(
            "shared",
            json!({ "lookup": "off", "rules": [], "limits": ["fan_out"] }),
        )
        .route("shop", json!({ "lookup": "background" }))
        .route("door", json!({}))
}

/// A GET of this path from this address.
pub(crate) fn visit(path: &str, address: &str) -> Request {
    Request::get(path).client(address)
}
