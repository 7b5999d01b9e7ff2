//! In which form a refusal is told.

use crate::challenge::page::Language;
use crate::reply::{Fetch, Format};

/// The form of a refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// That of its body.
    pub(super) format: Format,
    /// The language of what people read.
    pub(super) language: Language,
    /// The fetch of a framework that has to be told to show it as a whole page.
    pub(super) fetch: Option<Fetch>,
}
