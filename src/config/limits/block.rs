//! What follows a breach: a time for which everything is refused, or waits that grow.

use crate::config::text::Text;
use crate::json::Shapes;
use crate::json::{FromJson, Mistakes, Node, Place};
use crate::limits::{Penalty, Wait};
use crate::time::Span;

/// What follows a breach: a time, or waits that grow.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawBlock {
    /// Everything is refused for so long, 1s to 30d; or the word `growing`: 30s, doubling up to 1h.
    For(RawBlockText),
    /// Waits that grow.
    Growing(RawGrowing),
}

/// A time, or the word `growing`.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawBlockText {
    /// A time.
    Time(Text<Span>),
    /// 30s, doubling up to 1h.
    Word(RawGrowingWord),
}

/// Waits that grow.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawGrowingWord {
    /// 30s, doubling up to 1h.
    Growing,
}

/// Waits that double with every breach.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawGrowing {
    /// After the first breach; default 30s.
    #[serde(default)]
    pub first: Option<Text<Span>>,
    /// Never longer than this; default 1h.
    #[serde(default)]
    pub longest: Option<Text<Span>>,
}

impl FromJson for RawBlock {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: "a duration such as 10m, the word \"growing\", or an object with first and longest",
            text: |text| {
                Some(Self::For(if text == "growing" {
                    RawBlockText::Word(RawGrowingWord::Growing)
                } else {
                    RawBlockText::Time(Text(text.parse().ok()?))
                }))
            },
            object: Self::Growing,
            list: None,
        }
        .read(node, mistakes)
    }
}

/// Compiles `block_for`.
pub(super) fn compile(
    raw: Option<&RawBlock>,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Penalty> {
    let mut wait = |at: &Place<'_>, span: Text<Span>| {
        mistakes.require(at, Wait::new(span.0.get()), &"expected 1s to 30d")
    };
    match raw {
        None => Some(Penalty::None),
        Some(RawBlock::For(RawBlockText::Time(span))) => wait(at, *span).map(Penalty::For),
        Some(RawBlock::For(RawBlockText::Word(_))) => Some(Penalty::GROWING),
        Some(RawBlock::Growing(RawGrowing { first, longest })) => {
            let Penalty::Growing {
                first: default_first,
                longest: default_longest,
            } = Penalty::GROWING
            else {
                return None;
            };
            let first = first.map_or(Some(default_first), |span| wait(&at.field("first"), span))?;
            let longest = longest.map_or(Some(default_longest), |span| {
                wait(&at.field("longest"), span)
            })?;
            if longest < first {
                mistakes.add(&at.field("longest"), &"expected no less than `first`");
            }
            Some(Penalty::Growing { first, longest })
        }
    }
}
