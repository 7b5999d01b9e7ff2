//! What is kept of a request of whose account the answer may tell more.

use super::assessment::Assessment;
use super::form::Form;

/// A request that has gone on, of whose account the answer may tell more.
#[derive(Debug)]
pub(super) struct Unnamed {
    pub(super) assessment: Box<Assessment>,
    /// How a refusal would be told.
    pub(super) form: Form,
}
