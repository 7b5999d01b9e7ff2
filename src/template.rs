//! Texts with placeholders, read and checked once: pages that the operator may replace, and requests to services.

use std::fmt;

const MAX_BYTES: usize = 65_536;
const MAX_PLACEHOLDERS: usize = 64;

/// What a placeholder stands for.
pub trait Slot: Copy + Eq + 'static {
    /// All of them.
    const ALL: &'static [Self];
    /// Without these the page does not work, or not for everybody.
    const REQUIRED: &'static [Self];

    /// Its name between the braces.
    fn name(self) -> &'static str;

    /// Whether it may stand in a page once only.
    fn is_unique(self) -> bool {
        false
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part<S> {
    Text(String),
    Slot(S),
}

/// A text with placeholders; `S` says which there are. In pages they stand in double braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<S>(Vec<Part<S>>);

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// It has more bytes than [`Template::MAX_BYTES`].
    TooLarge(usize),
    /// It has more placeholders than [`Template::MAX_PLACEHOLDERS`].
    TooManyPlaceholders,
    /// A `{{` in this line, counted from 1, without its `}}`.
    Unclosed(usize),
    /// There is no such placeholder.
    Unknown {
        /// What it is called; at most 40 characters.
        name: String,
        /// The line, counted from 1.
        line: usize,
        /// What there is, separated by commas.
        known: String,
    },
    /// A required placeholder is missing.
    Missing(&'static str),
    /// A placeholder stands more than once that may stand once.
    Repeated(&'static str),
}

impl<S> Template<S> {
    /// Most bytes of a template.
    pub const MAX_BYTES: usize = MAX_BYTES;
    /// Most placeholders in one.
    pub const MAX_PLACEHOLDERS: usize = MAX_PLACEHOLDERS;

    /// What somebody has read who has rules of their own.
    pub(crate) const fn of(parts: Vec<Part<S>>) -> Self {
        Self(parts)
    }

    pub(crate) fn parts(&self) -> &[Part<S>] {
        &self.0
    }
}

/// What stands before the next placeholder; its name and what stands behind it, unless its braces stay open.
pub(crate) fn next<'t>(
    text: &'t str,
    [open, close]: [&str; 2],
) -> Option<(&'t str, Option<(&'t str, &'t str)>)> {
    let (before, after) = text.split_once(open)?;
    Some((before, after.split_once(close)))
}

impl<S: Slot> Template<S> {
    /// Reads a template.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let all: Vec<&str> = S::ALL.iter().map(|slot| slot.name()).collect();
        let parts = read(text, &all)?;
        let mut slots: Vec<S> = Vec::new();
        let mut own = Vec::with_capacity(parts.len());
        for part in parts {
            own.push(match part {
                Part::Text(text) => Part::Text(text),
                Part::Slot(place) => {
                    let Some(slot) = S::ALL.get(place).copied() else {
                        continue;
                    };
                    if slot.is_unique() && slots.contains(&slot) {
                        return Err(TemplateError::Repeated(slot.name()));
                    }
                    slots.push(slot);
                    Part::Slot(slot)
                }
            });
        }
        match S::REQUIRED.iter().find(|slot| !slots.contains(slot)) {
            Some(missing) => Err(TemplateError::Missing(missing.name())),
            None => Ok(Self(own)),
        }
    }

    pub(crate) const fn nothing() -> Self {
        Self(Vec::new())
    }
}

/// The parts of a text, with the places of its placeholders among `names`. Reading is the same for all of them.
#[inline(never)]
fn read(text: &str, names: &[&str]) -> Result<Vec<Part<usize>>, TemplateError> {
    if text.len() > MAX_BYTES {
        return Err(TemplateError::TooLarge(text.len()));
    }
    let mut parts = Vec::new();
    let mut count: usize = 0;
    let mut rest = text;
    let mut line: usize = 1;
    while let Some((before, found)) = next(rest, ["{{", "}}"]) {
        line = line.saturating_add(before.matches('\n').count());
        let (name, behind) = found.ok_or(TemplateError::Unclosed(line))?;
        let place = names.iter().position(|known| *known == name.trim());
        let place = place.ok_or_else(|| TemplateError::Unknown {
            name: name.trim().chars().take(40).collect(),
            line,
            known: names.join(", "),
        })?;
        parts.push(Part::Text(before.to_owned()));
        parts.push(Part::Slot(place));
        count = count.saturating_add(1);
        line = line.saturating_add(name.matches('\n').count());
        rest = behind;
    }
    if count > MAX_PLACEHOLDERS {
        return Err(TemplateError::TooManyPlaceholders);
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => write!(
                f,
                "the template has {bytes} bytes; expected at most {}",
                MAX_BYTES
            ),
            Self::TooManyPlaceholders => write!(
                f,
                "the template has more than {} placeholders",
                MAX_PLACEHOLDERS
            ),
            Self::Unclosed(line) => write!(f, "line {line}: a {{{{ without its }}}}"),
            Self::Unknown { name, line, known } => write!(
                f,
                "line {line}: there is no placeholder {{{{{name}}}}}; expected one of {known}"
            ),
            Self::Missing(name) => write!(f, "the placeholder {{{{{name}}}}} is missing"),
            Self::Repeated(name) => {
                write!(f, "the placeholder {{{{{name}}}}} stands more than once")
            }
        }
    }
}

impl std::error::Error for TemplateError {}
