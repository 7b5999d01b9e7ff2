//! Reading an answer: what each kind of value says.

use serde_json::{Value, json};

use super::{decode, with_fields};
use crate::intelligence::{AsnType, Flag, Position};

fn flag(fields: Value, body: Value) -> Option<bool> {
    decode(&with_fields(&fields), &body)
        .reputation
        .flags
        .get(Flag::Vpn)
}

pub(super) fn score(place: Value, body: Value) -> Option<u8> {
    let decoded = decode(&with_fields(&json!({ "score": [place] })), &body);
    decoded.reputation.score.map(|score| score.get())
}

#[test]
fn a_flag_is_read_from_every_way_to_write_yes_and_no() {
    for yes in [
        json!(true),
        json!(1),
        json!(1.0),
        json!("true"),
        json!("YES"),
        json!("1"),
    ] {
        assert_eq!(
            flag(json!({"vpn": ["v"]}), json!({"v": yes})),
            Some(true),
            "{yes}"
        );
    }
    for no in [
        json!(false),
        json!(0),
        json!(-0.0),
        json!("False"),
        json!("no"),
        json!("0"),
    ] {
        assert_eq!(
            flag(json!({"vpn": ["v"]}), json!({"v": no})),
            Some(false),
            "{no}"
        );
    }
}

#[test]
fn a_flag_that_is_not_said_is_unknown() {
    for unknown in [
        json!(null),
        json!(""),
        json!("  "),
        json!("N/A"),
        json!("unknown"),
        json!(2),
        json!(-1),
        json!("maybe"),
        json!([]),
        json!([true]),
        json!({}),
        json!({"v": true}),
    ] {
        assert_eq!(
            flag(json!({"vpn": ["v"]}), json!({"v": unknown})),
            None,
            "{unknown}"
        );
    }
    assert_eq!(flag(json!({"vpn": ["v"]}), json!({"other": true})), None);
}

#[test]
fn yes_wins_over_no_whatever_the_order_of_places() {
    for places in [json!(["a", "b"]), json!(["b", "a"])] {
        assert_eq!(
            flag(json!({"vpn": places}), json!({"a": false, "b": true})),
            Some(true)
        );
        assert_eq!(
            flag(json!({"vpn": places}), json!({"a": null, "b": false})),
            Some(false)
        );
    }
}

#[test]
fn a_word_that_is_no_member_is_a_no_unless_the_table_says_otherwise() {
    let test = |otherwise: &str| json!({"vpn": [{"path": "t", "when": {"one_of": ["VPN"]}, "otherwise": otherwise}]});
    for (value, said) in [
        (json!("vpn"), Some(true)),
        (json!(" Vpn "), Some(true)),
        (json!(["x", "vpn"]), Some(true)),
        (json!("isp"), Some(false)),
        (json!(["x", "y"]), Some(false)),
        (json!(""), None),
        (json!([]), None),
        (json!(["", null]), None),
        (json!(7), None),
        (json!([7]), None),
    ] {
        assert_eq!(flag(test("no"), json!({"t": value})), said, "{value}");
        let unless_no = said.filter(|said| *said);
        assert_eq!(
            flag(test("unknown"), json!({"t": value})),
            unless_no,
            "{value}"
        );
    }
}

#[test]
fn presence_says_yes_and_never_no() {
    let fields = json!({"vpn": [{"path": "c", "when": "present"}]});
    for (value, said) in [
        (json!({"name": "x"}), Some(true)),
        (json!(["x"]), Some(true)),
        (json!("ExampleBot"), Some(true)),
        (json!({}), None),
        (json!({"name": null}), None),
        (json!([""]), None),
        (json!(null), None),
        (json!(false), None),
        (json!("false"), None),
    ] {
        assert_eq!(flag(fields.clone(), json!({"c": value})), said, "{value}");
    }
}

#[test]
fn a_number_is_compared() {
    let fields = json!({"vpn": [{"path": "c", "when": {"at_least": 75}}]});
    for (value, said) in [
        (json!(75), Some(true)),
        (json!("99 (certain)"), Some(true)),
        (json!(74.9), Some(false)),
        (json!(null), None),
        (json!("high"), None),
        (json!(true), None),
    ] {
        assert_eq!(flag(fields.clone(), json!({"c": value})), said, "{value}");
    }
}

#[test]
fn a_flag_that_another_explains_away_is_unknown_and_not_a_no() {
    let provider = with_fields(&json!({
        "proxy": [{"path": "proxy", "unless": ["vpn"]}],
        "vpn": ["vpn"],
    }));
    let proxy = |body: Value| decode(&provider, &body).reputation.flags.get(Flag::Proxy);
    assert_eq!(proxy(json!({"proxy": true, "vpn": true})), None);
    assert_eq!(proxy(json!({"proxy": true, "vpn": false})), Some(true));
    assert_eq!(proxy(json!({"proxy": true})), Some(true));
    assert_eq!(proxy(json!({"proxy": false, "vpn": false})), Some(false));
}

