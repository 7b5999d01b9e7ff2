//! The VM's environment, as far as a call tells it.

use std::cell::RefCell;

/// Stands for a key that only the machine with Envoy has.
pub(crate) const PLACEHOLDER: &str = "placeholder";

/// A variable of a call: `NAME=VALUE`.
pub(crate) fn variable(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

/// The variables that a call gives, and placeholders for those that it leaves out.
pub(crate) struct Environment<'c> {
    given: &'c [(String, String)],
    missing: RefCell<Vec<String>>,
}

impl<'c> Environment<'c> {
    pub(crate) const fn new(given: &'c [(String, String)]) -> Self {
        Self {
            given,
            missing: RefCell::new(Vec::new()),
        }
    }

    /// What stands in the variable of this name.
    pub(crate) fn get(&self, name: &str) -> String {
        let mut given = self.given.iter();
        if let Some((_, value)) = given.find(|(given, _)| given == name) {
            return value.clone();
        }
        let mut missing = self.missing.borrow_mut();
        let known = missing.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            missing.push(name.to_owned());
            missing.len().saturating_sub(1)
        });
        // Long enough for a signing key, and never the same as another one.
        format!("{PLACEHOLDER}-{index:032}")
    }

    /// The variables that were asked for and left out.
    pub(crate) fn into_missing(self) -> Vec<String> {
        self.missing.into_inner()
    }
}
