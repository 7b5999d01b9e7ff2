//! Names under which others are told.

use crate::signals::Annotation;

/// The prefix of every request header that is ours, in lower case.
pub const HEADER_PREFIX: &str = "x-palisade-";
/// The header that tells what a step up asks for.
pub(super) const STEP_UP: &str = "x-palisade-step-up";
/// The header that tells what would have happened.
pub(super) const MONITORED: &str = "x-palisade-monitored";
/// The header that tells about how often a password was seen in breaches.
pub(super) const PASSWORD_BREACHES: &str = Annotation::PasswordBreaches.header();
/// The header that says what is to become of passkeys.
pub(super) const PASSKEY: &str = Annotation::Passkey.header();
/// The application should offer one.
pub(super) const OFFER: &str = "offer";
/// The name of our filter state; the host puts `wasm.` before it.
pub const FILTER_STATE: &str = "palisade";
/// The same as it is read.
pub(super) const EARLIER_STATE: &str = "wasm.palisade";
