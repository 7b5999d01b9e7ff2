//! Shared connections, upgrades, CONNECT and odd methods.

use serde_json::json;

use crate::requests::raw::RawApplication;
use crate::requests::{HOME, Scene, TOR, from, login, policy};
use crate::support::{Connection, Http2, Request};

#[tokio::test]
async fn every_request_of_a_shared_connection_gets_its_own_verdict() {
    for (stop_iteration, workers) in [(false, 1), (true, 2)] {
        let scene = Scene::with(&login(), |config| {
            config.stop_iteration(stop_iteration).workers(workers)
        })
        .await;
        let http2 = Http2::open(scene.envoy.address).await;
        scene.api.hold();
        let sent: Vec<_> = (0..30)
            .map(|index| {
                let client = if index % 3 == 0 { TOR } else { HOME };
                let (http2, request) = (http2.clone(), from(client).body(index.to_string()));
                tokio::spawn(async move { (index, http2.request(&request).await.unwrap().status) })
            })
            .collect();
        scene.api.arrived(2).await;
        scene.settle().await;
        scene.application.forget();
        scene.api.release();
        for task in sent {
            let (index, status) = task.await.unwrap();
            assert_eq!(status, if index % 3 == 0 { 403 } else { 200 }, "{index}");
        }
        let mut bodies: Vec<u32> = scene
            .application
            .requests()
            .iter()
            .map(|request| crate::support::text(&request.body).parse().unwrap())
            .collect();
        bodies.sort_unstable();
        let expected: Vec<u32> = (0..30).filter(|index| index % 3 != 0).collect();
        assert_eq!(bodies, expected);

        let mut http1 = Connection::open(scene.envoy.address).await;
        // All at once; the second one needs a lookup. (Envoy does not take many more than three.)
        let clients = [TOR, "11.15.0.1", HOME];
        let pipelined = clients.map(|client| from(client).to_http1()).concat();
        http1.send(&pipelined).await;
        for client in clients {
            let status = http1.response("POST").await.status;
            assert_eq!(status, if client == TOR { 403 } else { 200 });
        }
        for client in [HOME, TOR, HOME, TOR] {
            let status = http1.request(&from(client)).await.status;
            assert_eq!(status, if client == TOR { 403 } else { 200 });
        }
    }
}

#[tokio::test]
async fn an_upgrade_waits_for_its_verdict_and_then_carries_everything() {
    for stop_iteration in [false, true] {
        let mut application = RawApplication::start(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        )
        .await;
        let socket =
            policy(json!([{"name": "socket", "match": {"path": "/socket"}, "on_unknown": "deny"}]));
        let scene = Scene::with(&socket, |config| {
            config
                .stop_iteration(stop_iteration)
                .upgrade("websocket")
                .cluster("raw", application.address)
                .route(json!({"match": {"path": "/socket"}, "route": {"cluster": "raw"}}))
        })
        .await;
        let open = async |client: &str| {
            let lookups = scene.api.count();
            let mut connection = Connection::open(scene.envoy.address).await;
            let request = Request::get("/socket")
                .client(client)
                .header("connection", "Upgrade")
                .header("upgrade", "websocket")
                .header("x-palisade-verdict", "forged");
            connection.send(&request.to_http1()).await;
            scene.api.arrived(lookups + 1).await;
            connection.send(b"early\r\n\r\n").await;
            scene.settle().await;
            connection
        };
        scene.api.hold();
        let mut tor = open(TOR).await;
        let mut home = open(HOME).await;
        assert_eq!(
            application.next_now(),
            None,
            "nothing has left, flag {stop_iteration}"
        );
        scene.api.release();
        assert_eq!(tor.response("GET").await.status, 403);
        assert_eq!(home.response("GET").await.status, 101);
        let head = application.next().await;
        assert!(
            head.contains("\r\nx-palisade-verdict: allow\r\n") && !head.contains("forged"),
            "{head}"
        );
        assert_eq!(application.next().await, "early\r\n\r\n");
        home.send(b"later\r\n\r\n").await;
        assert_eq!(application.next().await, "later\r\n\r\n");
        assert_eq!(application.next_now(), None);
        drop((tor, home));
        scene.passes(&Request::get("/")).await;
    }
}

#[tokio::test]
async fn connect_has_no_path_and_belongs_to_the_routes_of_every_path() {
    let everything = policy(json!([{"name": "all", "match": {"path": {"prefix": "/"}}}]));
    for (policy, is_judged) in [(everything, true), (login(), false)] {
        let scene = Scene::with(&policy, |config| config.connect()).await;
        let connect = |client: &str| Request::new("CONNECT", "shop.example:443").client(client);
        let mut tor = Connection::open(scene.envoy.address).await;
        let status = tor.request(&connect(TOR)).await.status;
        assert_eq!(status, if is_judged { 403 } else { 200 });

        let mut home = Connection::open(scene.envoy.address).await;
        assert_eq!(home.request(&connect(HOME)).await.status, 200);
        let through = home.request(&Request::get("/through-the-tunnel")).await;
        assert_eq!(through.text(), "the application");
        assert_eq!(scene.arrived_at("/through-the-tunnel"), 1);

        // Envoy itself answers what is no path.
        let options = Request::new("OPTIONS", "*").client(TOR);
        assert_eq!(scene.send(&options).await.status, 404);
        assert_eq!(scene.arrived_at("*"), 0);
    }
}

#[tokio::test]
async fn a_method_is_whatever_the_client_writes() {
    let scene = Scene::start(&policy(json!([
        {"name": "login", "match": {"methods": ["POST"], "path": "/login"}},
        {"name": "all", "match": {"path": "/all"}},
    ])))
    .await;
    let http2 = Http2::open(scene.envoy.address).await;
    let status = async |method: &str, path: &str| {
        let request = Request::new(method, path).client(TOR);
        http2.request(&request).await.unwrap().status
    };
    let long = "X".repeat(5_000);
    // An application may take `post` for POST.
    for method in ["POST", "post", "PoSt"] {
        assert_eq!(status(method, "/login").await, 403, "{method}");
    }
    for method in ["GET", "PUT", "POS", "POSTX", "M-SEARCH", "!#$%&'*+", &long] {
        assert_eq!(status(method, "/all").await, 403, "{method}");
        assert_eq!(scene.application.count(), 0);
    }
    for method in ["GET", "HEAD", "PUT", "OPTIONS", "PROPFIND"] {
        assert_eq!(status(method, "/login").await, 200, "{method}");
    }
}

#[tokio::test]
async fn a_websocket_over_http2_is_judged_by_its_path() {
    let scene = Scene::with(&login(), |config| {
        let connect = json!({"http2_protocol_options": {"allow_connect": true}});
        config.upgrade("websocket").manager(&connect)
    })
    .await;
    let http2 = Http2::open(scene.envoy.address).await;
    for _ in 0..2 {
        let status = async |client| http2.websocket(&from(client)).await.unwrap().status;
        assert_eq!(status(TOR).await, 403);
        assert_eq!(scene.application.count(), 0);
        assert_eq!(status(HOME).await, 200);
        let seen = scene.application.last();
        assert_eq!(
            (seen.method.as_str(), seen.target.as_str()),
            ("GET", "/login")
        );
        assert_eq!(seen.header("upgrade").as_deref(), Some("websocket"));
        assert_eq!(seen.header("x-palisade-verdict").as_deref(), Some("allow"));
        scene.application.forget();
    }
}
