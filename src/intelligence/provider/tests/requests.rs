//! The request for an address, and the key that it carries.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{ApiKey, ApiKeyError, KeyUse, PRESET_NAMES, Provider};
use super::compile;

fn key() -> ApiKey {
    ApiKey::parse("k3y:with/odd+parts").unwrap()
}

fn line(preset: &str, address: &str, key: Option<&ApiKey>) -> String {
    let request = Provider::preset(preset)
        .expect(preset)
        .request(address.parse().unwrap(), key);
    let headers: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| name != "accept")
        .map(|(name, value)| format!(" | {name}: {value}"))
        .collect();
    format!(
        "{} {}{}{}",
        request.method,
        request.authority,
        request.path,
        headers.concat()
    )
}

#[test]
fn every_preset_asks_as_its_vendor_documents() {
    for (preset, expected) in [
        (
            "ipasis",
            "GET api.ipasis.com/v1/lookup?ip=192.0.2.1 | x-api-key: k3y:with/odd+parts",
        ),
        (
            "ipinfo",
            "GET ipinfo.io/192.0.2.1/json | authorization: Bearer k3y:with/odd+parts",
        ),
        (
            "ipinfo_core",
            "GET api.ipinfo.io/lookup/192.0.2.1 | authorization: Bearer k3y:with/odd+parts",
        ),
        (
            "maxmind",
            "GET geoip.maxmind.com/geoip/v2.1/insights/192.0.2.1 | authorization: Basic azN5OndpdGgvb2RkK3BhcnRz",
        ),
        (
            "ipqualityscore",
            "GET www.ipqualityscore.com/api/json/ip/k3y%3Awith%2Fodd%2Bparts/192.0.2.1",
        ),
        (
            "ipapi_is",
            "GET api.ipapi.is/?q=192.0.2.1&key=k3y%3Awith%2Fodd%2Bparts",
        ),
        (
            "abuseipdb",
            "GET api.abuseipdb.com/api/v2/check?ipAddress=192.0.2.1&maxAgeInDays=30 | key: k3y:with/odd+parts",
        ),
        (
            "spur",
            "GET api.spur.us/v2/context/192.0.2.1 | token: k3y:with/odd+parts",
        ),
        (
            "vpnapi_io",
            "GET vpnapi.io/api/192.0.2.1?key=k3y%3Awith%2Fodd%2Bparts",
        ),
        (
            "crowdsec",
            "GET cti.api.crowdsec.net/v2/smoke/192.0.2.1 | x-api-key: k3y:with/odd+parts",
        ),
    ] {
        assert_eq!(line(preset, "192.0.2.1", Some(&key())), expected);
    }
}

#[test]
fn ipv6_is_encoded_and_mapped_ipv4_is_asked_for_as_ipv4() {
    let path = |address: &str| line("ipasis", address, None);
    assert_eq!(
        path("2001:db8::7"),
        "GET api.ipasis.com/v1/lookup?ip=2001%3Adb8%3A%3A7"
    );
    assert_eq!(
        path("::ffff:192.0.2.1"),
        "GET api.ipasis.com/v1/lookup?ip=192.0.2.1"
    );
}

#[test]
fn without_a_key_what_would_hold_it_is_left_out() {
    assert_eq!(
        line("ipapi_is", "192.0.2.1", None),
        "GET api.ipapi.is/?q=192.0.2.1"
    );
    assert_eq!(
        line("ipinfo", "192.0.2.1", None),
        "GET ipinfo.io/192.0.2.1/json"
    );
}

#[test]
fn whether_a_key_is_wanted_can_be_told() {
    let wanted = |preset: &str| Provider::preset(preset).unwrap().key_use();
    assert_eq!(wanted("ipasis"), KeyUse::Required);
    assert_eq!(wanted("ipqualityscore"), KeyUse::Required);
    assert_eq!(wanted("ipinfo"), KeyUse::Optional);
    let own = json!({"request": {"authority": "a", "path": "/{ip}"}, "fields": {"vpn": ["v"]}});
    assert_eq!(compile(own).unwrap().key_use(), KeyUse::Never);
}

#[test]
fn the_operator_may_ask_a_preset_in_another_way() {
    let request = |request: Value| {
        compile(json!({"preset": "ipasis", "request": request}))
            .unwrap()
            .request("192.0.2.1".parse().unwrap(), Some(&key()))
    };
    let bearer = request(json!({"headers": {"Authorization": "Bearer {key}"}}));
    assert_eq!(bearer.path, "/v1/lookup?ip=192.0.2.1");
    assert_eq!(
        bearer.headers,
        [(
            "authorization".to_owned(),
            "Bearer k3y:with/odd+parts".to_owned()
        )]
    );
    let older =
        request(json!({"authority": "ipasis.com", "path": "/json/{ip}?key={key}", "headers": {}}));
    assert_eq!(older.path, "/json/192.0.2.1?key=k3y%3Awith%2Fodd%2Bparts");
    assert_eq!(older.headers, []);
}

#[test]
fn neither_key_nor_request_is_ever_printed_with_the_key() {
    let key = key();
    for preset in PRESET_NAMES {
        let provider = Provider::preset(preset).unwrap();
        let request = provider.request("192.0.2.1".parse().unwrap(), Some(&key));
        let shown = format!("{key:?} {request:?} {provider:?}");
        for part in ["k3y", "odd", "azN5"] {
            assert!(!shown.contains(part), "{preset}: {shown}");
        }
    }
}

#[test]
fn a_key_that_could_break_a_request_is_refused_without_showing_it() {
    for (text, error) in [
        (String::new(), ApiKeyError::Empty),
        ("secret\n".to_owned(), ApiKeyError::Byte(6)),
        ("secret\r\nx: y".to_owned(), ApiKeyError::Byte(6)),
        ("sec ret".to_owned(), ApiKeyError::Byte(3)),
        ("secret\0".to_owned(), ApiKeyError::Byte(6)),
        ("secrét".to_owned(), ApiKeyError::Byte(4)),
        ("s".repeat(4097), ApiKeyError::TooLong),
    ] {
        let refused = ApiKey::parse(&text).unwrap_err();
        assert_eq!(refused, error);
        assert!(!refused.to_string().contains("secr"), "{refused}");
    }
    assert!(ApiKey::parse(&"s".repeat(4096)).is_ok());
}

proptest! {
    #[test]
    fn no_address_and_no_key_can_break_out_of_the_request(
        address in any::<std::net::IpAddr>(),
        text in "[!-~]{1,64}",
    ) {
        let key = ApiKey::parse(&text).unwrap();
        for preset in PRESET_NAMES {
            let request = Provider::preset(preset).unwrap().request(address, Some(&key));
            prop_assert!(request.path.starts_with('/'));
            prop_assert!(request.path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
            prop_assert_eq!(
                request.path.matches(['/', '?', '&', '=']).count(),
                Provider::preset(preset).unwrap().request(
                    address, Some(&ApiKey::parse("k").unwrap()),
                ).path.matches(['/', '?', '&', '=']).count()
            );
            for (name, value) in &request.headers {
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
                prop_assert!(value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
            }
        }
    }
}
