//! The page's frame, which the operator may replace.

use std::fmt;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Language,
    Title,
    Explanation,
    Challenge,
    ReferenceLabel,
    Reference,
    Style,
    Script,
    Nonce,
}

impl Slot {
    const ALL: [Self; 9] = [
        Self::Language,
        Self::Title,
        Self::Explanation,
        Self::Challenge,
        Self::ReferenceLabel,
        Self::Reference,
        Self::Style,
        Self::Script,
        Self::Nonce,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Title => "title",
            Self::Explanation => "explanation",
            Self::Challenge => "challenge",
            Self::ReferenceLabel => "reference_label",
            Self::Reference => "reference",
            Self::Style => "style",
            Self::Script => "script",
            Self::Nonce => "nonce",
        }
    }

    /// Without these the page does not work, or not for everybody.
    const REQUIRED: [Self; 4] = [Self::Language, Self::Title, Self::Challenge, Self::Script];

    /// Whether it makes elements with an `id`, of which a page has one.
    const fn is_unique(self) -> bool {
        matches!(self, Self::Challenge | Self::Script)
    }
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Slot(Slot),
}

/// The HTML around the challenge, with placeholders in double braces.
///
/// | placeholder | stands for | |
/// |---|---|---|
/// | `{{language}}` | the code of the page's language, for `<html lang>` | required |
/// | `{{title}}` | the title | required |
/// | `{{challenge}}` | the status, the progress, the button, and the fields that were posted | required, once |
/// | `{{script}}` | the scripts, behind `{{challenge}}` | required, once |
/// | `{{explanation}}` | what is going on, in a sentence or two | |
/// | `{{reference_label}}` `{{reference}}` | what a person quotes to the operator | |
/// | `{{style}}` | the default style | |
/// | `{{nonce}}` | for a `<style>` or `<script>` of one's own | |
///
/// Every value is escaped; only `challenge`, `style` and `script` are elements, and made here. The
/// Content-Security-Policy lets the page load nothing from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

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
    },
    /// A required placeholder is missing.
    Missing(&'static str),
    /// A placeholder stands more than once that may stand once.
    Repeated(&'static str),
}

impl Template {
    /// Most bytes of a template.
    pub const MAX_BYTES: usize = 65_536;
    /// Most placeholders in one.
    pub const MAX_PLACEHOLDERS: usize = 64;

    /// Reads a template.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > Self::MAX_BYTES {
            return Err(TemplateError::TooLarge(text.len()));
        }
        let mut parts = Vec::new();
        let mut slots = Vec::new();
        let mut rest = text;
        let mut line: usize = 1;
        while let Some((before, after)) = rest.split_once("{{") {
            line = line.saturating_add(before.matches('\n').count());
            let (name, behind) = after
                .split_once("}}")
                .ok_or(TemplateError::Unclosed(line))?;
            let slot = Slot::ALL
                .into_iter()
                .find(|slot| slot.name() == name.trim())
                .ok_or_else(|| TemplateError::Unknown {
                    name: name.trim().chars().take(40).collect(),
                    line,
                })?;
            if slot.is_unique() && slots.contains(&slot) {
                return Err(TemplateError::Repeated(slot.name()));
            }
            slots.push(slot);
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Slot(slot));
            line = line.saturating_add(name.matches('\n').count());
            rest = behind;
        }
        if slots.len() > Self::MAX_PLACEHOLDERS {
            return Err(TemplateError::TooManyPlaceholders);
        }
        if let Some(missing) = Slot::REQUIRED
            .into_iter()
            .find(|slot| !slots.contains(slot))
        {
            return Err(TemplateError::Missing(missing.name()));
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    pub(super) const fn nothing() -> Self {
        Self(Vec::new())
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => write!(
                f,
                "the template has {bytes} bytes; expected at most {}",
                Template::MAX_BYTES
            ),
            Self::TooManyPlaceholders => write!(
                f,
                "the template has more than {} placeholders",
                Template::MAX_PLACEHOLDERS
            ),
            Self::Unclosed(line) => write!(f, "line {line}: a {{{{ without its }}}}"),
            Self::Unknown { name, line } => {
                let known: Vec<&str> = Slot::ALL.into_iter().map(Slot::name).collect();
                write!(
                    f,
                    "line {line}: there is no placeholder {{{{{name}}}}}; expected one of {}",
                    known.join(", ")
                )
            }
            Self::Missing(name) => write!(f, "the placeholder {{{{{name}}}}} is missing"),
            Self::Repeated(name) => {
                write!(f, "the placeholder {{{{{name}}}}} stands more than once")
            }
        }
    }
}

impl std::error::Error for TemplateError {}
