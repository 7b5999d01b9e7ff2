//! Limits, accounts, devices and unlock links as operators write them.

use super::*;
use crate::decision::{Action, Mode};
use crate::limits::{Count, Devices, KeyPart, LimitPolicy, Mobile, Penalty, Refusals, Uncounted};

/// One limit with these fields, and a route that names it.
fn limit(more: Value) -> Value {
    let mut limit = json!({ "name": "limit", "key": ["subnet"], "limit": 5, "window": "1m" });
    merge(&mut limit, more);
    let mut tree = route(json!({ "limits": ["limit"] }));
    tree["limits"] = json!([limit]);
    tree["identity"] =
        json!({ "account": [{ "form": "email" }], "session": [{ "cookie": "sid" }] });
    tree
}

fn compiled(more: Value) -> LimitPolicy {
    let policy = load_tree(&limit(more)).expect("valid");
    policy.limits[0].clone()
}

#[test]
fn a_limit_says_only_who_how_many_and_how_long() {
    let plain = compiled(json!({}));
    assert_eq!(plain.key, [KeyPart::Subnet]);
    assert!(matches!(&plain.count, Count::Attempts(choices) if choices.rest.get() == 5));
    assert_eq!(plain.terms.penalty, Penalty::None);
    assert_eq!(plain.terms.refusals, Refusals::Ignored);
    assert_eq!(plain.terms.uncounted, Uncounted::Allow);
    assert_eq!(
        (plain.rule.then, plain.rule.mode),
        (Action::Limit, Mode::Enforce)
    );
    assert!(plain.rule.tells_quota);
    assert_eq!(plain.mobile, Mobile::Evidence);
    assert_eq!(plain.devices, Devices::Separate);
    let account = compiled(json!({ "key": ["account"] }));
    assert_eq!(account.terms.uncounted, Uncounted::Refuse);
    assert!(!account.rule.tells_quota);
}

#[test]
fn a_limits_own_subnet_leaves_the_rest_to_identity() {
    let lengths = |identity: Value, own: Value| {
        let mut tree = limit(json!({ "subnet": own }));
        tree["identity"]["subnet"] = identity;
        let policy = load_tree(&tree).expect("valid");
        let lengths = policy.limits[0].subnet.expect("its own");
        (lengths.v4(), lengths.v6())
    };
    assert_eq!(lengths(json!({}), json!({ "ipv6": 48 })), (24, 48));
    assert_eq!(
        lengths(json!({ "ipv4": 16, "ipv6": 56 }), json!({ "ipv4": 8 })),
        (8, 56)
    );
    assert_eq!(compiled(json!({})).subnet, None);
    let told = json!({ "key": ["account"], "count": "distinct(subnet)", "subnet": { "ipv6": 48 } });
    assert!(compiled(told).subnet.is_some());
}

#[test]
fn a_limits_own_subnet_that_means_nothing_is_refused() {
    for (more, path, words) in [
        (json!({ "subnet": {} }), "limits[0].subnet", "ipv4 or ipv6"),
        (
            json!({ "subnet": { "ipv4": 7 } }),
            "limits[0].subnet.ipv4",
            "8 to 32",
        ),
        (
            json!({ "subnet": { "ipv6": 15 } }),
            "limits[0].subnet.ipv6",
            "16 to 128",
        ),
        (
            json!({ "key": ["address"], "subnet": { "ipv6": 48 } }),
            "limits[0].subnet",
            "knows no subnets",
        ),
        (
            json!({ "key": ["account"], "count": "distinct(address)", "subnet": { "ipv6": 48 } }),
            "limits[0].subnet",
            "knows no subnets",
        ),
    ] {
        refused(&limit(more), path, words);
    }
}

#[test]
fn the_order_of_a_key_means_nothing() {
    let one = compiled(json!({ "key": ["account", "subnet"] }));
    let other = compiled(json!({ "key": ["subnet", "account"] }));
    assert_eq!(one.key, other.key);
}

#[test]
fn every_way_to_write_a_block_is_understood() {
    use std::time::Duration;
    let block = |value: Value| match compiled(json!({ "block_for": value })).terms.penalty {
        Penalty::None => (0, 0),
        Penalty::For(wait) => (wait.get().as_secs(), 0),
        Penalty::Growing { first, longest } => (first.get().as_secs(), longest.get().as_secs()),
    };
    assert_eq!(block(json!("10m")), (600, 0));
    assert_eq!(block(json!("growing")), (30, 3_600));
    assert_eq!(block(json!({})), (30, 3_600));
    assert_eq!(
        block(json!({ "first": "1m", "longest": "1d" })),
        (60, 86_400)
    );
    assert_eq!(
        compiled(json!({ "window": "30d" })).terms.window.get(),
        Duration::from_secs(2_592_000)
    );
}

