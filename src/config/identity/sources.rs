//! The places where accounts, sessions and tokens stand.

use std::num::{NonZeroU8, NonZeroUsize};

use crate::address::HeaderName;
use crate::config::check;
use crate::config::text::{Text, Textual};
use crate::identity::account::{
    AccountSource, AccountSources, BodyPattern, Normalisation, SessionUse,
};
use crate::identity::session::{SessionSource, SessionSources};
use crate::identity::{FieldName, JsonPointer};
use crate::json::{FromJson, Json, Mistakes, Node, Place};

/// A place where the account of a request may stand.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawAccountSource {
    /// A field of an urlencoded form; a nested one is `user[email]`.
    Form(String),
    /// A field of a multipart form.
    Multipart(String),
    /// A value of a JSON document, as a JSON pointer: `/user/email`.
    Json(Text<JsonPointer>),
    /// A header.
    Header(String),
    /// A parameter of the query.
    Query(String),
    /// The user of `authorization: Basic`.
    Basic,
    /// A segment of the path: 2 for `alice` in `/users/alice`. With the name that the application has for it, the
    /// parameter of that name is read in query and body too, since some frameworks merge them.
    PathSegment(RawPathSegment),
    /// A cookie.
    Cookie(String),
    /// A claim of the JWT in `authorization: Bearer`, by its name (`sub`) or a JSON pointer. The application must
    /// verify the token.
    Claim(String),
    /// No place: whatever accounts the session of the request has been used for, on routes that name one. Needs
    /// `identity.session`.
    FromSession,
    /// The same for a step that nobody comes to without the one before: a request of a session of which nothing is
    /// known has no account, even where it names one. For applications that find their session in more spellings than
    /// can be told.
    FromKnownSession,
    /// What a regular expression finds in the text of the body, each occurrence an attempt of its own, at the account
    /// in the first group that takes part. A group named `variable` is the name of a variable of GraphQL.
    BodyPattern(RawBodyPattern),
}

/// What is sought in the text of a body: a regular expression, or that with a number.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawBodyPattern {
    /// The expression.
    Pattern(String),
    /// The expression and how many attempts one request may carry.
    Bounded(RawBoundedPattern),
}

/// What is sought in the text of a body, and how often it may stand there.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawBoundedPattern {
    /// The regular expression.
    pub pattern: String,
    /// The most attempts of one request, 1 to 64; default 16. A request with more is refused; 1 refuses batches.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 64)))]
    pub at_most: Option<u32>,
}

impl FromJson for RawBodyPattern {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::Object(_) => FromJson::from_json(node, mistakes).map(Self::Bounded),
            _ => FromJson::from_json(node, mistakes).map(Self::Pattern),
        }
    }
}

/// A segment of the path: its number, or number and name.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawPathSegment {
    /// The number; the first segment is 1.
    Number(NonZeroU8),
    /// Number and name.
    Named(RawNamedSegment),
}

/// A segment of the path with its name.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawNamedSegment {
    /// The first one is 1.
    pub number: NonZeroU8,
    /// What the application calls it: `name` in a route such as `/users/:name/login`.
    pub name: String,
}

impl FromJson for RawPathSegment {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::Object(_) => FromJson::from_json(node, mistakes).map(Self::Named),
            _ => FromJson::from_json(node, mistakes).map(Self::Number),
        }
    }
}

/// A place where the session of a request may stand.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawSessionSource {
    /// A cookie.
    Cookie(String),
    /// The token of `authorization: Bearer`; of a JWT all but the signature.
    Bearer,
    /// A claim of the JWT in `authorization: Bearer`, by its name (`sid`) or a JSON pointer. The application must
    /// verify the token.
    Claim(String),
    /// A header.
    Header(String),
}

impl Textual for JsonPointer {
    const EXPECTED: &'static str = "a JSON pointer such as /user/email";
    const PATTERN: &'static str = r"^(/([^/~]|~[01])*)+$";
}

/// The most places where one thing may stand: each is a pass over the body.
const MAX_SOURCES: usize = 8;
/// How many attempts one request may carry where nobody says it.
const AT_MOST: u32 = 16;
/// The longest name of a field.
const MAX_NAME: usize = 128;

