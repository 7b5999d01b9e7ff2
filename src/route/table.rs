//! From a request to the route that protects it.

use std::cmp::Reverse;

use super::host::{Host, HostPattern};
use super::method::Methods;
use super::path::{Interpretations, interpretations};
use super::pattern::PathPattern;

/// Which requests a route is for: those that fit all three.
#[derive(Clone, Debug)]
pub struct RouteMatch {
    /// These methods.
    pub methods: Methods,
    /// One of these hosts; empty is every host.
    pub hosts: Vec<HostPattern>,
    /// One of these paths; empty is none, for a route that is chosen otherwise.
    pub paths: Vec<PathPattern>,
    /// How strictly the route judges, in whatever measure the configuration has; 0 does nothing. It decides only
    /// between routes that one request finds in different readings of its path.
    pub strictness: u8,
}

/// The place of a route in the configuration, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteIndex(usize);

impl RouteIndex {
    /// The route at this place of the configuration.
    #[must_use]
    pub const fn new(place: usize) -> Self {
        Self(place)
    }

    /// The place, from 0.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// How the path had to be read to find the route. Honest clients are found in the canonical reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// In its canonical form.
    Canonical,
    /// Otherwise than in its canonical form, in which it finds none.
    Alternative,
    /// Different readings find different routes: the path is written to be taken for what it is not.
    Ambiguous,
    /// Not at all: it may be read as anything, so only method and host were compared.
    Unreadable,
}

impl Reading {
    /// Every reading.
    pub const ALL: [Self; 4] = [
        Self::Canonical,
        Self::Alternative,
        Self::Ambiguous,
        Self::Unreadable,
    ];

    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Canonical => "canonical",
            Self::Alternative => "alternative",
            Self::Ambiguous => "ambiguous",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The route of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which route.
    pub route: RouteIndex,
    /// How it was found.
    pub reading: Reading,
}

/// All routes in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    routes: Box<[RouteMatch]>,
    /// Whether any route asks for the host.
    reads_host: bool,
}

impl RouteTable {
    /// The table of these routes, which [`RouteIndex`] counts in this order.
    #[must_use]
    pub fn new(routes: Vec<RouteMatch>) -> Self {
        Self {
            reads_host: routes.iter().any(|route| !route.hosts.is_empty()),
            routes: routes.into(),
        }
    }

    /// The route of a request, `None` when it is not protected. `path` is as it arrived, with the query or
    /// without; a missing authority is every host.
    ///
    /// In one reading of the path, the first route in the order of the configuration is found. Readings of
    /// one path may find different routes, and then neither order could be right: had an earlier
    /// route or an earlier reading always won, an attacker would spell `/login` so that one reading of it lies in an exempt
    /// `/static`, or under a lenient `/**`. So the strictest of the routes found wins, and among equally strict ones
    /// the first in the configuration. An exempt route therefore counts only when every reading that finds
    /// a route finds an exempt one. A path that cannot be read finds the strictest route of its method and host.
    #[must_use]
    pub fn find(&self, method: &[u8], authority: Option<&[u8]>, path: &[u8]) -> Option<Found> {
        let host = if self.reads_host {
            Host::read(authority)
        } else {
            Host::Unknown
        };
        let (route, reading) = match interpretations(path) {
            Interpretations::Plain(path) => (self.first(method, host, path)?, Reading::Canonical),
            Interpretations::Several(readings) => {
                let mut found = readings.iter().map(|path| self.first(method, host, path));
                let canonical = found.next().flatten();
                let others: Vec<_> = found.flatten().collect();
                let any = canonical.or(others.first().copied())?;
                let reading = if others.iter().any(|other| other.index != any.index) {
                    Reading::Ambiguous
                } else if canonical.is_some() {
                    Reading::Canonical
                } else {
                    Reading::Alternative
                };
                (strictest(canonical.into_iter().chain(others))?, reading)
            }
            Interpretations::Unreadable => {
                (strictest(self.possible(method, host))?, Reading::Unreadable)
            }
        };
        Some(Found {
            route: route.index,
            reading,
        })
    }

    /// The routes for this method and host.
    fn possible<'a>(
        &'a self,
        method: &'a [u8],
        host: Host<'a>,
    ) -> impl Iterator<Item = Candidate<'a>> {
        self.routes
            .iter()
            .enumerate()
            .map(|(index, route)| Candidate {
                index: RouteIndex(index),
                route,
            })
            .filter(move |candidate| candidate.route.is_for(method, host))
    }

    /// The first of them for this reading of the path.
    fn first<'a>(&'a self, method: &'a [u8], host: Host<'a>, path: &[u8]) -> Option<Candidate<'a>> {
        self.possible(method, host).find(|candidate| {
            let mut paths = candidate.route.paths.iter();
            paths.any(|pattern| pattern.matches(path))
        })
    }
}

impl RouteMatch {
    fn is_for(&self, method: &[u8], host: Host<'_>) -> bool {
        !self.paths.is_empty()
            && self.methods.contains(method)
            && (self.hosts.is_empty() || self.hosts.iter().any(|pattern| pattern.matches(host)))
    }
}

/// A route that a request may be for.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    index: RouteIndex,
    route: &'a RouteMatch,
}

/// The strictest, and of equally strict ones the first in the configuration.
fn strictest<'a>(candidates: impl Iterator<Item = Candidate<'a>>) -> Option<Candidate<'a>> {
    candidates.max_by_key(|candidate| (candidate.route.strictness, Reverse(candidate.index)))
}

#[cfg(test)]
mod tests;
