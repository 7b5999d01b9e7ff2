//! Bodies of the operator's own for the refusals of a route, in the form that the application's page reads.

use std::fmt::{self, Write as _};

use super::{Kind, Shown, Status, to_json};
use crate::encoding::html::escaped;
use crate::json::Json;
use crate::template::{self, Part, TemplateError};

/// Most bytes of a body as the operator writes it: whoever attacks is refused often.
const MAX_BYTES: usize = 16_384;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalSlot {
    /// What happened, in a few words.
    Title,
    /// What happened and what to do.
    Message,
    /// The reason code: the name of the limit or the rule.
    Reason,
    /// What a person quotes to the operator.
    Reference,
    /// The HTTP status.
    Status,
    /// Whole seconds until another attempt is worth while.
    RetryAfter,
    /// What would help, as the members that a problem document has for it.
    Challenge,
}

impl template::Slot for RefusalSlot {
    const ALL: &'static [Self] = &[
        Self::Title,
        Self::Message,
        Self::Reason,
        Self::Reference,
        Self::Status,
        Self::RetryAfter,
        Self::Challenge,
    ];
    const REQUIRED: &'static [Self] = &[];

    fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Message => "message",
            Self::Reason => "reason",
            Self::Reference => "reference",
            Self::Status => "status",
            Self::RetryAfter => "retry_after",
            Self::Challenge => "challenge",
        }
    }
}

/// How values are written, by the type of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    Json,
    Xml,
    Plain,
}

impl Syntax {
    /// That of a media type, whatever its parameters.
    fn of(content_type: &str) -> Option<Self> {
        let media = content_type.split(';').next().unwrap_or_default().trim();
        match media.to_ascii_lowercase().as_str() {
            "application/json" => Some(Self::Json),
            "application/xml" | "text/xml" => Some(Self::Xml),
            "text/plain" => Some(Self::Plain),
            other if other.ends_with("+json") => Some(Self::Json),
            other if other.ends_with("+xml") && other != "application/xhtml+xml" => Some(Self::Xml),
            _ => None,
        }
    }
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A value on its own: in JSON a text brings its quotes with it.
    Bare(RefusalSlot),
    /// A value within a text.
    Within(RefusalSlot),
}

/// What one kind of refusal is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalTemplate {
    status: Option<Status>,
    content_type: String,
    syntax: Syntax,
    pieces: Vec<Piece>,
}

/// What is wrong with a template for refusals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalTemplateError {
    /// The type is none that values can be written in.
    ContentType,
    /// It has so many bytes.
    TooLarge(usize),
    /// It cannot be read.
    Template(TemplateError),
    /// The type is JSON, and with its values filled in it is none.
    NotJson,
    /// `{{challenge}}` is an object of JSON, and stands within a text or a body of another type.
    Challenge,
}

impl fmt::Display for RefusalTemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType => f.write_str(
                "expected application/json, application/xml, text/xml, text/plain or a type that ends in +json or \
                 +xml (pages are in reply.templates)",
            ),
            Self::TooLarge(bytes) => write!(f, "this has {bytes} bytes; expected at most {MAX_BYTES}"),
            Self::Template(error) => error.fmt(f),
            Self::NotJson => f.write_str(
                "with its values this is no JSON; expected a JSON document, with values such as {{message}} within \
                 quotes or without any",
            ),
            Self::Challenge => {
                f.write_str("{{challenge}} is a JSON object; expected it in a body of JSON, without quotes")
            }
        }
    }
}

/// What the refusals of a route are answered with, where the client reads neither pages nor gRPC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalTemplates {
    /// Of what is refused, whatever the client does.
    pub deny: Option<RefusalTemplate>,
    /// Of what needs a challenge. Without it, the usual body, from which programs know what to do.
    pub challenge: Option<RefusalTemplate>,
    /// Of what is too much for now, as for a locked account.
    pub limit: Option<RefusalTemplate>,
    /// Of what does not say clearly which account it is about.
    pub missing_account: Option<RefusalTemplate>,
    /// Of all of these that are not given, but challenges.
    pub otherwise: Option<RefusalTemplate>,
}

impl RefusalTemplates {
    /// Of a refusal of this kind; whether it `lacks` an account.
    #[must_use]
    pub fn of(&self, kind: Kind, lacks: bool) -> Option<&RefusalTemplate> {
        let own = match kind {
            Kind::ChallengeRequired => return self.challenge.as_ref(),
            Kind::Denied if lacks => self.missing_account.as_ref(),
            Kind::Denied => self.deny.as_ref(),
            Kind::Limited => self.limit.as_ref(),
        };
        own.or(self.otherwise.as_ref())
    }
}

