//! What is known without a call, and when no call is made or waited for.

use maxminddb_writer::Database;
use maxminddb_writer::paths::IpAddrWithMask;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

use crate::lookups::scene::{configuration, told};
use crate::support::{Answer, EnvoyConfig, Request, Scene, http1, post};

const TYPE: &str = "type.googleapis.com/envoy.extensions";

/// The headers of the geoip filter, by the names of what they say.
fn geoip_names() -> Value {
    let fields = ["country", "asn", "vpn", "proxy", "tor", "hosting"];
    let names = fields.map(|field| (field.to_owned(), format!("x-geo-{field}").into()));
    Value::Object(names.into_iter().collect())
}

/// The headers as Envoy's own configuration names what they say.
fn geoip_fields() -> Value {
    json!({
        "country": "x-geo-country", "asn": "x-geo-asn", "anon_vpn": "x-geo-vpn",
        "anon_proxy": "x-geo-proxy", "anon_tor": "x-geo-tor", "anon_hosting": "x-geo-hosting",
    })
}

/// Sets every one of these headers to what the test says in `x-test-*`, and so overwrites what the client sent.
fn stands_in_for_geoip(config: EnvoyConfig) -> EnvoyConfig {
    let set = |(field, name): (&String, &Value)| {
        let header = json!({"key": name, "value": format!("%REQ(x-test-{field})%")});
        json!({"append": {"header": header}})
    };
    let names = geoip_names();
    let mutations = names.as_object().unwrap().iter().map(set).collect();
    config
        .filter(removes_geoip_headers())
        .filter(header_mutation(mutations))
}

/// What has to stand before the geoip filter: Envoy leaves what a client sent where its databases say nothing.
fn removes_geoip_headers() -> Value {
    let names = geoip_names();
    let names = names.as_object().unwrap().values();
    header_mutation(names.map(|name| json!({"remove": name})).collect())
}

fn header_mutation(mutations: Vec<Value>) -> Value {
    json!({"name": "envoy.filters.http.header_mutation", "typed_config": {
        "@type": format!("{TYPE}.filters.http.header_mutation.v3.HeaderMutation"),
        "mutations": {"request_mutations": mutations},
    }})
}

/// Only what the geoip filter says is known.
fn only_geoip() -> Value {
    let mut configuration = configuration(json!({}));
    configuration
        .as_object_mut()
        .unwrap()
        .remove("intelligence");
    configuration["geoip"] = geoip_names();
    configuration
}

/// A login of which the geoip filter says this: `("tor", "true")`.
fn login(said: &[(&str, &str)]) -> Request {
    let said = said.iter();
    said.fold(post("/login", "11.0.0.1"), |request, (field, value)| {
        request.header(format!("x-test-{field}"), value)
    })
}

#[tokio::test]
async fn geoip_headers_that_the_operator_names_decide_without_any_api() {
    let scene = Scene::with(&only_geoip(), stands_in_for_geoip).await;
    let ask =
        async |said: &[(&str, &str)]| http1(scene.envoy.address, &login(said)).await.verdict();
    for (field, expected) in [
        ("tor", "deny tor"),
        ("hosting", "deny hosting"),
        ("vpn", "challenge vpn"),
        ("proxy", "challenge proxy"),
    ] {
        assert_eq!(ask(&[(field, "true")]).await, expected);
        assert_eq!(
            ask(&[(field, "false"), ("country", "DE"), ("asn", "64501")]).await,
            "allow"
        );
        assert_eq!(told(&scene.application.last()), "score=0 asn=64501 DE");
        assert_eq!(ask(&[(field, "perhaps")]).await, "deny unknown");
    }
    assert_eq!(
        ask(&[("country", "DE"), ("asn", "64501")]).await,
        "deny unknown",
        "facts about the network only"
    );
}

#[tokio::test]
async fn what_a_client_sends_as_geoip_headers_is_overwritten() {
    let scene = Scene::with(&only_geoip(), stands_in_for_geoip).await;
    let forged = login(&[("tor", "true")])
        .header("x-geo-tor", "false")
        .header("X-Geo-Tor", "false");
    assert_eq!(
        http1(scene.envoy.address, &forged).await.verdict(),
        "deny tor"
    );
    let forged = login(&[])
        .header("x-geo-vpn", "false")
        .header("x-geo-country", "DE");
    assert_eq!(
        http1(scene.envoy.address, &forged).await.verdict(),
        "deny unknown"
    );
}

