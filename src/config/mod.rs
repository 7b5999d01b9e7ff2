//! What the operator wrote -> a checked, compiled [`Policy`].
//!
//! Two steps: `read` turns the host's bytes into the raw form, `compile` checks what types alone cannot
//! and builds what the request path runs on. Every error names its place, and several are told at once.

mod compile;
mod defaults;
mod error;
mod protobuf;
pub mod raw;
mod read;
mod text;

pub use crate::json::yaml;
pub use error::{ConfigError, ConfigErrors};
pub use text::{AsnText, Cidr, CountryText, Size, Text, Textual};

use crate::policy::Policy;

/// Reads, checks and compiles a configuration.
///
/// `environment` gives the value of an environment variable, for keys that do not stand in the configuration.
///
/// # Errors
/// Every mistake that was found, each with its place, what stands there and what was expected.
pub fn load(
    bytes: &[u8],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Policy, ConfigErrors> {
    let source = read::tree(bytes)?;
    let raw = read::configuration(&source)?;
    compile::compile(&raw, &source, environment)
}

#[cfg(test)]
mod tests;