#[test]
fn codes_are_counted_by_account_and_by_session() {
    let mut tree = limit(json!({ "limit": 3, "window": "1h", "codes": { "length": 6 } }));
    let limit = tree["limits"][0].as_object_mut().expect("an object");
    limit.remove("key");
    let policy = load_tree(&tree).expect("valid");
    let limits: Vec<(&str, &[KeyPart])> = policy
        .limits
        .iter()
        .map(|limit| (limit.rule.name.as_str(), &*limit.key))
        .collect();
    assert_eq!(
        limits,
        [
            ("limit", &[KeyPart::Account][..]),
            ("limit_session", &[KeyPart::Session][..])
        ]
    );
    assert_eq!(policy.protections[0].limits.len(), 2);
    for (limits, codes, words) in [
        (
            json!({ "limit": 3 }),
            json!({ "length": 4 }),
            "1 in 139 a day (72 guesses at 10,000 codes, 1 valid at once)",
        ),
        (
            json!({ "limit": 3 }),
            json!({ "length": 6, "valid_at_once": 3 }),
            "1 in 4,630 a day",
        ),
        (json!({ "limit": 5 }), json!({ "length": 6 }), "1 in 8,3"),
        (
            json!({ "limit": 3 }),
            json!({ "length": 6, "one_in": 20_000 }),
            "at most 1 in 20000",
        ),
    ] {
        merge(&mut tree["limits"][0], limits);
        tree["limits"][0]["codes"] = codes;
        refused(&tree, "limits[0].codes", words);
    }
    tree["limits"][0]["codes"] = json!({ "length": 4, "alphabet": 36 });
    assert!(load_tree(&tree).is_ok(), "letters as well");
}

#[test]
fn what_no_limit_can_mean_is_refused_at_its_place() {
    for (more, path, words) in [
        (
            json!({ "limit": 0 }),
            "limits[0].limit",
            "expected 1 to 16777215",
        ),
        (
            json!({ "limit": 16_777_216 }),
            "limits[0].limit",
            "expected 1 to 16777215",
        ),
        (json!({ "limit": -1 }), "limits[0].limit", "a number"),
        (
            json!({ "limit": { "clean": 0, "risky": 5 } }),
            "limits[0].limit.clean",
            "expected 1 to",
        ),
        (
            json!({ "limit": { "clean": 60 } }),
            "limits[0].limit",
            "risky",
        ),
        (json!({ "limit": [] }), "limits[0].limit", "at least one"),
        (
            json!({ "limit": [{ "limit": 5 }, { "limit": 6 }] }),
            "limits[0].limit[0]",
            "`when`",
        ),
        (
            json!({ "limit": [{ "when": "vpn", "limit": 5 }] }),
            "limits[0].limit[0]",
            "no `when`",
        ),
        (
            json!({ "count": "distinct(account)", "limit": 201 }),
            "limits[0].limit",
            "expected 1 to 200",
        ),
        (
            json!({ "count": "distinct(subnet)" }),
            "limits[0].count",
            "in the key as well",
        ),
        (
            json!({ "count": "errors" }),
            "limits[0].count",
            "attempts, failures, successes",
        ),
        (
            json!({ "window": "999ms" }),
            "limits[0].window",
            "1s to 30d",
        ),
        (json!({ "window": "31d" }), "limits[0].window", "1s to 30d"),
        (
            json!({ "block_for": "0" }),
            "limits[0].block_for",
            "1s to 30d",
        ),
        (
            json!({ "block_for": { "first": "1h", "longest": "1m" } }),
            "limits[0].block_for.longest",
            "no less than",
        ),
        (
            json!({ "block_for": "shrinking" }),
            "limits[0].block_for",
            "growing",
        ),
        (json!({ "key": [] }), "limits[0].key", "at least one"),
        (
            json!({ "key": ["subnet", "subnet"] }),
            "limits[0].key",
            "each part once",
        ),
        (json!({ "key": ["ip"] }), "limits[0].key[0]", "address"),
        (
            json!({ "on_success": "clear" }),
            "limits[0].on_success",
            "account",
        ),
        (
            json!({ "key": ["account"], "on_success": "clear" }),
            "limits[0].on_success",
            "subnet or address",
        ),
        (json!({ "status": 200 }), "limits[0].status", "400 to 599"),
        (
            json!({ "then": "annotate", "message": "no" }),
            "limits[0]",
            "for refusals",
        ),
        (json!({ "name": "a b" }), "limits[0].name", "a-z"),
        (
            json!({ "codes": { "length": 6 } }),
            "limits[0].key",
            "no key beside codes",
        ),
        (
            json!({ "when": { "list": "nobody" } }),
            "limits[0].when.list",
            "one of `lists`",
        ),
    ] {
        refused(&limit(more), path, words);
    }
}

