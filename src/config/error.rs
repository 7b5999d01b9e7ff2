use std::fmt;

/// One mistake in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where: `routes[1].rules[0].then`.
    pub path: String,
    /// What stands there, shortened; `None` when nothing does.
    pub found: Option<String>,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "(top)"
        } else {
            &self.path
        };
        match &self.found {
            Some(found) => write!(f, "{path} = {found}: {}", self.problem),
            None => write!(f, "{path}: {}", self.problem),
        }
    }
}

/// All mistakes in a configuration; never empty when it is returned as an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// Adds a mistake.
    pub fn add(
        &mut self,
        path: impl fmt::Display,
        found: Option<String>,
        problem: impl fmt::Display,
    ) {
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