#[tokio::test]
async fn geoip_headers_are_believed_only_when_the_operator_names_them() {
    let mut named = configuration(json!({}));
    named["geoip"] = geoip_names();
    for (configuration, expected, calls) in [
        (named, "deny tor", 0),
        (configuration(json!({})), "allow", 1),
    ] {
        let scene = Scene::with(&configuration, stands_in_for_geoip).await;
        let response = http1(
            scene.envoy.address,
            &login(&[("tor", "true"), ("vpn", "false")]),
        )
        .await;
        assert_eq!(
            (response.verdict().as_str(), scene.api.count()),
            (expected, calls)
        );
    }
}

#[tokio::test]
async fn the_api_adds_what_geoip_headers_do_not_say() {
    let mut configuration = configuration(json!({}));
    configuration["geoip"] = geoip_names();
    let scene = Scene::with(&configuration, stands_in_for_geoip).await;
    scene.api.answer(Answer::json(
        &json!({"privacy": {"VPN": true, "Tor": false}}),
    ));
    let said = login(&[("tor", "false"), ("country", "DE"), ("asn", "64501")]);
    assert_eq!(
        http1(scene.envoy.address, &said).await.verdict(),
        "challenge vpn"
    );
    scene.api.answer_to("11.0.0.2", Answer::status(500));
    let failed = said.clone().header("x-forwarded-for", "11.0.0.2");
    assert_eq!(
        http1(scene.envoy.address, &failed).await.verdict(),
        "deny unknown",
        "a local database alone is not enough"
    );
    assert_eq!(scene.api.count(), 2);
}

#[tokio::test]
async fn envoys_own_geoip_filter_decides_without_a_call() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    database(
        &file("city.mmdb"),
        "GeoIP2-City",
        &[("11.0.0.0/8", json!({"country": {"iso_code": "DE"}}))],
    );
    database(
        &file("asn.mmdb"),
        "GeoLite2-ASN",
        &[
            // Envoy expects 32 bits here, and JSON has only 64.
            (
                "11.1.0.0/16",
                BTreeMap::from([("autonomous_system_number", 64_501_u32)]),
            ),
        ],
    );
    let anonymous = |name: &str| {
        let mut flags = json!({"is_anonymous": true});
        flags[name] = true.into();
        flags
    };
    database(
        &file("anonymous.mmdb"),
        "GeoIP2-Anonymous-IP",
        &[
            ("11.2.0.0/16", anonymous("is_tor_exit_node")),
            ("11.3.0.0/16", anonymous("is_hosting_provider")),
            ("11.4.0.0/16", anonymous("is_anonymous_vpn")),
            ("11.5.0.0/16", anonymous("is_public_proxy")),
        ],
    );
    let mut configuration = only_geoip();
    configuration["lists"] = json!([{"name": "partners", "asns": [64501], "then": "allow"}]);
    let scene = Scene::with(&configuration, |config| {
        config.workers(1).filter(removes_geoip_headers()).filter(
            json!({"name": "envoy.filters.http.geoip", "typed_config": {
                "@type": format!("{TYPE}.filters.http.geoip.v3.Geoip"),
                "provider": {"name": "envoy.geoip_providers.maxmind", "typed_config": {
                    "@type": format!("{TYPE}.geoip_providers.maxmind.v3.MaxMindConfig"),
                    "common_provider_config": {"geo_field_keys": geoip_fields()},
                    "city_db_path": file("city.mmdb"),
                    "asn_db_path": file("asn.mmdb"),
                    "anon_db_path": file("anonymous.mmdb"),
                }},
            }}),
        )
    })
    .await;
    for (address, expected) in [
        ("11.1.0.1", "allow"),
        ("11.2.0.1", "deny tor"),
        ("11.3.0.1", "deny hosting"),
        ("11.4.0.1", "challenge vpn"),
        ("11.5.0.1", "challenge proxy"),
        ("11.6.0.1", "deny unknown"),
    ] {
        assert_eq!(scene.ask("/login", address).await, expected, "{address}");
        let forged = post("/login", address)
            .header("x-geo-tor", "false")
            .header("x-geo-asn", "64501");
        assert_eq!(
            http1(scene.envoy.address, &forged).await.verdict(),
            expected,
            "{address}"
        );
    }
    let seen = scene.application.last();
    assert_eq!(seen.header("x-palisade-lists").as_deref(), Some("partners"));
    assert_eq!(told(&seen), "unknown asn=64501 DE");
}

