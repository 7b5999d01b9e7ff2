use std::num::{NonZeroU8, NonZeroUsize};
use std::time::Duration;

use super::provider::span;
use super::{signing, travel};
use crate::callout::authority;
use crate::challenge::cookie::CookieName;
use crate::config::error::ConfigErrors;
use crate::config::raw::{RawNotify, RawSession, RawSessionCookie, RawSessionSource};
use crate::config::text::Text;
use crate::records::Life;
use crate::session::OutboxSettings;
use crate::session::SessionPolicy;
use crate::signing::SigningKeys;
use crate::store::Budget;
use crate::time::Span;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Compiles `session`, where requests have one: `sources` are the places of `identity.session`.
pub(super) fn compile(
    raw: Option<&RawSession>,
    sources: Option<&[RawSessionSource]>,
    keys: &Option<Option<SigningKeys>>,
    errors: &mut ConfigErrors,
) -> Option<SessionPolicy> {
    let Some(sources) = sources else {
        if raw.is_some() {
            errors.add(
                "session",
                None,
                "expected identity.session as well, such as [{\"cookie\": \"sid\"}]: it says where sessions stand",
            );
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
                expired(cookie, &format!("session.cookies[{index}]"), errors)
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
        max_age: life("session.max_age", raw.max_age, HOUR, errors),
        revoke_for: life(
            "session.revoke_for",
            raw.revoke_for,
            HOUR.saturating_mul(24),
            errors,
        ),
        expired: cookies,
        clear_site_data: raw.clear_site_data,
        budget: travel::budget("session.memory", raw.memory, errors).unwrap_or(Budget::RECORDS),
        notify: raw
            .notify
            .as_ref()
            .and_then(|raw| notify(raw, keys, errors)),
    })
}

fn life(path: &str, raw: Option<Text<Span>>, default: Duration, errors: &mut ConfigErrors) -> Life {
    Life::clamped(span(path, raw, default, MINUTE..=Life::LONGEST, errors))
}

fn expired(raw: &RawSessionCookie, path: &str, errors: &mut ConfigErrors) -> Option<String> {
    let name = raw.name.parse::<CookieName>();
    if let Err(expected) = &name {
        errors.add(
            format_args!("{path}.name"),
            Some(format!("{:?}", raw.name)),
            format_args!("expected {expected}"),
        );
    }
    let plain = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b";,\"".contains(&byte))
    };
    let scope = raw.path.as_deref().unwrap_or("/");
    if !scope.starts_with('/') || scope.len() > 256 || !plain(scope) {
        errors.add(
            format_args!("{path}.path"),
            Some(format!("{scope:?}")),
            "expected a path that starts with /, up to 256 visible ASCII characters without ; , and \"",
        );
    }
    let domain = raw.domain.as_deref();
    if domain.is_some_and(|domain| !(1..=253).contains(&domain.len()) || !plain(domain)) {
        errors.add(
            format_args!("{path}.domain"),
            Some(format!("{:?}", domain.unwrap_or_default())),
            "expected a domain such as example.com",
        );
    }
    let name = name.ok()?;
    let lower = name.as_str().to_ascii_lowercase();
    if lower.starts_with("__host-") && (scope != "/" || domain.is_some()) {
        errors.add(
            path,
            Some(format!("{:?}", raw.name)),
            "expected the path / and no domain: browsers take a cookie of this prefix in no other way",
        );
    }
    Some(name.end(scope, domain))
}

fn notify(
    raw: &RawNotify,
    keys: &Option<Option<SigningKeys>>,
    errors: &mut ConfigErrors,
) -> Option<OutboxSettings> {
    let keys = signing::needed(keys, "session.notify", errors);
    if raw.cluster.is_empty() {
        errors.add(
            "session.notify.cluster",
            Some("\"\"".to_owned()),
            "expected the name of an Envoy cluster",
        );
    }
    let host = authority(&raw.authority, "app.internal")
        .map_err(|error| errors.add("session.notify.authority", None, error));
    let visible = raw.path.bytes().all(|byte| byte.is_ascii_graphic());
    if !raw.path.starts_with('/') || !visible || raw.path.contains('#') {
        errors.add(
            "session.notify.path",
            Some(format!("{:?}", raw.path)),
            "expected a path that starts with /, of visible ASCII characters",
        );
    }
    let timeout = span(
        "session.notify.timeout",
        raw.timeout,
        Duration::from_secs(2),
        Duration::from_millis(10)..=Duration::from_secs(30),
        errors,
    );
    let attempts = NonZeroU8::new(raw.attempts.unwrap_or(5)).filter(|number| number.get() <= 10);
    if attempts.is_none() {
        errors.add(
            "session.notify.attempts",
            raw.attempts.map(|number| number.to_string()),
            "expected 1 to 10",
        );
    }
    let queue = usize::try_from(raw.queue.unwrap_or(256)).ok();
    let queue = queue
        .and_then(NonZeroUsize::new)
        .filter(|number| number.get() <= 10_000);
    if queue.is_none() {
        errors.add(
            "session.notify.queue",
            raw.queue.map(|number| number.to_string()),
            "expected 1 to 10000",
        );
    }
    let settings = OutboxSettings::new(raw.cluster.clone(), host.ok()?, raw.path.clone(), keys?);
    Some(OutboxSettings {
        timeout,
        attempts: attempts?,
        capacity: queue?,
        ..settings
    })
}
