//! Captchas, on a real Envoy with two workers, before stand-ins that behave as each service documents.

mod bodies;
mod providers;
pub(crate) mod scene;
mod tokens;
mod unavailable;
mod waiting;
