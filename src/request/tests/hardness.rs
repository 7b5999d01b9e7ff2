//! Whom repetition makes challenges harder for.

use super::challenges::suspects;
use super::limits::signing;
use super::*;

/// How hard a challenge is at `/login` for a client that says this.
fn hardness(engine: &mut Engine, host: &FakeHost, address: &str, more: &[(&str, &str)]) -> u64 {
    host.set_peer(address);
    let refused = refused(outcome(engine, host, &login(more), CLEAN));
    let problem: Value = serde_json::from_slice(&refused.reply.body).expect("JSON");
    problem["altcha"]["maxnumber"].as_u64().expect("a number")
}

#[test]
fn an_address_pays_for_its_challenges_and_little_for_its_neighbours() {
    let mut engine = signing(&suspects(json!({ "challenge": { "difficulty": 1000 } })));
    let host = FakeHost::of("11.0.0.1:1");
    for number in 0..800 {
        let own = hardness(&mut engine, &host, "11.0.0.1:1", &[]);
        assert_eq!(own, 1_000 + 1_000 * number / 8);
    }
    let neighbour = hardness(&mut engine, &host, "11.0.0.2:1", &[]);
    assert_eq!(neighbour, 6_000);
    assert_eq!(hardness(&mut engine, &host, "11.0.1.1:1", &[]), 1_000);
}

#[test]
fn a_rented_network_pays_for_its_repetition_as_one_address_does() {
    let policy = suspects(json!({ "challenge": { "difficulty": 1000 } })).to_string();
    let policy = policy.replace("11.0.0.0/8", "2600::/16");
    let mut engine = signing(&serde_json::from_str(&policy).expect("JSON"));
    let host = FakeHost::of("11.0.0.1:1");
    for number in 0..400 {
        let address = format!("[2600:db00:1:{number:x}::1]:1");
        let own = hardness(&mut engine, &host, &address, &[]);
        assert_eq!(own, 1_000 + 1_000 * number / 8);
    }
    let other = hardness(&mut engine, &host, "[2600:db00:2::1]:1", &[]);
    assert_eq!(other, 1_000);
}

#[test]
fn what_pages_make_browsers_load_hardens_nobody_elses_challenges() {
    let mut engine = signing(&suspects(json!({ "challenge": { "difficulty": 1000 } })));
    let host = FakeHost::of("11.0.0.1:1");
    for unasked in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-dest", "image"),
        ("referer", "https://evil.example/"),
    ] {
        for _ in 0..40 {
            hardness(&mut engine, &host, "11.0.0.1:1", &[unasked]);
        }
    }
    assert_eq!(hardness(&mut engine, &host, "11.0.0.1:1", &[]), 1_000);
    // Whoever only says so pays for everything.
    let lie = [("sec-fetch-site", "cross-site")];
    let own = hardness(&mut engine, &host, "11.0.0.1:1", &lie);
    assert_eq!(own, 1_000 + 1_000 * 121 / 8);
}
