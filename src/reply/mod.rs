//! What the client is told when a request is refused.
//!
//! A reply is made of a [`Refusal`] and a [`Format`] and of nothing else, so whoever the account
//! is, the same refusal reads the same. Operators write titles and messages; they are escaped and
//! cut like anything else that comes from outside.

mod contact;
mod details;
mod framework;
mod html;
mod kind;
mod negotiation;
mod own;
mod template;
#[cfg(test)]
mod tests;
mod words;

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;

use crate::challenge::Ask;
use crate::challenge::page::Language;
use crate::challenge::solutions::ProblemMembers;

pub use contact::{Contact, ContactError};
pub use framework::{Fetch, Framework, is_own_path};
pub use kind::{GrpcStatus, Kind, Status};
pub(crate) use negotiation::quality;
pub use negotiation::{Format, Preference, negotiate};
pub use own::{RefusalSlot, RefusalTemplate, RefusalTemplateError, RefusalTemplates};
pub use template::{Slot, Template, Templates};
pub use words::{Usual, title};

/// Most characters of a title that are shown.
const TITLE_LIMIT: usize = 120;
/// Most characters of a message that are shown.
const MESSAGE_LIMIT: usize = 1_000;
/// Most characters of a reason code or a reference that are shown.
const TOKEN_LIMIT: usize = 64;

/// A request that was refused, and what to say about it.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The HTTP status.
    pub status: Status,
    /// Whether a challenge would help.
    pub kind: Kind,
    /// The reason code, such as `tor` or `hosting`; shown as `[a-z0-9_]`, at most 64 characters.
    pub code: &'a str,
    /// What happened, in a few words; at most 120 characters are shown.
    pub title: &'a str,
    /// What happened and what to do, for a person; at most 1,000 characters are shown.
    pub message: &'a str,
    /// What the person can do next; nothing is known to help where it is empty.
    pub next: &'a str,
    /// The language of all that the operator has not written.
    pub language: Language,
    /// Whom the person can ask.
    pub contact: Option<&'a Contact>,
    /// How much goes through, and when to come back, where the client is told.
    pub quota: Option<Quota<'a>>,
    /// After how long another attempt is worth while, as templates of the operator's own tell it.
    pub retry_after: Option<Duration>,
    /// What would help.
    pub ask: Option<Ask<'a>>,
    /// The operator's own body, for programs and scripts.
    pub own: Option<&'a RefusalTemplate>,
    /// What a person quotes to the operator, and what also stands in the log; shown as
    /// `[A-Za-z0-9._-]`, at most 64 characters.
    pub reference: &'a str,
}

/// How much a limit lets through, as the `RateLimit` fields tell it (draft-ietf-httpapi-ratelimit-headers-10).
#[derive(Clone, Copy, Debug)]
pub struct Quota<'a> {
    /// The name of the limit: `[a-z0-9_-]`.
    pub name: &'a str,
    /// How many go through in a window.
    pub quota: u32,
    /// The window.
    pub window: Duration,
    /// When the next one may go through. Told in whole seconds, rounded up, and at least one.
    pub retry_after: Duration,
}

impl Quota<'_> {
    fn headers(&self) -> [(&'static str, Cow<'static, str>); 3] {
        let Self { name, quota, .. } = self;
        let window = whole_seconds(self.window);
        let wait = whole_seconds(self.retry_after);
        [
            ("retry-after", Cow::Owned(wait.to_string())),
            (
                "ratelimit-policy",
                Cow::Owned(format!("\"{name}\";q={quota};w={window}")),
            ),
            ("ratelimit", Cow::Owned(format!("\"{name}\";r=0;t={wait}"))),
        ]
    }
}

/// Rounded up, and at least one.
fn whole_seconds(span: Duration) -> u64 {
    let part = u64::from(span.subsec_nanos() > 0);
    span.as_secs().saturating_add(part).max(1)
}

/// A reply as the host's local reply call takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalReply {
    /// The HTTP status, 400 to 599; Envoy itself makes it 200 for gRPC.
    pub status: u16,
    /// The response code details of the access log, such as `palisade_denied_tor`.
    pub details: String,
    /// Header names in lower case, and values of visible ASCII and spaces.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body; for gRPC the text that Envoy percent-encodes into `grpc-message`.
    pub body: Vec<u8>,
    /// The gRPC status, for a gRPC request.
    pub grpc_status: Option<GrpcStatus>,
}

impl LocalReply {
    /// The reply to a request that cannot be judged, because the host does not hand over its headers.
    #[must_use]
    pub fn unreadable() -> Self {
        Self {
            status: 500,
            details: "palisade_unreadable".to_owned(),
            headers: vec![("cache-control", Cow::Borrowed("no-store"))],
            body: Vec::new(),
            grpc_status: None,
        }
    }
}

