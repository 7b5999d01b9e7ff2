use serde_json::json;

use super::{load_tree, refused, route, rule, with, with_api};

#[test]
fn what_nobody_can_mean_is_refused_with_its_place_and_what_was_expected() {
    for (tree, path, words) in [
        (with(json!({ "routes": [] })), "routes", "at least one"),
        (with(json!({ "mode": "sometimes" })), "mode", "sometimes"),
        (
            with(json!({ "client": { "trusted_proxies": [] } })),
            "client.trusted_proxies",
            "at least one CIDR",
        ),
        (
            with(json!({ "client": { "header": "x-real-ip" } })),
            "client.header",
            "trusted_proxies",
        ),
        (
            with(
                json!({ "client": { "trusted_proxies": ["10.0.0.0/8"], "header": "not a name" } }),
            ),
            "client.header",
            "header name",
        ),
        (with(json!({ "geoip": {} })), "geoip", "at least one header"),
        (
            with(json!({ "lists": [{ "name": "a" }] })),
            "lists[0]",
            "cidrs or asns",
        ),
        (
            with(json!({ "lists": [{ "name": "a", "cidrs": [] }] })),
            "lists[0].cidrs",
            "at least one",
        ),
        (
            with(json!({ "lists": [{ "name": "A B", "asns": [1] }] })),
            "lists[0].name",
            "a-z",
        ),
        (
            with(json!({ "lists": [{ "name": "a", "asns": [1] }, { "name": "a", "asns": [2] }] })),
            "lists[1].name",
            "no other list",
        ),
        (
            with(json!({ "lists": [{ "name": "a", "asns": [1], "weight": 101 }] })),
            "lists[0].weight",
            "-100 to 100",
        ),
        (
            with(json!({ "score": { "weights": { "tor": 1000 } } })),
            "score.weights.tor",
            "-100 to 100",
        ),
        (
            with(json!({ "annotate": { "headers": ["ref", "ref"] } })),
            "annotate.headers",
            "once",
        ),
        (route(json!({ "name": "A B" })), "routes[0].name", "a-z"),
        (
            route(json!({ "step_up": "two words" })),
            "routes[0].step_up",
            "visible ASCII",
        ),
        (
            route(json!({ "match": { "methods": [] } })),
            "routes[0].match.methods",
            "at least one",
        ),
        (
            route(json!({ "match": { "methods": ["PO ST"] } })),
            "routes[0].match.methods",
            "PO ST",
        ),
        (
            route(json!({ "match": { "hosts": ["http://x"] } })),
            "routes[0].match.hosts[0]",
            "host",
        ),
        (
            route(json!({ "match": { "path": "login" } })),
            "routes[0].match.path",
            "/login",
        ),
        (
            route(json!({ "match": { "path": ["/a", { "regex": "(" }] } })),
            "routes[0].match.path[1]",
            "(",
        ),
        (
            rule(json!({ "when": "toor", "then": "deny" })),
            "routes[0].rules[0].when",
            "residential_proxy",
        ),
        (
            rule(json!({ "when": { "list": "nobody" }, "then": "deny" })),
            "routes[0].rules[0].when.list",
            "one of `lists`",
        ),
        (
            rule(json!({ "when": { "any": [] }, "then": "deny" })),
            "routes[0].rules[0].when.any",
            "at least one",
        ),
        (
            rule(json!({ "when": { "asn_type": ["shop"] }, "then": "deny" })),
            "routes[0].rules[0].when.asn_type[0]",
            "hosting",
        ),
        (
            rule(json!({ "when": "tor", "then": "deny", "status": 200 })),
            "routes[0].rules[0].status",
            "400 to 599",
        ),
        (
            rule(json!({ "when": "tor", "then": "allow", "message": "hi" })),
            "routes[0].rules[0]",
            "for refusals",
        ),
        (
            rule(json!({ "when": "tor", "then": "deny", "name": "list_x" })),
            "routes[0].rules[0].name",
            "list_",
        ),
        (
            rule(json!({ "when": "tor", "then": "deny", "name": "default_x" })),
            "routes[0].rules[0].name",
            "default_",
        ),
        (
            route(
                json!({ "rules": ["default", { "name": "default_tor", "when": "tor", "then": "deny" }] }),
            ),
            "routes[0].rules[1].name",
            "no other rule",
        ),
        (
            with_api(json!({ "provider": "nobody" })),
            "intelligence.provider",
            "ipasis",
        ),
        (
            with_api(json!({ "cluster": "" })),
            "intelligence.cluster",
            "cluster",
        ),
        (
            with_api(json!({ "api_key_env": null })),
            "intelligence.api_key_env",
            "variable that holds the key",
        ),
        (
            with_api(json!({ "api_key_env": "NOT_SET" })),
            "intelligence.api_key_env",
            "set in the VM",
        ),
        (
            with_api(json!({ "api_key_env": "BROKEN_KEY" })),
            "intelligence.api_key_env",
            "line end",
        ),
        (
            with_api(json!({ "timeout": "3s" })),
            "intelligence.timeout",
            "10ms to 2s",
        ),
        (
            with_api(json!({ "timeout": "0" })),
            "intelligence.timeout",
            "10ms to 2s",
        ),
        (
            with_api(json!({ "max_response": "2MiB" })),
            "intelligence.max_response",
            "1048576",
        ),
        (
            with_api(json!({ "cache": { "entries": 1 } })),
            "intelligence.cache.entries",
            "1024 to 1048576",
        ),
        (
            with_api(json!({ "cache": { "ipv6_prefix": 129 } })),
            "intelligence.cache.ipv6_prefix",
            "16 to 128",
        ),
        (
            with_api(json!({ "cache": { "flags": "2h", "network": "1h" } })),
            "intelligence.cache.network",
            "at least as long",
        ),
        (
            with_api(json!({ "breaker": { "open_for": "10m", "longest": "1m" } })),
            "intelligence.breaker.longest",
            "10m",
        ),
        (
            with_api(
                json!({ "provider": { "preset": "ipasis", "request": { "path": "no slash" } } }),
            ),
            "intelligence.provider.request.path",
            "/",
        ),
    ] {
        refused(&tree, path, words);
    }
}

