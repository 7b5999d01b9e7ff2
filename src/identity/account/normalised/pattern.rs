//! Patterns of accounts.

use std::borrow::Cow;
use std::fmt;

use regex_lite::{Regex, RegexBuilder};

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 1024;
/// How large a pattern may be once compiled, in bytes: it bounds the time that a match takes.
const MAX_SIZE: usize = 64 * 1024;

/// A regular expression, whose time is linear in the text.
#[derive(Clone, Debug)]
pub struct Pattern {
    part: Regex,
    whole: Regex,
}

impl Pattern {
    /// This expression, of the crate `regex-lite`.
    ///
    /// # Errors
    /// When it is malformed, longer than 1,024 bytes, too large once compiled, or fits nothing at all.
    pub fn new(expression: &str) -> Result<Self, NoPattern> {
        if expression.len() > MAX_PATTERN {
            return Err(NoPattern(format!("{} bytes", expression.len())));
        }
        let compile = |expression: &str| {
            RegexBuilder::new(expression)
                .size_limit(MAX_SIZE)
                .build()
                .map_err(|error| NoPattern(error.to_string()))
        };
        let part = compile(expression)?;
        if part.is_match("") {
            return Err(NoPattern("it fits an empty text".to_owned()));
        }
        let whole = compile(&format!("^(?:{expression})$"))?;
        Ok(Self { part, whole })
    }

    /// Whether it fits all of a text.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// A text without whatever it fits.
    pub(super) fn cut_out_of<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut found = self.part.find_iter(text).peekable();
        if found.peek().is_none() {
            return Cow::Borrowed(text);
        }
        let mut rest = String::with_capacity(text.len());
        let mut end = 0;
        for part in found {
            rest.push_str(text.get(end..part.start()).unwrap_or_default());
            end = part.end();
        }
        rest.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(rest)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part.as_str())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.part.as_str() == other.part.as_str()
    }
}

impl Eq for Pattern {}

/// A text that is no pattern, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPattern(String);

impl fmt::Display for NoPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not such a pattern ({}); expected a regular expression of the syntax of the regex-lite crate, at most \
             {MAX_PATTERN} bytes, that fits no empty text",
            self.0
        )
    }
}

impl std::error::Error for NoPattern {}
