//! The configuration under load, and what changes in it while it runs.

use serde_json::{Value, json};

use crate::service::SITE_KEY;

/// What signs device cookies, challenges and unlock links.
pub(crate) const SIGNING_KEY: &str = "a-signing-key-of-the-soak-0123456789";

/// How many a limit of its route lets through in a day, whoever asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limited {
    /// The route and the limit.
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) most: u32,
    pub(crate) key: Key,
    /// Whether what certainly reached nobody is given back: of failures. An attempt is one, wherever it gets.
    pub(crate) gives_back: bool,
}

/// What is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Account,
    Session,
    Subnet,
}

pub(crate) const ATTEMPTS: Limited = limited("attempts", "/attempts", 4, Key::Account, false);
pub(crate) const LOGIN: Limited = limited("login", "/login", 5, Key::Account, true);
pub(crate) const CODE: Limited = limited("code", "/code", 3, Key::Account, true);
pub(crate) const NETWORK: Limited = limited("network", "/network", 6, Key::Subnet, false);
pub(crate) const SESSION: Limited = limited("session", "/session", 5, Key::Session, false);
/// Its threshold is that of [`Knobs`].
pub(crate) const MOVING: Limited = limited("moving", "/moving", 4, Key::Account, false);
pub(crate) const LOCKABLE: Limited = limited("lockable", "/lockable", 3, Key::Account, false);

const fn limited(
    name: &'static str,
    path: &'static str,
    most: u32,
    key: Key,
    gives_back: bool,
) -> Limited {
    Limited {
        gives_back,
        name,
        path,
        most,
        key,
    }
}

/// What a reload changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Knobs {
    /// The threshold of [`MOVING`].
    pub(crate) moving: u32,
    /// Something that no count depends on.
    pub(crate) other: u64,
}

impl Knobs {
    pub(crate) const FIRST: Self = Self {
        moving: MOVING.most,
        other: 0,
    };

    /// The next configuration: the threshold goes up and down, or stays.
    pub(crate) const fn next(self, number: u64) -> Self {
        let moving = match number % 3 {
            0 => self.moving,
            _ if self.moving == MOVING.most => MOVING.most + 2,
            _ => MOVING.most,
        };
        Self {
            moving,
            other: self.other + 1,
        }
    }
}

/// The whole configuration.
pub(crate) fn policy(knobs: Knobs) -> Value {
    json!({
        "signing_keys_env": ["PALISADE_KEY"],
        "intelligence": {
            "provider": "ipasis", "cluster": "ipasis", "api_key_env": "IPASIS_API_KEY", "timeout": "500ms",
            "breaker": { "failures": 5, "open_for": "1s", "longest": "2s" },
            "cache": { "entries": 4096, "failure": "1s" },
        },
        "identity": {
            "account": [{ "form": "email" }, { "json": "/email" }, { "multipart": "email" }],
            "session": [{ "cookie": "sid" }],
            "body_timeout": "3s",
        },
        "device": {},
        "unlock": { "path": "/unlock", "redirect": "/login" },
        "challenge": { "difficulty": 1000 + knobs.other % 7 },
        "captcha": {
            "provider": "turnstile", "cluster": "captcha", "site_key": SITE_KEY, "secret_env": "CAPTCHA_SECRET",
            "hostnames": ["shop.example"], "action": "login", "timeout": "5s",
        },
        "counters": { "memory": "8MiB" },
        "session": {
            "memory": "2MiB", "revoke_for": "24h",
            "notify": {
                "cluster": "told", "authority": "app.internal", "path": "/revoked", "timeout": "1s", "attempts": 5,
            },
        },
        "audit": { "lines_per_second": 2 + knobs.other % 3 },
        "lists": [
            { "name": "suspects", "cidrs": ["14.0.0.0/8"] },
            { "name": "unproven", "cidrs": ["15.0.0.0/8"] },
        ],
        "limits": limits(knobs),
        "routes": routes(),
    })
}

fn limits(knobs: Knobs) -> Value {
    let limit = |of: Limited, more: Value| {
        let mut limit =
            json!({ "name": of.name, "limit": of.most, "window": "24h", "on_uncounted": "refuse" });
        let key = match of.key {
            Key::Account => "account",
            Key::Session => "session",
            Key::Subnet => "subnet",
        };
        limit["key"] = json!([key]);
        for (name, value) in more.as_object().expect("an object") {
            limit[name] = value.clone();
        }
        limit
    };
    let flooded = |name: &str, key: &str| json!({ "name": name, "key": [key], "limit": 1000, "window": "1m" });
    let code = json!({
        "name": CODE.name, "count": "failures", "limit": CODE.most, "window": "24h", "codes": { "length": 6 },
    });
    json!([
        limit(ATTEMPTS, json!({})),
        limit(LOGIN, json!({ "count": "failures" })),
        code,
        limit(NETWORK, json!({})),
        limit(SESSION, json!({})),
        limit(MOVING, json!({ "limit": knobs.moving })),
        limit(LOCKABLE, json!({ "block_for": "24h" })),
        flooded("flooded_account", "account"),
        flooded("flooded_address", "address"),
        flooded("flooded_session", "session"),
    ])
}

fn routes() -> Value {
    let route = |of: Limited, more: Value| {
        let mut route = json!({
            "name": of.name, "match": { "methods": ["POST"], "path": of.path },
            "limits": [of.name], "on_revoked": "ignore", "challenge": "proof_of_work", "on_unknown": "allow",
        });
        for (name, value) in more.as_object().expect("an object") {
            route[name] = value.clone();
        }
        route
    };
    let asking = |name: &str, list: &str, challenge: &str| {
        json!({
            "name": name, "match": { "path": format!("/{name}") }, "challenge": challenge, "lookup": "off",
            "rules": [{ "name": name, "when": { "list": list }, "then": "challenge" }],
        })
    };
    json!([
        route(ATTEMPTS, json!({})),
        route(LOGIN, json!({
            "failure": { "status": [401] }, "success": { "header": [{ "name": "set-cookie", "prefix": "sid=" }] },
        })),
        route(CODE, json!({ "failure": { "status": [401] }, "sets_device": false })),
        route(NETWORK, json!({})),
        route(SESSION, json!({})),
        route(MOVING, json!({})),
        route(LOCKABLE, json!({})),
        asking("work", "suspects", "proof_of_work"),
        asking("captcha", "unproven", "captcha"),
        {
            "name": "flood", "match": { "methods": ["POST"], "path": "/flood" }, "on_revoked": "ignore",
            "limits": ["flooded_account", "flooded_address", "flooded_session"],
        },
        { "name": "upload", "match": { "methods": ["POST"], "path": "/upload" }, "challenge": "proof_of_work" },
        {
            "name": "account", "match": { "path": { "prefix": "/account" } },
            "lookup": "background", "challenge": "proof_of_work",
        },
    ])
}