#[test]
fn unknown_fields_are_refused_wherever_they_stand() {
    for (tree, path) in [
        (with(json!({ "rout": 1 })), "rout"),
        (
            with(json!({ "client": { "proxies": 1 } })),
            "client.proxies",
        ),
        (route(json!({ "on_unkown": "deny" })), "routes[0].on_unkown"),
        (
            route(json!({ "match": { "prefix": "/x" } })),
            "routes[0].match.prefix",
        ),
        (
            rule(json!({ "when": "tor", "then": "deny", "than": 1 })),
            "routes[0].rules[0].than",
        ),
        (
            with_api(json!({ "cache": { "ttl": "1s" } })),
            "intelligence.cache.ttl",
        ),
    ] {
        refused(&tree, path, "there is no such field");
    }
}

#[test]
fn wrong_types_are_refused_wherever_they_stand() {
    for (tree, path) in [
        (with(json!({ "lists": "none" })), "lists"),
        (
            with(json!({ "lists": [{ "name": "a", "asns": [0] }] })),
            "lists[0].asns[0]",
        ),
        (
            with(json!({ "lists": [{ "name": "a", "cidrs": ["10.0.0.0/33"] }] })),
            "lists[0].cidrs[0]",
        ),
        (route(json!({ "on_unknown": 1 })), "routes[0].on_unknown"),
        (
            rule(json!({ "when": { "score": ">=101" }, "then": "deny" })),
            "routes[0].rules[0].when.score",
        ),
        (
            rule(json!({ "when": { "country": ["Germany"] }, "then": "deny" })),
            "routes[0].rules[0].when.country[0]",
        ),
        (with_api(json!({ "timeout": 500 })), "intelligence.timeout"),
        (
            with_api(json!({ "daily_budget": 0 })),
            "intelligence.daily_budget",
        ),
    ] {
        refused(&tree, path, "expected");
    }
}

#[test]
fn several_mistakes_are_told_at_once() {
    let form = json!({ "mode": 1, "client": { "x": 1 }, "routes": [{ "name": "a", "match": {}, "lookup": "never" }] });
    let errors = load_tree(&form).map(|_| ()).expect_err("refused");
    let paths: Vec<String> = errors
        .0
        .iter()
        .map(|error| error.path.to_string())
        .collect();
    for path in ["mode", "client.x", "routes[0].lookup"] {
        assert!(paths.iter().any(|told| told == path), "{path} in {paths:?}");
    }
    let meaning =
        with(json!({ "lists": [{ "name": "A" }], "score": { "weights": { "tor": 999 } } }));
    let errors = load_tree(&meaning).map(|_| ()).expect_err("refused");
    assert!(errors.0.len() >= 3, "{errors}");
}

