mod hostile;

use super::*;
use crate::address::{ClientAddress, Prefix, PrefixLengths};
use crate::signing::Secret;

const NOW: Time = Time::from_secs(1_800_000_000);
const AGENT: &[u8] = b"Mozilla/5.0 (X11; Linux x86_64)";

fn keys(secrets: &[&str]) -> SigningKeys {
    let secrets: Vec<Secret> = secrets
        .iter()
        .map(|secret| Secret::parse(&secret.repeat(32)).expect("a secret"))
        .collect();
    SigningKeys::new(&secrets).expect("keys")
}

fn name() -> CookieName {
    DEFAULT_NAME.parse().expect("a name")
}

fn at(address: &str) -> ClearanceScope<'static> {
    let address = ClientAddress::parse(address.as_bytes()).expect(address);
    ClearanceScope {
        network: Network::Prefix(Prefix::of(address, PrefixLengths::default())),
        agent: Some(AGENT),
        asker: b"login:vpn",
    }
}

fn claims() -> Claims {
    Claims {
        proof: Proof::Work(Difficulty::default()),
        lifetime: DEFAULT_LIFETIME,
        serial: [5; 8],
    }
}

/// The `cookie` line of a client that was granted this, beside what it had.
fn granted(before: &str, scope: ClearanceScope<'_>, what: Claims, now: Time) -> String {
    let value = grant(
        [before.as_bytes()],
        &name(),
        scope,
        what,
        now,
        &keys(&["a"]),
    );
    format!("theme=dark; {}={value}", name())
}

fn checked(line: &str, scope: ClearanceScope<'_>, now: Time) -> Result<Cleared, ClearanceError> {
    check(
        [line.as_bytes()],
        &name(),
        scope,
        Demand::Work(Difficulty::default()),
        now,
        &keys(&["a"]),
    )
}

#[test]
fn who_solved_a_challenge_is_cleared_for_half_an_hour() {
    let line = granted("", at("192.0.2.1"), claims(), NOW);
    let cleared = checked(&line, at("192.0.2.1"), NOW).expect("cleared");
    assert_eq!(cleared.proof, Proof::Work(Difficulty::default()));
    assert_eq!(cleared.expires, NOW.plus(DEFAULT_LIFETIME));
    let last = NOW.plus(Duration::from_millis(1_799_999));
    assert_eq!(checked(&line, at("192.0.2.1"), last), Ok(cleared));
    let over = NOW.plus(DEFAULT_LIFETIME);
    assert_eq!(
        checked(&line, at("192.0.2.1"), over),
        Err(ClearanceError::Expired)
    );
}

#[test]
fn a_clearance_is_worth_nothing_to_anybody_else() {
    let line = granted("", at("2001:db8::1"), claims(), NOW);
    let here = at("2001:db8::1");
    assert!(
        checked(&line, at("2001:db8::2"), NOW).is_ok(),
        "roaming in a /64"
    );
    for (scope, error) in [
        (at("2001:db8:0:1::1"), ClearanceError::OtherNetwork),
        (
            ClearanceScope {
                network: Network::Anywhere,
                ..here
            },
            ClearanceError::OtherNetwork,
        ),
        (
            ClearanceScope {
                agent: Some(b"curl/8"),
                ..here
            },
            ClearanceError::OtherAgent,
        ),
        (
            ClearanceScope {
                agent: None,
                ..here
            },
            ClearanceError::OtherAgent,
        ),
        (
            ClearanceScope {
                asker: b"admin:vpn",
                ..here
            },
            ClearanceError::OtherRule,
        ),
    ] {
        assert_eq!(checked(&line, scope, NOW), Err(error));
        // With the hints changed to fit, the signature does not.
        let value = line.rsplit('=').next().expect("a value");
        let mut token = Token::read(value.as_bytes()).expect("a token");
        token.hints = scope.hints();
        let forged = format!("{}={}", name(), token.write());
        assert_eq!(checked(&forged, scope, NOW), Err(ClearanceError::Forged));
    }
}

#[test]
fn where_two_hints_fall_together_the_signature_still_tells_them_apart() {
    let here = at("192.0.2.1");
    let line = granted("", here, claims(), NOW);
    let numbers: Vec<String> = (0..1_000_000)
        .map(|number: u32| number.to_string())
        .collect();
    let collides = |scope: &ClearanceScope<'_>| scope.hints() == here.hints();
    let mut networks = (1..).map(|asn| ClearanceScope {
        network: Network::Asn(asn),
        ..here
    });
    let mut agents = numbers.iter().map(|agent| ClearanceScope {
        agent: Some(agent.as_bytes()),
        ..here
    });
    let mut rules = numbers.iter().map(|rule| ClearanceScope {
        asker: rule.as_bytes(),
        ..here
    });
    for found in [
        networks.find(collides),
        agents.find(collides),
        rules.find(collides),
    ] {
        let scope = found.expect("one in 65,536");
        assert_eq!(
            checked(&line, scope, NOW),
            Err(ClearanceError::Forged),
            "{scope:?}"
        );
    }
}

#[test]
fn nothing_in_a_token_can_be_changed() {
    let line = granted("", at("192.0.2.1"), claims(), NOW);
    let value = line.rsplit('=').next().expect("a value");
    let token = Token::read(value.as_bytes()).expect("a token");
    let harder = Proof::Work(Difficulty::MAX);
    for changed in [
        Token {
            expires: token.expires + 1,
            ..token
        },
        Token {
            issued: token.issued - 1,
            ..token
        },
        Token {
            proof: harder,
            ..token
        },
        Token {
            proof: Proof::Captcha,
            ..token
        },
        Token {
            serial: [6; 8],
            ..token
        },
        Token {
            mac: [0; 32],
            ..token
        },
    ] {
        let forged = format!("{}={}", name(), changed.write());
        assert_eq!(
            checked(&forged, at("192.0.2.1"), NOW),
            Err(ClearanceError::Forged)
        );
    }
}