impl RefusalTemplate {
    /// Reads and checks a template.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(
        status: Option<Status>,
        content_type: &str,
        body: &str,
    ) -> Result<Self, RefusalTemplateError> {
        use RefusalTemplateError as Error;
        let is_value = content_type.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let syntax = Syntax::of(content_type).filter(|_| is_value);
        let syntax = syntax.ok_or(Error::ContentType)?;
        if body.len() > MAX_BYTES {
            return Err(Error::TooLarge(body.len()));
        }
        let template = template::Template::parse(body).map_err(Error::Template)?;
        let mut pieces = Vec::new();
        let (mut quoted, mut escaped) = (syntax != Syntax::Json, false);
        for part in template.parts() {
            pieces.push(match part {
                Part::Text(text) => {
                    for byte in text.bytes().filter(|_| syntax == Syntax::Json) {
                        quoted ^= byte == b'"' && !escaped;
                        escaped = byte == b'\\' && !escaped;
                    }
                    Piece::Text(text.clone())
                }
                Part::Slot(slot) if quoted => Piece::Within(*slot),
                Part::Slot(slot) => Piece::Bare(*slot),
            });
        }
        if pieces.contains(&Piece::Within(RefusalSlot::Challenge)) {
            return Err(Error::Challenge);
        }
        let own = Self {
            status,
            content_type: content_type.to_owned(),
            syntax,
            pieces,
        };
        // What is JSON with a value of each kind is JSON with every other one.
        let is_json = |known: bool| {
            let filled = own.filled(|slot| match slot {
                RefusalSlot::Status => Value::Number(400),
                RefusalSlot::RetryAfter if known => Value::Number(1),
                RefusalSlot::RetryAfter => Value::Nothing,
                RefusalSlot::Challenge => Value::Nothing,
                _ => Value::Text("\"\\\n"),
            });
            Json::parse(&filled).is_ok()
        };
        if syntax == Syntax::Json && !(is_json(true) && is_json(false)) {
            return Err(Error::NotJson);
        }
        Ok(own)
    }

    /// The status, if it has one of its own.
    pub(super) const fn status(&self) -> Option<Status> {
        self.status
    }

    /// The type of its body.
    pub(super) fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The body that tells of a refusal.
    pub(super) fn body(&self, shown: &Shown<'_>) -> Vec<u8> {
        self.filled(|slot| match slot {
            RefusalSlot::Title => Value::Text(shown.title),
            RefusalSlot::Message => Value::Text(shown.message),
            RefusalSlot::Reason => Value::Text(&shown.code),
            RefusalSlot::Reference => Value::Text(&shown.reference),
            RefusalSlot::Status => Value::Number(u64::from(shown.status)),
            RefusalSlot::RetryAfter => shown.retry_after.map_or(Value::Nothing, Value::Number),
            RefusalSlot::Challenge => shown.members().map_or(Value::Nothing, Value::Object),
        })
    }

    fn filled<'v>(&self, value: impl Fn(RefusalSlot) -> Value<'v>) -> Vec<u8> {
        let mut body = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => body.push_str(text),
                Piece::Bare(slot) => value(*slot).bare(&mut body),
                Piece::Within(slot) => value(*slot).within(self.syntax, &mut body),
            }
        }
        body.into_bytes()
    }
}

/// What a placeholder stands for in one reply.
enum Value<'v> {
    Text(&'v str),
    Number(u64),
    /// An object of JSON.
    Object(String),
    Nothing,
}

impl Value<'_> {
    /// On its own, in JSON.
    fn bare(&self, body: &mut String) {
        match self {
            Self::Text(text) => body.push_str(&json_text(text)),
            Self::Number(number) => put_number(*number, body),
            Self::Object(object) => body.push_str(object),
            Self::Nothing => body.push_str("null"),
        }
    }

    fn within(&self, syntax: Syntax, body: &mut String) {
        match (self, syntax) {
            (Self::Text(text), Syntax::Json) => {
                let text = json_text(text);
                let inner = text
                    .strip_prefix('"')
                    .and_then(|text| text.strip_suffix('"'));
                body.push_str(inner.unwrap_or_default());
            }
            (Self::Text(text), Syntax::Xml) => body.push_str(&escaped(text)),
            (Self::Text(text), Syntax::Plain) => body.push_str(text),
            (Self::Number(number), _) => put_number(*number, body),
            (Self::Object(_) | Self::Nothing, _) => {}
        }
    }
}

fn put_number(number: u64, body: &mut String) {
    // Writing to a text does not fail.
    let _ = write!(body, "{number}");
}

/// A text as JSON, with its quotes.
fn json_text(text: &str) -> String {
    String::from_utf8(to_json(&text)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
