//! A new configuration comes while requests wait.

use serde_json::{Value, json};

use crate::lookups::scene::configuration;
use crate::support::{Answer, Connection, EnvoyConfig, Scene, Update, eventually, post};

const ACTIVE: &str = "http.protected.downstream_rq_active";
const DRAINING: &str = "listener_manager.total_filter_chains_draining";

/// Changes of Envoy's configuration: the first keeps the VM, the second makes a new one.
const CHANGES: [fn(EnvoyConfig) -> EnvoyConfig; 2] = [
    |config| config,
    |config| config.environment("ANOTHER_VM", "please"),
];

/// The same provider, and VPNs are denied rather than challenged, also on a route that was not protected before.
fn stricter() -> Value {
    let mut stricter = configuration(json!({}));
    stricter["routes"] = json!([{
        "name": "login",
        "match": {"path": ["/login", "/new"]},
        "rules": [{"when": "vpn", "then": "deny"}],
    }]);
    stricter
}

/// Asks for `/new` from an address that is known by then, until that is protected.
async fn in_force(scene: &Scene) {
    eventually("the update to be in force", async || {
        (scene.ask("/new", "11.0.0.1").await == "deny vpn").then_some(())
    })
    .await;
}

async fn waiting_logins(scene: &Scene, addresses: std::ops::Range<usize>) -> Vec<Connection> {
    let many = addresses.len();
    let (lookups, active) = (scene.api.count(), scene.envoy.stat(ACTIVE).await);
    let mut waiting = Vec::new();
    for number in addresses {
        let mut connection = Connection::open(scene.envoy.address).await;
        let request = post("/login", &format!("11.0.0.{number}")).body("user=alice");
        connection.send(&request.to_http1()).await;
        waiting.push(connection);
    }
    scene.api.arrived(lookups + many).await;
    let all = active + many as u64;
    scene.envoy.wait_for_stat(ACTIVE, |now| now == all).await;
    waiting
}

#[tokio::test]
async fn requests_that_wait_through_an_update_get_their_verdict() {
    for (change, stop_iteration) in CHANGES.into_iter().zip([false, true]) {
        let mut scene = Scene::with(&configuration(json!({})), |config| {
            config.workers(2).stop_iteration(stop_iteration).alone()
        })
        .await;
        scene.api.answer(Answer::ipasis(&["VPN"]));
        scene.api.hold();
        let waiting = waiting_logins(&scene, 1..11).await;
        let update = change(scene.config().palisade(&stricter())).stop_iteration(stop_iteration);
        assert_eq!(scene.envoy.update(&update).await, Update::Accepted);
        scene.api.release();
        for mut connection in waiting {
            let response = connection.response("POST").await;
            assert_eq!(response.verdict(), "challenge vpn", "as when it came");
        }
        in_force(&scene).await;
        assert_eq!(scene.ask("/login", "11.0.0.2").await, "deny vpn");
        assert_eq!(scene.application.count(), 0);
        assert_eq!(
            scene.tally("lookups.result").await,
            "answer 10",
            "what they brought is kept"
        );
    }
}

#[tokio::test]
async fn what_is_known_of_addresses_survives_an_update() {
    for change in CHANGES {
        let mut scene = Scene::with(&configuration(json!({})), |config| {
            config.workers(1).alone()
        })
        .await;
        scene.api.answer(Answer::ipasis(&["VPN"]));
        for number in 1..=20 {
            assert_eq!(
                scene.ask("/login", &format!("11.0.0.{number}")).await,
                "challenge vpn"
            );
        }
        let update = change(scene.config().palisade(&stricter()));
        assert_eq!(scene.envoy.update(&update).await, Update::Accepted);
        in_force(&scene).await;
        for number in 1..=20 {
            assert_eq!(
                scene.ask("/login", &format!("11.0.0.{number}")).await,
                "deny vpn"
            );
        }
        assert_eq!(scene.api.count(), 20);
        // The worker's own level goes on where the VM does.
        let own = scene.counted("cache_hits.level=local").await;
        assert!(own + scene.counted("cache_hits.level=shared").await >= 20);
    }
}

#[tokio::test]
async fn more_places_forget_nothing_that_is_known_of_addresses() {
    let mut few = configuration(json!({}));
    few["intelligence"]["cache"] = json!({ "entries": 1024 });
    let mut scene = Scene::with(&few, |config| config.workers(1).alone()).await;
    scene.api.answer(Answer::ipasis(&["VPN"]));
    for number in 1..=20 {
        let address = format!("11.0.0.{number}");
        assert_eq!(scene.ask("/login", &address).await, "challenge vpn");
    }
    let mut many = stricter();
    many["intelligence"]["cache"] = json!({ "entries": 65_536 });
    let update = scene.config().palisade(&many);
    assert_eq!(scene.envoy.update(&update).await, Update::Accepted);
    in_force(&scene).await;
    for number in 1..=20 {
        let address = format!("11.0.0.{number}");
        assert_eq!(scene.ask("/login", &address).await, "deny vpn");
    }
    assert_eq!(scene.api.count(), 20, "nobody is asked for again");
    assert!(scene.counted("cache_hits.level=shared").await >= 20);
}

#[tokio::test]
async fn nothing_is_left_of_a_configuration_once_it_has_drained() {
    for change in CHANGES {
        let once = json!({"breaker": {"failures": 1, "open_for": "1h", "longest": "1h"}});
        let mut scene = Scene::with(&configuration(once), |config| {
            config.workers(2).arguments(&["--drain-time-s", "1"])
        })
        .await;
        scene.api.answer_to("11.0.0.1", Answer::ipasis(&["VPN"]));
        scene.api.answer_to("11.0.0.50", Answer::silent());
        scene.api.answer_to("11.0.0.99", Answer::status(500));
        let mut connections = scene.workers().await;
        let mut ask = async |worker: usize, address: &str| {
            connections[worker]
                .request(&post("/login", address))
                .await
                .verdict()
        };
        assert_eq!(ask(0, "11.0.0.1").await, "challenge vpn");
        assert_eq!(ask(0, "11.0.0.99").await, "deny unknown");
        assert_eq!(ask(1, "11.0.0.98").await, "allow");
        assert_eq!(scene.counted("breakers_open").await, 1);

        // A request waits for an answer that never comes, until its verdict or until Envoy closes its connection.
        let [_, mut waits] = connections;
        waits.send(&post("/login", "11.0.0.50").to_http1()).await;
        scene.api.arrived(4).await;
        let update = change(scene.config().palisade(&stricter()));
        assert_eq!(scene.envoy.update(&update).await, Update::Accepted);
        in_force(&scene).await;
        waits.closed().await;
        scene
            .envoy
            .wait_for_stat(DRAINING, |draining| draining == 0)
            .await;
        scene.wait_until("breakers_open", |open| open == 0).await;
        assert_eq!(
            scene.ask("/login", "11.0.0.97").await,
            "allow",
            "the new one asks"
        );
        assert_eq!(scene.counted("host_refused").await, 0);
    }
}
