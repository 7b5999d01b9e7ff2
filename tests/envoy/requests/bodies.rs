//! Bodies and trailers, whole and in pieces, while a verdict is still out and after it.

use serde_json::{Value, json};

use crate::requests::{HOME, Scene, TOR, from, policy};
use crate::support::{Answer, Connection, Http2, Request, Response, eventually, http1};

/// Nobody is let through by mistake: what is unknown is denied.
fn strict() -> Value {
    policy(json!([{"name": "login", "match": {"path": "/login"}, "on_unknown": "deny"}]))
}

const BODY: &str = "user=ada&password=lovelace";

/// The ways in which a body may come while its request waits.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// With a length, all at once with the head.
    Whole,
    /// The same over HTTP/1.0, which has no chunks and no host.
    Http10,
    /// With a length, after the lookup has begun.
    Late,
    /// In chunks, one by one, after the lookup has begun.
    Chunked,
    /// In chunks, with trailers.
    ChunkedWithTrailers,
    Http2,
    Http2WithTrailers,
    /// HTTP/2 trailers without a body.
    Http2OnlyTrailers,
}

impl Form {
    const ALL: [Self; 8] = [
        Self::Whole,
        Self::Http10,
        Self::Late,
        Self::Chunked,
        Self::ChunkedWithTrailers,
        Self::Http2,
        Self::Http2WithTrailers,
        Self::Http2OnlyTrailers,
    ];

    const fn has_trailers(self) -> bool {
        matches!(
            self,
            Self::ChunkedWithTrailers | Self::Http2WithTrailers | Self::Http2OnlyTrailers
        )
    }

    const fn body(self) -> &'static str {
        match self {
            Self::Http2OnlyTrailers => "",
            _ => BODY,
        }
    }

    /// Sends everything of a request from `client`, whose lookup is held.
    async fn send(self, scene: &Scene, client: &str) -> Pending {
        let lookups = scene.api.count();
        let begun = async || drop(scene.api.arrived(lookups + 1).await);
        let request = match self.has_trailers() {
            true => from(client).trailer("x-sum", "7"),
            false => from(client),
        };
        let address = scene.envoy.address;
        match self {
            Self::Http2 | Self::Http2WithTrailers | Self::Http2OnlyTrailers => {
                let http2 = Http2::open(address).await;
                let request = request.body(self.body());
                let task = tokio::spawn(async move { http2.request(&request).await.unwrap() });
                begun().await;
                Pending::Http2(task)
            }
            Self::Whole => {
                let mut connection = Connection::open(address).await;
                connection.send(&request.body(BODY).to_http1()).await;
                begun().await;
                Pending::Http1(connection)
            }
            Self::Http10 => {
                let mut connection = Connection::open(address).await;
                let length = BODY.len();
                let head = format!(
                    "POST /login HTTP/1.0\r\nx-forwarded-for: {client}\r\ncontent-length: {length}"
                );
                connection
                    .send(format!("{head}\r\n\r\n{BODY}").as_bytes())
                    .await;
                begun().await;
                Pending::Http1(connection)
            }
            Self::Late => {
                let mut connection = Connection::open(address).await;
                let length = BODY.len().to_string();
                let head = request.header("content-length", length);
                connection.send(&head.to_http1()).await;
                begun().await;
                connection.send(&BODY.as_bytes()[..5]).await;
                scene.settle().await;
                connection.send(&BODY.as_bytes()[5..]).await;
                Pending::Http1(connection)
            }
            Self::Chunked | Self::ChunkedWithTrailers => {
                let mut connection = Connection::open(address).await;
                let head = from(client).header("transfer-encoding", "chunked");
                connection.send(&head.to_http1()).await;
                begun().await;
                for piece in BODY.as_bytes().chunks(7) {
                    let size = format!("{:x}\r\n", piece.len());
                    connection
                        .send(&[size.as_bytes(), piece, b"\r\n"].concat())
                        .await;
                    scene.settle().await;
                }
                let end = if self.has_trailers() {
                    "0\r\nx-sum: 7\r\n\r\n"
                } else {
                    "0\r\n\r\n"
                };
                connection.send(end.as_bytes()).await;
                Pending::Http1(connection)
            }
        }
    }
}

/// A request that is sent and not answered.
enum Pending {
    Http1(Connection),
    Http2(tokio::task::JoinHandle<Response>),
}

impl Pending {
    async fn response(self) -> Response {
        match self {
            Self::Http1(mut connection) => connection.response("POST").await,
            Self::Http2(task) => task.await.unwrap(),
        }
    }
}

#[tokio::test]
async fn neither_body_nor_trailers_release_a_waiting_request() {
    for (stop_iteration, workers) in [(false, 1), (true, 1), (true, 2)] {
        let scene = Scene::with(&strict(), |config| {
            config.stop_iteration(stop_iteration).workers(workers)
        })
        .await;
        for (index, form) in Form::ALL.into_iter().enumerate() {
            let [tor, home] = ["12", "13"].map(|part| format!("11.{part}.0.{index}"));
            scene.api.answer_to(&tor, Answer::ipasis(&["Tor"]));
            scene.api.hold();
            let refused = form.send(&scene, &tor).await;
            let allowed = form.send(&scene, &home).await;
            scene.settle().await;
            assert_eq!(
                scene.arrived_at("/login"),
                0,
                "{form:?}, flag {stop_iteration}"
            );
            scene.api.release();

            let refused = refused.response().await;
            assert_eq!(
                refused.status,
                403,
                "{form:?}, flag {stop_iteration}: {}",
                refused.text()
            );
            let allowed = allowed.response().await;
            assert_eq!(
                allowed.status,
                200,
                "{form:?}, flag {stop_iteration}: {}",
                allowed.text()
            );
            assert_eq!(scene.arrived_at("/login"), 1, "once");
            let requests = scene.application.requests();
            let seen = requests
                .iter()
                .find(|request| request.target == "/login")
                .unwrap();
            assert_eq!(
                crate::support::text(&seen.body),
                form.body(),
                "{form:?}, flag {stop_iteration}"
            );
            assert_eq!(
                seen.trailers.len(),
                usize::from(form.has_trailers()),
                "{form:?}"
            );
            scene.application.forget();
        }
        scene.still_judges().await;
    }
}

