//! Tests of what stands in unusual places of an answer, or in unusual forms.

use serde_json::{Value, json};

use super::{compile, decode, parsed, with_fields};
use crate::intelligence::provider::FailureReason;
use crate::intelligence::{Flag, Score};

#[test]
fn a_step_of_a_path_is_the_address_that_was_asked_for() {
    let provider = with_fields(
        &json!({"proxy": ["{ip}.proxy"], "score": [{"path": "data.{ip}.risk", "direction": "risk"}]}),
    );
    for address in ["203.0.113.7", "2001:db8::7", "2001:DB8:0:0:0:0:0:7"] {
        let body =
            json!({"status": "ok", address: {"proxy": "yes"}, "data": {address: {"risk": 66}}});
        let known = decode(&provider, &body).reputation;
        assert_eq!(known.flags.get(Flag::Proxy), Some(true), "{address}");
        assert_eq!(known.score.map(Score::get), Some(66), "{address}");
    }
    let body = json!({"status": "ok", "host": {"proxy": "yes"}, "data": [{"risk": 66}]});
    assert_eq!(decode(&provider, &body).mapped_fields, 0);
}

#[test]
fn a_path_that_could_match_nothing_is_refused() {
    for path in [
        "*.proxy",
        "data.*",
        "ip{ip}.proxy",
        "{address}.proxy",
        "{ip",
        "data.{ip}x",
    ] {
        let wrong = compile(json!({
            "request": {"authority": "api.example.net", "path": "/{ip}"},
            "fields": {"proxy": [path]},
        }));
        let told = wrong.expect_err(path);
        assert!(
            told[0].to_string().contains("{ip}.risk"),
            "{path}: {}",
            told[0]
        );
    }
}

#[test]
fn a_number_can_be_one_of_several() {
    let flag = |words: Value, value: Value| {
        let provider = with_fields(&json!({"hosting": [{"path": "t", "when": {"one_of": words}}]}));
        decode(&provider, &json!({"t": value}))
            .reputation
            .flags
            .get(Flag::Hosting)
    };
    for words in [json!([2, 7]), json!(["2", "7"]), json!(["vps", 7])] {
        assert_eq!(flag(words.clone(), json!(7)), Some(true), "{words}");
        assert_eq!(flag(words.clone(), json!("7")), Some(true), "{words}");
        assert_eq!(flag(words.clone(), json!([1, 7])), Some(true), "{words}");
        assert_eq!(flag(words.clone(), json!(70)), Some(false), "{words}");
    }
    let wrong = parsed(&json!({"fields": {"vpn": [{"path": "t", "when": {"one_of": [1.5]}}]}}));
    let told = wrong.expect_err("no word");
    assert!(
        told[0].to_string().contains("a word or a whole number"),
        "{}",
        told[0]
    );
}

#[test]
fn a_number_beyond_its_scale_says_nothing() {
    let provider = with_fields(&json!({"score": [
        {"path": "result", "direction": "risk"}, {"path": "trust", "direction": "trust", "min": -10, "max": 10},
    ]}));
    for (body, risk) in [
        (json!({"result": "-6"}), None),
        (json!({"result": -0.01}), None),
        (json!({"result": 101}), None),
        (json!({"result": 100}), Some(100)),
        (json!({"result": "-6", "trust": -10}), Some(100)),
        (json!({"trust": 11}), None),
    ] {
        let known = decode(&provider, &body).reputation;
        assert_eq!(known.score.map(Score::get), risk, "{body}");
    }
}

#[test]
fn an_api_may_refuse_by_a_word() {
    let decoded = |success: Value, status: Value| {
        let provider = compile(json!({
            "request": {"authority": "api.example.net", "path": "/{ip}"},
            "fields": {"vpn": ["vpn"]},
            "success": success,
        }));
        let body = json!({"status": status, "vpn": false, "message": "over the limit"});
        provider
            .expect("valid")
            .decode(body.to_string().as_bytes())
            .err()
    };
    let (plain, own) = (
        json!({"path": "status"}),
        json!({"path": "status", "one_of": ["ok", 200]}),
    );
    for (status, refused) in [
        (json!("success"), false),
        (json!("ok"), false),
        (json!(true), false),
        (json!(null), false),
        (json!("fail"), true),
        (json!("Error"), true),
        (json!("denied"), true),
        (json!(false), true),
    ] {
        let reason = refused.then_some(FailureReason::NotSuccess);
        assert_eq!(decoded(plain.clone(), status.clone()), reason, "{status}");
    }
    for (status, refused) in [
        (json!("OK"), false),
        (json!(200), false),
        (json!("warning"), true),
        (json!(429), true),
    ] {
        let reason = refused.then_some(FailureReason::NotSuccess);
        assert_eq!(decoded(own.clone(), status.clone()), reason, "{status}");
    }
    let quota = json!({"path": "status", "message": "message", "quota_words": ["limit"]});
    assert_eq!(
        decoded(quota, json!("fail")),
        Some(FailureReason::QuotaExhausted)
    );
}

#[test]
fn neither_a_satellite_nor_a_wide_radius_is_a_place() {
    let place = json!({"path": "loc", "radius": "radius", "max_radius": 50});
    let provider = with_fields(&json!({"asn": ["asn"], "position": [place]}));
    for (more, is_known) in [
        (json!({}), true),
        (json!({"radius": 50}), true),
        (json!({"radius": "5"}), true),
        (json!({"radius": null}), true),
        (json!({"radius": 51}), false),
        (json!({"radius": "1000"}), false),
        (json!({"asn": 3320}), true),
        (json!({"asn": 14593}), false),
        (json!({"asn": "AS7155 Viasat"}), false),
        (json!({"asn": 800}), false),
        (json!({"asn": 40_316}), false),
        (json!({"asn": 40_317}), true),
        (json!({"asn": 135_409}), false),
    ] {
        let mut body = json!({"loc": "33.7,-117.7"});
        for (name, value) in more.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let known = decode(&provider, &body).reputation.network.position;
        assert_eq!(known.is_some(), is_known, "{body}");
    }
    for radius in [0, 1001] {
        let place = json!({"path": "loc", "radius": "r", "max_radius": radius});
        let wrong = compile(json!({
            "request": {"authority": "api.example.net", "path": "/{ip}"},
            "fields": {"position": [place]},
        }));
        assert!(
            wrong.expect_err("refused")[0]
                .to_string()
                .contains("1 to 1000 km")
        );
    }
}