/// Compiles the places of an account that stand at `path`: those of all routes, or of one.
pub(in crate::config) fn account(
    raw: &[RawAccountSource],
    normalisation: &Normalisation,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> AccountSources {
    let sources = several(raw, at, "place of the account", mistakes, account_source);
    AccountSources::new(sources, normalisation.clone()).with_session(session_use(raw))
}

/// Whether one of the places is the session, and how.
pub(in crate::config) fn session_use(raw: &[RawAccountSource]) -> SessionUse {
    let uses = raw.iter().map(|source| match source {
        RawAccountSource::FromKnownSession => SessionUse::Required,
        RawAccountSource::FromSession => SessionUse::Joined,
        _ => SessionUse::None,
    });
    uses.max().unwrap_or_default()
}

/// Compiles the places of a session.
pub(in crate::config) fn session(
    raw: &[RawSessionSource],
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> SessionSources {
    SessionSources::new(several(
        raw,
        at,
        "place of the session",
        mistakes,
        session_source,
    ))
}

/// Compiles each, and refuses none, too many and one that stands there twice.
pub(in crate::config) fn several<R, S: PartialEq>(
    raw: &[R],
    at: &Place<'_>,
    what: &str,
    mistakes: &mut Mistakes<'_>,
    compile: impl Fn(&R, &Place<'_>, &mut Mistakes<'_>) -> Option<S>,
) -> Vec<S> {
    check::not_empty(at, raw, what, mistakes);
    check::at_most(at, raw.len(), MAX_SOURCES, mistakes);
    let mut sources = Vec::new();
    for (index, raw) in raw.iter().take(MAX_SOURCES).enumerate() {
        let at = &at.element(index);
        let Some(source) = compile(raw, at, mistakes) else {
            continue;
        };
        if sources.contains(&source) {
            mistakes.add(at, &"expected each place once");
        }
        sources.push(source);
    }
    sources
}

fn account_source(
    raw: &RawAccountSource,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<AccountSource> {
    use AccountSource as Source;
    Some(match raw {
        RawAccountSource::Form(name) => Source::Form(field(name, &at.field("form"), mistakes)?),
        RawAccountSource::Multipart(name) => {
            Source::Multipart(field(name, &at.field("multipart"), mistakes)?)
        }
        RawAccountSource::Json(pointer) => Source::Json(pointer.0.clone()),
        RawAccountSource::Header(name) => Source::Header(header(name, at, mistakes)?),
        RawAccountSource::Query(name) => Source::Query(field(name, &at.field("query"), mistakes)?),
        RawAccountSource::Basic => Source::Basic,
        RawAccountSource::PathSegment(RawPathSegment::Number(number)) => {
            Source::PathSegment(NonZeroUsize::from(*number), None)
        }
        RawAccountSource::PathSegment(RawPathSegment::Named(segment)) => {
            let name = field(
                &segment.name,
                &at.field("path_segment").field("name"),
                mistakes,
            )?;
            Source::PathSegment(NonZeroUsize::from(segment.number), Some(name))
        }
        RawAccountSource::Cookie(name) => Source::Cookie(cookie(name, at, mistakes)?),
        RawAccountSource::Claim(name) => Source::Claim(claim(name, at, mistakes)?),
        RawAccountSource::FromSession | RawAccountSource::FromKnownSession => return None,
        RawAccountSource::BodyPattern(raw) => {
            let (pattern, at_most) = match raw {
                RawBodyPattern::Pattern(pattern) => (pattern, None),
                RawBodyPattern::Bounded(bounded) => (&bounded.pattern, bounded.at_most),
            };
            let pattern = BodyPattern::of_accounts(pattern, at_most.unwrap_or(AT_MOST));
            Source::BodyPattern(mistakes.take(&at.field("body_pattern"), pattern)?)
        }
    })
}

fn session_source(
    raw: &RawSessionSource,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<SessionSource> {
    use SessionSource as Source;
    Some(match raw {
        RawSessionSource::Cookie(name) => Source::Cookie(cookie(name, at, mistakes)?),
        RawSessionSource::Bearer => Source::Bearer,
        RawSessionSource::Claim(name) => Source::Claim(claim(name, at, mistakes)?),
        RawSessionSource::Header(name) => Source::Header(header(name, at, mistakes)?),
    })
}

/// The name of a field that stands here.
pub(in crate::config) fn field(
    name: &str,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<FieldName> {
    let fits = (1..=MAX_NAME).contains(&name.len())
        && !name.starts_with(' ')
        && !name.chars().any(char::is_control);
    mistakes.require(
        at,
        fits.then(|| FieldName::new(name)),
        &format_args!("expected the name of a field, 1 to {MAX_NAME} bytes, not percent-encoded"),
    )
}

/// The name of a cookie that stands below.
pub(in crate::config) fn cookie(
    name: &str,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<FieldName> {
    let in_token = |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
    let fits = (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(in_token);
    mistakes.require(
        &at.field("cookie"),
        fits.then(|| FieldName::new(name)),
        &format_args!("expected the name of a cookie, 1 to {MAX_NAME} letters, digits, _, - and ."),
    )
}

/// The name of a header that stands below.
pub(in crate::config) fn header(
    name: &str,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<HeaderName> {
    mistakes.take(&at.field("header"), HeaderName::new(name))
}

fn claim(name: &str, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<JsonPointer> {
    let pointer = match name {
        "" => None,
        pointer if pointer.starts_with('/') => pointer.parse().ok(),
        name => Some(JsonPointer::key(name)),
    };
    mistakes.require(
        &at.field("claim"),
        pointer,
        &"expected the name of a claim such as sub, or a JSON pointer such as /user/id",
    )
}