#[test]
fn a_client_with_two_networks_keeps_what_it_earned_in_both() {
    let (v4, v6) = (at("192.0.2.1"), at("2001:db8::1"));
    let first = granted("", v4, claims(), NOW);
    let both = granted(&first, v6, claims(), NOW);
    assert!(checked(&both, v4, NOW).is_ok() && checked(&both, v6, NOW).is_ok());
    // Asked by a second rule, and again in the first network: still everything, and nothing twice.
    let reset = ClearanceScope {
        asker: b"reset",
        ..v4
    };
    let third = granted(&both, reset, claims(), NOW);
    let again = granted(&third, v4, claims(), NOW);
    for scope in [v4, v6, reset] {
        assert!(checked(&again, scope, NOW).is_ok());
    }
    assert_eq!(again.matches('.').count(), 2);
}

#[test]
fn the_cookie_stays_small_however_many_networks_one_comes_from() {
    let mut line = String::new();
    for last in 0..20 {
        line = granted(&line, at(&format!("192.0.2.{last}")), claims(), NOW);
    }
    let set = name().set(line.rsplit('=').next().expect("a value"), DEFAULT_LIFETIME);
    assert!(set.len() < 450, "{}", set.len());
    assert!(checked(&line, at("192.0.2.16"), NOW).is_ok());
    assert_eq!(
        checked(&line, at("192.0.2.15"), NOW),
        Err(ClearanceError::OtherNetwork)
    );
    // What has ended is dropped first.
    let later = NOW.plus(DEFAULT_LIFETIME);
    assert!(!granted(&line, at("192.0.2.1"), claims(), later).contains('.'));
}

#[test]
fn clearances_differ_even_when_two_clients_earn_them_alike() {
    let anywhere = ClearanceScope {
        network: Network::Anywhere,
        ..at("192.0.2.1")
    };
    let id = |serial| {
        let line = granted("", anywhere, Claims { serial, ..claims() }, NOW);
        checked(&line, anywhere, NOW).map(|cleared| cleared.id)
    };
    assert!(id([1; 8]).is_ok());
    assert_ne!(id([1; 8]), id([2; 8]));
}

#[test]
fn a_harder_demand_asks_again_and_a_captcha_meets_every_demand() {
    let here = at("192.0.2.1");
    let demanding = |proof| {
        let line = granted("", here, Claims { proof, ..claims() }, NOW);
        check(
            [line.as_bytes()],
            &name(),
            here,
            Demand::Work(Difficulty::MAX),
            NOW,
            &keys(&["a"]),
        )
        .map(|_| ())
    };
    assert_eq!(
        demanding(Proof::Work(Difficulty::default())),
        Err(ClearanceError::TooEasy)
    );
    assert_eq!(demanding(Proof::Work(Difficulty::MAX)), Ok(()));
    assert_eq!(demanding(Proof::Substitute(Difficulty::MAX)), Ok(()));
    assert_eq!(demanding(Proof::Captcha), Ok(()));
}

#[test]
fn work_clears_a_captcha_only_in_its_place_and_not_for_long() {
    let here = at("192.0.2.1");
    let least = Difficulty::default();
    let asked = |proof, demand, now| {
        let line = granted("", here, Claims { proof, ..claims() }, NOW);
        let lines = [line.as_bytes()];
        check(lines, &name(), here, demand, now, &keys(&["a"])).map(|cleared| cleared.expires)
    };
    let replaceable = Demand::Captcha(Some(least));
    let too_easy = Err(ClearanceError::TooEasy);
    assert_eq!(
        asked(Proof::Work(Difficulty::MAX), replaceable, NOW),
        too_easy
    );
    assert_eq!(
        asked(Proof::Substitute(Difficulty::MIN), replaceable, NOW),
        too_easy
    );
    assert_eq!(
        asked(Proof::Substitute(least), Demand::Captcha(None), NOW),
        too_easy
    );
    assert!(asked(Proof::Captcha, Demand::Captcha(None), NOW).is_ok());
    let end = NOW.plus(Duration::from_secs(300));
    assert_eq!(asked(Proof::Substitute(least), replaceable, NOW), Ok(end));
    let over = asked(Proof::Substitute(least), replaceable, end);
    assert_eq!(over, Err(ClearanceError::Expired));
}

#[test]
fn a_retired_key_still_clears_and_a_foreign_one_never() {
    let line = granted("", at("192.0.2.1"), claims(), NOW);
    let with = |secrets: &[&str]| {
        let keys = keys(secrets);
        let lines = [line.as_bytes()];
        let demand = Demand::Work(Difficulty::MIN);
        check(lines, &name(), at("192.0.2.1"), demand, NOW, &keys).map(|_| ())
    };
    assert_eq!(with(&["b", "a"]), Ok(()));
    assert_eq!(with(&["b"]), Err(ClearanceError::Forged));
}

#[test]
fn a_clock_that_jumps_back_clears_nobody_and_a_little_skew_does_no_harm() {
    let line = granted("", at("192.0.2.1"), claims(), NOW);
    let at_time = |now| checked(&line, at("192.0.2.1"), now).map(|_| ());
    assert_eq!(at_time(Time::from_secs(1_799_999_940)), Ok(()));
    assert_eq!(
        at_time(Time::from_secs(1_799_999_939)),
        Err(ClearanceError::Premature)
    );
    assert_eq!(at_time(Time::from_secs(0)), Err(ClearanceError::Premature));
    assert_eq!(
        at_time(Time::from_nanos(u64::MAX)),
        Err(ClearanceError::Expired)
    );
}
