use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::address::{ClientAddress, Prefix, PrefixLengths};
use crate::signing::Secret;

const NOW: Time = Time::from_secs(1_800_000_000);

fn keys(secrets: &[&str]) -> SigningKeys {
    let secrets: Vec<Secret> = secrets
        .iter()
        .map(|secret| Secret::parse(&secret.repeat(32)).expect("a secret"))
        .collect();
    SigningKeys::new(&secrets).expect("keys")
}

fn prefix(address: &str) -> Network {
    let address = ClientAddress::parse(address.as_bytes()).expect(address);
    Network::Prefix(Prefix::of(address, PrefixLengths::default()))
}

fn here() -> Scope<'static> {
    Scope {
        network: prefix("2001:db8::1"),
        route: "login",
        substitutes: false,
    }
}

fn issue_with(random: [u8; 20]) -> Challenge {
    Challenge::issue(
        here(),
        Difficulty::MIN,
        DEFAULT_LIFETIME,
        NOW,
        Randomness(random),
        &keys(&["a"]),
    )
}

fn issue() -> Challenge {
    issue_with(std::array::from_fn(|index| {
        u8::try_from(index * 11).expect("small")
    }))
}

/// What the widget posts, as a tree to be tampered with.
fn solved() -> Value {
    let payload = issue().solve().expect("a solution").payload();
    serde_json::from_slice(&STANDARD.decode(payload).expect("base64")).expect("JSON")
}

fn payload(value: &Value) -> String {
    STANDARD.encode(value.to_string())
}

fn verified(value: &Value, now: Time) -> Result<Solved, Failure> {
    verify(
        payload(value).as_bytes(),
        here(),
        Difficulty::MIN,
        now,
        &keys(&["a"]),
    )
}

#[test]
fn a_challenge_has_the_form_that_altcha_reads() {
    let challenge: Value = serde_json::from_str(&issue().json()).expect("JSON");
    let text = |name: &str| challenge[name].as_str().expect(name).to_owned();
    assert_eq!(challenge.as_object().map(serde_json::Map::len), Some(5));
    assert_eq!(text("algorithm"), "SHA-256");
    assert_eq!(challenge["maxnumber"], 1_000);
    assert_eq!((text("challenge").len(), text("signature").len()), (64, 64));
    let salt = text("salt");
    assert!(salt.contains("?expires=1800000600&"), "{salt}");
    let number = (0..=1_000).find(|number| {
        hex::encode(&Sha256::digest(format!("{salt}{number}"))) == text("challenge")
    });
    assert!(number.is_some());
}

#[test]
fn a_solution_is_accepted_in_time_and_its_time_is_taken_by_our_clock() {
    let mut lie = solved();
    lie["took"] = json!(-12.5e9);
    lie["test"] = json!({"anything": [true]});
    let later = NOW.plus(Duration::from_millis(1_234));
    let solved = verified(&lie, later).expect("accepted");
    assert_eq!(solved.took, Duration::from_millis(1_234));
    assert_eq!(solved.difficulty, Difficulty::MIN);
    assert_eq!(solved.expires, NOW.plus(DEFAULT_LIFETIME));
}

#[test]
fn every_challenge_has_its_own_id_and_spellings_share_it() {
    let id = |payload: &str| {
        verify(
            payload.as_bytes(),
            here(),
            Difficulty::MIN,
            NOW,
            &keys(&["a"]),
        )
        .map(|solved| solved.id)
    };
    let solution = issue().solve().expect("a solution").payload();
    let first = id(&solution).expect("accepted");
    let mut spelled = solved();
    spelled["challenge"] = json!(spelled["challenge"].as_str().expect("text").to_uppercase());
    spelled["signature"] = json!(spelled["signature"].as_str().expect("text").to_uppercase());
    let spelled = format!(" {}\t", payload(&spelled).trim_end_matches('='));
    assert_eq!(id(&spelled), Ok(first));
    let other = issue_with([9; 20]).solve().expect("a solution").payload();
    assert_ne!(id(&other), Ok(first));
}

#[test]
fn what_was_issued_for_another_network_or_route_is_refused() {
    let solution = issue().solve().expect("a solution");
    let verify = |scope| solution.verify(scope, Difficulty::MIN, NOW, &keys(&["a"]));
    let at = |network, route| {
        verify(Scope {
            network,
            route,
            ..here()
        })
    };
    assert!(
        at(prefix("2001:db8::ffff"), "login").is_ok(),
        "roaming in a /64"
    );
    for elsewhere in [
        prefix("2001:db8:0:1::1"),
        prefix("192.0.2.1"),
        Network::Asn(64_500),
        Network::Anywhere,
    ] {
        assert_eq!(at(elsewhere, "login"), Err(Failure::OtherNetwork));
    }
    assert_eq!(at(here().network, "reset"), Err(Failure::OtherRoute));
    let instead_of_a_captcha = Scope {
        substitutes: true,
        ..here()
    };
    assert_eq!(verify(instead_of_a_captcha), Err(Failure::OtherRoute));
}