#[tokio::test]
async fn a_large_body_waits_for_the_verdict_and_then_arrives_whole() {
    let body = b"0123456789abcdef".repeat(5 << 16);
    assert_eq!(body.len(), 5 << 20);
    for stop_iteration in [false, true] {
        let scene = Scene::with(&strict(), |config| {
            // With the flag Envoy keeps the body itself, up to the limit of the connection.
            let limit = json!({"per_connection_buffer_limit_bytes": 8 << 20});
            let config = config.stop_iteration(stop_iteration);
            if stop_iteration {
                config.listener(&limit)
            } else {
                config
            }
        })
        .await;
        let address = scene.envoy.address;
        let http2 = Http2::open(address).await;
        let over_http2 = |client: &str| {
            let (http2, request) = (http2.clone(), from(client).body(&body));
            tokio::spawn(async move { http2.request(&request).await.unwrap() })
        };
        scene.api.hold();
        let request = from("11.14.0.1").body(&body);
        let waiting = [
            tokio::spawn(async move { http1(address, &request).await }),
            over_http2("11.14.0.2"),
        ];
        scene.api.arrived(waiting.len()).await;
        scene.settle().await;
        assert_eq!(scene.arrived_at("/login"), 0);
        scene.api.release();
        for response in waiting {
            assert_eq!(response.await.unwrap().status, 200);
        }
        let requests = scene.application.requests();
        let arrived = requests.iter().filter(|request| request.body == body);
        assert_eq!(arrived.count(), 2);

        // The rest needs no lookup, so that nothing of the body has to wait.
        scene.still_judges().await;
        scene.application.forget();
        assert_eq!(over_http2(TOR).await.unwrap().status, 403);
        assert_eq!(scene.arrived_at("/login"), 0);
        assert_eq!(over_http2(HOME).await.unwrap().status, 200);
        assert!(scene.application.last().body == body);
    }
}

#[tokio::test]
async fn an_upload_larger_than_envoys_buffer_waits_for_its_lookup() {
    for flag in [false, true] {
        let scene = Scene::with(&strict(), |config| {
            let limit = json!({"per_connection_buffer_limit_bytes": 32 << 10});
            config.stop_iteration(flag).listener(&limit)
        })
        .await;
        let body = vec![b'x'; 256 << 10];
        let http2 = Http2::open(scene.envoy.address).await;
        let address = scene.envoy.address;
        scene.api.hold();
        let mut waiting = Vec::new();
        for (number, chunked) in [false, true].into_iter().enumerate() {
            let upload = |client: String| match chunked {
                true => from(&client).body(&body).trailer("x-sum", "1"),
                false => from(&client).body(&body),
            };
            let request = upload(format!("11.14.1.{number}"));
            waiting.push(tokio::spawn(async move { http1(address, &request).await }));
            let (http2, request) = (http2.clone(), upload(format!("11.14.2.{number}")));
            waiting.push(tokio::spawn(async move {
                http2.request(&request).await.unwrap()
            }));
        }
        scene.api.arrived(waiting.len()).await;
        scene.settle().await;
        assert_eq!(scene.arrived_at("/login"), 0);
        scene.api.release();
        for response in waiting {
            assert_eq!(response.await.unwrap().status, 200, "flag {flag}");
        }
        let requests = scene.application.requests();
        let whole = requests.iter().filter(|request| request.body == body);
        assert_eq!(whole.count(), 4, "flag {flag}");
        scene.still_judges().await;
    }
}

#[tokio::test]
async fn requests_without_a_body_are_judged_as_they_are() {
    let scene = Scene::with(&strict(), |config| config.stop_iteration(true)).await;
    let http2 = Http2::open(scene.envoy.address).await;
    let empty = [
        Request::get("/login"),
        Request::post("/login"),
        Request::new("DELETE", "/login"),
        Request::post("/login")
            .header("transfer-encoding", "chunked")
            .body("0\r\n\r\n"),
    ];
    // The first of all waits.
    for request in empty {
        scene.refused(&request.clone().client(TOR), 403).await;
        assert_eq!(
            scene.passes(&request.client(HOME)).await.body,
            b"".as_slice()
        );
    }
    let status = async |client| http2.request(&from(client)).await.unwrap().status;
    assert_eq!((status(TOR).await, status(HOME).await), (403, 200));
    assert_eq!(scene.application.last().body, b"".as_slice());
}

#[tokio::test]
async fn a_body_that_comes_after_the_verdict_goes_straight_on() {
    let scene = Scene::with(&strict(), |config| config.stop_iteration(true)).await;
    scene.passes(&from(HOME)).await;
    let mut connection = Connection::open(scene.envoy.address).await;
    let head = from(HOME).header("content-length", BODY.len().to_string());
    connection.send(&head.to_http1()).await;
    // Envoy has begun to hand the request on.
    let begun = "cluster.application.upstream_rq_active";
    eventually("the request upstream", async || {
        (scene.envoy.stat(begun).await == 1).then_some(())
    })
    .await;
    connection.send(BODY.as_bytes()).await;
    assert_eq!(connection.response("POST").await.status, 200);
    assert_eq!(scene.application.last().body, BODY);
}
