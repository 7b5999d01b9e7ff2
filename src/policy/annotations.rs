//! What the application and the access log are told.

use crate::signals::Annotation;

/// What the application and the access log are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotations {
    /// The headers behind the prefix.
    pub headers: Vec<Annotation>,
    /// Whether filter state is set for access logs.
    pub filter_state: bool,
}
