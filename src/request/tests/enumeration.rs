//! What Palisade answers does not tell whether an account exists.

use super::limits::signing;
use super::*;
use crate::identity::account::BodyBytes;

const BERLIN: &str = r#"{
    "city": "Berlin", "loc": "52.5,13.4", "asn": {"ASN": "AS64500", "Type": "isp"},
    "privacy": {"VPN": false, "Proxy": false, "Tor": false, "Hosting": false}
}"#;

/// A login with all that remembers accounts, and a password reset as the documents have it.
fn scene() -> (Engine, FakeHost) {
    let policy = json!({
        "signing_keys_env": ["KEY"],
        "intelligence": { "provider": "ipasis", "cluster": "ipasis", "api_key_env": "KEY" },
        "identity": { "account": [{ "form": "email" }] },
        "device": {},
        "challenge": { "difficulty": 1000 },
        "limits": [
            { "name": "account", "key": ["account"], "count": "failures", "limit": 3, "window": "1h" },
            { "name": "reset_network", "key": ["subnet"], "limit": 4, "window": "10m", "then": "challenge" },
            { "name": "reset_account", "key": ["account"], "limit": 2, "window": "1h", "devices": "together" },
        ],
        "routes": [
            { "name": "login", "match": { "path": "/login" }, "limits": ["account"], "failure": { "status": [401] },
              "success": { "status": [
                "2xx", "3xx",
            ] },
              "rules": [{ "name": "travel", "when": "impossible_travel", "then": "step_up" }] },
            { "name": "reset", "match": { "path": "/reset" }, "limits": ["reset_network", "reset_account"],
              "rules": [{ "when": "tor", "then": "deny" }], "sets_device": false },
        ],
    });
    (signing(&policy), FakeHost::of("11.0.0.1:1"))
}

fn post(engine: &mut Engine, host: &FakeHost, path: &str, account: &str, answer: &str) -> Outcome {
    let head = [
        (":method", "POST"),
        (":path", path),
        (":authority", "example.com"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let body = format!("email={account}&password=x");
    let step = match engine.begin(&block(&head), false, StreamId(1), host) {
        Progress::Step(step) => step,
        Progress::Redeems(link) => panic!("a link: {link:?}"),
        Progress::Waits(waiting) => {
            let (knowledge, _) = learn(engine, host, answer).expect("a lookup");
            waiting.resume(knowledge, engine, host)
        }
    };
    match step {
        Step::Reads(reading) => {
            done(reading.finish(BodyBytes::Whole(body.as_bytes()), engine, host))
        }
        other => done(other),
    }
}

/// What the client sees: status, headers and body, without what is new in each answer.
fn seen(outcome: Outcome) -> String {
    match outcome {
        Outcome::Pass(pass, _) => format!("passes with {:?}", pass.cookies),
        Outcome::Refuse(refused) => {
            let reply = refused.reply;
            let mut body: Value = serde_json::from_slice(&reply.body).expect("JSON");
            for new in ["reference", "instance", "altcha", "expires"] {
                body[new] = Value::Null;
            }
            let headers = reply.headers.iter();
            let headers: Vec<&Line> = headers
                .filter(|(name, _)| *name != "x-palisade-ref")
                .collect();
            format!("{} {headers:?} {body}", reply.status)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reset_is_answered_alike_whether_or_not_the_account_is_known() {
    let (mut engine, host) = scene();
    // alice logs in: her device, her position and her counters are known from now on.
    match post(&mut engine, &host, "/login", "alice@example.com", BERLIN) {
        Outcome::Pass(_, Some(watch)) => {
            let done = watch.headers(&block(&[(":status", "200")]), true, &engine, &host);
            assert!(
                matches!(
                    done,
                    Watched::Done(Gift {
                        cookie: Some(_),
                        ..
                    })
                ),
                "{done:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    let mut resets = |account: &str, network: u8| {
        // Let through, too many for the account, too many for the network, denied.
        let requests = [(1, CLEAN); 5].into_iter().chain([(2, TOR)]);
        let answers = requests.map(|(address, answer)| {
            host.set_peer(&format!("11.9.{network}.{address}:1"));
            host.read.borrow_mut().clear();
            host.writes.set(0);
            let seen = seen(post(&mut engine, &host, "/reset", account, answer));
            (seen, host.read.borrow().len(), host.writes.get())
        });
        answers.collect::<Vec<_>>()
    };
    let known = resets("alice@example.com", 1);
    let unknown = resets("nobody@example.com", 2);
    assert_eq!(known, unknown);
    let statuses: Vec<&str> = known
        .iter()
        .filter_map(|(seen, ..)| seen.split(' ').next())
        .collect();
    assert_eq!(statuses, ["passes", "passes", "429", "429", "403", "403"]);
}
