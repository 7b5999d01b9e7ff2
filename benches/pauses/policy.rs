//! The configurations that are measured.

use serde_json::{Value, json};

/// What signs device cookies, challenges and webhooks.
pub(crate) const SIGNING_KEY: &str = "a-signing-key-of-the-benchmark-0123456789";

/// Everything that may be counted and kept is: four limits by different keys and three of different values, sessions,
/// devices, positions and failure rates, in memory so small that a flood fills it.
pub(crate) fn everything(body_limit: &str) -> Value {
    json!({
        "signing_keys_env": ["PALISADE_KEY"],
        "intelligence": {
            "provider": "ipasis", "cluster": "api", "api_key_env": "IPASIS_API_KEY", "timeout": "2s",
            "cache": { "entries": 1024 },
        },
        "identity": {
            "account": [
                { "form": "email" }, { "form": "user[email]" }, { "multipart": "email" }, { "json": "/email" },
                { "json": "/user/email" }, { "query": "email" }, { "cookie": "login_name" }, { "claim": "sub" },
            ],
            "normalise": { "accents": "remove", "dots": "remove", "tags": "remove", "blanks": "remove" },
            "session": [
                { "cookie": "sid" }, { "cookie": "JSESSIONID" }, { "cookie": "PHPSESSID" }, { "cookie": "connect.sid" },
                "bearer", { "claim": "sid" }, { "header": "x-session" },
            ],
            "body_limit": body_limit,
        },
        "device": {},
        "travel": { "memory": "64KiB" },
        "counters": { "memory": "256KiB" },
        "session": { "memory": "64KiB" },
        "learned": { "asn_failures": { "window": "1h", "min_samples": 50 } },
        "unlock": { "path": "/unlock", "redirect": "/login" },
        "response": { "body_limit": body_limit },
        "limits": limits(),
        "routes": [
            {
                "name": "api",
                "match": { "path": { "regex": "/api/(v[0-9]+/)*[a-z]+/(a|b|[c-z]+)*/login(\\.json)?" } },
                "lookup": "off", "rules": [],
            },
            login("login", "/login"),
            {
                "name": "account", "match": { "path": { "prefix": "/account" } }, "lookup": "background",
                "limits": ["session_subnets"],
            },
        ],
    })
}

fn login(name: &str, path: &str) -> Value {
    json!({
        "name": name, "match": { "methods": ["POST"], "path": path },
        "limits": [
            "address", "subnet", "account", "session", "spray", "session_subnets", "account_addresses",
        ],
        "failure": { "status": [401], "body": [{ "contains": "Wrong password" }, { "json": "/error/code" }] },
        "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        "on_missing_account": "allow", "on_unknown": "allow", "challenge": "proof_of_work",
        "rules": [
            { "when": { "asn_failure_rate": ">=90" }, "then": "step_up" },
            { "when": "impossible_travel", "then": "allow" },
        ],
    })
}

fn limits() -> Value {
    let limit = |name: &str, key: &[&str], count: &str| {
        json!({
            "name": name, "key": key, "count": count, "limit": 1_000_000, "window": "1h",
        })
    };
    let different = |name: &str, key: &str, of: &str| {
        json!({
            "name": name, "key": [key], "count": format!("distinct({of})"), "limit": 200, "window": "1h",
        })
    };
    json!([
        limit("address", &["address"], "attempts"),
        limit("subnet", &["subnet"], "attempts"),
        limit("account", &["account"], "failures"),
        limit("session", &["session"], "attempts"),
        different("spray", "subnet", "account"),
        different("session_subnets", "session", "subnet"),
        different("account_addresses", "account", "address"),
    ])
}

/// One route without anything else.
pub(crate) fn small() -> Value {
    json!({
        "routes": [{ "name": "login", "match": { "path": "/login" }, "lookup": "off", "rules": [] }],
    })
}

/// Lists with so many entries, half of them networks and half of them autonomous systems.
pub(crate) fn lists(entries: u32) -> Value {
    const LISTS: u32 = 8;
    let scattered = |number: u32| number.wrapping_mul(2_654_435_761);
    let of = |list: u32| (list..entries / 2).step_by(LISTS as usize);
    let lists: Vec<Value> = (0..LISTS)
        .map(|list| {
            let networks: Vec<String> = of(list)
                .map(|number| {
                    let bits = scattered(number) | 0x0100_0000;
                    match number % 2 {
                        0 => format!("{}/24", std::net::Ipv4Addr::from(bits & 0xffff_ff00)),
                        _ => format!("2001:{:x}:{:x}::/48", bits >> 16, bits & 0xffff),
                    }
                })
                .collect();
            let systems: Vec<u32> = of(list).map(|number| 1 + 3 * number).collect();
            json!({ "name": format!("list_{list}"), "cidrs": networks, "asns": systems, "weight": 1 })
        })
        .collect();
    let mut policy = everything("64KiB");
    policy["lists"] = json!(lists);
    policy
}

/// Requests wait for lookups and bodies, sessions are judged in the background, and the application is told of those
/// that are revoked.
pub(crate) fn waiting() -> Value {
    let mut policy = everything("64KiB");
    policy["session"] = json!({
        "notify": {
            "cluster": "told", "authority": "app.internal", "path": "/revoked", "timeout": "1s",
            "attempts": 10, "queue": 10_000,
        },
    });
    policy["lists"] = json!([{ "name": "bad", "cidrs": ["14.0.0.0/8"] }]);
    policy["routes"] = json!([
        login("login", "/login"),
        {
            "name": "account", "match": { "path": { "prefix": "/account" } }, "lookup": "off",
            "rules": [{ "name": "bad", "when": { "list": "bad" }, "then": "deny", "revokes": true }],
        },
        {
            "name": "seen", "match": { "path": { "prefix": "/seen" } }, "lookup": "background",
        },
    ]);
    policy
}