/// Writes a database of these networks.
fn database(file: &Path, kind: &str, networks: &[(&str, impl Serialize)]) {
    let mut database = Database::default();
    database.metadata.binary_format_major_version = 2;
    database.metadata.database_type = kind.to_owned();
    database.metadata.languages = vec!["en".to_owned()];
    database.metadata.build_epoch = 1_750_000_000;
    database.metadata.description = [("en".to_owned(), "made by a test".to_owned())].into();
    for (network, record) in networks {
        let record = database.insert_value(record).unwrap();
        database.insert_node(network.parse::<IpAddrWithMask>().unwrap(), record);
    }
    database
        .write_to(std::fs::File::create(file).unwrap())
        .unwrap();
}

#[tokio::test]
async fn what_an_operators_list_decides_makes_no_call() {
    let mut configuration = configuration(json!({}));
    configuration["lists"] = json!([
        {"name": "office", "cidrs": ["11.1.0.0/16", "2600:db00::/32"], "then": "allow"},
        {"name": "banned", "cidrs": ["11.2.0.0/16"], "then": "deny"},
        {"name": "labelled", "cidrs": ["11.3.0.0/16"]},
        {"name": "partners", "asns": ["AS64500"], "then": "allow"},
    ]);
    let scene = Scene::single(&configuration).await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    for (address, expected) in [
        ("11.1.2.3", "allow"),
        ("2600:db00::7", "allow"),
        ("11.2.2.3", "deny banned"),
    ] {
        assert_eq!(scene.ask("/login", address).await, expected);
    }
    assert_eq!(scene.api.count(), 0);
    // A label decides nothing, and the network's number is not known before it was asked for.
    assert_eq!(scene.ask("/login", "11.3.2.3").await, "allow");
    assert_eq!(scene.api.count(), 1);
    let lists = scene.application.last().header("x-palisade-lists");
    assert_eq!(lists.as_deref(), Some("labelled,partners"));
}

#[tokio::test]
async fn a_background_lookup_judges_the_second_request() {
    let mut configuration = configuration(json!({}));
    configuration["routes"][0]["lookup"] = "background".into();
    configuration["routes"][0]["on_unknown"] = "allow".into();
    for stop_iteration in [false, true] {
        let scene = Scene::with(&configuration, |config| {
            config.workers(1).stop_iteration(stop_iteration)
        })
        .await;
        scene.api.answer(Answer::ipasis(&["Tor"]));
        scene.api.hold();
        for _ in 0..2 {
            let response = http1(
                scene.envoy.address,
                &post("/login", "11.0.0.1").body("user=alice"),
            )
            .await;
            assert_eq!(response.verdict(), "allow");
            let seen = scene.application.last();
            assert_eq!(
                (told(&seen).as_str(), &seen.body[..]),
                ("unknown", b"user=alice".as_slice())
            );
        }
        scene.api.arrived(1).await;
        scene.api.release();
        scene
            .wait_until("lookups.result=answer", |answers| answers == 1)
            .await;
        assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny tor");
        assert_eq!(scene.api.count(), 1);
    }
}

#[tokio::test]
async fn a_route_without_lookups_uses_only_what_is_known() {
    let mut configuration = configuration(json!({}));
    let off = json!({"name": "off", "match": {"path": "/off"}, "lookup": "off", "on_unknown": "challenge"});
    configuration["routes"].as_array_mut().unwrap().push(off);
    let scene = Scene::single(&configuration).await;
    scene.api.answer(Answer::ipasis(&["Tor"]));
    assert_eq!(scene.ask("/off", "11.0.0.1").await, "challenge unknown");
    assert_eq!(scene.api.count(), 0);
    assert_eq!(scene.ask("/login", "11.0.0.1").await, "deny tor");
    assert_eq!(scene.ask("/off", "11.0.0.1").await, "deny tor");
    assert_eq!(scene.api.count(), 1);
}

#[tokio::test]
async fn addresses_that_are_nobodys_on_the_internet_cost_no_lookup() {
    let scene = Scene::single(&configuration(json!({}))).await;
    let addresses = [
        "10.0.0.1",
        "127.0.0.1",
        "169.254.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "192.0.2.1",
        "240.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "2001:db8::1",
    ];
    for address in addresses {
        assert_eq!(
            scene.ask("/login", address).await,
            "deny unknown",
            "{address}"
        );
    }
    assert_eq!(scene.api.count(), 0);
    assert_eq!(
        scene.counted("client_private").await,
        addresses.len() as u64
    );
}