#[test]
fn names_that_nobody_has_and_names_twice_are_refused() {
    let mut tree = limit(json!({}));
    tree["routes"][0]["limits"] = json!(["limit", "nobody"]);
    refused(&tree, "routes[0].limits[1]", "one of `limits`");
    tree["routes"][0]["limits"] = json!(["limit", "limit"]);
    refused(&tree, "routes[0].limits[1]", "each limit once");
    let mut tree = limit(json!({}));
    let again = tree["limits"][0].clone();
    tree["limits"] = json!([again, again]);
    refused(&tree, "limits[1].name", "no other limit");
}

#[test]
fn a_limit_on_accounts_wants_to_know_where_they_stand() {
    let mut tree = limit(json!({ "key": ["account"] }));
    let fields = tree.as_object_mut().expect("an object");
    fields.remove("identity");
    refused(&tree, "routes[0].account", "where they stand");
    tree["routes"][0]["account"] = json!(["basic"]);
    assert!(load_tree(&tree).is_ok());
}

#[test]
fn the_memory_of_counters_is_bounded_both_ways() {
    for memory in ["63KiB", "2000MiB"] {
        let mut tree = limit(json!({}));
        tree["counters"] = json!({ "memory": memory });
        refused(&tree, "counters.memory", "64KiB to 1GiB");
    }
}

#[test]
fn what_is_signed_wants_keys() {
    for (part, value) in [
        ("device", json!({})),
        ("unlock", json!({ "path": "/unlock", "redirect": "/login" })),
    ] {
        let mut tree = limit(json!({}));
        tree[part] = value;
        refused(&tree, part, "signing_keys_env");
        tree["signing_keys_env"] = json!(["SIGNING_KEY"]);
        assert!(load_tree(&tree).is_ok(), "{part}");
        tree["signing_keys_env"] = json!(["KEY"]);
        refused(&tree, "signing_keys_env[0]", "shorter than 32 bytes");
    }
}

#[test]
fn an_unlock_link_leads_from_a_path_to_a_page() {
    for (field, value) in [
        ("path", "unlock"),
        ("path", "/unlock?x=1"),
        ("path", "/ünlock"),
        ("parameter", ""),
        ("parameter", "a=b"),
        ("redirect", "javascript:alert(1)"),
        ("redirect", "/login\r\nset-cookie: a=b"),
        ("redirect", "/login#top"),
    ] {
        let mut tree = limit(json!({}));
        tree["signing_keys_env"] = json!(["SIGNING_KEY"]);
        tree["unlock"] = json!({ "path": "/unlock", "redirect": "/login" });
        tree["unlock"][field] = value.into();
        refused(&tree, &format!("unlock.{field}"), "expected");
    }
}

#[test]
fn a_threshold_that_cannot_be_reached_is_refused() {
    let choice = |when: Value| json!({ "when": when, "limit": 9 });
    let twice =
        limit(json!({ "limit": [choice(json!("vpn")), choice(json!("vpn")), { "limit": 5 }] }));
    refused(
        &twice,
        "limits[0].limit[1].when",
        "an earlier one has the same condition",
    );
    for when in [
        json!({ "not": "unknown" }),
        json!({ "all": ["vpn", { "not": "unknown" }] }),
    ] {
        let excluded =
            limit(json!({ "when": when, "limit": [choice(json!("unknown")), { "limit": 5 }] }));
        refused(
            &excluded,
            "limits[0].limit[0].when",
            "the limit's own `when` excludes it",
        );
    }
    let reached = limit(
        json!({ "when": { "not": "tor" }, "limit": [choice(json!("unknown")), { "limit": 5 }] }),
    );
    assert!(load_tree(&reached).is_ok());
}

#[test]
fn what_follows_from_a_success_wants_it_named() {
    let failures = json!({ "key": ["account"], "count": "failures" });
    let clearing = json!({ "key": ["account", "subnet"], "on_success": "clear" });
    for (limit_of, more, words) in [
        (
            failures,
            json!({ "device": {}, "signing_keys_env": ["SIGNING_KEY"] }),
            "sets_device: false",
        ),
        (clearing, json!({}), "on_success: clear"),
    ] {
        let mut tree = limit(limit_of);
        merge(&mut tree, more);
        refused(&tree, "routes[0].success", words);
        tree["routes"][0]["success"] =
            json!({ "header": [{ "name": "set-cookie", "prefix": "sid=" }] });
        assert!(load_tree(&tree).is_ok(), "{words}");
    }
}
