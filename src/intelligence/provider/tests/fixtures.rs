//! Every preset against answers in the shapes that its vendor documents.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::super::{FailureReason, PRESET_NAMES, Provider};
use crate::intelligence::{Flag, Reputation};

/// What each answer says; `!` is a known no, what is missing is unknown.
const EXPECTED: &[(&str, &str)] = &[
    (
        "abuseipdb/mobile",
        "!tor !hosting mobile score:7 type:mobile in:US",
    ),
    ("abuseipdb/nulls", ""),
    (
        "abuseipdb/residential",
        "!tor !hosting !mobile score:0 type:isp in:US",
    ),
    (
        "abuseipdb/tor_hosting",
        "tor hosting !mobile score:100 type:hosting in:DE",
    ),
    ("crowdsec/crawler", "!proxy crawler score:0 asn:64502 in:NL"),
    (
        "crowdsec/proxy_or_vpn",
        "proxy abuse score:80 asn:64502 in:NL",
    ),
    ("crowdsec/tor", "tor abuse score:100 asn:64502 in:NL"),
    ("crowdsec/unknown", ""),
    ("crowdsec/vpn", "vpn hosting abuse score:80 asn:64502 in:NL"),
    (
        "ipapi_is/abusive_hosting",
        "!vpn !proxy !tor hosting !mobile abuse !crawler score:61 asn:64501 type:hosting in:US",
    ),
    (
        "ipapi_is/crawler",
        "!vpn !proxy !tor hosting !mobile !abuse crawler score:0 asn:64501 type:hosting in:US",
    ),
    (
        "ipapi_is/education_elevated",
        "!vpn !proxy !tor !hosting !mobile !abuse !crawler score:1 asn:64501 type:education in:US",
    ),
    ("ipapi_is/nulls", ""),
    (
        "ipapi_is/residential",
        "!vpn !proxy !tor !hosting !mobile !abuse !crawler score:0 asn:64501 type:isp in:US at:337,-1177",
    ),
    (
        "ipasis/hosting_denied",
        "!vpn !proxy !tor !relay !hosting !abuse !crawler asn:64505 type:hosting in:US at:390,-775",
    ),
    ("ipasis/nulls", ""),
    (
        "ipasis/older_flat",
        "vpn !proxy !tor hosting !abuse !crawler in:NL",
    ),
    (
        "ipasis/older_flat_asn",
        "!vpn !proxy !tor !hosting !abuse !crawler asn:64510 type:hosting",
    ),
    (
        "ipasis/older_nested",
        "!vpn proxy !tor hosting asn:64511 type:hosting",
    ),
    (
        "ipasis/older_nested_mobile",
        "!vpn !proxy !tor !hosting mobile asn:64512 type:mobile",
    ),
    (
        "ipasis/residential",
        "!vpn !proxy !tor !relay !hosting !abuse !crawler asn:64501 type:isp in:US at:337,-1177",
    ),
    ("ipasis/third_party_score", "vpn !proxy score:91"),
    ("ipasis/third_party_trust", "!vpn !proxy score:15"),
    (
        "ipasis/tor",
        "!vpn !proxy tor !relay !hosting abuse !crawler asn:64503 type:hosting in:DE at:501,87",
    ),
    (
        "ipasis/types_empty",
        "!vpn !proxy !tor !relay !hosting !abuse !crawler asn:64504",
    ),
    ("ipasis/validate_email", "vpn !tor score:72"),
    ("ipasis/validate_email_details", "vpn score:50"),
    (
        "ipasis/vpn_hosting",
        "vpn !proxy !tor !relay hosting !abuse !crawler asn:64502 type:hosting in:RO at:444,261",
    ),
    (
        "ipinfo/mobile",
        "!vpn !proxy !tor !relay !hosting mobile asn:64520 in:GB at:336,-1177",
    ),
    ("ipinfo/nulls", "in:FR"),
    (
        "ipinfo/residential",
        "!vpn !proxy !tor !relay !hosting asn:64501 type:isp in:US at:336,-1177",
    ),
    (
        "ipinfo/vpn",
        "vpn !proxy !tor !relay hosting asn:64502 type:hosting in:NL at:336,-1177",
    ),
    ("ipinfo_core/bogon", "drift"),
    (
        "ipinfo_core/residential",
        "!vpn !proxy !tor !relay !residential_proxy !hosting !mobile asn:64501 type:isp in:RO at:444,261",
    ),
    (
        "ipinfo_core/residential_proxy",
        "!vpn !proxy !tor !relay residential_proxy !hosting mobile asn:64501 type:isp in:RO at:444,261",
    ),
    (
        "ipinfo_core/tor",
        "!vpn !proxy tor !relay !residential_proxy hosting !mobile asn:64503 type:hosting in:RO at:444,261",
    ),
    (
        "ipqualityscore/free_plan",
        "!vpn !proxy !tor !crawler score:0 asn:64501 in:US at:337,-1177",
    ),
    (
        "ipqualityscore/mobile_free_plan",
        "!vpn !proxy !tor !hosting mobile !crawler score:0 asn:64501 type:mobile in:US at:337,-1177",
    ),
    (
        "ipqualityscore/proxy",
        "!vpn proxy !tor !hosting !mobile abuse !crawler score:75 asn:64501 type:isp in:US at:337,-1177",
    ),
    ("ipqualityscore/refused_address", "failure:not_success"),
    ("ipqualityscore/refused_key", "failure:refused_key"),
    ("ipqualityscore/refused_quota", "failure:quota_exhausted"),
    (
        "ipqualityscore/residential",
        "!vpn !proxy !tor !hosting !mobile !abuse !crawler score:0 asn:64501 type:isp in:US at:337,-1177",
    ),
    (
        "ipqualityscore/tor",
        "!vpn tor hosting !mobile !abuse !crawler score:100 type:hosting",
    ),
    (
        "ipqualityscore/vpn",
        "vpn !tor hosting !mobile !abuse !crawler score:87 asn:64501 type:hosting in:US at:337,-1177",
    ),
    (
        "maxmind/cellular",
        "!hosting mobile asn:64501 type:mobile in:US",
    ),
    ("maxmind/empty", ""),
    (
        "maxmind/residential",
        "!hosting !mobile score:0 asn:64501 type:isp in:US at:336,-1177",
    ),
    (
        "maxmind/residential_proxy_older",
        "residential_proxy !hosting !mobile asn:64501 type:isp in:US",
    ),
    (
        "maxmind/vpn",
        "vpn hosting !mobile score:63 asn:64501 type:hosting in:US",
    ),
    ("spur/mobile", "!hosting mobile asn:64520 type:mobile in:GB"),
    (
        "spur/residential_proxy",
        "residential_proxy abuse asn:64501 in:US",
    ),
    ("spur/sparse", "asn:64501"),
    (
        "spur/tor_and_proxy",
        "!vpn proxy tor hosting !mobile asn:64503 type:hosting in:DE",
    ),
    (
        "spur/vpn",
        "vpn !proxy !tor hosting !mobile asn:64502 type:hosting in:NL",
    ),
    (
        "vpnapi_io/residential",
        "!vpn !proxy !tor !relay asn:64501 in:US at:336,-1177",
    ),
    ("vpnapi_io/tor_blanks", "tor !relay"),
    (
        "vpnapi_io/vpn_relay",
        "vpn !proxy !tor relay asn:64501 in:US at:336,-1177",
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/providers")
}

fn describe(reputation: &Reputation) -> String {
    let mut text = String::new();
    for flag in Flag::ALL {
        match reputation.flags.get(flag) {
            Some(true) => write!(text, "{} ", flag.name()).unwrap(),
            Some(false) => write!(text, "!{} ", flag.name()).unwrap(),
            None => {}
        }
    }
    if let Some(score) = reputation.score {
        write!(text, "score:{} ", score.get()).unwrap();
    }
    let network = reputation.network;
    if let Some(asn) = network.asn {
        write!(text, "asn:{asn} ").unwrap();
    }
    if let Some(kind) = network.asn_type {
        write!(text, "type:{} ", kind.name()).unwrap();
    }
    if let Some(country) = network.country {
        write!(text, "in:{} ", country.as_str()).unwrap();
    }
    if let Some(position) = network.position {
        let (latitude, longitude) = position.to_tenths();
        write!(text, "at:{latitude},{longitude} ").unwrap();
    }
    text.trim_end().to_owned()
}

fn decode(name: &str, body: &[u8]) -> String {
    let (preset, _) = name.split_once('/').unwrap();
    match Provider::preset(preset).expect(preset).decode(body) {
        Ok(decoded) if decoded.mapped_fields == 0 => "drift".to_owned(),
        Ok(decoded) => describe(&decoded.reputation),
        Err(reason) => format!("failure:{}", reason.name()),
    }
}

fn read(name: &str) -> Vec<u8> {
    fs::read(root().join(format!("{name}.json"))).expect(name)
}

#[test]
fn every_preset_reads_its_vendors_answers() {
    let wrong: Vec<_> = EXPECTED
        .iter()
        .map(|(name, expected)| (*name, *expected, decode(name, &read(name))))
        .filter(|(_, expected, actual)| actual != expected)
        .map(|(name, expected, actual)| format!("{name}:\n  {expected}\n  {actual}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "expected, then read:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_preset_has_answers_and_every_answer_an_expectation() {
    for preset in PRESET_NAMES {
        let files = fs::read_dir(root().join(preset)).expect(preset);
        let mut count = 0;
        for file in files {
            let file = file.unwrap().path();
            let name = format!("{preset}/{}", file.file_stem().unwrap().to_str().unwrap());
            assert!(
                EXPECTED.iter().any(|(known, _)| *known == name),
                "{name} has no expectation"
            );
            count += 1;
        }
        assert!(count >= 3, "{preset} has {count} answers");
    }
}

/// Renames every key of a JSON document.
fn rename(value: Value, to: fn(&str) -> String) -> Value {
    match value {
        Value::Object(entries) => entries
            .into_iter()
            .map(|(key, value)| (to(&key), rename(value, to)))
            .collect(),
        Value::Array(elements) => elements.into_iter().map(|each| rename(each, to)).collect(),
        other => other,
    }
}

#[test]
fn the_case_of_keys_never_matters() {
    let swapped = |key: &str| {
        key.chars()
            .map(|c| {
                if c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                }
            })
            .collect()
    };
    let changes: [fn(&str) -> String; 3] = [str::to_uppercase, str::to_lowercase, swapped];
    for (name, expected) in EXPECTED {
        for change in changes {
            let body: Value = serde_json::from_slice(&read(name)).unwrap();
            let body = rename(body, change).to_string();
            assert_eq!(decode(name, body.as_bytes()), *expected, "{name}: {body}");
        }
    }
}

#[test]
fn nulls_and_empty_texts_are_never_a_no() {
    fn blank(value: Value, with: &Value) -> Value {
        match value {
            Value::Object(entries) => entries
                .into_iter()
                .map(|(key, value)| (key, blank(value, with)))
                .collect(),
            Value::Array(elements) => elements.into_iter().map(|each| blank(each, with)).collect(),
            _ => with.clone(),
        }
    }
    for (name, _) in EXPECTED {
        for with in [Value::Null, Value::String(String::new())] {
            let body: Value = serde_json::from_slice(&read(name)).unwrap();
            let body = blank(body, &with).to_string();
            let said = decode(name, body.as_bytes());
            assert!(
                said.is_empty() || said == "drift",
                "{name} with {with}: {said}"
            );
        }
    }
}

#[test]
fn an_answer_of_another_shape_is_drift_and_not_a_clean_address() {
    for preset in PRESET_NAMES {
        for body in [
            r#"{}"#,
            r#"{"result":{"address":"198.51.100.7","verdict":"fine"}}"#,
            r#"{"error":"no"}"#,
        ] {
            assert_eq!(
                decode(&format!("{preset}/x"), body.as_bytes()),
                "drift",
                "{preset}: {body}"
            );
        }
    }
}

#[test]
fn a_refusal_with_status_200_is_no_answer_even_with_fields() {
    let provider = Provider::preset("ipqualityscore").unwrap();
    let refused = provider.decode(&read("ipqualityscore/refused_address"));
    assert_eq!(refused, Err(FailureReason::NotSuccess));
}
