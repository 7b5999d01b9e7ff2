//! Accounts in the text of a body, found by a pattern: XML-RPC, GraphQL, and whatever else carries several attempts in
//! one request.

use std::fmt;

use regex_lite::{Captures, Regex, RegexBuilder};

use super::gathering::Gather;
use super::texts::{self, Writing};
use super::{AccountError, Found, JsonPointer};

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 1024;
/// How large a pattern may be once compiled, in bytes: it bounds the time that a match takes.
const MAX_SIZE: usize = 64 * 1024;
/// The most attempts of one request.
const MAX_ATTEMPTS: u32 = 64;
/// The group whose text is the name of a variable of GraphQL.
const VARIABLE: &str = "variable";

/// What is sought in the text of a body.
#[derive(Clone, Debug)]
pub struct BodyPattern {
    regex: Regex,
    /// The most attempts that one request may carry; `None` where it only matters whether there is any.
    at_most: Option<u32>,
}

impl PartialEq for BodyPattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str() && self.at_most == other.at_most
    }
}

impl Eq for BodyPattern {}

impl BodyPattern {
    /// A pattern of attempts, each of which names its account in the first group that takes part in the match, and at
    /// most so many of them.
    ///
    /// # Errors
    /// When the expression is malformed, too long or too large, fits an empty text or has no group, or for a number
    /// above 64.
    pub fn of_accounts(expression: &str, at_most: u32) -> Result<Self, NoBodyPattern> {
        let own = Self {
            at_most: Some(at_most),
            ..Self::of_text(expression)?
        };
        match own.regex.captures_len() {
            0 | 1 => Err(NoBodyPattern("no group".to_owned())),
            _ if !(1..=MAX_ATTEMPTS).contains(&at_most) => {
                Err(NoBodyPattern(format!("at most {at_most} attempts")))
            }
            _ => Ok(own),
        }
    }

    /// A pattern of a text that is there or not.
    ///
    /// # Errors
    /// When the expression is malformed, too long or too large, or fits an empty text.
    pub fn of_text(expression: &str) -> Result<Self, NoBodyPattern> {
        if expression.len() > MAX_PATTERN {
            return Err(NoBodyPattern(format!("{} bytes", expression.len())));
        }
        let regex = RegexBuilder::new(expression)
            .size_limit(MAX_SIZE)
            .build()
            .map_err(|error| NoBodyPattern(error.to_string()))?;
        match regex.is_match("") {
            true => Err(NoBodyPattern("it fits an empty text".to_owned())),
            false => Ok(Self {
                regex,
                at_most: None,
            }),
        }
    }

    /// Gathers what is found in a body.
    pub(super) fn read(&self, body: &[u8], writing: Writing, gather: &mut dyn Gather) {
        let mut search = Search {
            pattern: self,
            body,
            found: 0,
            error: None,
        };
        let read = texts::each(body, writing, &mut |text| search.read(text, gather));
        if let Some(error) = search.error.or(read.err()) {
            gather.refuse(error);
        }
    }
}

/// One body that is searched.
struct Search<'s> {
    pattern: &'s BodyPattern,
    body: &'s [u8],
    found: u32,
    error: Option<AccountError>,
}

impl Search<'_> {
    /// Gathers what is found in a text; whether more is to be sought. What names no account ends the search, and so
    /// does one attempt too many: so nothing is searched again and again.
    fn read(&mut self, text: &str, gather: &mut dyn Gather) -> bool {
        let Some(at_most) = self.pattern.at_most else {
            if self.found == 0 && self.pattern.regex.is_match(text) {
                self.found = 1;
                gather.value(b"found");
            }
            return self.found == 0;
        };
        if self.error.is_some() {
            return false;
        }
        for captures in self.pattern.regex.captures_iter(text) {
            self.found = self.found.saturating_add(1);
            self.error = match self.found > at_most {
                true => Some(AccountError::Batch),
                false => self.gather(&captures, gather),
            };
            if self.error.is_some() {
                return false;
            }
        }
        true
    }

    /// Gathers one attempt. What is wrong with it, if anything is.
    fn gather(&self, captures: &Captures<'_>, gather: &mut dyn Gather) -> Option<AccountError> {
        if let Some(variable) = captures.name(VARIABLE) {
            return self.of_variable(variable.as_str(), gather);
        }
        let mut groups = captures.iter().skip(1).flatten();
        match groups.next() {
            Some(account) => gather.attempt(texts::resolved(account.as_str()).as_bytes()),
            None => return Some(AccountError::Malformed),
        }
        None
    }

    /// Gathers what a variable of GraphQL holds.
    fn of_variable(&self, name: &str, gather: &mut dyn Gather) -> Option<AccountError> {
        let pointer = JsonPointer::of(&["variables".to_owned(), name.to_owned()]);
        let mut error = Some(AccountError::Malformed);
        let mut count: usize = 0;
        let read = pointer.read(self.body, &mut |found| {
            count = count.saturating_add(1);
            error = match found {
                Found::Text(text) if count == 1 => {
                    gather.attempt(text.as_bytes());
                    None
                }
                Found::Text(_) | Found::Doubtful => Some(AccountError::Conflict),
                Found::Null | Found::NoText => Some(AccountError::NotText),
            };
        });
        read.err().map(|_| AccountError::Malformed).or(error)
    }
}

/// A text that is no such pattern, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoBodyPattern(String);

impl fmt::Display for NoBodyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not such a pattern ({}); expected a regular expression of the syntax of the regex-lite crate, at most {MAX_PATTERN} bytes, that fits no \
             empty text and has a group for the account, and 1 to {MAX_ATTEMPTS} attempts",
            self.0
        )
    }
}

impl std::error::Error for NoBodyPattern {}

#[cfg(test)]
mod tests;
