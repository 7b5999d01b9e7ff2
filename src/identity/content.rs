//! What a request says beside its method, host and path, as far as routes are told apart by it.

use super::FieldName;
use super::JsonPointer;
use super::account::{
    AccountError, AccountSource, BodyBytes, BodyNeed, BodyPattern, Declared, Gather, Places,
};
use super::likeness::Essence;
use crate::message::HeaderBlock;
use crate::signals::Truth;

/// What a request must say for a route to be about it: all of it.
#[derive(Clone, Debug)]
pub struct ContentMatch(Vec<ContentTest>);

/// One value of a request, and what it must be.
#[derive(Clone, Debug)]
pub struct ContentTest {
    /// Where the operator says that it stands.
    own: Places,
    /// The same, and wherever else a framework that merges query and body may find it.
    merged: Places,
    wanted: Wanted,
}

/// Where a value stands.
#[derive(Clone, Debug)]
pub enum ContentPlace {
    /// In a parameter of the query.
    Query(FieldName),
    /// In a field of a form in the body, urlencoded or multipart.
    Form(FieldName),
    /// In the JSON document in the body.
    Json(JsonPointer),
    /// Anywhere in the text of the body.
    Text(BodyPattern),
}

/// What a value must be.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// One of these texts, byte for byte.
    OneOf(Vec<WantedText>),
    /// A text in which this one stands.
    Contains(WantedText),
    /// Anything, or with `false` nothing at all.
    Present(bool),
}

/// A text that is wanted.
#[derive(Clone, Debug)]
pub struct WantedText {
    text: Box<str>,
    essence: Essence,
}

impl WantedText {
    /// This text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: text.into(),
            essence: Essence::of(text.as_bytes()),
        }
    }

    /// Whether a value is this text. What only looks like it to some reader may be.
    fn is(&self, raw: &[u8]) -> Truth {
        if raw == self.text.as_bytes() {
            Truth::True
        } else if self.essence.is_whole(raw) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// Whether this text stands in a value. What only looks like it to some reader may.
    fn is_within(&self, raw: &[u8]) -> Truth {
        let text = self.text.as_bytes();
        let begins = |at| raw.get(at..).is_some_and(|rest| rest.starts_with(text));
        if (0..raw.len()).any(begins) {
            Truth::True
        } else if self.essence.is_within(raw) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }
}

impl ContentTest {
    /// The test whether what stands there is what is wanted, in bodies that the application reads so.
    #[must_use]
    pub fn new(place: ContentPlace, wanted: Wanted, declared: Declared) -> Self {
        use AccountSource as Source;
        let places = match place {
            ContentPlace::Query(name) => vec![Source::Query(name)],
            ContentPlace::Form(name) => vec![Source::Form(name.clone()), Source::Multipart(name)],
            ContentPlace::Json(pointer) => vec![Source::Json(pointer)],
            ContentPlace::Text(pattern) => vec![Source::BodyPattern(pattern)],
        };
        Self {
            own: Places::new(places.clone()).declaring(declared),
            merged: Places::merged(places).declaring(declared),
            wanted,
        }
    }

    /// Whether it holds, with whether the body is needed to tell.
    fn test(&self, head: &HeaderBlock, body: Option<BodyBytes<'_>>) -> (Truth, bool) {
        let mut own = Heard::new(&self.wanted);
        let mut merged = Heard::new(&self.wanted);
        let plan = self.own.read_head(head, &mut own);
        let merged_plan = self.merged.read_head(head, &mut merged);
        match body {
            Some(body) => {
                self.own.read_body(&plan, body, &mut own);
                self.merged.read_body(&merged_plan, body, &mut merged);
            }
            None if merged_plan.may_tell() => {
                return (Truth::Unknown, merged_plan.body() == BodyNeed::Needed);
            }
            None => {}
        }
        let (own, merged) = (own.truth(), merged.truth());
        // Which of the places the application reads, only the operator knows; where that makes no difference, all is
        // clear.
        let truth = if own == merged { own } else { Truth::Unknown };
        (truth, false)
    }
}

impl ContentMatch {
    /// All of these tests.
    #[must_use]
    pub const fn new(tests: Vec<ContentTest>) -> Self {
        Self(tests)
    }

    /// Whether a request says all of it, with whether its body is needed to tell; `body` is `None` as long as it has
    /// not come.
    ///
    /// What is in doubt (values that differ, names and values that look like those that are meant, a body that cannot
    /// be read, is too large or has not come) is unknown. The time is linear in the size of the request, for each test.
    #[must_use]
    pub fn test(&self, head: &HeaderBlock, body: Option<BodyBytes<'_>>) -> (Truth, bool) {
        let mut result = (Truth::True, false);
        for test in &self.0 {
            match test.test(head, body) {
                (Truth::False, _) => return (Truth::False, false),
                (truth, awaits) => result = (result.0.min(truth), result.1 || awaits),
            }
        }
        result
    }
}

/// What places say, against what is wanted.
struct Heard<'w> {
    wanted: &'w Wanted,
    /// Whether a value is what is wanted.
    fits: bool,
    /// Whether one is something else.
    misses: bool,
    /// Whether anything is in doubt.
    doubts: bool,
}

impl<'w> Heard<'w> {
    const fn new(wanted: &'w Wanted) -> Self {
        Self {
            wanted,
            fits: false,
            misses: false,
            doubts: false,
        }
    }

    fn truth(&self) -> Truth {
        match (self.wanted, self.fits, self.misses) {
            _ if self.doubts => Truth::Unknown,
            (Wanted::Present(wanted), present, _) => Truth::from(present == *wanted),
            (Wanted::OneOf(_) | Wanted::Contains(_), true, true) => Truth::Unknown,
            (Wanted::OneOf(_) | Wanted::Contains(_), fits, _) => Truth::from(fits),
        }
    }
}

impl Gather for Heard<'_> {
    fn value(&mut self, raw: &[u8]) {
        let truth = match self.wanted {
            // Some applications take an empty value for none.
            Wanted::Present(_) if raw.is_empty() => Truth::Unknown,
            Wanted::Present(_) => Truth::True,
            Wanted::OneOf(texts) => {
                let truths = texts.iter().map(|text| text.is(raw));
                truths.max().unwrap_or(Truth::False)
            }
            Wanted::Contains(text) => text.is_within(raw),
        };
        match truth {
            Truth::True => self.fits = true,
            Truth::False => self.misses = true,
            Truth::Unknown => self.doubts = true,
        }
    }

    fn candidate(&mut self, raw: &[u8]) {
        self.value(raw);
    }

    fn refuse(&mut self, _: AccountError) {
        self.doubts = true;
    }

    fn hint(&mut self, error: AccountError) {
        self.refuse(error);
    }
}

#[cfg(test)]
mod tests;
