//! Which positions are positions.

use super::*;
use crate::callout::CallError;

/// What the API says of an address in Sydney that has no position.
fn without_position() -> Vec<Place> {
    let flags = [
        r#""privacy": {"VPN": true}, "city": "Sydney""#,
        r#""privacy": {"VPN": false, "Proxy": true}, "city": "Sydney""#,
        r#""privacy": {"VPN": false, "Tor": true}, "city": "Sydney""#,
        r#""privacy": {"VPN": false, "Relay": true}, "city": "Sydney""#,
        r#""privacy": {"VPN": false, "Hosting": true}, "city": "Sydney""#,
        r#""privacy": {"VPN": false}, "city": "Sydney", "asn": {"Type": "hosting"}"#,
        r#""privacy": {"VPN": false}, "city": "Sydney", "asn": {"Type": "mobile"}"#,
        r#""privacy": {"VPN": false}, "city": "Sydney", "connection": {"type": "cellular"}"#,
        // Known by country only.
        r#""privacy": {"VPN": false}, "city": "", "country": "AU""#,
        // Nobody says whether it hides its client.
        r#""city": "Sydney", "country": "AU""#,
    ];
    let places = flags.map(|more| Place { more, ..SYDNEY });
    let locs = [
        "",
        ",",
        "91,151.2",
        "-33.9,180.1",
        "-33.9",
        "nan,151.2",
        "inf,0",
        "0,0",
        "-33.9;151.2",
        "1e400,1",
    ];
    let locs = locs.map(|loc| Place { loc, ..SYDNEY });
    places.into_iter().chain(locs).collect()
}

#[test]
fn what_is_no_position_is_neither_impossible_nor_the_last_one() {
    for place in without_position() {
        let (mut engine, host) = (denying(), FakeHost::of("11.0.0.1:1"));
        BERLIN.logs_in(&mut engine, &host, "302");
        host.pass(10);
        let told = place.logs_in(&mut engine, &host, "302");
        let what = place.answer();
        assert_eq!(header(&told, "x-palisade-travel"), None, "{what}");
        let result = TravelResult::NoPosition;
        assert_eq!(host.counted(Event::Travel(result)), 1, "{what}");
        host.pass(10);
        BERLIN.logs_in(&mut engine, &host, "302");
        assert_eq!(
            host.counted(Event::Position(PositionResult::Moved)),
            2,
            "{what}"
        );
    }
}

#[test]
fn nothing_is_impossible_while_the_api_fails() {
    let (mut engine, host) = (denying(), FakeHost::of("11.0.0.1:1"));
    SYDNEY.logs_in(&mut engine, &host, "401");
    // Flags are kept for minutes, networks for a day.
    host.pass(2 * HOUR);
    BERLIN.logs_in(&mut engine, &host, "302");
    host.refusing.set(Some(CallError::NoHealthyHost));
    let told = SYDNEY.logs_in(&mut engine, &host, "302");
    assert_eq!(header(&told, "x-palisade-signals"), Some("unknown"));
    assert_eq!(header(&told, "x-palisade-country"), Some("AU"));
    host.refusing.set(None);
    host.pass(HOUR);
    assert!(matches!(
        SYDNEY.alice(&mut engine, &host),
        Outcome::Refuse(_)
    ));
}

#[test]
fn private_clients_have_no_position() {
    let (mut engine, host) = (denying(), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "302");
    let private = Place {
        address: "10.0.0.1:1",
        ..SYDNEY
    };
    let told = private.logs_in(&mut engine, &host, "302");
    assert_eq!(header(&told, "x-palisade-travel"), None);
}

#[test]
fn a_clock_set_back_makes_nothing_impossible_or_immortal() {
    let (mut engine, host) = (telling(), FakeHost::of("11.0.0.1:1"));
    host.pass(1_000 * HOUR);
    BERLIN.logs_in(&mut engine, &host, "302");
    host.now.set(host.now.get() - 999 * HOUR * 1_000);
    assert!(!is_impossible(&SYDNEY.logs_in(&mut engine, &host, "302")));
    host.pass(10);
    assert!(is_impossible(&BERLIN.logs_in(&mut engine, &host, "302")));
}

#[test]
fn an_account_of_another_spelling_or_realm_moves_nobody_elses_position() {
    let mut policy = ruled(
        json!([{ "when": "impossible_travel", "then": "deny" }]),
        json!({}),
    );
    let mut shop = policy["routes"][0].clone();
    shop["name"] = json!("shop");
    shop["match"]["path"] = json!("/shop/login");
    policy["routes"].as_array_mut().expect("routes").push(shop);
    let (mut engine, host) = (engine(&policy), FakeHost::of("11.0.0.1:1"));
    BERLIN.logs_in(&mut engine, &host, "200");
    // A day later somebody with an account of the same name elsewhere is in Sydney.
    host.pass(25 * HOUR);
    let shop = block(&[
        (":method", "POST"),
        (":path", "/shop/login"),
        (":authority", "example.com"),
        ("x-account", "alice"),
    ]);
    host.set_peer(SYDNEY.address);
    let elsewhere = outcome(&mut engine, &host, &shop, &SYDNEY.answer());
    end(elsewhere, &engine, &host, "200");
    host.pass(10);
    let told = BERLIN.logs_in(&mut engine, &host, "200");
    assert_eq!(header(&told, "x-palisade-verdict"), Some("allow"));
    // Where an application reads names in any case, another spelling is no way around what is known of the account.
    host.pass(10);
    let refused = refused(SYDNEY.begin(&mut engine, &host, &[("x-account", "Alice")]));
    assert_eq!(refused.reply.status, 403);
    // Where it does not, that of an account that only looks alike is somebody else's.
    host.pass(25 * HOUR);
    let spelled = SYDNEY.begin(&mut engine, &host, &[("x-account", "ALICE")]);
    end(spelled, &engine, &host, "200");
    host.pass(10);
    let told = BERLIN.logs_in(&mut engine, &host, "200");
    assert_eq!(header(&told, "x-palisade-verdict"), Some("allow"));
}
