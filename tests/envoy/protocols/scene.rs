//! One Envoy with Palisade and two workers that speaks every protocol, its API and its application.

use serde_json::{Value, json};

use crate::support::{
    Answer, Backend, Certificate, Envoy, EnvoyConfig, Http2, Http3, Request, Response, http1,
};

/// An address that the API calls an exit of Tor.
pub(crate) const TOR: &str = "11.0.0.66";
/// An address that the API calls one of a VPN.
pub(crate) const VPN: &str = "11.0.0.77";
/// An address of which the API knows nothing bad.
pub(crate) const HOME: &str = "11.0.9.1";

/// Envoy with Palisade, between the servers around it.
pub(crate) struct Scene {
    pub(crate) application: Backend,
    pub(crate) envoy: Envoy,
    api: Backend,
    certificate: Certificate,
}

/// A connection of one of the protocols whose requests have no lines.
pub(crate) enum Wire {
    Http2(Http2),
    Http3(Http3),
}

impl Scene {
    /// Two workers, with [`policy`].
    pub(crate) async fn start() -> Self {
        let (api, application) = (Backend::api().await, Backend::application().await);
        api.answer_to(TOR, Answer::ipasis(&["Tor"]));
        api.answer_to(VPN, Answer::ipasis(&["VPN"]));
        let certificate = Certificate::new();
        let config = EnvoyConfig::new(application.address)
            .cluster("api", api.address)
            .environment("API_KEY", "a-key")
            .environment("PALISADE_KEY", "a-signing-key-of-the-tests-0123456789")
            .workers(2)
            .palisade(&policy())
            .http3(&certificate);
        Self {
            envoy: Envoy::start(&config).await,
            application,
            api,
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

    /// Sends a request over HTTP/1.1.
    pub(crate) async fn send(&self, request: &Request) -> Response {
        http1(self.envoy.address, request).await
    }

    /// Has a session revoked by a visit from an exit of Tor that nobody has seen before, which goes on.
    pub(crate) async fn revoke(&self, wire: &Wire, session: &str) {
        const REVOKED: &str = "wasmcustom.palisade_revocations.result=revoked";
        let before = self.envoy.stat(REVOKED).await;
        let exit = format!("11.66.{before}.1");
        self.api.answer_to(&exit, Answer::ipasis(&["Tor"]));
        let visit = visit("/shop", &exit).header("cookie", format!("sid={session}"));
        assert_eq!(wire.request(&visit).await.status, 200);
        self.envoy
            .wait_for_stat(REVOKED, |now| now == before + 1)
            .await;
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
fn policy() -> Value {
    json!({
        "identity": { "account": [{ "form": "email" }], "session": [{ "cookie": "sid" }] },
        "signing_keys_env": ["PALISADE_KEY"],
        "challenge": { "difficulty": 1000 },
        "intelligence": { "provider": "ipasis", "cluster": "api", "api_key_env": "API_KEY", "timeout": "2s" },
        "limits": [
            { "name": "account", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" },
            { "name": "fan_out", "key": ["session"], "count": "distinct(subnet)", "limit": 3, "window": "1h" },
        ],
        "routes": [
            { "name": "login", "match": { "methods": ["POST"], "path": "/login" }, "lookup": "off", "rules": [],
              "limits": ["account"], "failure": { "status": [401] } },
            { "name": "account", "match": { "path": "/account" }, "lookup": "off", "rules": [] },
            { "name": "shared", "match": { "path": "/shared" }, "lookup": "off", "rules": [], "limits": ["fan_out"] },
            { "name": "shop", "match": { "path": "/shop" }, "lookup": "background" },
            { "name": "door", "match": { "path": "/door" } },
        ],
    })
}

/// A GET of this path from this address.
pub(crate) fn visit(path: &str, address: &str) -> Request {
    Request::get(path).client(address)
}

/// A login with this account in a form, from this address.
pub(crate) fn login(address: &str, account: &str) -> Request {
    Request::post("/login")
        .client(address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("email={account}&password=x"))
}
