use std::fmt::Display;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::check_not_empty;
use super::provider::within;
use crate::address::{HeaderName, PrefixLengths};
use crate::config::error::ConfigErrors;
use crate::config::raw::{
    RawAccountSource, RawCaseRule, RawIdentity, RawNormalise, RawPartRule, RawPathSegment,
    RawPhone, RawSessionSource, RawSubnet,
};
use crate::config::text::Size;
use crate::identity::account::{
    AccountSource, AccountSources, CountryCode, DialPrefix, Distinction, Normalisation, PhoneFormat,
};
use crate::identity::session::{SessionSource, SessionSources};
use crate::identity::{FieldName, Identity, JsonPointer};

/// The most places where one thing may stand: each is a pass over the body.
const MAX_SOURCES: usize = 8;
/// The longest name of a field.
const MAX_NAME: usize = 128;

/// Compiles what stands at `identity`.
pub(super) fn compile(raw: &RawIdentity, errors: &mut ConfigErrors) -> Identity {
    let normalisation = normalisation(&raw.normalise, errors);
    let account = raw
        .account
        .as_ref()
        .map(|sources| account_sources(sources, normalisation, "identity.account", errors));
    let session = raw
        .session
        .as_ref()
        .map(|sources| session_sources(sources, "identity.session", errors));
    let body_limit = raw.body_limit.map_or(Size(64 << 10), |size| size.0);
    if !(1 << 10..=1 << 20).contains(&body_limit.0) {
        errors.add(
            "identity.body_limit",
            Some(format!("{} bytes", body_limit.0)),
            "expected 1KiB to 1MiB",
        );
    }
    let body_timeout = raw
        .body_timeout
        .map_or(Duration::from_secs(60), |span| span.0.get());
    if !(Duration::from_secs(1)..=Duration::from_secs(300)).contains(&body_timeout) {
        errors.add(
            "identity.body_timeout",
            Some(format!("{} seconds", body_timeout.as_secs())),
            "expected 1s to 5m",
        );
    }
    Identity {
        account,
        normalisation,
        session: session.unwrap_or_default(),
        body_limit: body_limit.0,
        body_timeout,
        subnet: subnet(raw.subnet, RawSubnet::default(), "identity.subnet", errors),
    }
}

/// Compiles the places of an account that stand at `path`: those of all routes, or of one.
pub(super) fn account_sources(
    raw: &[RawAccountSource],
    normalisation: Normalisation,
    path: &str,
    errors: &mut ConfigErrors,
) -> AccountSources {
    let sources = several(raw, path, "place of the account", errors, account_source);
    AccountSources::new(sources, normalisation)
}

/// Which spellings are one account.
fn normalisation(raw: &RawNormalise, errors: &mut ConfigErrors) -> Normalisation {
    Normalisation {
        case: match raw.case {
            RawCaseRule::Fold => Distinction::Removed,
            RawCaseRule::Keep => Distinction::Kept,
        },
        marks: distinction(raw.accents),
        dots: distinction(raw.dots),
        tags: distinction(raw.tags),
        blanks: distinction(raw.blanks),
        phone: raw.phone.as_ref().and_then(|raw| phone(raw, errors)),
    }
}

/// How people write telephone numbers.
fn phone(raw: &RawPhone, errors: &mut ConfigErrors) -> Option<PhoneFormat> {
    const PATH: &str = "identity.normalise.phone";
    let country = CountryCode::new(raw.country_code);
    if country.is_none() {
        errors.add(
            at(PATH, "country_code"),
            Some(raw.country_code.to_string()),
            "expected the calling code of a country, such as 49 or 1",
        );
    }
    let mut prefix = |field, written: Option<&str>, default, fits: fn(&str) -> bool, expected| {
        let text = written.unwrap_or(default);
        let prefix = DialPrefix::new(text).filter(|_| fits(text));
        noted(prefix, at(PATH, field), text, expected, errors)
    };
    let trunk = prefix(
        "trunk_prefix",
        raw.trunk_prefix.as_deref(),
        "0",
        |_| true,
        "expected up to 5 digits, such as \"0\", or \"\" for none",
    );
    let international = prefix(
        "international_prefix",
        raw.international_prefix.as_deref(),
        "00",
        |text| !text.is_empty(),
        "expected 1 to 5 digits, such as \"00\"",
    );
    Some(PhoneFormat {
        country: country?,
        trunk: trunk?,
        international: international?,
    })
}

const fn distinction(raw: RawPartRule) -> Distinction {
    match raw {
        RawPartRule::Keep => Distinction::Kept,
        RawPartRule::Remove => Distinction::Removed,
    }
}

fn session_sources(
    raw: &[RawSessionSource],
    path: &str,
    errors: &mut ConfigErrors,
) -> SessionSources {
    SessionSources::new(several(
        raw,
        path,
        "place of the session",
        errors,
        session_source,
    ))
}

