//! Who asks for a challenge, and about whom.

use super::judged::Judged;
use super::verdict::Ruling;
use crate::decision::{About, Action, Finding};
use crate::identity::session::Session;
use crate::policy::Policy;
use crate::route::RouteIndex;
use crate::travel::Traveller;

/// Who asks for a challenge: the rule, the limit or what is not known, on one route, about some account or session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asker {
    route: RouteIndex,
    /// Everything that tells it from others, the same on every proxy.
    name: Vec<u8>,
    /// Whether who has answered it is not asked again for a while.
    is_lasting: bool,
}

impl Asker {
    /// The route.
    pub(super) const fn route(&self) -> RouteIndex {
        self.route
    }

    /// What a clearance is bound to.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Whether an answer earns a clearance. None is earned where nobody can tell which account a request is about: no limit on accounts
    /// counts such a request, so each has to be answered for by itself.
    pub(super) const fn is_lasting(&self) -> bool {
        self.is_lasting
    }
}

impl Judged {
    /// Who asks for the challenge of this ruling.
    pub(super) fn asker(&self, policy: &Policy, ruling: Ruling<'_>) -> Asker {
        let (kind, name) = ruling.finding.asker();
        let about = self.about(policy, ruling.finding);
        let parts = [
            policy.route_name(ruling.route).as_bytes(),
            kind.as_bytes(),
            name.as_bytes(),
            about.bytes(),
        ];
        let mut all = Vec::new();
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            all.extend_from_slice(&length.to_be_bytes());
            all.extend_from_slice(part);
        }
        Asker {
            route: ruling.route,
            name: all,
            is_lasting: !matches!(ruling.finding, Finding::NoAccount(..)),
        }
    }

    /// Whether the client has answered the challenge of this ruling.
    pub(super) fn is_cleared(&self, policy: &Policy, ruling: Ruling<'_>) -> bool {
        let cleared = &self.answers.cleared;
        ruling.action() == Action::Challenge
            && !cleared.is_empty()
            && cleared.contains(&self.asker(policy, ruling))
    }

    /// Whose account or session the finding is about.
    fn about(&self, policy: &Policy, finding: Finding<'_>) -> About {
        match finding {
            Finding::Limit(exceeded) => exceeded.about,
            Finding::Session(..) => self
                .session
                .distrust
                .map_or(About::NOBODY, |distrust| distrust.about),
            Finding::Rule(_, rule) if rule.when.depends_on_trip(&self.signals) => {
                self.travellers(policy)
            }
            _ => About::NOBODY,
        }
    }

    /// Those whose travel is judged.
    fn travellers(&self, policy: &Policy) -> About {
        let identity = self.subject.identity.as_ref();
        match policy.travel.map(|travel| travel.subject) {
            Some(Traveller::Account) => {
                let owners = self.account.owners().iter();
                About::all(owners.map(|owner| owner.account.as_bytes()))
            }
            Some(Traveller::Session) => {
                let sessions = identity.into_iter().flat_map(|identity| &identity.sessions);
                About::all(sessions.map(Session::as_bytes))
            }
            None => About::NOBODY,
        }
    }
}