/// The reply to a refused request.
///
/// There is no `vary` header: `no-store` already keeps every cache from answering somebody else with it.
#[inline(never)]
#[must_use]
pub fn render(refusal: &Refusal<'_>, format: Format, templates: &Templates) -> LocalReply {
    let own = refusal
        .own
        .filter(|_| matches!(format, Format::Problem | Format::Json));
    let status = own
        .and_then(RefusalTemplate::status)
        .unwrap_or(refusal.status);
    let shown = Shown::new(refusal, status);
    let template = templates.of(refusal.kind);
    let mut headers = vec![
        ("cache-control", Cow::Borrowed("no-store")),
        ("x-content-type-options", Cow::Borrowed("nosniff")),
    ];
    if !shown.reference.is_empty() {
        headers.push(("x-palisade-ref", Cow::Owned(shown.reference.clone())));
    }
    if let Some(quota) = &refusal.quota {
        headers.extend(quota.headers());
    }
    let (content_type, body) = match (own, format) {
        (Some(own), _) => (Some(own.content_type().to_owned().into()), own.body(&shown)),
        (None, Format::Problem) => (Some("application/problem+json".into()), shown.problem()),
        (None, Format::Json) => (Some("application/json".into()), shown.json()),
        (None, Format::Html) => {
            let page = match template {
                Some(template) => template::page(&shown, template),
                None => html::page(&shown),
            };
            (Some("text/html; charset=utf-8".into()), page)
        }
        // Envoy sets the content type of gRPC.
        (None, Format::Grpc) => (None, shown.line().into_bytes()),
    };
    match content_type {
        Some(content_type) => headers.push(("content-type", content_type)),
        None => headers.push((details::HEADER, Cow::Owned(shown.grpc_details()))),
    }
    if format == Format::Html {
        headers.push((
            "content-security-policy",
            Cow::Borrowed(match template {
                Some(_) => template::CONTENT_SECURITY_POLICY,
                None => html::CONTENT_SECURITY_POLICY,
            }),
        ));
        headers.push(("referrer-policy", Cow::Borrowed("no-referrer")));
    }
    LocalReply {
        status: status.get(),
        details: shown.details(),
        headers,
        body,
        grpc_status: (format == Format::Grpc).then(|| refusal.kind.grpc_status()),
    }
}

/// A refusal cut to its limits: what every format shows.
struct Shown<'a> {
    status: u16,
    kind: Kind,
    code: String,
    title: &'a str,
    message: &'a str,
    next: &'a str,
    language: Language,
    contact: Option<&'a Contact>,
    /// In whole seconds.
    retry_after: Option<u64>,
    ask: Option<Ask<'a>>,
    reference: String,
}

impl<'a> Shown<'a> {
    fn new(refusal: &Refusal<'a>, status: Status) -> Self {
        Self {
            status: status.get(),
            kind: refusal.kind,
            code: slug(refusal.code),
            title: cut(refusal.title, TITLE_LIMIT),
            message: cut(refusal.message, MESSAGE_LIMIT),
            next: refusal.next,
            language: refusal.language,
            contact: refusal.contact,
            retry_after: refusal.retry_after.map(whole_seconds),
            ask: refusal.ask,
            reference: refusal
                .reference
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
                .take(TOKEN_LIMIT)
                .collect(),
        }
    }

    fn grpc_details(&self) -> String {
        let members = self.ask.map(ProblemMembers::from);
        let members = members.iter().flat_map(ProblemMembers::pairs);
        let always = [
            ("reason", self.code.clone()),
            ("reference", self.reference.clone()),
        ];
        details::encode(
            self.kind.grpc_status().code(),
            // Some libraries show this one and not `grpc-message`.
            &self.line(),
            self.kind.grpc_reason(),
            always.into_iter().chain(members),
        )
    }

    fn details(&self) -> String {
        let outcome = self.kind.outcome();
        if self.code.is_empty() {
            format!("palisade_{outcome}")
        } else {
            format!("palisade_{outcome}_{}", self.code)
        }
    }

    fn problem(&self) -> Vec<u8> {
        to_json(&Problem {
            kind: self.kind.problem_type(),
            title: self.title,
            status: self.status,
            detail: self.message,
            instance: (!self.reference.is_empty())
                .then(|| format!("urn:palisade:ref:{}", self.reference)),
            reason: &self.code,
            reference: &self.reference,
            challenge: self.kind.challenge(),
            answer: self.ask.map(ProblemMembers::from),
        })
    }

    fn json(&self) -> Vec<u8> {
        to_json(&Plain {
            error: self.message,
            code: &self.code,
            reference: &self.reference,
            challenge: self.kind.challenge(),
            answer: self.ask.map(ProblemMembers::from),
        })
    }

    /// What would help, as JSON.
    fn members(&self) -> Option<String> {
        let members = to_json(&self.ask.map(ProblemMembers::from)?);
        String::from_utf8(members).ok()
    }

    /// The message in one line: what is not ASCII is left to Envoy, which percent-encodes it as gRPC asks.
    fn line(&self) -> String {
        let one_line = |c: char| if c.is_control() { ' ' } else { c };
        self.message.chars().map(one_line).collect()
    }
}

/// Problem details of RFC 9457 and three members of our own.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    reason: &'a str,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<&'static str>,
    #[serde(flatten)]
    answer: Option<ProblemMembers<'a>>,
}

#[derive(Serialize)]
struct Plain<'a> {
    error: &'a str,
    code: &'a str,
    reference: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<&'static str>,
    #[serde(flatten)]
    answer: Option<ProblemMembers<'a>>,
}

/// The JSON text; structures of strings and numbers always have one.
fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// The first `limit` characters.
fn cut(text: &str, limit: usize) -> &str {
    text.char_indices()
        .nth(limit)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
}

/// `[a-z0-9_]` only; everything else becomes an underscore.
fn slug(code: &str) -> String {
    code.chars()
        .take(TOKEN_LIMIT)
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => c,
            _ => '_',
        })
        .collect()
}
