//! What the operator wrote -> a checked, compiled [`Policy`].
//!
//! Two steps: `read` turns the host's bytes into a tree and the tree into the raw form, `configuration` checks what
//! types alone cannot and builds what the request path runs on. There is a file for each section, where what an
//! operator writes (the types named `Raw`, whose doc comments are the descriptions in the JSON Schema) stands beside
//! what it compiles to. Every mistake names its place, and several are told at once.

mod action;
mod agents;
mod annotate;
mod application;
mod breach;
mod captcha;
mod challenge;
mod check;
mod client;
mod compile;
mod configuration;
mod device;
mod error;
mod fleet;
mod geoip;
mod identity;
mod intelligence;
mod ja4;
mod learned;
mod limits;
mod lists;
mod protobuf;
mod raw;
mod read;
mod reply;
mod response;
mod routes;
mod score;
mod session;
mod signing;
mod text;
mod travel;
mod unlock;

pub use crate::json::{Path, Step, yaml};
pub use application::Application;
pub use configuration::Configuration;
pub use error::{ConfigError, ConfigErrors};
pub use raw::RawCondition;
pub use text::{AsnText, Cidr, CountryText, Size, Text, Textual};

use crate::json::{self, Mistakes};
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
    let raw = json::read(&source).map_err(ConfigErrors)?;
    let mut mistakes = Mistakes::new(&source);
    let policy = configuration::compile(&raw, &source, environment, &mut mistakes);
    mistakes.unless_any(policy).map_err(ConfigErrors)
}

/// What is wrong with a configuration before it is looked at as a whole: fields and values that its types do not take.
/// [`load`] tells nothing further while there is any of it.
#[cfg(feature = "cli")]
#[must_use]
pub fn misread(bytes: &[u8]) -> Vec<ConfigError> {
    let read = |bytes| json::read::<Configuration>(&read::tree(bytes)?).map_err(ConfigErrors);
    read(bytes).err().map_or_else(Vec::new, |errors| errors.0)
}

#[cfg(test)]
mod tests;
