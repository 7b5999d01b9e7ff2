//! What is wrong in a document, where, and how it is told.

use std::fmt::{self, Display};

use serde::de::{Error, Expected, Unexpected};

use super::Json;

/// One mistake in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `routes[1].rules[0].then`.
    pub path: String,
    /// What stands there, shortened, and never a secret; `None` when nothing does.
    pub found: Option<String>,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "(top)"
        } else {
            &self.path
        };
        match &self.found {
            Some(found) => write!(f, "{path} = {found}: {}", self.problem),
            None => write!(f, "{path}: {}", self.problem),
        }
    }
}

/// A text as it is shown: escaped and shortened.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}...", text.get(..end).unwrap_or_default()),
        None => format!("{text:?}"),
    }
}

/// The way to a value.
pub(super) enum Place<'p> {
    Top,
    Field(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Element(list, index) => write!(f, "{list}[{index}]"),
            Self::Field(object, name) => {
                let dot = if matches!(object, Self::Top) { "" } else { "." };
                let plain = (1..=64).contains(&name.len())
                    && name.bytes().all(|byte| byte.is_ascii_graphic());
                if plain {
                    write!(f, "{object}{dot}{name}")
                } else {
                    write!(f, "{object}{dot}{}", quoted(name))
                }
            }
        }
    }
}

/// Why a value could not be read. It learns its place on the way up.
#[derive(Debug)]
pub(super) struct Failure<'de>(pub(super) Box<Cause<'de>>);

#[derive(Debug)]
pub(super) struct Cause<'de> {
    pub(super) problem: Problem,
    pub(super) place: Option<(String, &'de Json)>,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// The field is not there.
    Missing(&'static str),
    /// The field is there more than once.
    Repeated(&'static str),
    /// Anything else.
    Other(String),
}

impl Problem {
    /// What stands there, if that says anything: a text or a number, shortened.
    pub(super) fn found(&self, path: &str, value: &Json) -> Option<String> {
        const SECRET: [&str; 4] = ["key", "secret", "token", "password"];
        let Self::Other(_) = self else { return None };
        let path = path.to_ascii_lowercase();
        let secret = SECRET.iter().any(|word| path.contains(word));
        Some(match value {
            Json::Null => "null".to_owned(),
            Json::List(items) if items.is_empty() => "[]".to_owned(),
            Json::List(_) => "[...]".to_owned(),
            Json::Object(fields) if fields.is_empty() => "{}".to_owned(),
            Json::Object(_) => "{...}".to_owned(),
            _ if secret => "(not shown)".to_owned(),
            Json::Bool(flag) => flag.to_string(),
            Json::Number(number) => decimal(*number),
            Json::Text(text) => quoted(text),
        })
    }
}

/// A number with three decimals at most. The standard formatting of doubles, exact to the last digit, would
/// be 25 KiB of the filter for this one use.
fn decimal(number: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        reason = "saturates, and is only shown"
    )]
    let thousandths = (number * 1000.0).round() as i64;
    if thousandths.unsigned_abs() > 1 << 53 {
        return "(a very large number)".to_owned();
    }
    let sign = if thousandths < 0 { "-" } else { "" };
    let (whole, rest) = (
        thousandths.unsigned_abs() / 1000,
        thousandths.unsigned_abs() % 1000,
    );
    let text = format!("{sign}{whole}.{rest:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the field {name} is missing"),
            Self::Repeated(name) => write!(f, "the field {name} stands here more than once"),
            Self::Other(problem) => f.write_str(problem),
        }
    }
}

impl<'de> Failure<'de> {
    fn new(problem: Problem) -> Self {
        let place = None;
        Self(Box::new(Cause { problem, place }))
    }

    /// Something else stands there.
    pub(super) fn expected(what: impl Display) -> Self {
        Self::new(Problem::Other(format!("expected {what}")))
    }

    /// This, at this place unless it has one.
    #[cold]
    pub(super) fn at(mut self, place: &Place<'_>, value: &'de Json) -> Self {
        if self.0.place.is_none() {
            self.0.place = Some((place.to_string(), value));
        }
        self
    }
}

impl Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.problem.fmt(f)
    }
}

impl std::error::Error for Failure<'_> {}

/// The words are those of this project, without what was found: that stands beside them, unless it is a secret.
impl Error for Failure<'_> {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(Problem::Other(message.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn unknown_variant(_: &str, variants: &'static [&'static str]) -> Self {
        Self::expected(one_of(variants))
    }

    fn unknown_field(_: &str, fields: &'static [&'static str]) -> Self {
        Self::custom(format_args!(
            "there is no such field; expected {}",
            one_of(fields)
        ))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Problem::Missing(name))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(Problem::Repeated(name))
    }
}

/// The words an operator may choose from.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [word] => (*word).to_owned(),
        words => format!("one of {}", words.join(", ")),
    }
}
