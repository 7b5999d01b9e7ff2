//! Looks up one value in a JSON document that may be cut off.
//!
//! A document is read from left to right, and what is passed over is not checked beyond its strings and brackets.
//! Objects on the way are read to their end: of two keys that are alike some readers take the first and some the last,
//! so what stands there cannot be read. Neither can what is no JSON. Nesting costs a number, not a stack.

use super::fit::Fit;
use crate::json::{FromJson, Json, Mistakes, Node, Pointer, yaml};

/// What a JSON value may be compared with, whether it stands in quotes or not.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum Scalar {
    /// True or false, or a word that YAML takes for it.
    Bool(bool),
    /// A number, by its value: `1`, `1.0` and `1e0` are the same.
    Number(f64),
    /// A text, by its characters, however they are escaped.
    Text(String),
}

impl FromJson for Scalar {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::Bool(flag) => Some(Self::Bool(*flag)),
            Json::Number(number) => Some(Self::Number(*number)),
            Json::Text(text) => Some(Self::Text(text.clone())),
            _ => node.expected("true, false, a number or a text", mistakes),
        }
    }
}

/// What stands at a place of a document that may be cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// A text.
    Text(String),
    /// No text, or nothing that all readers find alike.
    Nothing,
    /// What has not come yet.
    Pending,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// The value is not there.
    Absent,
    /// This is no JSON, or there are two values.
    Unreadable,
    /// The document ends before the answer.
    Cut,
}

impl Pointer {
    /// Whether the value here says something: it is not null, false, 0, "", [] or {}.
    pub(super) fn says(&self, first: &[u8], whole: bool) -> Fit {
        let says = self.find(first).and_then(|value| value.says(whole));
        fit(says, first, whole)
    }

    /// Whether the value here is this.
    pub(super) fn is(&self, expected: &Scalar, first: &[u8], whole: bool) -> Fit {
        let is = self.find(first).and_then(|value| value.is(expected, whole));
        fit(is, first, whole)
    }

    /// The text here.
    #[must_use]
    pub fn text(&self, first: &[u8], whole: bool) -> Sought {
        let token = self.find(first).and_then(|mut value| value.string());
        match token.map(Json::parse) {
            Ok(Ok(Json::Text(text))) => Sought::Text(text),
            Err(Stop::Cut) if !whole => Sought::Pending,
            _ => Sought::Nothing,
        }
    }

    #[inline(never)]
    fn find<'a>(&self, document: &'a [u8]) -> Result<Cursor<'a>, Stop> {
        let mut at = Cursor(document);
        at.peek()?;
        for step in self.steps() {
            match at.peek()? {
                b'{' => at.enter_member(step)?,
                b'[' => at.enter_element(step)?,
                byte if starts_scalar(byte) => return Err(Stop::Absent),
                _ => return Err(Stop::Unreadable),
            }
        }
        Ok(at)
    }
}

/// In an empty body stands nothing; one that ends in the middle cannot be read.
fn fit(answer: Result<bool, Stop>, body: &[u8], whole: bool) -> Fit {
    match answer {
        Ok(fits) => fits.into(),
        Err(Stop::Absent) => Fit::No,
        Err(Stop::Cut) if !whole => Fit::Pending,
        Err(Stop::Cut) if body.iter().all(|byte| is_space(*byte)) => Fit::No,
        Err(Stop::Cut | Stop::Unreadable) => Fit::Unreadable,
    }
}

/// What is left of a document.
#[derive(Clone, Copy, Debug)]
struct Cursor<'a>(&'a [u8]);

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

const fn ends_scalar(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b',' | b':' | b'"' | b'[' | b']' | b'{' | b'}')
}

