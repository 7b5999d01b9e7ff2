//! The page's frame, which the operator may replace.

use crate::template;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
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

impl template::Slot for Slot {
    const ALL: &'static [Self] = &[
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

    const REQUIRED: &'static [Self] = &[Self::Language, Self::Title, Self::Challenge, Self::Script];

    fn name(self) -> &'static str {
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

    /// It makes elements with an `id`, of which a page has one.
    fn is_unique(self) -> bool {
        matches!(self, Self::Challenge | Self::Script)
    }
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
/// Content-Security-Policy lets the page load nothing from elsewhere but what a captcha needs.
pub type Template = template::Template<Slot>;
