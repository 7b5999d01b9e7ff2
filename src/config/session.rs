//! What is kept of sessions, and what becomes of those that are revoked.

use std::num::{NonZeroU8, NonZeroUsize};
use std::time::Duration;

use crate::callout::authority;
use crate::challenge::cookie::CookieName;
use crate::config::identity::sources::RawSessionSource;
use crate::config::text::{Size, Text};
use crate::config::{check, signing};
use crate::json::{FromJson, Mistakes, Place};
use crate::records::Life;
use crate::session::{OutboxSettings, SessionPolicy};
use crate::signing::SigningKeys;
use crate::store::Budget;
use crate::time::Span;

/// What is kept of sessions: what was found out about the network that one came from, and which are revoked. Needs
/// `identity.session`.
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
    /// The cookies that are expired with the answer to a revoked session, with the path and domain with which the
    /// application sets them; default the cookies of `identity.session`, with the path `/`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(max = 8)))]
    pub cookies: Option<Vec<RawSessionCookie>>,
    /// Whether browsers are told to forget all cookies of the site (`Clear-Site-Data: "cookies"`); default false.
    #[serde(default)]
    pub clear_site_data: bool,
    /// The memory of all that, of all workers, 64KiB to 1GiB; default 8MiB, which holds 135,168 records. As much again
    /// holds which sessions the application knows.
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

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Compiles `session`, where requests have one: `sources` are the places of `identity.session`.
pub(super) fn compile(
    raw: Option<&RawSession>,
    at: &Place<'_>,
    sources: Option<&[RawSessionSource]>,
    keys: &Option<Option<SigningKeys>>,
    mistakes: &mut Mistakes<'_>,
) -> Option<SessionPolicy> {
    let Some(sources) = sources else {
        if raw.is_some() {
            mistakes.add(at, &"expected identity.session as well, such as [{\"cookie\": \"sid\"}]: it says where \
                sessions stand");
        }
        return None;
    };
    let usual = RawSession::default();
    let raw = raw.unwrap_or(&usual);
    let cookies = match &raw.cookies {
        Some(cookies) => cookies
            .iter()
            .enumerate()
            .filter_map(|(index, cookie)| {
                expired(cookie, &at.field("cookies").element(index), mistakes)
            })
            .collect(),
        None => sources
            .iter()
            .filter_map(|source| match source {
                RawSessionSource::Cookie(name) => name.parse::<CookieName>().ok(),
                _ => None,
            })
            .map(|name| name.end("/", None))
            .collect(),
    };
    Some(SessionPolicy {
        max_age: life(&at.field("max_age"), raw.max_age, HOUR, mistakes),
        revoke_for: life(
            &at.field("revoke_for"),
            raw.revoke_for,
            HOUR.saturating_mul(24),
            mistakes,
        ),
        expired: cookies,
        clear_site_data: raw.clear_site_data,
        budget: check::memory(&at.field("memory"), raw.memory, Budget::RECORDS, mistakes),
        notify: raw
            .notify
            .as_ref()
            .and_then(|raw| notify(raw, &at.field("notify"), keys, mistakes)),
    })
}

fn life(
    at: &Place<'_>,
    raw: Option<Text<Span>>,
    default: Duration,
    mistakes: &mut Mistakes<'_>,
) -> Life {
    Life::clamped(check::span(
        at,
        raw,
        default,
        MINUTE..=Life::LONGEST,
        mistakes,
    ))
}

fn expired(raw: &RawSessionCookie, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<String> {
    let name = raw.name.parse::<CookieName>();
    if let Err(expected) = &name {
        mistakes.add(&at.field("name"), &format_args!("expected {expected}"));
    }
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b";,\"".contains(&byte))
    };
    let scope = raw.path.as_deref().unwrap_or("/");
    if !scope.starts_with('/') || scope.len() > 256 || !plain(scope) {
        mistakes.add(
            &at.field("path"),
            &"expected a path that starts with /, up to 256 visible ASCII characters \
            without ; , and \"",
        );
    }
    let domain = raw.domain.as_deref();
    if domain.is_some_and(|domain| !(1..=253).contains(&domain.len()) || !plain(domain)) {
        mistakes.add(
            &at.field("domain"),
            &"expected a domain such as example.com",
        );
    }
    let name = name.ok()?;
    let lower = name.as_str().to_ascii_lowercase();
    if lower.starts_with("__host-") && (scope != "/" || domain.is_some()) {
        mistakes.add(at, &"expected the path / and no domain: browsers take a cookie of this prefix in no other way");
    }
    Some(name.end(scope, domain))
}

fn notify(
    raw: &RawNotify,
    at: &Place<'_>,
    keys: &Option<Option<SigningKeys>>,
    mistakes: &mut Mistakes<'_>,
) -> Option<OutboxSettings> {
    let keys = signing::needed(keys, at, mistakes);
    check::cluster(&at.field("cluster"), &raw.cluster, mistakes);
    let host = authority(&raw.authority, "app.internal");
    let host = mistakes.take(&at.field("authority"), host);
    let visible = raw.path.bytes().all(|byte| byte.is_ascii_graphic());
    if !raw.path.starts_with('/') || !visible || raw.path.contains('#') {
        mistakes.add(
            &at.field("path"),
            &"expected a path that starts with /, of visible ASCII characters",
        );
    }
    let timeout = check::span(
        &at.field("timeout"),
        raw.timeout,
        Duration::from_secs(2),
        Duration::from_millis(10)..=Duration::from_secs(30),
        mistakes,
    );
    let attempts = NonZeroU8::new(raw.attempts.unwrap_or(5)).filter(|number| number.get() <= 10);
    let attempts = mistakes.require(&at.field("attempts"), attempts, &"expected 1 to 10");
    let queue = usize::try_from(raw.queue.unwrap_or(256)).ok();
    let queue = queue
        .and_then(NonZeroUsize::new)
        .filter(|number| number.get() <= 10_000);
    let queue = mistakes.require(&at.field("queue"), queue, &"expected 1 to 10000");
    let settings = OutboxSettings::new(raw.cluster.clone(), host?, raw.path.clone(), keys?);
    Some(OutboxSettings {
        timeout,
        attempts: attempts?,
        capacity: queue?,
        ..settings
    })
}
