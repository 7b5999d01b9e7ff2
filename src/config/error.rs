//! What is wrong with a configuration.

use std::fmt;

use crate::json::of_all;

pub use crate::json::Mistake as ConfigError;

/// All mistakes in a configuration; never empty when it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// A mistake that the whole configuration is.
    #[must_use]
    pub fn one(problem: impl fmt::Display) -> Self {
        Self(vec![of_all(&problem)])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
