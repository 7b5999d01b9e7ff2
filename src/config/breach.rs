//! Passwords: where they stand, who is asked about them, and what the answer to a success tells of them.

use std::time::Duration;

use crate::breach::{BreachPolicy, PasswordPlaces, PasswordUse, PrefixPath, RoutePassword};
use crate::callout::authority;
use crate::config::check;
use crate::config::identity::sources;
use crate::config::text::{Size, Text};
use crate::decision::Ruleset;
use crate::identity::JsonPointer;
use crate::identity::account::{AccountSource, Declared};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::LimitPolicy;
use crate::policy::Protection;
use crate::store::Budget;
use crate::time::Span;

/// A service of ranges, such as Have I Been Pwned or a mirror of its files, which tells whether passwords are known
/// from breaches. It is told five hex digits of a password's SHA-1.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawBreach {
    /// The Envoy cluster of the service.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cluster: String,
    /// Host name of the service, and port if it is not the usual one.
    pub authority: String,
    /// Path, with `{prefix}` where the five digits go; default `/range/{prefix}`.
    #[serde(default)]
    pub path: Option<String>,
    /// How long a request waits for the service, 10ms to 2s; default 200ms.
    #[serde(default)]
    pub timeout: Option<Text<Span>>,
    /// How often a password must have been seen to count as breached, at least 1; default 1.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1)))]
    pub min_count: Option<u32>,
    /// What is kept of its answers.
    #[serde(default)]
    pub cache: RawRangeCache,
}

/// What is kept of the answers of the service of ranges, in the memory that all workers share.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRangeCache {
    /// How long an answer is kept, up to 30d; default 24h. With 0 none is.
    #[serde(default)]
    pub ttl: Option<Text<Span>>,
    /// How much memory answers take, 64KiB to 1GiB, some 32KiB each; default 8MiB.
    #[serde(default)]
    pub memory: Option<Text<Size>>,
}

/// A place where the password of a request may stand.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawPasswordSource {
    /// A field of a form, urlencoded or multipart.
    Form(String),
    /// A value of a JSON document, as a JSON pointer: `/user/password`.
    Json(Text<JsonPointer>),
    /// A parameter of the query.
    Query(String),
    /// A header.
    Header(String),
    /// The password of `authorization: Basic`.
    Basic,
}

/// What the answer to a success tells of the password, in a header for whoever serves the page that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawOnSuccess {
    /// `x-palisade-password-breaches`, where it is breached.
    BreachedPassword,
    /// `x-palisade-passkey: offer`, since whoever logs in by a password has no passkey yet, or does not use it. The
    /// request tells the application the same.
    OfferPasskey,
}

/// Compiles `breached_passwords`, which must go with what the routes ask.
pub(super) fn compile(
    raw: Option<&RawBreach>,
    at: &Place<'_>,
    routes: &[Protection],
    mistakes: &mut Mistakes<'_>,
) -> Option<BreachPolicy> {
    let checks = |own: &&Protection| own.password.as_ref().is_some_and(|own| own.matters.checks);
    let Some(raw) = raw else {
        if let Some(route) = routes.iter().find(checks) {
            mistakes.add(at, &format_args!(
                "the route {} asks whether passwords are breached; expected who knows that, such as {{cluster: \
                 pwned_passwords, authority: passwords.internal}}",
                route.name
            ));
        }
        return None;
    };
    check::cluster(&at.field("cluster"), &raw.cluster, mistakes);
    let host = authority(&raw.authority, "passwords.internal");
    let host = mistakes.take(&at.field("authority"), host);
    let path = PrefixPath::new(raw.path.as_deref().unwrap_or("/range/{prefix}"));
    let path = mistakes.take(&at.field("path"), path);
    let timeout = check::span(
        &at.field("timeout"),
        raw.timeout,
        Duration::from_millis(200),
        Duration::from_millis(10)..=Duration::from_secs(2),
        mistakes,
    );
    let min_count = raw.min_count.unwrap_or(1);
    if min_count == 0 {
        mistakes.add(&at.field("min_count"), &"expected at least 1");
    }
    let cache = &at.field("cache");
    let day = Duration::from_secs(86_400);
    let ttl = check::span(
        &cache.field("ttl"),
        raw.cache.ttl,
        day,
        Duration::ZERO..=day.saturating_mul(30),
        mistakes,
    );
    let memory = check::memory(
        &cache.field("memory"),
        raw.cache.memory,
        Budget::of_values(2_048),
        mistakes,
    );
    Some(BreachPolicy {
        cluster: raw.cluster.clone(),
        authority: host?,
        path: path?,
        timeout,
        min_count,
        ttl,
        memory,
    })
}

/// What a route says of passwords.
pub(super) struct Said<'r> {
    /// Where they stand.
    pub(super) password: Option<&'r Vec<RawPasswordSource>>,
    /// What the answer to a success tells.
    pub(super) on_success: &'r [RawOnSuccess],
    /// How the application reads bodies.
    pub(super) body: Declared,
    /// Whether it says what a success is.
    pub(super) has_success: bool,
}

/// What a route with these rules and limits has to do with passwords, if anything.
pub(super) fn of_route<'l>(
    route: &Said<'_>,
    at: &Place<'_>,
    (ruleset, mut limits): (&Ruleset, impl Iterator<Item = &'l LimitPolicy>),
    is_told: bool,
    mistakes: &mut Mistakes<'_>,
) -> Option<RoutePassword> {
    let tells = |what| route.on_success.contains(&what);
    let mut rules = ruleset.rules.iter();
    let is_asked = rules.any(|rule| rule.when.is_about_password())
        || limits.any(|limit| limit.conditions().any(|when| when.is_about_password()));
    let matters = PasswordUse {
        reads: true,
        checks: is_asked
            || tells(RawOnSuccess::BreachedPassword)
            || is_told && route.password.is_some(),
        tells_breach: tells(RawOnSuccess::BreachedPassword),
        offers_passkey: tells(RawOnSuccess::OfferPasskey),
    };
    let is_needed = matters.checks || matters.offers_passkey;
    if !route.on_success.is_empty() && !route.has_success {
        mistakes.add(
            &at.field("success"),
            &"the answer to a success tells of the password here (on_success); expected what only a login has, such as \
              {\"header\": [{\"name\": \"set-cookie\", \"prefix\": \"sid=\"}]}",
        );
    }
    let at = &at.field("password");
    let Some(raw) = route.password else {
        if is_needed {
            mistakes.add(
                at,
                &"a rule, a limit or on_success is about the password here; expected where it stands, such as \
                  [{\"form\": \"password\"}]",
            );
        }
        return None;
    };
    let places = sources::several(raw, at, "place of the password", mistakes, place).concat();
    is_needed.then(|| RoutePassword {
        places: PasswordPlaces::new(places, route.body),
        matters,
    })
}

/// One place; a field may stand in two kinds of forms.
fn place(
    raw: &RawPasswordSource,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<AccountSource>> {
    use AccountSource as Source;
    Some(match raw {
        RawPasswordSource::Form(name) => {
            let name = sources::field(name, &at.field("form"), mistakes)?;
            vec![Source::Form(name.clone()), Source::Multipart(name)]
        }
        RawPasswordSource::Json(pointer) => vec![Source::Json(pointer.0.clone())],
        RawPasswordSource::Query(name) => {
            vec![Source::Query(sources::field(
                name,
                &at.field("query"),
                mistakes,
            )?)]
        }
        RawPasswordSource::Header(name) => {
            vec![Source::Header(sources::header(name, at, mistakes)?)]
        }
        RawPasswordSource::Basic => vec![Source::BasicPassword],
    })
}