#[test]
fn paths_reach_into_lists() {
    let body = json!({"t": [{"k": false}, {"K": true}], "m": [[{"k": true}]]});
    assert_eq!(flag(json!({"vpn": ["t[].k"]}), body.clone()), Some(true));
    assert_eq!(flag(json!({"vpn": ["t[0].k"]}), body.clone()), Some(false));
    assert_eq!(flag(json!({"vpn": ["t[1].k"]}), body.clone()), Some(true));
    assert_eq!(flag(json!({"vpn": ["t[2].k"]}), body.clone()), None);
    assert_eq!(
        flag(json!({"vpn": ["m[0][0].k"]}), body.clone()),
        Some(true)
    );
    assert_eq!(flag(json!({"vpn": ["t.k"]}), body), None);
}

#[test]
fn of_two_keys_that_differ_in_case_the_first_wins() {
    let provider = with_fields(&json!({"vpn": ["vpn"]}));
    for (body, said) in [
        (r#"{"vpn":true,"VPN":false}"#, true),
        (r#"{"VPN":false,"vpn":true}"#, false),
        (r#"{"vpn":false,"vpn":true}"#, false),
    ] {
        let decoded = provider.decode(body.as_bytes()).unwrap();
        assert_eq!(
            decoded.reputation.flags.get(Flag::Vpn),
            Some(said),
            "{body}"
        );
    }
}

#[test]
fn a_score_rises_with_risk_and_falls_with_trust() {
    for (value, risk) in [(0, 0), (15, 15), (100, 100)] {
        let body = json!({"s": value});
        assert_eq!(
            score(json!({"path": "s", "direction": "risk"}), body.clone()),
            Some(risk)
        );
        assert_eq!(
            score(json!({"path": "s", "direction": "trust"}), body),
            Some(100 - risk)
        );
    }
}

#[test]
fn a_score_is_stretched_from_the_providers_range() {
    let unit = json!({"path": "s", "direction": "risk", "max": 1});
    assert_eq!(
        score(unit.clone(), json!({"s": "0.014 (Elevated)"})),
        Some(1)
    );
    assert_eq!(score(unit, json!({"s": "0.75"})), Some(75));
    let signed = json!({"path": "s", "direction": "trust", "min": -10, "max": 10});
    assert_eq!(score(signed, json!({"s": -5})), Some(75));
    let words = json!({"path": "s", "direction": "risk", "words": {"low": 10, "high": 80}});
    assert_eq!(score(words.clone(), json!({"s": "High"})), Some(80));
    assert_eq!(score(words.clone(), json!({"s": "42"})), Some(42));
    for unknown in [
        json!("odd"),
        json!(""),
        json!(null),
        json!(true),
        json!("inf"),
        json!("NaN"),
    ] {
        let said = score(words.clone(), json!({"s": unknown}));
        assert_eq!(said, None, "{unknown}");
    }
}

#[test]
fn the_first_score_that_says_something_wins() {
    let fields = json!({"score": [
        {"path": "trust_score", "direction": "trust"},
        {"path": "score", "direction": "risk"},
    ]});
    let provider = with_fields(&fields);
    let risk = |body: Value| {
        decode(&provider, &body)
            .reputation
            .score
            .map(|score| score.get())
    };
    assert_eq!(risk(json!({"score": 90, "trust_score": 30})), Some(70));
    assert_eq!(risk(json!({"score": 90, "trust_score": null})), Some(90));
}

#[test]
fn network_numbers_are_read_as_providers_write_them() {
    let provider = with_fields(&json!({"asn": ["a"]}));
    let asn = |value: Value| {
        decode(&provider, &json!({"a": value}))
            .reputation
            .network
            .asn
            .map(|asn| asn.get())
    };
    for value in [
        json!(64500),
        json!(64500.0),
        json!("64500"),
        json!("AS64500"),
        json!("as64500 Example Org"),
    ] {
        assert_eq!(asn(value.clone()), Some(64500), "{value}");
    }
    assert_eq!(asn(json!(u32::MAX)), Some(u32::MAX));
    for value in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!(4_294_967_296_u64),
        json!(1e300),
        json!("AS"),
        json!("AS0"),
        json!("AS-5"),
        json!("+5"),
        json!("AS99999999999999999999"),
        json!("Example"),
        json!(null),
        json!({}),
        json!("日本"),
    ] {
        assert_eq!(asn(value.clone()), None, "{value}");
    }
}

#[test]
fn types_of_network_are_read_from_common_words_and_the_operators_own() {
    let provider = with_fields(
        &json!({"asn_type": [{"path": "t", "words": {"Cloud Thing": "hosting", "isp": "business"}}]}),
    );
    let kind = |value: Value| {
        decode(&provider, &json!({"t": value}))
            .reputation
            .network
            .asn_type
    };
    assert_eq!(kind(json!("cloud-thing")), Some(AsnType::Hosting));
    assert_eq!(kind(json!("ISP")), Some(AsnType::Business));
    assert_eq!(
        kind(json!("CONTENT_DELIVERY_NETWORK")),
        Some(AsnType::Hosting)
    );
    assert_eq!(kind(json!("University")), Some(AsnType::Education));
    assert_eq!(kind(json!("Military")), Some(AsnType::Government));
    for value in [json!(""), json!(null), json!("reserved"), json!(3)] {
        assert_eq!(kind(value.clone()), None, "{value}");
    }
}

#[test]
fn a_mobile_network_is_mobile_unless_the_provider_denies_it() {
    let provider = with_fields(&json!({"asn_type": ["t"], "mobile": ["m"]}));
    let mobile = |body: Value| decode(&provider, &body).reputation.flags.get(Flag::Mobile);
    assert_eq!(mobile(json!({"t": "cellular"})), Some(true));
    assert_eq!(mobile(json!({"t": "cellular", "m": false})), Some(false));
    assert_eq!(mobile(json!({"t": "isp"})), None);
}

#[test]
fn positions_are_read_from_one_text_or_two_values() {
    let provider =
        with_fields(&json!({"position": ["loc", {"latitude": "l.lat", "longitude": "l.lon"}]}));
    let position = |body: Value| {
        decode(&provider, &body)
            .reputation
            .network
            .position
            .map(Position::to_tenths)
    };
    assert_eq!(position(json!({"loc": "33.7, -117.7"})), Some((337, -1177)));
    assert_eq!(
        position(json!({"l": {"lat": 33.7, "lon": "-117.7"}})),
        Some((337, -1177))
    );
    for body in [
        json!({"loc": "33.7"}),
        json!({"loc": "91,0"}),
        json!({"loc": "a,b"}),
        json!({"loc": "0,0"}),
        json!({"loc": "nan,1"}),
        json!({"l": {"lat": 33.7}}),
        json!({"l": {"lat": 33.7, "lon": null}}),
        json!({"l": {"lat": 0, "lon": 0}}),
        json!({"l": {"lat": 33.7, "lon": "1e2"}}),
        json!({"l": {"lat": "33.7 N", "lon": 117.7}}),
        json!({"l": {"lat": [33.7], "lon": true}}),
        json!({"loc": ","}),
    ] {
        assert_eq!(position(body.clone()), None, "{body}");
    }
}

#[test]
fn a_position_counts_with_its_proof_and_without_what_speaks_against() {
    let degrees = json!({"path": "loc", "with": ["city", "areas[].name"], "without": ["anycast"]});
    let provider = with_fields(&json!({"position": [degrees]}));
    let is_known = |more: Value| {
        let mut body = json!({"loc": "33.7,-117.7"});
        let Value::Object(more) = more else {
            panic!("expected an object");
        };
        body.as_object_mut().unwrap().extend(more);
        decode(&provider, &body)
            .reputation
            .network
            .position
            .is_some()
    };
    for body in [
        json!({"city": "Lake Forest"}),
        json!({"city": null, "areas": [{"name": ""}, {"name": "California"}]}),
        json!({"city": "Lake Forest", "anycast": false}),
        json!({"city": "Lake Forest", "anycast": null}),
    ] {
        assert!(is_known(body.clone()), "{body}");
    }
    for body in [
        json!({}),
        json!({"city": ""}),
        json!({"city": "N/A", "areas": []}),
        json!({"city": "Lake Forest", "anycast": true}),
        json!({"city": "Lake Forest", "anycast": "yes"}),
    ] {
        assert!(!is_known(body.clone()), "{body}");
    }
}

#[test]
fn fields_that_exist_are_counted_and_unreadable_ones_are_not() {
    let provider =
        with_fields(&json!({"vpn": ["v"], "score": [{"path": "s", "direction": "risk"}]}));
    for (body, count) in [
        (json!({"v": true, "s": 1}), 2),
        (json!({"v": null}), 1),
        (json!({"v": {"is": true}}), 0),
        (json!({"w": true}), 0),
    ] {
        assert_eq!(decode(&provider, &body).mapped_fields, count, "{body}");
    }
}
