//! The audit line and the filter state: what they say of a request that is refused, or would be.

use super::limits::{SECRET, limited, signing};
use super::*;
use crate::host::HeadLine;
use crate::identity::account::Normalisation;
use crate::signing::{Secret, SigningKeys};

/// At most two failures of an account.
fn two_failures(more: Value) -> Value {
    let limits = json!([{
        "name": "failures", "key": ["account"], "count": "failures", "limit": 2, "window": "1h",
    }]);
    limited(limits, more)
}

/// What becomes of so many attempts, each of which fails, and the audit lines of all.
fn attempts(policy: &Value, host: &FakeHost, times: usize) -> (Vec<Outcome>, Vec<Value>) {
    let mut engine = signing(policy);
    let (mut outcomes, mut lines) = (Vec::new(), Vec::new());
    for _ in 0..times {
        let mut outcome = limits::attempt(&mut engine, host, &[("x-account", "alice")]);
        let line = match &mut outcome {
            Outcome::Pass(pass, watch) => {
                if let Some(watch) = watch.take() {
                    watch.headers(&block(&[(":status", "401")]), true, &engine, host);
                }
                pass.audit.take()
            }
            Outcome::Refuse(refused) => refused.audit.take(),
            other => panic!("{other:?}"),
        };
        lines.extend(line.map(|line| serde_json::from_str::<Value>(&line).expect("JSON")));
        outcomes.push(outcome);
    }
    (outcomes, lines)
}

fn pseudonym_of(name: &str) -> String {
    let account = Normalisation::default()
        .account(name.as_bytes())
        .expect("an account");
    let secret = Secret::parse(SECRET).expect("a secret");
    let keys = SigningKeys::new(&[secret]).expect("keys");
    pseudonym(&account, keys.current())
}

#[test]
fn the_line_says_when_what_who_and_how_often() {
    let host = FakeHost::of("11.0.0.1:1");
    *host.head.borrow_mut() = vec![
        (HeadLine::Id, b"6f9c1a".to_vec()),
        (HeadLine::Method, b"POST".to_vec()),
        (HeadLine::Host, b"example.com".to_vec()),
    ];
    let (_, lines) = attempts(&two_failures(json!({})), &host, 3);
    let mut line = lines.into_iter().next().expect("a line");
    assert_eq!(line["ref"].as_str().map(str::len), Some(13));
    line["ref"] = json!("");
    let expected = json!({
        "palisade": "refused", "time": "1970-01-12T13:46:40.000Z", "ref": "", "id": "6f9c1a", "method": "POST",
        "host": "example.com", "mode": "enforce", "verdict": "limit", "reason": "failures", "route": "login",
        "limit": "failures", "count": 2, "threshold": 2, "window": 3600, "retry_after": 3885,
        "client": "11.0.0.1", "accounts": pseudonym_of("alice"), "signals": "unknown",
    });
    assert_eq!(line, expected);
}

#[test]
fn what_would_be_refused_leaves_one_line_and_goes_on() {
    let host = FakeHost::of("11.0.0.1:1");
    let policy = two_failures(json!({ "mode": "monitor" }));
    let (outcomes, lines) = attempts(&policy, &host, 4);
    assert!(outcomes.iter().all(limits::goes_on));
    assert_eq!(lines.len(), 2, "the third and the fourth");
    for line in lines {
        assert_eq!(line["palisade"], json!("monitored"));
        assert_eq!(
            (&line["mode"], &line["verdict"]),
            (&json!("monitor"), &json!("limit"))
        );
        assert_eq!(
            (&line["limit"], &line["threshold"]),
            (&json!("failures"), &json!(2))
        );
    }
}

#[test]
fn what_is_monitored_has_the_rate_of_refusals() {
    let host = FakeHost::of("11.0.0.1:1");
    let policy = two_failures(json!({ "mode": "monitor", "audit": { "lines_per_second": 3 } }));
    let (_, lines) = attempts(&policy, &host, 9);
    assert_eq!(lines.len(), 3);
    assert_eq!(host.counted(Event::AuditLineDropped), 4);
}

#[test]
fn filter_state_says_what_would_be_refused_why_and_whose_it_is() {
    let host = FakeHost::of("11.0.0.1:1");
    let (outcomes, lines) = attempts(&two_failures(json!({ "mode": "monitor" })), &host, 3);
    let states = outcomes.iter().map(|outcome| match outcome {
        Outcome::Pass(pass, _) => pass.state.as_deref().unwrap_or_default(),
        other => panic!("{other:?}"),
    });
    let states: Vec<&str> = states.collect();
    assert_eq!(
        states.first(),
        Some(&"verdict=allow, reason=\"unknown\", route=\"login\", monitored=allow")
    );
    let expected = format!(
        "verdict=allow, reason=\"failures\", route=\"login\", limit=\"failures\", count=2, threshold=2, window=3600, \
         retry_after={}, monitored=limit, ref={}, client=\"11.0.0.1\", accounts=(\"{}\"), \
         signals=(\"unknown\")",
        lines[0]["retry_after"],
        lines[0]["ref"],
        pseudonym_of("alice"),
    );
    assert_eq!(states.last(), Some(&expected.as_str()));
}

#[test]
fn without_a_key_of_the_operator_no_account_stands_in_a_line() {
    let host = FakeHost::of("11.0.0.1:1");
    let mut policy = two_failures(json!({}));
    policy
        .as_object_mut()
        .expect("an object")
        .remove("signing_keys_env");
    let (_, lines) = attempts(&policy, &host, 3);
    assert_eq!(lines[0]["accounts"], Value::Null);
    assert_eq!(lines[0]["limit"], json!("failures"));
}

#[test]
fn hostile_bytes_of_a_head_leave_one_line_of_bounded_length() {
    let host = FakeHost::of("11.0.0.1:1");
    let hostile = [
        b"\r\n{\"palisade\":\"forged\"}\0\xff".as_slice(),
        &[b'x'; 60_000],
    ]
    .concat();
    let parts = [HeadLine::Id, HeadLine::Method, HeadLine::Host];
    *host.head.borrow_mut() = parts.map(|part| (part, hostile.clone())).to_vec();
    let mut engine = engine(&policy(json!({})));
    let refused = refused(outcome(&mut engine, &host, &login(&[]), TOR));
    let line = refused.audit.expect("a line");
    assert!(
        line.len() < 1_500 && line.bytes().all(|byte| matches!(byte, b' '..=b'~')),
        "{line}"
    );
    let read: Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(read["palisade"], json!("refused"));
    let host = read["host"].as_str().expect("a host");
    assert!(
        host.starts_with("??{\"palisade\":\"forged\"}??xx"),
        "{host}"
    );
}
