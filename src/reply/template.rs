//! Pages of the operator's own for refusals.

use super::html::{self, STYLE};
use super::{Kind, Shown};
use crate::encoding::html::escaped;
use crate::template::{self, Part};

/// What the operator's styles may be: any that stand in the page. Nothing else may be loaded, run, sent or framed.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// What happened, in a few words.
    Title,
    /// What happened and what to do.
    Message,
    /// What a person quotes to the operator.
    Reference,
    /// The HTTP status.
    Status,
    /// The default style.
    Style,
    /// What to do next, and the contact: paragraphs.
    Next,
    /// The code of the language.
    Language,
}

impl template::Slot for Slot {
    const ALL: &'static [Self] = &[
        Self::Title,
        Self::Message,
        Self::Reference,
        Self::Status,
        Self::Style,
        Self::Next,
        Self::Language,
    ];
    const REQUIRED: &'static [Self] = &[Self::Title, Self::Message];

    fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Message => "message",
            Self::Reference => "reference",
            Self::Status => "status",
            Self::Style => "style",
            Self::Next => "next",
            Self::Language => "language",
        }
    }
}

/// The HTML of a refusal, with `{{title}}` and `{{message}}`, and perhaps `{{reference}}`, `{{status}}`,
/// `{{style}}`, `{{next}}` and `{{language}}`. Every value is escaped.
pub type Template = template::Template<Slot>;

/// The pages that the operator has replaced.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// Of what is refused.
    pub denied: Option<Template>,
    /// Of what is too much for now.
    pub limited: Option<Template>,
}

impl Templates {
    pub(super) const fn of(&self, kind: Kind) -> Option<&Template> {
        match kind {
            Kind::Denied => self.denied.as_ref(),
            Kind::Limited => self.limited.as_ref(),
            // It has a template of its own, since it does more than to tell.
            Kind::ChallengeRequired => None,
        }
    }
}

pub(super) fn page(shown: &Shown<'_>, template: &Template) -> Vec<u8> {
    let mut page = String::new();
    for part in template.parts() {
        match part {
            Part::Text(text) => page.push_str(text),
            Part::Slot(Slot::Title) => page.push_str(&escaped(shown.title)),
            Part::Slot(Slot::Message) => page.push_str(&escaped(shown.message)),
            // Reduced to letters, digits and `._-` before.
            Part::Slot(Slot::Reference) => page.push_str(&shown.reference),
            Part::Slot(Slot::Status) => page.push_str(&shown.status.to_string()),
            Part::Slot(Slot::Next) => page.push_str(&html::next(shown)),
            Part::Slot(Slot::Language) => page.push_str(shown.language.code()),
            Part::Slot(Slot::Style) => {
                page.push_str("<style>");
                page.push_str(STYLE);
                page.push_str("</style>");
            }
        }
    }
    page.into_bytes()
}