const fn starts_scalar(byte: u8) -> bool {
    matches!(byte, b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n')
}

impl<'a> Cursor<'a> {
    /// The next byte that is no white space, which is passed over.
    fn peek(&mut self) -> Result<u8, Stop> {
        let start = self.0.iter().position(|byte| !is_space(*byte));
        self.0 = start
            .and_then(|start| self.0.get(start..))
            .unwrap_or_default();
        self.0.first().copied().ok_or(Stop::Cut)
    }

    fn pass(&mut self, bytes: usize) -> &'a [u8] {
        let (passed, rest) = self.0.split_at_checked(bytes).unwrap_or((self.0, &[]));
        self.0 = rest;
        passed
    }

    /// Passes over this byte, or there is no JSON here.
    fn expect(&mut self, byte: u8) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(Stop::Unreadable);
        }
        self.pass(1);
        Ok(())
    }

    /// Passes over a string; its bytes with the quotes.
    fn string(&mut self) -> Result<&'a [u8], Stop> {
        if self.peek()? != b'"' {
            return Err(Stop::Unreadable);
        }
        let mut escaped = false;
        let end = self.0.iter().skip(1).position(|byte| {
            let ends = !escaped && *byte == b'"';
            escaped = !escaped && *byte == b'\\';
            ends
        });
        end.map(|end| self.pass(end.saturating_add(2)))
            .ok_or(Stop::Cut)
    }

    /// Passes over a number or a word.
    fn scalar(&mut self, whole: bool) -> Result<&'a [u8], Stop> {
        self.peek()?;
        match self.0.iter().position(|byte| ends_scalar(*byte)) {
            Some(0) => Err(Stop::Unreadable),
            Some(end) => Ok(self.pass(end)),
            None if whole => Ok(self.pass(self.0.len())),
            None => Err(Stop::Cut),
        }
    }

    /// Passes over any value.
    fn value(&mut self) -> Result<(), Stop> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    self.pass(1);
                    depth = depth.saturating_add(1);
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1).ok_or(Stop::Unreadable)?;
                    self.pass(1);
                }
                b',' | b':' if depth > 0 => {
                    self.pass(1);
                }
                _ => {
                    self.scalar(false)?;
                }
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// From an object to the value of one of its keys, which no other key may be like.
    fn enter_member(&mut self, name: &str) -> Result<(), Stop> {
        let mut found = None;
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            return Err(Stop::Absent);
        }
        loop {
            let key = self.string()?;
            self.expect(b':')?;
            self.peek()?;
            if is_text(key, name) && found.replace(*self).is_some() {
                return Err(Stop::Unreadable);
            }
            self.value()?;
            match self.peek()? {
                b',' => self.pass(1),
                b'}' => break,
                _ => return Err(Stop::Unreadable),
            };
        }
        *self = found.ok_or(Stop::Absent)?;
        Ok(())
    }

    /// From a list to one of its elements.
    fn enter_element(&mut self, index: &str) -> Result<(), Stop> {
        let canonical = index == "0" || !index.starts_with(['0', '+']);
        let index: usize = index
            .parse()
            .ok()
            .filter(|_| canonical)
            .ok_or(Stop::Absent)?;
        self.expect(b'[')?;
        // There are no more elements than bytes: this ends whatever the index.
        for _ in 0..index {
            if self.peek()? == b']' {
                return Err(Stop::Absent);
            }
            self.value()?;
            match self.peek()? {
                b',' => self.pass(1),
                b']' => return Err(Stop::Absent),
                _ => return Err(Stop::Unreadable),
            };
        }
        match self.peek()? {
            b']' => Err(Stop::Absent),
            _ => Ok(()),
        }
    }

    fn says(mut self, whole: bool) -> Result<bool, Stop> {
        match self.peek()? {
            b'"' => self.0.get(1).map(|byte| *byte != b'"').ok_or(Stop::Cut),
            open @ (b'{' | b'[') => {
                self.pass(1);
                let close = if open == b'{' { b'}' } else { b']' };
                Ok(self.peek()? != close)
            }
            b't' => Ok(true),
            b'-' | b'0'..=b'9' => {
                let mut mantissa = self
                    .0
                    .iter()
                    .take_while(|byte| !ends_scalar(**byte) && !matches!(byte, b'e' | b'E'));
                if mantissa.any(|byte| (b'1'..=b'9').contains(byte)) {
                    return Ok(true);
                }
                self.scalar(whole).map(|_| false)
            }
            byte if starts_scalar(byte) => Ok(false),
            _ => Err(Stop::Unreadable),
        }
    }

    /// Quotes make no difference, here or in the configuration: YAML readers do not agree on what is a number, and make
    /// a boolean of `no`.
    fn is(mut self, expected: &Scalar, whole: bool) -> Result<bool, Stop> {
        let first = self.peek()?;
        if matches!(first, b'{' | b'[') {
            return Ok(false);
        }
        if !starts_scalar(first) {
            return Err(Stop::Unreadable);
        }
        if first == b'"' {
            let token = self.string()?;
            return Ok(match expected {
                Scalar::Text(text) => is_text(token, text),
                Scalar::Bool(flag) => yaml::words(*flag).iter().any(|word| is_text(token, word)),
                Scalar::Number(number) => match Json::parse(token) {
                    Ok(Json::Text(text)) => is_number(text.as_bytes(), *number),
                    _ => false,
                },
            });
        }
        let token = self.scalar(whole)?;
        Ok(match (expected, Json::parse(token)) {
            (Scalar::Bool(flag), Ok(Json::Bool(found))) => *flag == found,
            (Scalar::Number(number), Ok(Json::Number(found))) => *number == found,
            (Scalar::Text(text), Ok(Json::Number(found))) => is_number(text.as_bytes(), found),
            (Scalar::Text(text), Ok(Json::Bool(_))) => text.as_bytes() == token,
            _ => false,
        })
    }
}

/// Whether a text is a JSON number of this value.
fn is_number(text: &[u8], number: f64) -> bool {
    matches!(Json::parse(text), Ok(Json::Number(found)) if found == number)
}

/// Whether a string, with its quotes, is this text.
fn is_text(token: &[u8], text: &str) -> bool {
    if token.contains(&b'\\') {
        matches!(Json::parse(token), Ok(Json::Text(decoded)) if decoded == text)
    } else {
        token
            .strip_prefix(b"\"")
            .and_then(|token| token.strip_suffix(b"\""))
            == Some(text.as_bytes())
    }
}
