//! What a policy uses, and what of it has metrics of its own.

use super::{Policy, Protection};
use crate::agent::AgentUse;
use crate::decision::Action;
use crate::limits::LimitPolicy;
use crate::route::RouteIndex;
use crate::telemetry::{Catalogue, Feature, Owned, OwnedRoute};

impl Policy {
    /// Every metric that this policy can raise.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        let intelligence = self.intelligence.as_ref();
        let budget = intelligence.filter(|own| own.daily_budget.is_some());
        let routes = self.protections.iter().map(|own| OwnedRoute {
            name: &own.name,
            rules: own
                .ruleset
                .rules
                .iter()
                .map(|rule| rule.name.as_str())
                .collect(),
            limits: &own.limits,
            has_account: own.account.is_some(),
            reads_answers: self.reads(own),
        });
        let features = Feature::ALL.into_iter();
        Catalogue::new(&Owned {
            routes: routes.collect(),
            limits: self
                .limits
                .iter()
                .map(|limit| limit.rule.name.as_str())
                .collect(),
            lists: self.lists.names().collect(),
            budget: budget.map(|own| own.name.as_str()),
            features: features.filter(|feature| self.uses(*feature)).collect(),
        })
    }

    /// Whether this policy uses a feature.
    #[must_use]
    pub fn uses(&self, feature: Feature) -> bool {
        let any = |what: fn(&Protection) -> bool| self.protections.iter().any(what);
        match feature {
            Feature::Always => true,
            Feature::Agents => any(|own| own.agent != AgentUse::Nothing),
            Feature::AsnFailures => self.asn_failures.is_some(),
            Feature::Fingerprints => self.ja4.is_some(),
            Feature::Passwords => self.breaches.is_some(),
            Feature::SuccessHeaders => any(|own| {
                let matters = own.password.as_ref().map(|own| own.matters);
                matters.is_some_and(|own| own.tells_breach || own.offers_passkey)
            }),
            Feature::Travel => self.travel.is_some(),
            Feature::Devices => self.devices.is_some(),
            Feature::Challenges => self.challenges_somewhere(),
            Feature::Captcha => self.captcha.is_some(),
            Feature::Unlock => self.unlock.is_some(),
            Feature::Once => self.uses(Feature::Challenges) || self.uses(Feature::Unlock),
            Feature::Counters => {
                let budget = self.intelligence.as_ref().and_then(|own| own.daily_budget);
                let counts = [
                    Feature::AsnFailures,
                    Feature::Devices,
                    Feature::Challenges,
                    Feature::Sessions,
                    Feature::SessionAccounts,
                    Feature::AccountNames,
                ];
                !self.limits.is_empty()
                    || budget.is_some()
                    || any(|own| own.agent == AgentUse::Counted)
                    || counts.into_iter().any(|feature| self.uses(feature))
            }
            Feature::Fleet => self.fleet.is_some(),
            Feature::Intelligence => self.intelligence.is_some(),
            Feature::TrustedProxies => self.trust.header().is_some(),
            Feature::Profiles => !self.profiles.is_empty(),
            Feature::Sessions => self.session.is_some(),
            Feature::SessionAccounts => any(|own| own.remembers),
            Feature::AccountNames => self.identity.account_header.is_some(),
            Feature::Notices => self
                .session
                .as_ref()
                .is_some_and(|own| own.notify.is_some()),
            Feature::Records => {
                let keeps = [
                    Feature::Sessions,
                    Feature::SessionAccounts,
                    Feature::AccountNames,
                    Feature::Devices,
                    Feature::Travel,
                ];
                keeps.into_iter().any(|feature| self.uses(feature))
            }
        }
    }

    /// Whether it may matter what the application answers on a route.
    #[must_use]
    pub fn reads_answers(&self, route: RouteIndex) -> bool {
        self.protection(route).is_some_and(|own| self.reads(own))
    }

    /// A failure is evidence as well, against the network of a mobile carrier.
    fn reads(&self, own: &Protection) -> bool {
        own.watches || self.limits_of(own).any(LimitPolicy::seeks_evidence)
    }

    /// The limits of a route, in their order.
    pub fn limits_of<'p>(
        &'p self,
        protection: &'p Protection,
    ) -> impl Iterator<Item = &'p LimitPolicy> {
        let own = protection.limits.iter();
        own.filter_map(|index| self.limits.get(index.0))
    }

    /// Whether anything challenges, be it only monitored yet.
    #[must_use]
    pub fn challenges_somewhere(&self) -> bool {
        let challenged = |own: &Protection| {
            let ruleset = &own.ruleset;
            let mut rules = ruleset.rules.iter();
            ruleset.on_unknown == Action::Challenge
                || (own.account.is_some() && own.on_missing_account == Action::Challenge)
                || rules.any(|rule| rule.then == Action::Challenge)
                || self
                    .limits_of(own)
                    .any(|limit| limit.rule.then == Action::Challenge)
        };
        self.challenges.endpoint.is_some() || self.protections.iter().any(challenged)
    }
}
