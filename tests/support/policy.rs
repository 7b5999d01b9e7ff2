//! The policies of tests: what most of them need has a word each, and a patch says the rest.

use super::merge::merge;
use serde::Serialize;
use serde_json::{Value, json};
use std::ops::{Deref, DerefMut};

/// The names of the environment variables that every [`Scene`](super::Scene) has.
pub(super) const API_KEY: &str = "IPASIS_API_KEY";
pub(super) const SIGNING_KEYS: [&str; 2] = ["PALISADE_KEY", "PALISADE_NEW_KEY"];

/// A policy under construction. It is also the JSON that it has become so far, which a test may index and change.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Policy(Value);

impl Policy {
    /// One without routes.
    pub fn new() -> Self {
        Self(json!({ "routes": [] }))
    }

    /// Protects `/login` with these limits, without an API; what the account is stands in the field `email`.
    pub fn limiting(limits: Value) -> Self {
        let names = limits.as_array().expect("a list").iter();
        let names: Vec<Value> = names.map(|limit| limit["name"].clone()).collect();
        let route = json!({ "match": { "methods": ["POST"], "path": "/login" }, "limits": names });
        Self::new()
            .account()
            .with(json!({ "limits": limits }))
            .route("login", route)
    }

    /// Protects `/login` with so many failures an hour per account, see [`Policy::limiting`].
    pub fn failures(limit: u32) -> Self {
        Self::limiting(json!([
            { "name": "failures", "key": ["account"], "count": "failures", "limit": limit, "window": "1h" },
        ]))
    }

    /// The form field `email` is the account.
    pub fn account(self) -> Self {
        self.with(json!({ "identity": { "account": [{ "form": "email" }] } }))
    }

    /// The cookie `sid` is the session.
    pub fn session(self) -> Self {
        self.with(json!({ "identity": { "session": [{ "cookie": "sid" }] } }))
    }

    /// The API is asked. A lookup may take as long as possible, so that a busy machine changes nothing.
    pub fn api(self) -> Self {
        self.with(json!({ "intelligence": intelligence() }))
    }

    /// What Palisade signs is signed with the scene's key.
    pub fn signed(self) -> Self {
        self.with(json!({ "signing_keys_env": [SIGNING_KEYS[0]] }))
    }

    /// Challenges can be given, and solved in a moment.
    pub fn challenges(self) -> Self {
        self.signed()
            .with(json!({ "challenge": { "difficulty": 1000 } }))
    }

    /// Who has logged in is known again by a cookie.
    pub fn devices(self) -> Self {
        self.signed().with(json!({ "device": {} }))
    }

    /// One more list of networks.
    pub fn list(self, name: &str, network: &str) -> Self {
        self.push("lists", json!({ "name": name, "cidrs": [network] }))
    }

    /// One more limit. Where `settings` do not say otherwise, its window is an hour.
    pub fn limit(self, name: &str, settings: Value) -> Self {
        let mut limit = json!({ "name": name, "window": "1h" });
        merge(&mut limit, &settings);
        self.push("limits", limit)
    }

    /// One more route. Where `settings` do not say otherwise, it is that of the path `/name`.
    pub fn route(self, name: &str, settings: Value) -> Self {
        let mut route = json!({ "name": name });
        if settings["match"].is_null() {
            route["match"] = json!({ "path": format!("/{name}") });
        }
        merge(&mut route, &settings);
        self.push("routes", route)
    }

    /// Changes a route by a patch, see [`Policy::with`].
    pub fn in_route(mut self, name: &str, patch: Value) -> Self {
        let routes = self.0["routes"].as_array_mut().expect("a list");
        let route = routes.iter_mut().find(|route| route["name"] == name);
        merge(route.expect("the route"), &patch);
        self
    }

    /// Refuses nothing.
    pub fn monitoring(self) -> Self {
        self.with(json!({ "mode": "monitor" }))
    }

    /// Changes what `patch` says: objects member by member, anything else is replaced, `null` removes.
    pub fn with(mut self, patch: impl Into<Value>) -> Self {
        merge(&mut self.0, &patch.into());
        self
    }

    fn push(mut self, list: &str, member: Value) -> Self {
        match self.0[list].as_array_mut() {
            Some(members) => members.push(member),
            None => self.0[list] = json!([member]),
        }
        self
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for Policy {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl DerefMut for Policy {
    fn deref_mut(&mut self) -> &mut Value {
        &mut self.0
    }
}

impl From<Policy> for Value {
    fn from(policy: Policy) -> Self {
        policy.0
    }
}

/// The API of every [`Scene`](super::Scene). A lookup may take as long as possible.
pub fn intelligence() -> Value {
    json!({ "provider": "ipasis", "cluster": "ipasis", "api_key_env": API_KEY, "timeout": "2s" })
}
