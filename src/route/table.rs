//! From a request to the routes that protect it.

use super::asked::Asked;
use super::host::{Host, HostPattern};
use super::method::Methods;
use super::path::{Interpretations, spellings};
use super::pattern::PathPattern;
use crate::message::{HeaderBlock, RequestHead};
use crate::nonempty::NonEmpty;
use crate::signals::Truth;

/// Which requests a route is for: those that fit all of it.
#[derive(Clone, Debug)]
pub struct RouteMatch {
    /// These methods.
    pub methods: Methods,
    /// One of these hosts; empty is every host.
    pub hosts: Vec<HostPattern>,
    /// One of these paths; empty is none, for a route that is chosen otherwise.
    pub paths: Vec<PathPattern>,
    /// What else a request must say, if anything: whoever asks for the route knows.
    pub content: Option<ContentIndex>,
}

/// The place of what a request must say, among all such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentIndex(pub usize);

/// Whether a request says what it must for a route.
pub type Says<'s> = &'s mut dyn FnMut(ContentIndex) -> Truth;

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
    /// Different readings find different routes: the path is written to be taken for what it is not, or carelessly.
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

/// The routes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Every route that it may be for, none twice. First the one that an honest client means: of the canonical reading
    /// and the method of the request line, if that finds one; the others in the order of the configuration.
    pub routes: NonEmpty<RouteIndex>,
    /// Those of them that it is for only if its body names another method.
    pub hidden: Vec<RouteIndex>,
    /// Whether it is for one of them, whatever it may say: else it may turn out to be for none.
    pub certain: bool,
    /// How they were found.
    pub reading: Reading,
}

/// All routes in the order of the configuration.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    /// Each match of each route.
    matches: Box<[(RouteIndex, RouteMatch)]>,
    /// Whether any route asks for the host.
    reads_host: bool,
    /// Whether any route is for methods of its own, so that it matters which other method a request may be for.
    names_methods: bool,
    /// Whether any is for another method than POST, so that it matters what may stand in a body.
    hides_methods: bool,
}

impl RouteTable {
    /// The table of these routes, in order: one is for the requests of each match that it has.
    #[must_use]
    pub fn new(matches: Vec<(RouteIndex, RouteMatch)>) -> Self {
        let any = |is: fn(&RouteMatch) -> bool| matches.iter().any(|(_, own)| is(own));
        Self {
            reads_host: any(|own| !own.hosts.is_empty()),
            names_methods: any(|own| own.methods.named().next().is_some()),
            hides_methods: any(|own| own.names_others(b"POST")),
            matches: matches.into(),
        }
    }

