//! Conditions and weights, as an operator writes them.

mod condition;
mod weights;

pub(super) use condition::ALWAYS;
pub use condition::RawCondition;
pub(super) use weights::RawWeights;
