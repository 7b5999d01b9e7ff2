//! What one network can use up of what all share: the day's budget, and the lookups under way.

use serde_json::{Value, json};

use crate::lookups::scene::{configuration, logins, verdicts};
use crate::support::{Answer, Scene};

const TOR: &str = "12.0.0.66";

/// Lets on what is unknown, as most do.
fn trusting(intelligence: Value) -> Value {
    let mut policy = configuration(intelligence);
    policy["routes"][0]["on_unknown"] = json!("allow");
    policy
}

/// An address of the network of this number in one rented /48.
fn rented(number: usize) -> String {
    format!("2600:db00:1:{number:x}::1")
}

async fn scene(intelligence: Value) -> Scene {
    let scene = Scene::single(&trusting(intelligence)).await;
    scene.api.answer_to(TOR, Answer::ipasis(&["Tor"]));
    scene
}

#[tokio::test]
async fn one_rented_network_does_not_spend_the_day_of_all_others() {
    let scene = scene(json!({"daily_budget": 90})).await;
    for number in 0..95 {
        assert_eq!(scene.ask("/login", &rented(number)).await, "allow");
    }
    let lookups = "answer 10, over_share 85";
    assert_eq!(scene.tally("lookups.result").await, lookups);
    assert_eq!(scene.ask("/login", TOR).await, "deny tor");
    for number in 0..20 {
        assert_eq!(
            scene.ask("/login", &format!("12.0.0.{number}")).await,
            "allow"
        );
    }
    assert_eq!(scene.ask("/login", "12.0.1.66").await, "allow");
    assert_eq!(scene.asked("12.0.1.66"), 1);
    assert_eq!(
        scene.tally("lookups.result").await,
        "answer 20, over_share 97"
    );
    assert_eq!(scene.api.count(), 20);
}

#[tokio::test]
async fn one_rented_network_does_not_take_all_lookups_under_way() {
    let breaker = json!({"failures": 1_000_000});
    let scene = scene(json!({"concurrent_lookups": 40, "breaker": breaker})).await;
    scene.api.hold();
    let flood = logins(&scene, 400, rented).await;
    scene.api.arrived(20).await;
    let tor = logins(&scene, 1, |_| TOR.to_owned()).await;
    scene.api.arrived(21).await;
    scene.api.release();
    assert_eq!(verdicts(tor).await, ["deny tor"]);
    assert_eq!(verdicts(flood).await, vec!["allow"; 400]);
    assert_eq!(
        scene.tally("lookups.result").await,
        "answer 21, over_share 380"
    );
}