#[test]
fn less_work_than_is_asked_for_now_is_refused_and_that_costs_no_signature() {
    let solution = issue().solve().expect("a solution");
    let with = |numbers, secret| {
        let demanded = Difficulty::new(numbers).expect("a difficulty");
        solution
            .verify(here(), demanded, NOW, &keys(&[secret]))
            .map(|solved| solved.difficulty.get())
    };
    assert_eq!(with(1_000, "a"), Ok(1_000));
    assert_eq!(with(1_001, "a"), Err(Failure::TooEasy));
    assert_eq!(with(1_001, "b"), Err(Failure::TooEasy));
    // What it says of itself is believed with its signature alone.
    let mut harder = solved();
    let salt = harder["salt"].as_str().expect("text");
    harder["salt"] = json!(salt.replace("&max=1000&", "&max=5000&"));
    let result = verify(
        payload(&harder).as_bytes(),
        here(),
        Difficulty::new(5_000).expect("a difficulty"),
        NOW,
        &keys(&["a"]),
    );
    assert_eq!(result, Err(Failure::Forged));
}

#[test]
fn a_changed_hint_does_not_make_it_good_for_another_route() {
    let reset = Scope {
        route: "reset",
        ..here()
    };
    let hints = |scope| {
        let Hints { network, route } = Hints::of(scope);
        format!("&for={network:04x}{route:04x}&")
    };
    let mut moved = solved();
    let salt = moved["salt"].as_str().expect("text");
    moved["salt"] = json!(salt.replace(&hints(here()), &hints(reset)));
    assert_ne!(moved, solved());
    let result = verify(
        payload(&moved).as_bytes(),
        reset,
        Difficulty::MIN,
        NOW,
        &keys(&["a"]),
    );
    assert_eq!(result, Err(Failure::Forged));
}

#[test]
fn where_two_hints_fall_together_the_signature_still_tells_them_apart() {
    let solution = issue().solve().expect("a solution");
    let verify = |scope| solution.verify(scope, Difficulty::MIN, NOW, &keys(&["a"]));
    let hints = Hints::of(here());
    let network = (1..)
        .map(Network::Asn)
        .find(|network| {
            Hints::of(Scope {
                network: *network,
                ..here()
            }) == hints
        })
        .expect("one in 65,536");
    assert_eq!(verify(Scope { network, ..here() }), Err(Failure::Forged));
    let route = (1..)
        .map(|number: u32| number.to_string())
        .find(|route| Hints::of(Scope { route, ..here() }) == hints)
        .expect("one in 65,536");
    assert_eq!(
        verify(Scope {
            route: &route,
            ..here()
        }),
        Err(Failure::Forged)
    );
}

#[test]
fn only_our_keys_make_a_challenge_and_a_retired_one_still_verifies() {
    let solution = issue().solve().expect("a solution");
    let with = |secrets: &[&str]| {
        solution
            .verify(here(), Difficulty::MIN, NOW, &keys(secrets))
            .map(|_| ())
    };
    assert_eq!(with(&["b", "a"]), Ok(()));
    assert_eq!(with(&["b"]), Err(Failure::Forged));
}

#[test]
fn no_digit_moves_between_a_parameter_and_the_number() {
    // CVE-2025-68113: the hash over salt and number stays the same however the text is cut.
    let whole = solved();
    let salt = whole["salt"].as_str().expect("text");
    let right = whole["number"].as_u64().expect("a number");
    let text = format!("{salt}{right}");
    for cut in 1..text.len() {
        let (salt, number) = text.split_at(cut);
        if let Ok(number) = number.parse::<u64>()
            && number != right
        {
            let mut spliced = whole.clone();
            spliced["salt"] = json!(salt);
            spliced["number"] = json!(number);
            let result = verified(&spliced, NOW);
            assert!(
                matches!(result, Err(Failure::Malformed | Failure::Forged)),
                "{spliced}"
            );
        }
    }
    // And a salt that swallows digits and still reads well is not the one that was signed.
    let mut later = whole.clone();
    later["salt"] = json!(salt.replace("?expires=18", "?expires=19"));
    assert_eq!(verified(&later, NOW), Err(Failure::Forged));
    let mut easier = whole.clone();
    easier["salt"] = json!(salt.replace("&max=1000&", "&max=5000&"));
    assert_eq!(verified(&easier, NOW), Err(Failure::Forged));
}

