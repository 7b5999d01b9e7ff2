//! Finding out whether the host hands over bodies while heads are held back: `allow_on_headers_stop_iteration` is told
//! nowhere.

use serde_json::json;

use crate::support::{Connection, FORM, Policy, Scene, intelligence, login};

/// Sends the head of a login for this account, and gives the connection and the body.
async fn begin(mut connection: Connection, account: &str) -> (Connection, String) {
    let body = format!("email={account}&password=x");
    let head = format!(
        "POST /login HTTP/1.1\r\nhost: shop.example\r\nx-forwarded-for: 11.0.0.1\r\n\
         content-type: {FORM}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.send(head.as_bytes()).await;
    (connection, body)
}

#[tokio::test]
async fn no_head_goes_on_before_the_body_that_it_announces() {
    for flag in [false, true] {
        for looked_up in [false, true] {
            let mut policy = Policy::limiting(json!([
                { "name": "account", "key": ["account"], "limit": 1, "window": "1h" },
            ]));
            if looked_up {
                policy["intelligence"] = intelligence();
            }
            let scene = Scene::flagged(&policy, flag).await;
            let [one, other] = scene.workers().await;
            let (mut one, one_body) = begin(one, "alice").await;
            let (mut other, other_body) = begin(other, "bob").await;
            // A request that comes later overtakes them, and they are still held back.
            assert_eq!(scene.login("11.0.0.1", "carol").await.status, 200);
            assert_eq!(scene.begun().await, 1, "flag {flag}, lookup {looked_up}");
            one.send(one_body.as_bytes()).await;
            other.send(other_body.as_bytes()).await;
            for connection in [&mut one, &mut other] {
                assert_eq!(connection.response("POST").await.status, 200);
            }
            for account in ["alice", "bob", "carol"] {
                assert_eq!(scene.login("11.0.0.1", account).await.status, 429);
            }
            assert_eq!(
                scene.application.count(),
                3,
                "flag {flag}, lookup {looked_up}"
            );
        }
    }
}

#[tokio::test]
async fn many_first_requests_at_once_are_all_judged() {
    for flag in [false, true] {
        let scene = Scene::flagged(
            &Policy::limiting(
                json!([{ "name": "account", "key": ["account"], "limit": 1, "window": "1h" }]),
            ),
            flag,
        )
        .await;
        let requests = (0..40).map(|number| login("11.0.0.1", &format!("account-{}", number / 2)));
        let statuses = scene.send_all(requests).await;
        let passed = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!((passed, scene.application.count()), (20, 20));
    }
}