#[test]
fn what_stands_there_is_shown_but_never_a_secret() {
    let errors = load_tree(&with(json!({ "mode": "sometimes" })))
        .map(|_| ())
        .expect_err("refused");
    assert!(errors.to_string().contains("\"sometimes\""), "{errors}");
    let errors = load_tree(&with_api(json!({ "api_key": "geheim" })))
        .map(|_| ())
        .expect_err("refused");
    assert!(!errors.to_string().contains("geheim"), "{errors}");
}

#[test]
fn every_wrong_element_of_a_list_is_told_with_its_own_place() {
    let tree = with(json!({ "lists": [{ "name": "a", "cidrs": ["x", "11.0.0.0/8", "y", "z"] }] }));
    for index in [0, 2, 3] {
        refused(&tree, &format!("lists[0].cidrs[{index}]"), "CIDR");
    }
}

#[test]
fn a_field_that_stands_there_twice_is_refused() {
    let text = br#"{"mode": "enforce", "mode": "monitor", "routes": [{"name": "a", "match": {}}]}"#;
    let errors = crate::config::load(text, &|_| None)
        .map(|_| ())
        .expect_err("refused");
    assert!(errors.to_string().contains("more than once"), "{errors}");
}

#[test]
fn a_long_list_is_read_to_its_end() {
    let cidrs: Vec<String> = (0..100_000_u32)
        .map(|number| {
            format!(
                "{}/32",
                std::net::Ipv4Addr::from_bits(0x0b00_0000 + number * 2)
            )
        })
        .collect();
    let mut tree = with(json!({ "lists": [{ "name": "a", "cidrs": cidrs, "then": "deny" }] }));
    let policy = load_tree(&tree).expect("valid");
    let last = crate::address::ClientAddress::parse(b"11.3.13.62").expect("an address");
    assert!(!policy.lists.memberships(Some(last), None).is_empty());
    tree["lists"][0]["cidrs"][99_999] = json!("no CIDR");
    refused(&tree, "lists[0].cidrs[99999]", "CIDR");
}

/// One limit on the only route, with accounts in a form.
fn limited(limit: serde_json::Value) -> serde_json::Value {
    let mut tree = route(json!({ "limits": ["a"] }));
    tree["identity"] = json!({ "account": [{ "form": "email" }] });
    tree["limits"] = json!([limit]);
    tree
}

#[test]
fn a_limit_on_sessions_wants_to_know_where_they_stand() {
    for limit in [
        json!({ "name": "a", "key": ["session"], "limit": 5, "window": "1m" }),
        json!({ "name": "a", "key": ["subnet"], "count": "distinct(session)", "limit": 5, "window": "1m" }),
    ] {
        let mut tree = limited(limit);
        refused(&tree, "limits[0]", "identity.session");
        tree["identity"]["session"] = json!(["bearer"]);
        assert!(load_tree(&tree).is_ok());
    }
    let codes = json!({ "name": "a", "limit": 3, "window": "1h", "codes": { "length": 6 } });
    assert!(load_tree(&limited(codes)).is_ok(), "by account at least");
}

#[test]
fn a_limit_on_codes_that_lets_guesses_through_is_refused() {
    for more in [
        json!({ "then": "annotate" }),
        json!({ "then": "step_up" }),
        json!({ "when": "tor" }),
    ] {
        let mut limit =
            json!({ "name": "a", "limit": 3, "window": "1h", "codes": { "length": 6 } });
        super::merge(&mut limit, more);
        refused(&limited(limit), "limits[0]", "may guess without end");
    }
}

#[test]
fn an_object_that_chooses_the_form_of_a_path_has_no_other_field() {
    let with = |form| route(json!({ "match": { "path": form } }));
    assert!(load_tree(&with(json!({ "prefix": "/a" }))).is_ok());
    let two = with(json!({ "prefix": "/a", "exact": "/b" }));
    refused(&two, "routes[0].match.path.prefix", "only one field here");
}
