//! Who the client is: whose address is looked up.

use serde_json::{Value, json};

use crate::requests::{HOME, Scene, TOR, VPN, from, login};
use crate::support::{Backend, EnvoyConfig, Request};

/// The addresses that the API was asked for since the last call.
fn asked(api: &Backend) -> Vec<String> {
    let targets = api.requests().into_iter().map(|request| request.target);
    let ips = targets
        .map(|target| target.rsplit_once("ip=").unwrap().1.replace("%3A", ":"))
        .collect();
    api.forget();
    ips
}

/// Envoy trusts nobody: the peer, which is 127.0.0.1, is the client. For a peer on its own machine Envoy would append
/// the machine's address to `X-Forwarded-For`, and no test can know that one.
fn no_hops(config: EnvoyConfig) -> EnvoyConfig {
    config.manager(&json!({"xff_num_trusted_hops": 0, "skip_xff_append": true}))
}

fn trusting(client: Value) -> Value {
    let mut policy = login();
    policy["client"] = client;
    policy
}

/// A request with one line of `name` for each value.
fn lines(name: &str, values: &[&[u8]]) -> Request {
    let request = Request::post("/login");
    let values = values.iter();
    values.fold(request, |request, value| request.header(name, value))
}

#[tokio::test]
async fn the_client_is_whom_envoy_trusts_and_nobody_left_of_it() {
    let scene = Scene::start(&login()).await;
    scene.refused(&from(TOR), 403).await;
    scene.passes(&from(&format!("{TOR}, {HOME}"))).await;
    scene.refused(&from(&format!("{HOME}, {TOR}")), 403).await;
    scene.passes(&from("2600:db01::1")).await;
    assert_eq!(asked(&scene.api), [TOR, HOME, "2600:db01::1"]);
}

#[tokio::test]
async fn forwarded_addresses_are_ignored_unless_somebody_is_trusted() {
    for client in [
        json!({}),
        json!({"trusted_proxies": ["10.0.0.0/8", "2600::/16"]}),
        json!({"trusted_proxies": ["10.0.0.0/8"], "header": "cf-connecting-ip"}),
    ] {
        let scene = Scene::with(&trusting(client), no_hops).await;
        let spoofed = from(TOR).header("cf-connecting-ip", TOR);
        let seen = scene.passes(&spoofed).await;
        assert_eq!(
            seen.header("x-palisade-signals").as_deref(),
            Some("private,unknown"),
            "the client is 127.0.0.1"
        );
        assert_eq!(asked(&scene.api), [""; 0]);
    }
}

#[tokio::test]
async fn the_first_untrusted_forwarded_address_from_the_right_counts() {
    let client = json!({"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8", "2600:cafe::/32"]});
    let scene = Scene::with(&trusting(client), no_hops).await;
    let trusted = |count: usize| vec!["10.0.0.9"; count].join(",");
    let full = format!("6.6.6.6, 11.1.0.30,{}", trusted(31));
    let too_long = format!("11.1.0.31,{}", trusted(32));
    let flood = format!("11.1.0.32,{}", trusted(4_000));
    let cases: &[(&[&[u8]], &str)] = &[
        (&[b"11.1.0.1"], "11.1.0.1"),
        (&[b"6.6.6.6, 11.1.0.2"], "11.1.0.2"),
        (&[b"6.6.6.6,11.1.0.3 , 10.0.0.7"], "11.1.0.3"),
        (
            &[b"11.1.0.4", b"10.0.0.8,10.0.0.7", b"10.0.0.9"],
            "11.1.0.4",
        ),
        (&[b"6.6.6.6", b"11.1.0.5"], "11.1.0.5"),
        (&[b"garbage, 11.1.0.6"], "11.1.0.6"),
        (&[b", ,11.1.0.7,,"], "11.1.0.7"),
        (&[b"11.1.0.8:61234, 10.0.0.7:80"], "11.1.0.8"),
        (&[b"\"11.1.0.9\""], "11.1.0.9"),
        (&[b"2600:db10::1"], "2600:db10::1"),
        (&[b"2600:DB11:0::1, 2600:cafe::7"], "2600:db11::1"),
        (&[b"[2600:db12::1]:443"], "2600:db12::1"),
        (&[b"2600:db13::1%eth0"], "2600:db13::1"),
        (&[b"::ffff:11.1.0.10, ::ffff:10.0.0.7"], "11.1.0.10"),
        (&[full.as_bytes()], "11.1.0.30"),
    ];
    for (values, client) in cases {
        scene.passes(&lines("x-forwarded-for", values)).await;
        assert_eq!(asked(&scene.api), [*client], "{values:?}");
    }
    // What nobody trusted vouches for is not looked up: the last trusted proxy counts, and that is a private address.
    let odd: &[(&[&[u8]], &str)] = &[
        (&[b"11.1.0.20, unknown"], "garbage"),
        (&[b"11.1.0.21, 11.1.0.256, 10.0.0.7"], "garbage"),
        (&[b"11.1.0.22", b"\xff\xfe"], "garbage"),
        (&[b"11.1.0.23, 011.1.0.1"], "garbage"),
        (&[b"11.1.0.24, [2600:db14::1"], "garbage"),
        (&[too_long.as_bytes()], "too_long"),
        (&[flood.as_bytes()], "too_long"),
        (&[], "missing"),
        (&[b" "], "missing"),
    ];
    for (values, reason) in odd {
        let counter = format!("client_anomalies.reason={reason}");
        let before = scene.counted(&counter).await;
        scene.passes(&lines("x-forwarded-for", values)).await;
        assert_eq!(asked(&scene.api), [""; 0], "{values:?}");
        assert_eq!(scene.counted(&counter).await, before + 1, "{values:?}");
    }
}

