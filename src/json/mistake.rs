//! What is wrong in a document, where, and how it is told.

use std::fmt::{self, Display};

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

/// How many mistakes are told at once.
const MOST: usize = 16;

/// The mistakes so far.
#[derive(Default)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Tells a mistake, and what stands there if that says anything. After sixteen no more is told.
    #[cold]
    pub(super) fn add(
        &mut self,
        place: &Place<'_>,
        found: Option<&Json>,
        problem: fmt::Arguments<'_>,
    ) {
        if self.0.len() < MOST {
            let path = place.to_string();
            self.0.push(Mistake {
                found: found.map(|value| shown(&path, value)),
                path,
                problem: problem.to_string(),
            });
        }
    }

    /// What was read, if nothing is wrong.
    pub(super) fn unless_any<T>(mut self, read: Option<T>) -> Result<T, Vec<Mistake>> {
        match read {
            Some(read) if self.0.is_empty() => return Ok(read),
            _ => {}
        }
        if self.0.len() >= MOST {
            self.0.push(Mistake {
                path: String::new(),
                found: None,
                problem: format!("there may be more mistakes than these {MOST}"),
            });
        }
        Err(self.0)
    }
}

/// What stands somewhere: a text or a number, shortened, and never a secret.
fn shown(path: &str, value: &Json) -> String {
    const SECRET: [&str; 4] = ["key", "secret", "token", "password"];
    let path = path.to_ascii_lowercase();
    let secret = SECRET.iter().any(|word| path.contains(word));
    match value {
        Json::Null => "null".to_owned(),
        Json::List(items) if items.is_empty() => "[]".to_owned(),
        Json::List(_) => "[...]".to_owned(),
        Json::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Json::Object(_) => "{...}".to_owned(),
        _ if secret => "(not shown)".to_owned(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => decimal(*number),
        Json::Text(text) => quoted(text),
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

/// The words an operator may choose from.
pub(crate) fn one_of(words: &[&str]) -> String {
    match words {
        [word] => (*word).to_owned(),
        words => format!("one of {}", words.join(", ")),
    }
}
