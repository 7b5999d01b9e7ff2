//! What no answer can do, however it was made.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{FailureReason, PRESET_NAMES, Provider};
use super::decoding::score;
use super::with_fields;
use crate::intelligence::{Flag, Reputation};

#[test]
fn what_is_no_object_is_refused_under_its_own_reason() {
    let provider = with_fields(&json!({"vpn": ["v"]}));
    let deep = |open: &str, close: &str, depth: usize| open.repeat(depth) + &close.repeat(depth);
    for (body, reason) in [
        (String::new(), FailureReason::EmptyBody),
        (" \r\n".to_owned(), FailureReason::EmptyBody),
        ("<html>".to_owned(), FailureReason::NotJson),
        (r#"{"v": tr"#.to_owned(), FailureReason::NotJson),
        (
            r#"{"v": true} {"v": false}"#.to_owned(),
            FailureReason::NotJson,
        ),
        (r#"{"v": 1e999}"#.to_owned(), FailureReason::NotJson),
        ("[]".to_owned(), FailureReason::WrongShape),
        ("null".to_owned(), FailureReason::WrongShape),
        ("\"v\"".to_owned(), FailureReason::WrongShape),
        ("[".repeat(100_000), FailureReason::TooDeep),
        (deep("[", "]", 100_000), FailureReason::TooDeep),
        (r#"{"v":"#.repeat(100_000), FailureReason::TooDeep),
        (
            format!(r#"{{"x":{}}}"#, deep("[", "]", 100_000)),
            FailureReason::TooDeep,
        ),
    ] {
        let start: String = body.chars().take(40).collect();
        assert_eq!(provider.decode(body.as_bytes()), Err(reason), "{start}");
    }
}

#[test]
fn huge_and_odd_numbers_are_read_without_harm() {
    let provider = Provider::preset("ipasis").unwrap();
    for number in [
        "1e308",
        "-1e308",
        "1e-320",
        "-0",
        "18446744073709551616",
        "9".repeat(300).as_str(),
        "0.1e1",
    ] {
        let body = format!(
            r#"{{"trust_score":{number},"asn":{{"ASN":{number}}},"privacy":{{"VPN":{number}}},"loc":"{number},{number}"}}"#
        );
        provider.decode(body.as_bytes()).expect(number);
    }
}

#[test]
fn of_an_enormous_object_or_list_only_the_start_is_read() {
    let provider = with_fields(&json!({"vpn": ["v", "l[].v"]}));
    let said = |body: String| {
        let decoded = provider.decode(body.as_bytes()).unwrap();
        decoded.reputation.flags.get(Flag::Vpn)
    };
    for (before, expected) in [(1023, Some(true)), (1024, None)] {
        let keys = r#""x":0,"#.repeat(before);
        assert_eq!(said(format!(r#"{{{keys}"v":true}}"#)), expected);
        let elements = r#"{},"#.repeat(before);
        assert_eq!(
            said(format!(r#"{{"l":[{elements}{{"v":true}}]}}"#)),
            expected
        );
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z0-9 .,-]{0,12}".prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    // Mostly keys that some preset knows, so that values of the wrong kind stand where they are looked for.
    let key = prop_oneof![
        proptest::sample::select(vec![
            "privacy",
            "VPN",
            "is_vpn",
            "security",
            "asn",
            "ASN",
            "type",
            "company",
            "risk",
            "score",
            "trust_score",
            "loc",
            "location",
            "latitude",
            "longitude",
            "country",
            "tunnels",
            "classifications",
            "name",
            "data",
            "usageType",
            "success",
            "message",
            "traits",
            "anonymizer",
            "anonymous",
            "carrier",
            "abuser_score",
            "ip",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_any_preset_panic(body in prop::collection::vec(any::<u8>(), 0..256)) {
        for preset in PRESET_NAMES {
            let _ = Provider::preset(preset).unwrap().decode(&body);
        }
    }

    #[test]
    fn no_json_makes_any_preset_panic_or_say_more_than_it_found(body in any_json()) {
        for preset in PRESET_NAMES {
            if let Ok(decoded) = Provider::preset(preset).unwrap().decode(body.to_string().as_bytes())
                && decoded.mapped_fields == 0
            {
                prop_assert_eq!(decoded.reputation, Reputation::default());
            }
        }
    }

    #[test]
    fn more_risk_never_lowers_the_score_and_more_trust_never_raises_it(
        one in 0.0..1.0, other in 0.0..1.0, max in 0.1..1e6,
    ) {
        let (one, other) = (one * max, other * max);
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        let said = |value: f64, direction: &str| {
            score(json!({"path": "s", "direction": direction, "max": max}), json!({"s": value})).unwrap()
        };
        prop_assert!(said(low, "risk") <= said(high, "risk"));
        prop_assert!(said(low, "trust") >= said(high, "trust"));
    }
}
