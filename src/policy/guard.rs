//! How one request is protected, by all routes that it may be for.

use super::{Policy, Protection};
use crate::agent::AgentUse;
use crate::breach::PasswordUse;
use crate::challenge::ChallengeKind;
use crate::decision::Mode;
use crate::identity::account::AccountError;
use crate::intelligence::Lookup;
use crate::limits::{Charge, KeyPart, LimitPolicy};
use crate::nonempty::NonEmpty;
use crate::route::{Found, RouteIndex};
use crate::telemetry::{Event, Meter};
use crate::travel::RouteTravel;

/// How one request is protected: by the route that it is for, or, where nobody knows for certain which one that is, by
/// every route that it may be for, as strictly as by each of them alone.
///
/// What is particular to a route (its rules, what it does without an account, whether it is only monitored) is judged
/// for each by itself, and stays in its [`Protection`]; here stands what they ask together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The routes; first the one that an honest client means.
    pub routes: NonEmpty<RouteIndex>,
    /// Those that the request is for only if its body names another method. A request without an account is none that
    /// they miss one in: the forms of the others need not have what theirs have.
    pub hidden: Vec<RouteIndex>,
    /// Whether the body may tell that it is for none or only some of them: then they are found anew once it has come.
    pub awaits_body: bool,
    /// Whether it is for one of them, whatever the body tells.
    pub certain: bool,
    /// Whether and how the address is looked up.
    pub lookup: Lookup,
    /// What is asked of the User-Agent.
    pub agent: AgentUse,
    /// The limits, in the order in which they are asked: see [`LimitPolicy::rank`].
    pub charges: Vec<Charge>,
    /// Whose places the account is read from, if any: the routes that name the same places stand together.
    pub accounts: Vec<NonEmpty<RouteIndex>>,
    /// What passwords matter to.
    pub password: PasswordUse,
    /// Whether any limit needs the session.
    pub tells_sessions: bool,
    /// Whether requests of revoked sessions are refused.
    pub heeds_revocations: bool,
    /// Whether answers tell which sessions the application knows.
    pub notes_sessions: bool,
    /// Whether the sessions of its requests are remembered with their accounts.
    pub remembers: bool,
    /// Whether answers tell whose names its requests have.
    pub learns_names: bool,
    /// Whether the body of an answer may give out a session.
    pub seeks_sessions: bool,
    /// Whether nothing more need be known of a request whose session is denied.
    pub denies_revoked: bool,
    /// Whether anything is more than monitored.
    pub enforces: bool,
    /// Whether it matters what the application answers.
    pub watches: bool,
    /// Whose classifiers read the answer, each once.
    pub classifiers: NonEmpty<RouteIndex>,
    /// Whether the answers tell which logins fail, and the autonomous systems' shares of them are learnt.
    pub tells_asn_failures: bool,
    /// Whether anybody asks for such a share.
    pub reads_asn_failures: bool,
    /// Whose accounts they are about, if that is the same for all that have any.
    pub realm: Option<String>,
    /// Whether a success makes the client a known device of the account.
    pub sets_device: bool,
    /// What a challenge asks for.
    pub asks: ChallengeKind,
    /// The route under whose name work is given out: one that asks for it.
    pub challenger: RouteIndex,
    /// What it has to do with travel.
    pub travel: RouteTravel,
}

impl Policy {
    /// The guard of these routes together; `None` if the policy has none of them.
    #[must_use]
    pub fn guard(&self, routes: NonEmpty<RouteIndex>) -> Option<Guard> {
        let known = |route: &RouteIndex| self.protection(*route).map(|own| (*route, own));
        let candidates = NonEmpty::collect(routes.iter().filter_map(known))?;
        Some(Guard::new(&candidates, &self.limits))
    }

    /// The guard of the routes that were found for a request.
    #[must_use]
    pub fn guard_of_found(&self, found: Found, awaits_body: bool) -> Option<Guard> {
        let guard = self.guard(found.routes)?;
        Some(Guard {
            hidden: found.hidden,
            // What one of several refuses, another one may need to know more of.
            denies_revoked: guard.denies_revoked && !awaits_body,
            awaits_body,
            certain: found.certain,
            ..guard
        })
    }

    /// How each route of a guard is protected.
    pub fn candidates(&self, guard: &Guard) -> impl Iterator<Item = (RouteIndex, &Protection)> {
        let routes = guard.routes.iter();
        routes.filter_map(|route| Some((*route, self.protection(*route)?)))
    }
}

type Candidates<'p> = NonEmpty<(RouteIndex, &'p Protection)>;

impl Guard {
    /// Counts that nobody can tell an account, to which group of [`Self::accounts`] and why: under the first of its
    /// routes.
    pub fn tell_lack(&self, (group, error): (usize, AccountError), meter: &impl Meter) {
        if let Some(routes) = self.accounts.get(group) {
            let route = routes.first;
            meter.meter(Event::AccountError { route, error });
        }
    }

