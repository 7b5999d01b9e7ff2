use std::fmt;

pub use crate::json::Mistake as ConfigError;

/// All mistakes in a configuration; never empty when it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// A mistake that the whole configuration is.
    #[must_use]
    pub fn one(problem: impl fmt::Display) -> Self {
        let mut errors = Self::default();
        errors.add("", None, problem);
        errors
    }

    /// Adds a mistake.
    pub fn add(
        &mut self,
        path: impl fmt::Display,
        found: Option<String>,
        problem: impl fmt::Display,
    ) {
        self.push(&path, found, &problem);
    }

    /// The same for all kinds of texts: once in the filter, not once for each.
    #[inline(never)]
    fn push(&mut self, path: &dyn fmt::Display, found: Option<String>, problem: &dyn fmt::Display) {
        self.0.push(ConfigError {
            path: path.to_string(),
            found,
            problem: problem.to_string(),
        });
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// The mistakes.
    pub fn unless_any<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
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
