use crate::json::FromJson;

use crate::config::text::{Size, Text};
use crate::time::Span;

/// What is kept of sessions: what was found out about the network that one came from, and which are revoked. Needs `identity.session`.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawSession {
    /// With `lookup: session`, after how long a session's address is looked up again, 1m to 30d; default 1h.
    #[serde(default)]
    pub max_age: Option<Text<Span>>,
    /// How long a session stays revoked: as long as the application's sessions live, 1m to 30d; default 24h.
    #[serde(default)]
    pub revoke_for: Option<Text<Span>>,
    /// The cookies that are expired with the answer to a revoked session, with the path and domain with which the application sets
    /// them; default the cookies of `identity.session`, with the path `/`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(max = 8)))]
    pub cookies: Option<Vec<RawSessionCookie>>,
    /// Whether browsers are told to forget all cookies of the site (`Clear-Site-Data: "cookies"`); default false.
    #[serde(default)]
    pub clear_site_data: bool,
    /// The memory of all that, of all workers, 64KiB to 1GiB; default 8MiB, which holds 135,168 records. As much again holds which
    /// sessions the application knows.
    #[serde(default)]
    pub memory: Option<Text<Size>>,
    /// How the application is told of revocations. Needs `signing_keys_env`.
    #[serde(default)]
    pub notify: Option<RawNotify>,
}

/// A cookie of the application.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawSessionCookie {
    /// Its name, 1 to 64 characters.
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 64)))]
    pub name: String,
    /// Its path; default `/`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^/")))]
    pub path: Option<String>,
    /// Its domain; default none.
    #[serde(default)]
    pub domain: Option<String>,
}

/// A signed `POST` for each revocation, tried again until it is answered with a status of 200 to 299.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawNotify {
    /// The Envoy cluster of the application.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cluster: String,
    /// Host name, and port if it is not the usual one.
    pub authority: String,
    /// Path and query.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^/")))]
    pub path: String,
    /// How long one attempt may take, 10ms to 30s; default 2s.
    #[serde(default)]
    pub timeout: Option<Text<Span>>,
    /// How often one is sent before it is given up, 1 to 10; default 5.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 10)))]
    pub attempts: Option<u8>,
    /// The most that wait in one worker, 1 to 10000; default 256. One more is dropped, and counted.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 10_000)))]
    pub queue: Option<u32>,
}