    /// What a request asks, as far as any route wants to know; `ends` if no body follows its head.
    #[must_use]
    pub fn asked<'a>(
        &self,
        head: &RequestHead<'a>,
        headers: &HeaderBlock,
        ends: bool,
    ) -> Asked<'a> {
        if self.names_methods {
            Asked::read(head, headers, ends)
        } else {
            Asked::only(head.method)
        }
    }

    /// The routes of a request, `None` when it is not protected. `path` is as it arrived, with the query or
    /// without; a missing authority is every host.
    ///
    /// In one reading of the path and for one method, the first route in the order of the configuration is found. Where
    /// a path can be read in several ways, or the request be for several methods, nobody knows which of them the
    /// application takes, so all that is found counts: no choice between them could be right, whatever an attacker
    /// makes of it. A path that cannot be read finds every route of its methods and host. Likewise where nobody knows
    /// whether a request `says` what it must for a route: that is found, and so is the next one.
    #[must_use]
    pub fn find(
        &self,
        asked: &Asked<'_>,
        authority: Option<&[u8]>,
        path: &[u8],
        says: Says<'_>,
    ) -> Option<Found> {
        let host = if self.reads_host {
            Host::read(authority)
        } else {
            Host::Unknown
        };
        let mut found = Candidates::default();
        match spellings(path) {
            Interpretations::Plain(path) => {
                self.of_reading(asked, host, path, says, &mut found);
                found.end(Reading::Canonical)
            }
            Interpretations::Several(readings) => {
                let mut readings = readings.iter().map(|path| {
                    let mut found = Candidates::default();
                    self.of_reading(asked, host, path, says, &mut found);
                    found
                });
                found = readings.next().unwrap_or_default();
                let mut reading = match found.is_empty() {
                    true => Reading::Alternative,
                    false => Reading::Canonical,
                };
                for other in readings.filter(|other| !other.is_empty()) {
                    if !found.is_empty() && !found.is_same(&other) {
                        reading = Reading::Ambiguous;
                    }
                    found.join(&other);
                }
                found.end(reading)
            }
            Interpretations::Unreadable => {
                for (index, route) in &self.matches {
                    if route.paths.is_empty() || !route.is_at(host) {
                        continue;
                    }
                    let says = route.says(says);
                    if says == Truth::False {
                        continue;
                    }
                    found.certain |= says == Truth::True;
                    if asked.methods().any(|method| route.methods.contains(method)) {
                        found.add(*index);
                    } else if asked.hidden {
                        found.add_hidden(*index);
                    }
                }
                found.end(Reading::Unreadable)
            }
        }
    }

    /// Adds the first route for this reading of the path, for each method that the request may be for, and those before
    /// it that it may be.
    fn of_reading(
        &self,
        asked: &Asked<'_>,
        host: Host<'_>,
        path: &[u8],
        says: Says<'_>,
        found: &mut Candidates,
    ) {
        for method in asked.methods() {
            for (index, route) in &self.matches {
                if !route.methods.contains(method) || !route.is_at(host) || !route.has(path) {
                    continue;
                }
                let says = route.says(says);
                if says != Truth::False {
                    found.add(*index);
                }
                if says == Truth::True {
                    found.certain = true;
                    break;
                }
            }
        }
        if asked.hidden && self.hides_methods {
            self.of_hidden_methods(asked.method, host, path, says, found);
        }
    }

    /// Adds every route that is the first for a method which it names itself. A route for all methods is not found so:
    /// else a form for `/login` would be one for the route of everything behind it.
    fn of_hidden_methods(
        &self,
        own: &[u8],
        host: Host<'_>,
        path: &[u8],
        says: Says<'_>,
        found: &mut Candidates,
    ) {
        for (place, (index, route)) in self.matches.iter().enumerate() {
            let mut is_first = |method: &[u8]| {
                let mut before = self.matches.iter().take(place);
                !before.any(|(_, other)| {
                    other.methods.contains(method)
                        && other.is_at(host)
                        && other.has(path)
                        && other.says(says) == Truth::True
                })
            };
            if route.names_others(own)
                && !found.contains(*index)
                && route.is_at(host)
                && route.has(path)
                && route.methods.named().any(&mut is_first)
                && route.says(says) != Truth::False
            {
                found.add_hidden(*index);
            }
        }
    }
}

impl RouteMatch {
    fn is_at(&self, host: Host<'_>) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|pattern| pattern.matches(host))
    }

    /// Whether it is for a method of its own that is not this one.
    fn names_others(&self, method: &[u8]) -> bool {
        self.methods
            .named()
            .any(|name| !name.eq_ignore_ascii_case(method))
    }

    /// Whether a request says what else it must.
    fn says(&self, says: Says<'_>) -> Truth {
        self.content.map_or(Truth::True, says)
    }

    fn has(&self, path: &[u8]) -> bool {
        self.paths.iter().any(|pattern| pattern.matches(path))
    }
}

/// The routes that a request may be for, as far as they are found. One alone costs no memory of its own.
#[derive(Debug, Default)]
struct Candidates {
    found: Option<NonEmpty<RouteIndex>>,
    hidden: Vec<RouteIndex>,
    certain: bool,
}

impl Candidates {
    const fn is_empty(&self) -> bool {
        self.found.is_none()
    }

    fn iter(&self) -> impl Iterator<Item = RouteIndex> {
        self.found.iter().flat_map(NonEmpty::iter).copied()
    }

    fn contains(&self, route: RouteIndex) -> bool {
        self.iter().any(|other| other == route)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.iter().all(|route| other.contains(route))
            && other.iter().all(|route| self.contains(route))
    }

    fn add(&mut self, route: RouteIndex) {
        self.hidden.retain(|other| *other != route);
        self.insert(route);
    }

    fn add_hidden(&mut self, route: RouteIndex) {
        if !self.contains(route) {
            self.hidden.push(route);
            self.insert(route);
        }
    }

    fn join(&mut self, other: &Self) {
        self.certain |= other.certain;
        for route in other.iter() {
            match other.hidden.contains(&route) {
                true => self.add_hidden(route),
                false => self.add(route),
            }
        }
    }

    fn insert(&mut self, route: RouteIndex) {
        match &mut self.found {
            None => self.found = Some(NonEmpty::one(route)),
            Some(found) if found.first == route => {}
            Some(found) => {
                if let Err(place) = found.others.binary_search(&route) {
                    found.others.insert(place, route);
                }
            }
        }
    }

    fn end(self, reading: Reading) -> Option<Found> {
        let (hidden, certain) = (self.hidden, self.certain);
        self.found.map(|routes| Found {
            routes,
            hidden,
            certain,
            reading,
        })
    }
}

#[cfg(test)]
mod tests;
