//! What is wrong in a document, where, what was expected, and what was probably meant.

use std::fmt::{self, Display};

use super::Json;
use super::place::{Path, Place, quoted};

/// One mistake in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub path: Path,
    /// What stands there, shortened, and never a secret; `None` when nothing does, or too much.
    pub found: Option<String>,
    /// What is wrong, where that does not follow from what was expected.
    pub problem: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// The word that was probably meant.
    pub meant: Option<String>,
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)?;
        if let Some(found) = &self.found {
            write!(f, " = {found}")?;
        }
        let mut before = ": ";
        if let Some(problem) = &self.problem {
            write!(f, "{before}{problem}")?;
            before = "; ";
        }
        if let Some(expected) = &self.expected {
            write!(f, "{before}expected {expected}")?;
            before = "; ";
        }
        match &self.meant {
            Some(meant) => write!(f, "{before}did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

/// How many mistakes are told at once.
const MOST: usize = 16;

/// How many bytes they have together, unless the first one alone has more: however many names a mistake tells, all of
/// them are read at a glance.
const MOST_BYTES: usize = 3_900;

/// The mistakes in a document so far.
pub(crate) struct Mistakes<'d> {
    document: &'d Json,
    mistakes: Vec<Mistake>,
    /// How many bytes more are told.
    room: usize,
}

impl<'d> Mistakes<'d> {
    /// None so far.
    pub(crate) const fn new(document: &'d Json) -> Self {
        Self {
            document,
            mistakes: Vec::new(),
            room: MOST_BYTES,
        }
    }

    /// Tells a mistake, with the value that stands there. The sentence says what is wrong, what was expected, or both:
    /// `expected a path`, or `this trusts everybody; expected your own load balancers`. After sixteen, or as many as
    /// there is room for, no more is told.
    pub(crate) fn add(&mut self, place: &Place<'_>, sentence: &dyn Display) {
        let value = place.find(self.document);
        let plain = value.filter(|value| match value {
            Json::List(items) => items.is_empty(),
            Json::Object(fields) => fields.is_empty(),
            _ => true,
        });
        self.tell(place, plain, sentence, None);
    }

    /// What was made of the value there, or else its error as a mistake.
    #[inline(always)]
    pub(crate) fn take<T, E: Display>(
        &mut self,
        place: &Place<'_>,
        made: Result<T, E>,
    ) -> Option<T> {
        match made {
            Ok(made) => Some(made),
            Err(error) => {
                self.add(place, &error);
                None
            }
        }
    }

    /// What was made of the value there, or else a mistake with this sentence.
    #[inline(always)]
    pub(crate) fn require<T>(
        &mut self,
        place: &Place<'_>,
        made: Option<T>,
        sentence: &dyn Display,
    ) -> Option<T> {
        if made.is_none() {
            self.add(place, sentence);
        }
        made
    }

    /// Tells that a name is none of these, and the one that is nearest to it.
    pub(crate) fn unknown(
        &mut self,
        place: &Place<'_>,
        sentence: &dyn Display,
        name: &str,
        names: &[&str],
    ) {
        let value = place.find(self.document);
        self.tell(place, value, sentence, nearest(name, names));
    }

    /// Tells that a value of this kind may not stand there.
    pub(super) fn kind(&mut self, place: &Place<'_>, value: &Json, sentence: &dyn Display) {
        self.tell(place, Some(value), sentence, None);
    }

    /// Tells what is wrong with an object as a whole.
    pub(super) fn object(&mut self, place: &Place<'_>, sentence: &dyn Display) {
        self.tell(place, None, sentence, None);
    }

    #[cold]
    #[inline(never)]
    fn tell(
        &mut self,
        place: &Place<'_>,
        found: Option<&Json>,
        sentence: &dyn Display,
        meant: Option<&str>,
    ) {
        if self.room == 0 {
            return;
        }
        let path = place.to_path();
        let found = found.map(|value| shown(&path, value));
        let mistake = mistake(path, found, &sentence.to_string(), meant);
        self.room = self.room.saturating_sub(mistake.to_string().len());
        if self.room > 0 || self.mistakes.is_empty() {
            self.mistakes.push(mistake);
        }
        if self.mistakes.len() >= MOST {
            self.room = 0;
        }
    }

    /// How many have been told.
    pub(crate) const fn count(&self) -> usize {
        self.mistakes.len()
    }

    /// What was made of the document, if nothing is wrong with it.
    pub(crate) fn unless_any<T>(mut self, made: Option<T>) -> Result<T, Vec<Mistake>> {
        match made {
            Some(made) if self.mistakes.is_empty() => return Ok(made),
            _ => {}
        }
        if self.room == 0 {
            let told = self.mistakes.len();
            let sentence = format!("there may be more mistakes than these {told}");
            self.mistakes
                .push(mistake(Path::default(), None, &sentence, None));
        }
        Err(self.mistakes)
    }
}

/// A mistake of the whole document.
pub(crate) fn of_all(sentence: &dyn Display) -> Mistake {
    mistake(Path::default(), None, &sentence.to_string(), None)
}

/// Takes the sentence apart.
fn mistake(path: Path, found: Option<String>, sentence: &str, meant: Option<&str>) -> Mistake {
    let (problem, expected) = match sentence.strip_prefix("expected ") {
        Some(expected) => (None, Some(expected)),
        None => match sentence.split_once("; expected ") {
            Some((problem, expected)) => (Some(problem), Some(expected)),
            None => (Some(sentence), None),
        },
    };
    Mistake {
        path,
        found,
        problem: problem.map(str::to_owned),
        expected: expected.map(str::to_owned),
        meant: meant.map(str::to_owned),
    }
}

/// What stands somewhere: a text or a number, shortened, and never a secret.
fn shown(path: &Path, value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::List(items) if items.is_empty() => "[]".to_owned(),
        Json::List(_) => "[...]".to_owned(),
        Json::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Json::Object(_) => "{...}".to_owned(),
        Json::Text(name) if names_variable(path) => variable(name),
        _ if is_secret(path) => HIDDEN.to_owned(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => decimal(*number),
        Json::Text(text) => quoted(text),
    }
}

const HIDDEN: &str = "(not shown)";

fn is_secret(path: &Path) -> bool {
    const WORDS: [&str; 5] = ["key", "secret", "token", "password", "authorization"];
    // What a limit counts by, and what every browser gets from a captcha.
    const PUBLIC: [&str; 2] = ["limits", "site_key"];
    !path.fields().any(|name| PUBLIC.contains(&name))
        && path.fields().any(|name| {
            let name = name.to_ascii_lowercase();
            // The request to an API may hold a key anywhere.
            name == "request" || WORDS.iter().any(|word| name.contains(word))
        })
}

/// Whether the name of an environment variable should stand there.
fn names_variable(path: &Path) -> bool {
    let last = path.fields().last();
    last.is_some_and(|name| name.ends_with("_env"))
}

/// The name of a variable as it is shown. Some operators write the key itself in its place, so only what looks like a
/// name and like no key is shown.
fn variable(name: &str) -> String {
    let usual = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if name.contains('_') && name.bytes().all(usual) {
        quoted(name)
    } else {
        HIDDEN.to_owned()
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

/// The word that somebody who wrote `word` probably meant: the nearest one, if it differs in a third of its letters at
/// most.
fn nearest<'w>(word: &str, words: &[&'w str]) -> Option<&'w str> {
    if word.len() > 64 {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let distances = words
        .iter()
        .map(|other| (strsim::osa_distance(&word, other), *other));
    let near = distances.filter(|(distance, other)| distance.saturating_mul(3) <= other.len());
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_probably_meant_is_near_to_what_was_written() {
        let words = ["enforce", "monitor", "vpn", "residential_proxy"];
        for (word, meant) in [
            ("enforced", Some("enforce")),
            ("Monitor", Some("monitor")),
            ("moniter", Some("monitor")),
            ("vnp", Some("vpn")),
            ("residental_proxy", Some("residential_proxy")),
            ("tor", None),
            ("", None),
            ("sometimes", None),
        ] {
            assert_eq!(nearest(word, &words), meant, "{word}");
        }
    }
}