#[test]
fn an_expired_solution_is_refused_and_so_is_one_from_the_future() {
    let at = |now| verified(&solved(), now).map(|solved| solved.took);
    assert!(at(NOW.plus(Duration::from_millis(599_999))).is_ok());
    assert_eq!(at(NOW.plus(DEFAULT_LIFETIME)), Err(Failure::Expired));
    assert_eq!(at(Time::from_nanos(u64::MAX)), Err(Failure::Expired));
    // Another proxy's clock may be a little behind; nothing took less than no time.
    assert_eq!(at(Time::from_secs(1_799_999_940)), Ok(Duration::ZERO));
    assert_eq!(at(Time::from_secs(1_799_999_939)), Err(Failure::Premature));
    assert_eq!(at(Time::from_secs(0)), Err(Failure::Premature));
}

#[test]
fn any_other_number_is_wrong() {
    let right = solved()["number"].as_u64().expect("a number");
    for number in [0, right + 1, 1 << 53] {
        let mut wrong = solved();
        wrong["number"] = json!(number);
        assert_eq!(verified(&wrong, NOW), Err(Failure::WrongAnswer), "{number}");
    }
}

#[test]
fn a_payload_of_another_form_is_malformed() {
    let changed = |name: &str, value: Value| {
        let mut payload = solved();
        payload[name] = value;
        verified(&payload, NOW)
    };
    for (name, value) in [
        ("algorithm", json!("SHA-1")),
        ("algorithm", json!(null)),
        ("challenge", json!("00")),
        ("number", json!("1")),
        ("number", json!(-1)),
        ("number", json!(1.5)),
        ("number", json!(u64::MAX)),
        ("salt", json!("abc")),
        ("salt", json!("")),
        ("signature", json!("zz".repeat(32))),
        ("signature", json!(["x"])),
    ] {
        assert_eq!(
            changed(name, value.clone()),
            Err(Failure::Malformed),
            "{name} {value}"
        );
    }
    let verify = |payload: &[u8]| verify(payload, here(), Difficulty::MIN, NOW, &keys(&["a"]));
    let twice = solved().to_string().replacen('{', "{\"number\":1,", 1);
    for payload in [
        &b""[..],
        b"e30=",
        b"bnVsbA==",
        b"\xff\xfe",
        b"!",
        STANDARD.encode(twice).as_bytes(),
    ] {
        assert_eq!(verify(payload), Err(Failure::Malformed), "{payload:?}");
    }
    assert_eq!(verify(&[b'A'; 1_025]), Err(Failure::TooLarge));
    assert_eq!(verify(&[b'A'; 1_024]), Err(Failure::Malformed));
}

#[test]
fn the_salt_leaves_room_for_every_number_in_its_last_block() {
    for difficulty in [Difficulty::MIN, Difficulty::MAX] {
        let salt = Challenge::issue(
            here(),
            difficulty,
            DEFAULT_LIFETIME,
            NOW,
            Randomness([7; 20]),
            &keys(&["a"]),
        )
        .salt;
        assert!(
            salt.len() % 64 + difficulty.get().to_string().len() <= 55,
            "{salt}"
        );
    }
}

proptest! {
    #[test]
    fn every_challenge_can_be_solved_within_its_difficulty(random: [u8; 20]) {
        let solution = issue_with(random).solve().expect("a solution");
        prop_assert!(solution.verify(here(), Difficulty::MIN, NOW, &keys(&["a"])).is_ok());
        prop_assert_eq!(Solution::parse(solution.payload().as_bytes()), Ok(solution));
    }

    #[test]
    fn any_bytes_are_refused_or_read_back_the_same(bytes: Vec<u8>, json in ".{0,200}") {
        let keys = keys(&["a"]);
        prop_assert!(verify(&bytes, here(), Difficulty::MIN, NOW, &keys).is_err());
        prop_assert!(verify(STANDARD.encode(json).as_bytes(), here(), Difficulty::MIN, NOW, &keys).is_err());
    }

    #[test]
    fn a_payload_with_one_changed_byte_is_refused_or_means_the_same(at in 0_usize..460, to: u8) {
        let payload = issue().solve().expect("a solution").payload();
        let whole = verify(payload.as_bytes(), here(), Difficulty::MIN, NOW, &keys(&["a"]));
        let mut changed = payload.clone().into_bytes();
        let at = at % changed.len();
        changed[at] = to;
        let result = verify(&changed, here(), Difficulty::MIN, NOW, &keys(&["a"]));
        prop_assert!(result.is_err() || result == whole);
    }
}