    fn new(candidates: &Candidates<'_>, limits: &[LimitPolicy]) -> Self {
        let all = || candidates.iter().map(|(_, own)| *own);
        let any = |what: fn(&Protection) -> bool| all().any(what);
        let captcha = candidates
            .iter()
            .find(|(_, own)| own.asks == ChallengeKind::Captcha);
        // A success is only believed to be one by all that have an account, or a position, to trust it with.
        let trusting = |what: fn(&Protection) -> bool| {
            let concerned =
                |own: &&Protection| own.account.is_some() || own.travel.any() || own.sets_device;
            any(what) && all().filter(concerned).all(what)
        };
        Self {
            lookup: lookup(all().map(|own| own.lookup)),
            agent: all().map(|own| own.agent).max().unwrap_or_default(),
            charges: charges(candidates, limits),
            accounts: alike(
                candidates.iter().filter(|(_, own)| own.account.is_some()),
                |one, other| one.account == other.account,
            ),
            password: all()
                .filter_map(|own| own.password.as_ref())
                .fold(PasswordUse::default(), |all, own| all.or(own.matters)),
            tells_sessions: any(|own| own.tells_sessions),
            heeds_revocations: any(|own| own.heeds_revocations),
            notes_sessions: any(|own| own.notes_sessions),
            remembers: any(|own| own.remembers),
            learns_names: any(|own| own.learns_names),
            seeks_sessions: any(|own| own.session_in_answer.is_some()),
            denies_revoked: any(|own| own.heeds_revocations && own.ruleset.mode == Mode::Enforce)
                || all().all(|own| own.heeds_revocations),
            enforces: any(|own| own.ruleset.mode == Mode::Enforce),
            watches: any(|own| own.watches),
            classifiers: classifiers(candidates),
            tells_asn_failures: any(|own| own.tells_asn_failures),
            reads_asn_failures: any(|own| own.reads_asn_failures),
            realm: realm(candidates),
            sets_device: trusting(|own| own.sets_device),
            asks: captcha.map_or(candidates.first.1.asks, |(_, own)| own.asks),
            challenger: captcha.map_or(candidates.first.0, |(route, _)| *route),
            travel: RouteTravel {
                judges: any(|own| own.travel.judges),
                moves: trusting(|own| own.travel.moves),
            },
            routes: candidates.map(|(route, _)| *route),
            hidden: Vec::new(),
            awaits_body: false,
            certain: true,
        }
    }
}

/// The lookup that leaves none of them less known: what one waits for, all wait for, whatever is kept of the session.
fn lookup(mut all: impl Iterator<Item = Lookup>) -> Lookup {
    let first = all.next().unwrap_or(Lookup::Off);
    all.fold(first, |one, other| match (one, other) {
        _ if one == other => one,
        (Lookup::Inline | Lookup::Session, _) | (_, Lookup::Inline | Lookup::Session) => {
            Lookup::Inline
        }
        _ => Lookup::Background,
    })
}

/// The realm of all routes that have accounts; `None` if they are about accounts of several.
fn realm(candidates: &Candidates<'_>) -> Option<String> {
    let mut all = candidates
        .iter()
        .filter(|(_, own)| own.account.is_some())
        .map(|(_, own)| &own.realm);
    let first = all.next()?;
    all.all(|realm| realm == first).then(|| first.clone())
}

/// All limits of all routes, in the order of their ranks; one of several routes once, unless it tells them apart.
fn charges(candidates: &Candidates<'_>, limits: &[LimitPolicy]) -> Vec<Charge> {
    let rank = |charge: &Charge| limits.get(charge.limit.0).map(LimitPolicy::rank);
    let mut charges: Vec<Charge> = Vec::new();
    for (route, own) in candidates.iter() {
        for limit in &own.limits {
            let tells_routes = limits
                .get(limit.0)
                .is_some_and(|own| own.tells(KeyPart::Route));
            let same = charges
                .iter_mut()
                .find(|charge| charge.limit == *limit && !tells_routes);
            if let Some(charge) = same {
                charge.routes.others.push(*route);
                continue;
            }
            let charge = Charge {
                limit: *limit,
                routes: NonEmpty::one(*route),
            };
            let place = charges.partition_point(|before| rank(before) <= rank(&charge));
            charges.insert(place, charge);
        }
    }
    charges
}

/// The routes of each different classifier: of the routes to which answers matter, or of all if they matter to none.
fn classifiers(candidates: &Candidates<'_>) -> NonEmpty<RouteIndex> {
    let watches = candidates.iter().any(|(_, own)| own.watches);
    let reads = candidates.iter().filter(|(_, own)| own.watches == watches);
    let groups = alike(reads, |one, other| one.classifier == other.classifier);
    let firsts = groups.into_iter().map(|group| group.first);
    NonEmpty::collect(firsts).unwrap_or(NonEmpty::one(candidates.first.0))
}

/// The routes in groups that are alike.
fn alike<'c, 'p: 'c>(
    candidates: impl Iterator<Item = &'c (RouteIndex, &'p Protection)>,
    are_alike: impl Fn(&Protection, &Protection) -> bool,
) -> Vec<NonEmpty<RouteIndex>> {
    let mut groups: Vec<(&Protection, NonEmpty<RouteIndex>)> = Vec::new();
    for (route, own) in candidates {
        match groups.iter_mut().find(|(other, _)| are_alike(own, other)) {
            Some((_, group)) => group.others.push(*route),
            None => groups.push((own, NonEmpty::one(*route))),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[cfg(test)]
mod tests;