#[tokio::test]
async fn a_named_header_of_a_trusted_peer_must_name_one_address() {
    let client = json!({"trusted_proxies": ["127.0.0.0/8"], "header": "CF-Connecting-IP"});
    let scene = Scene::with(&trusting(client), no_hops).await;
    let header = "cf-connecting-ip";
    for (value, client) in [
        (b"11.1.0.1".as_slice(), "11.1.0.1"),
        (b"[2600:db10::1]:443", "2600:db10::1"),
    ] {
        let request = lines(header, &[value]).client(TOR);
        scene.passes(&request).await;
        assert_eq!(asked(&scene.api), [client]);
    }
    let odd: &[(&[&[u8]], &str)] = &[
        (&[b"11.1.0.2", b"11.1.0.3"], "repeated"),
        (&[b"11.1.0.2, 11.1.0.3"], "repeated"),
        (&[b"\xff"], "garbage"),
        (&[b""], "missing"),
        (&[], "missing"),
    ];
    for (values, reason) in odd {
        let counter = format!("client_anomalies.reason={reason}");
        let before = scene.counted(&counter).await;
        scene.passes(&lines(header, values).client(TOR)).await;
        assert_eq!(asked(&scene.api), [""; 0], "{values:?}");
        assert_eq!(scene.counted(&counter).await, before + 1, "{values:?}");
    }
}

#[tokio::test]
async fn private_and_reserved_addresses_never_cost_a_lookup() {
    let scene = Scene::start(&login()).await;
    let special = [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "0.0.0.0",
        "::1",
        "::",
        "fc00::1",
        "fe80::1",
        "2001:db8::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
    ];
    for address in special {
        let seen = scene.passes(&from(address)).await;
        let signals = seen.header("x-palisade-signals");
        assert_eq!(signals.as_deref(), Some("private,unknown"), "{address}");
    }
    assert_eq!(asked(&scene.api), [""; 0]);
    let count = u64::try_from(special.len()).unwrap();
    assert_eq!(scene.counted("client_private").await, count);
    // And public ones do.
    scene.refused(&from(&format!("::ffff:{VPN}")), 403).await;
    assert_eq!(asked(&scene.api), [VPN]);
}

/// One address of the API's home network, as NAT64, 6to4, Teredo and a NAT64 of the operator's own carry it.
const CARRIED: [&str; 6] = [
    "11.1.2.3",
    "64:ff9b::b01:203",
    "2002:b01:203::1",
    "2002:b01:203:ffff::2",
    "2001:0:1234:5678::f4fe:fdfc",
    "2600:64:0:b01:2:300::",
];

#[tokio::test]
async fn a_client_is_its_ipv4_address_whatever_carries_it() {
    let mut policy = trusting(json!({"nat64_prefixes": ["2600:64::/48"]}));
    let scene = Scene::start(&policy).await;
    for address in CARRIED {
        scene.passes(&from(address)).await;
    }
    assert_eq!(
        asked(&scene.api),
        ["11.1.2.3"],
        "one client, asked for once"
    );
    // A list knows it as well, and one that is written in the form of a carrier.
    for cidr in [
        "11.1.2.0/24",
        "64:ff9b::11.1.2.0/120",
        "2600:64:0:b01:2::/80",
    ] {
        policy["lists"] = json!([{"name": "bad", "cidrs": [cidr], "then": "deny"}]);
        let scene = Scene::start(&policy).await;
        for address in CARRIED {
            scene.refused(&from(address), 403).await;
        }
        scene.passes(&from("64:ff9b::11.1.3.3")).await;
        assert_eq!(asked(&scene.api), ["11.1.3.3"], "{cidr}");
    }
}

#[tokio::test]
async fn a_carried_private_address_is_no_proxy_unless_named() {
    let special = [
        "64:ff9b::10.0.0.1",
        "2002:a00:1::1",
        "2001:0:1:2::f5ff:fffe",
    ];
    let proxies = json!(["127.0.0.0/8", "10.0.0.0/8"]);
    let scene = Scene::with(&trusting(json!({"trusted_proxies": proxies})), no_hops).await;
    for address in special {
        // Somebody who has such an address would else choose whom the filter sees.
        let line = format!("11.1.0.1, {address}");
        let seen = scene
            .passes(&lines("x-forwarded-for", &[line.as_bytes()]))
            .await;
        let signals = seen.header("x-palisade-signals");
        assert_eq!(signals.as_deref(), Some("private,unknown"), "{address}");
    }
    assert_eq!(asked(&scene.api), [""; 0]);
    let client =
        json!({"trusted_proxies": proxies, "nat64_prefixes": ["64:ff9b::/96", "2600:64::/96"]});
    let scene = Scene::with(&trusting(client), no_hops).await;
    for (proxy, client) in [
        ("64:ff9b::10.0.0.1", "11.1.0.1"),
        ("2600:64::10.0.0.1", "11.1.0.2"),
        ("2600:64::10.0.0.1, 64:ff9b::10.0.0.2", "11.1.0.3"),
    ] {
        let line = format!("{client}, {proxy}");
        scene
            .passes(&lines("x-forwarded-for", &[line.as_bytes()]))
            .await;
        assert_eq!(asked(&scene.api), [client], "{proxy}");
    }
    let line = b"11.1.0.1, 2002:a00:1::1";
    scene.passes(&lines("x-forwarded-for", &[line])).await;
    assert_eq!(asked(&scene.api), [""; 0], "6to4 has no name");
}
