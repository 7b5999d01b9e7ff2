//! Names under which others are told.

/// The prefix of every request header that is ours, in lower case.
pub const HEADER_PREFIX: &str = "x-palisade-";
/// The header that tells what a step up asks for.
pub(super) const STEP_UP: &str = "x-palisade-step-up";
/// The header that tells what would have happened.
pub(super) const MONITORED: &str = "x-palisade-monitored";
/// The name of our filter state; the host puts `wasm.` before it.
pub const FILTER_STATE: &str = "palisade";
/// The same as it is read.
pub(super) const EARLIER_STATE: &str = "wasm.palisade";
