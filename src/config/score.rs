//! How signals add up to the score.

use crate::config::lists::RawList;
use crate::config::raw::RawWeights;
use crate::decision::Weights;
use crate::json::{FromJson, Mistakes, Place};

/// How signals add up to the score, 0 to 100: the sum of the weights of those that hold, or the provider's own
/// score if that is higher.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawScore {
    /// Weights from -100 to 100; those left out keep their defaults.
    #[serde(default)]
    pub weights: RawWeights,
}

/// Compiles `score`, with the weights of the lists.
pub(super) fn compile(
    raw: &RawScore,
    lists: &[RawList],
    top: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Weights {
    let at = &top.field("score");
    let at = &at.field("weights");
    let mut check = |at: &Place<'_>, weight: i16| {
        if !(-100..=100).contains(&weight) {
            mistakes.add(at, &"expected a weight from -100 to 100");
        }
        weight
    };
    let mut weights = Weights::default();
    for (signal, weight) in &raw.weights.0 {
        let weight = check(&at.field(signal.name()), *weight);
        weights.set(*signal, weight);
    }
    let at = &top.field("lists");
    let lists = lists.iter().enumerate();
    weights.set_lists(
        lists
            .map(|(index, list)| check(&at.element(index).field("weight"), list.weight))
            .collect(),
    );
    weights
}
