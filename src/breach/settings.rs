//! How the service of ranges is asked, what of its answers is kept, and what routes have to do with passwords.

use std::time::Duration;

use super::password::PasswordPlaces;
use crate::callout::{Placeholder, Template};
use crate::store::Budget;

/// How the service is asked.
#[derive(Clone, Debug)]
pub struct BreachPolicy {
    /// Envoy's cluster of the service.
    pub cluster: String,
    /// Host name and perhaps port.
    pub authority: String,
    /// Path and query, with a place for the prefix.
    pub path: PrefixPath,
    /// How long a request waits for it.
    pub timeout: Duration,
    /// How often a password must have been seen to count as breached; at least 1.
    pub min_count: u32,
    /// How long an answer is kept; nothing is, if it is zero.
    pub ttl: Duration,
    /// How much memory answers take, of all workers together.
    pub memory: Budget,
}

impl BreachPolicy {
    /// Who is asked, and for what.
    pub(super) fn source(&self) -> [String; 3] {
        let path = self.path.of("{prefix}");
        [self.cluster.clone(), self.authority.clone(), path]
    }
}

/// Path and query, with a place for the prefix.
#[derive(Clone, Debug)]
pub struct PrefixPath(Template<PrefixPlace>);

/// The place of the prefix in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PrefixPlace;

impl Placeholder for PrefixPlace {
    const EXPECTED: &'static str = "only {prefix} in braces";

    fn named(name: &str) -> Option<Self> {
        (name == "prefix").then_some(Self)
    }
}

impl PrefixPath {
    /// Reads a path with `{prefix}` in it.
    ///
    /// # Errors
    /// What was expected.
    pub fn new(text: &str) -> Result<Self, String> {
        const EXAMPLE: &str = "/range/{prefix}";
        let path = crate::callout::path(text, EXAMPLE)?;
        let template = Template::braced(path)?;
        match template.places().count() {
            1 => Ok(Self(template)),
            _ => Err(format!("expected {{prefix}} once, as in {EXAMPLE}")),
        }
    }

    /// The path for a prefix.
    pub(super) fn of(&self, prefix: &str) -> String {
        let place = |PrefixPlace| Some(prefix.into());
        self.0.render(place, str::to_owned).unwrap_or_default()
    }
}

/// What one route has to do with passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePassword {
    /// Where they stand.
    pub places: PasswordPlaces,
    /// What they matter to.
    pub matters: PasswordUse,
}

/// What passwords matter to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PasswordUse {
    /// Whether any is read.
    pub reads: bool,
    /// Whether the service is asked about them.
    pub checks: bool,
    /// Whether the answer to a success tells of a breach.
    pub tells_breach: bool,
    /// Whether the answer to a success offers a passkey.
    pub offers_passkey: bool,
}

impl PasswordUse {
    /// What they matter to on any of two routes.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            reads: self.reads || other.reads,
            checks: self.checks || other.checks,
            tells_breach: self.tells_breach || other.tells_breach,
            offers_passkey: self.offers_passkey || other.offers_passkey,
        }
    }
}
