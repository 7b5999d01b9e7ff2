//! Who the client is, and which proxies are believed about it.

use serde_json::{Value, json};

use super::{load_tree, refused, with};

fn trusting(proxies: Value) -> Value {
    with(json!({ "client": { "trusted_proxies": proxies } }))
}

#[test]
fn proxies_that_are_everybody_are_refused_however_written() {
    let place = |index: usize| format!("client.trusted_proxies[{index}]");
    for (proxies, path) in [
        (json!(["0.0.0.0/0"]), place(0)),
        (json!(["::/0"]), place(0)),
        (json!(["10.0.0.0/8", "::ffff:0:0/96"]), place(1)),
        (json!(["2000::/3"]), place(0)),
        (json!(["0.0.0.0/1", "128.0.0.0/1"]), place(1)),
        (
            json!(["16.0.0.0/4", "64.0.0.0/4"]),
            "client.trusted_proxies".to_owned(),
        ),
        (
            json!(["2600::/13", "2a00::/13"]),
            "client.trusted_proxies".to_owned(),
        ),
    ] {
        refused(&trusting(proxies), &path, "trusts everybody");
    }
    let own = |prefix: &str, proxy: &str| {
        with(json!({ "client": { "nat64_prefixes": [prefix], "trusted_proxies": [proxy] } }))
    };
    for (prefix, proxy) in [
        ("2001:db8:64::/96", "2001:db8:64::/96"),
        ("2001:db8:64::/96", "2001:db8:64::/98"),
        ("64:ff9b::/96", "64:ff9b::/96"),
        ("64:ff9b:1::/48", "64:ff9b:1::/48"),
    ] {
        refused(&own(prefix, proxy), &place(0), "trusts everybody");
    }
    for proxies in [
        json!([
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "fc00::/7",
            "127.0.0.0/8"
        ]),
        json!(["104.16.0.0/12", "2606:4700::/32"]),
    ] {
        assert!(load_tree(&trusting(proxies)).is_ok());
    }
    let named = own("64:ff9b::/96", "64:ff9b::10.0.0.0/104");
    assert!(load_tree(&named).is_ok());
}

#[test]
fn a_proxy_behind_a_strangers_translation_is_refused() {
    for proxy in [
        "64:ff9b::/96",
        "64:ff9b::10.0.0.1",
        "2002::/16",
        "2002:a00:1::/48",
        "2001::/32",
        "64:ff9b:1::/96",
    ] {
        let path = "client.trusted_proxies[0]";
        refused(&trusting(json!([proxy])), path, "client.nat64_prefixes");
    }
}

#[test]
fn prefixes_of_nat64_are_checked_each_by_itself() {
    let nat64 = |prefixes: Value| with(json!({ "client": { "nat64_prefixes": prefixes } }));
    let place = |index: usize| format!("client.nat64_prefixes[{index}]");
    for (prefixes, path, words) in [
        (
            json!([]),
            "client.nat64_prefixes".to_owned(),
            "at least one",
        ),
        (json!(["10.0.0.0/8"]), place(0), "IPv6 prefix"),
        (
            json!(["2001:db8::/95"]),
            place(0),
            "32, 40, 48, 56, 64 or 96",
        ),
        (json!(["2001:db8::1"]), place(0), "32, 40, 48, 56, 64 or 96"),
        (json!(["2001:db8::1/96"]), place(0), "zeros behind"),
        (json!(["2002::/32"]), place(0), "have a meaning already"),
        (
            json!(["2001:db8::/96", "2001:db8::/32"]),
            place(1),
            "shares no address",
        ),
    ] {
        refused(&nat64(prefixes), &path, words);
    }
    let many: Vec<String> = (1..=17).map(|n| format!("2001:db8:{n}::/96")).collect();
    refused(&nat64(json!(many)), "client.nat64_prefixes", "at most 16");
}

#[test]
fn a_list_of_every_address_behind_a_translation_is_refused() {
    let list = |cidr: &str| with(json!({ "lists": [{ "name": "a", "cidrs": [cidr] }] }));
    for cidr in ["64:ff9b::/96", "2002::/16", "2001::/32"] {
        refused(&list(cidr), "lists[0].cidrs[0]", "every IPv4 address");
    }
    for cidr in ["64:ff9b::10.0.0.0/104", "2002:a00::/24", "0.0.0.0/0"] {
        assert!(load_tree(&list(cidr)).is_ok(), "{cidr}");
    }
}