/// Compiles each, and refuses none, too many and one that stands there twice.
pub(super) fn several<R, S: PartialEq>(
    raw: &[R],
    path: &str,
    what: &str,
    errors: &mut ConfigErrors,
    compile: impl Fn(&R, &str, &mut ConfigErrors) -> Option<S>,
) -> Vec<S> {
    check_not_empty(path, raw, what, errors);
    if raw.len() > MAX_SOURCES {
        errors.add(
            path,
            Some(format!("{} of them", raw.len())),
            format_args!("expected at most {MAX_SOURCES}"),
        );
    }
    let mut sources = Vec::new();
    for (index, raw) in raw.iter().take(MAX_SOURCES).enumerate() {
        let path = format!("{path}[{index}]");
        let Some(source) = compile(raw, &path, errors) else {
            continue;
        };
        if sources.contains(&source) {
            errors.add(&path, None, "expected each place once");
        }
        sources.push(source);
    }
    sources
}

fn account_source(
    raw: &RawAccountSource,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<AccountSource> {
    use AccountSource as Source;
    Some(match raw {
        RawAccountSource::Form(name) => Source::Form(field(name, &at(path, "form"), errors)?),
        RawAccountSource::Multipart(name) => {
            Source::Multipart(field(name, &at(path, "multipart"), errors)?)
        }
        RawAccountSource::Json(pointer) => Source::Json(pointer.0.clone()),
        RawAccountSource::Header(name) => Source::Header(header(name, path, errors)?),
        RawAccountSource::Query(name) => Source::Query(field(name, &at(path, "query"), errors)?),
        RawAccountSource::Basic => Source::Basic,
        RawAccountSource::PathSegment(RawPathSegment::Number(number)) => {
            Source::PathSegment(NonZeroUsize::from(*number), None)
        }
        RawAccountSource::PathSegment(RawPathSegment::Named(segment)) => {
            let name = field(&segment.name, &at(path, "path_segment.name"), errors)?;
            Source::PathSegment(NonZeroUsize::from(segment.number), Some(name))
        }
        RawAccountSource::Cookie(name) => Source::Cookie(cookie(name, path, errors)?),
        RawAccountSource::Claim(name) => Source::Claim(claim(name, path, errors)?),
    })
}

fn session_source(
    raw: &RawSessionSource,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<SessionSource> {
    use SessionSource as Source;
    Some(match raw {
        RawSessionSource::Cookie(name) => Source::Cookie(cookie(name, path, errors)?),
        RawSessionSource::Bearer => Source::Bearer,
        RawSessionSource::Claim(name) => Source::Claim(claim(name, path, errors)?),
        RawSessionSource::Header(name) => Source::Header(header(name, path, errors)?),
    })
}

pub(super) fn at(path: &str, field: &str) -> String {
    format!("{path}.{field}")
}

/// Notes what was expected, unless it is there.
fn noted<T>(
    value: Option<T>,
    path: impl Display,
    found: &str,
    expected: impl Display,
    errors: &mut ConfigErrors,
) -> Option<T> {
    if value.is_none() {
        errors.add(path, Some(format!("{found:?}")), expected);
    }
    value
}

pub(super) fn field(name: &str, path: &str, errors: &mut ConfigErrors) -> Option<FieldName> {
    let fits = (1..=MAX_NAME).contains(&name.len())
        && !name.starts_with(' ')
        && !name.chars().any(char::is_control);
    noted(
        fits.then(|| FieldName::new(name)),
        path,
        name,
        format_args!("expected the name of a field, 1 to {MAX_NAME} bytes, not percent-encoded"),
        errors,
    )
}

pub(super) fn cookie(name: &str, path: &str, errors: &mut ConfigErrors) -> Option<FieldName> {
    let in_token = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
    let fits = (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(in_token);
    noted(
        fits.then(|| FieldName::new(name)),
        at(path, "cookie"),
        name,
        format_args!("expected the name of a cookie, 1 to {MAX_NAME} letters, digits, _, - and ."),
        errors,
    )
}

pub(super) fn header(name: &str, path: &str, errors: &mut ConfigErrors) -> Option<HeaderName> {
    HeaderName::new(name)
        .map_err(|error| errors.add(at(path, "header"), None, error))
        .ok()
}

fn claim(name: &str, path: &str, errors: &mut ConfigErrors) -> Option<JsonPointer> {
    let pointer = match name {
        "" => None,
        pointer if pointer.starts_with('/') => pointer.parse().ok(),
        name => Some(JsonPointer::key(name)),
    };
    noted(
        pointer,
        at(path, "claim"),
        name,
        "expected the name of a claim such as sub, or a JSON pointer such as /user/id",
        errors,
    )
}

/// Which addresses are one subnet, as the object at `path` says it; what it leaves out is as in `otherwise`.
pub(super) fn subnet(
    raw: RawSubnet,
    otherwise: RawSubnet,
    path: &str,
    errors: &mut ConfigErrors,
) -> PrefixLengths {
    let mut length = |name: &str, own: Option<u8>, other: Option<u8>, usual, range| {
        let length = own.or(other).unwrap_or(usual);
        match own {
            Some(_) => within(&format!("{path}.{name}"), length, range, "bits", errors),
            None => length,
        }
    };
    let v4 = length("ipv4", raw.ipv4, otherwise.ipv4, 24, 8..=32);
    let v6 = length("ipv6", raw.ipv6, otherwise.ipv6, 64, 16..=128);
    // A length out of its range has left an error.
    PrefixLengths::new(v4, v6).unwrap_or_default()
}

#[cfg(test)]
mod tests;
