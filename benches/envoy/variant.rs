//! What is measured, and against what.

use std::collections::BTreeSet;

use crate::artefacts::Artefacts;
use crate::load::Request;
use crate::targets;

/// One Envoy, as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Server {
    /// No filter, answers 200.
    Plain,
    /// No filter, answers what Palisade answers to a denied request.
    PlainDeny,
    /// The filter that does nothing.
    Noop,
    /// Palisade, whose API knows nothing against any address.
    PalisadeClean,
    /// Palisade, whose API takes every address for a Tor exit.
    PalisadeTor,
    /// Palisade with one limit.
    PalisadeOneLimit,
    /// Palisade with four limits.
    PalisadeFourLimits,
    /// No filter, before an application that refuses every login.
    PlainApplication,
    /// Palisade with four limits, one of them on failures, before that application.
    PalisadeFailures,
    /// Envoy's own filter that asks a service over HTTP about every request.
    ExtAuthz,
    /// Envoy's own filter that asks the rate limit service, with one descriptor, before an application.
    RateLimitOne,
    /// The same with four descriptors.
    RateLimitFour,
    /// Palisade with one limit, before an application.
    LocalOne,
    /// The same with four limits.
    LocalFour,
    /// Palisade with one limit that the fleet counts, before an application.
    FleetOne,
    /// The same with four limits.
    FleetFour,
    /// Palisade with one limit that is used up.
    LocalRefusal,
    /// The same with one that the fleet counts.
    FleetRefusal,
}

impl Server {
    /// Whether it asks the rate limit service.
    pub(crate) const fn is_fleet(self) -> bool {
        matches!(
            self,
            Self::RateLimitOne
                | Self::RateLimitFour
                | Self::FleetOne
                | Self::FleetFour
                | Self::FleetRefusal
        )
    }
}

/// One kind of request to one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variant {
    /// What most of the others are compared with.
    Plain,
    /// What the denied request is compared with.
    PlainDeny,
    /// Through the filter that does nothing.
    Noop,
    /// On a route that Palisade does not protect.
    Unprotected,
    /// Assessment from the cache, let through and annotated.
    CachedAllow,
    /// Assessment from the cache and denied.
    CachedDeny,
    /// As [`Self::CachedAllow`], and counted by network.
    OneLimit,
    /// As [`Self::CachedAllow`], and counted by address, network, account and session.
    FourLimits,
    /// What a login that fails is compared with.
    PlainApplication,
    /// As [`Self::FourLimits`], but of the account failures are counted: the application refuses the login.
    Failures,
    /// Let through by a service that Envoy asks.
    ExtAuthz,
    /// Counted by the rate limit service, which Envoy asks with one descriptor.
    RateLimitOne,
    /// The same with four descriptors.
    RateLimitFour,
    /// What one limit of the fleet is compared with: the same, counted by the proxy alone.
    LocalOne,
    /// The same with four limits.
    LocalFour,
    /// Counted by the fleet.
    FleetOne,
    /// The same with four limits.
    FleetFour,
    /// What is refused by a limit of the proxy.
    LocalRefusal,
    /// Refused by what is known of a limit of the fleet.
    FleetRefusal,
}

impl Variant {
    /// The variants that can be measured with what was built, baselines left out.
    pub(crate) fn measurable(artefacts: &Artefacts) -> Vec<Self> {
        let mut variants = vec![Self::Noop, Self::ExtAuthz];
        if artefacts.palisade.is_some() {
            variants.extend([
                Self::Unprotected,
                Self::CachedAllow,
                Self::CachedDeny,
                Self::OneLimit,
                Self::FourLimits,
                Self::Failures,
            ]);
        }
        if artefacts.service.is_some() {
            variants.extend([Self::RateLimitOne, Self::RateLimitFour]);
            if artefacts.palisade.is_some() {
                variants.extend([Self::FleetOne, Self::FleetFour, Self::FleetRefusal]);
            }
        }
        variants
    }

    /// These variants and all that they are compared with, each once.
    pub(crate) fn with_baselines(variants: &[Self]) -> BTreeSet<Self> {
        variants
            .iter()
            .flat_map(|variant| [variant.baseline(), *variant])
            .collect()
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "no filter",
            Self::PlainDeny => "no filter, direct_response 403",
            Self::Noop => "no-op (SDK)",
            Self::Unprotected => "unprotected route",
            Self::CachedAllow => "protected, cached allow, annotated",
            Self::CachedDeny => "protected, cached deny",
            Self::OneLimit => "protected, 1 limit",
            Self::FourLimits => "protected, 4 limits",
            Self::PlainApplication => "no filter, application",
            Self::Failures => "protected, 4 limits, failed login",
            Self::ExtAuthz => "ext_authz over HTTP",
            Self::RateLimitOne => "ratelimit, 1 descriptor",
            Self::RateLimitFour => "ratelimit, 4 descriptors",
            Self::LocalOne => "protected, 1 limit, application",
            Self::LocalFour => "protected, 4 limits, application",
            Self::FleetOne => "protected, 1 fleet limit",
            Self::FleetFour => "protected, 4 fleet limits",
            Self::LocalRefusal => "refused by a limit",
            Self::FleetRefusal => "refused by a fleet limit",
        }
    }

    pub(crate) const fn server(self) -> Server {
        match self {
            Self::Plain => Server::Plain,
            Self::PlainDeny => Server::PlainDeny,
            Self::Noop => Server::Noop,
            Self::Unprotected | Self::CachedAllow => Server::PalisadeClean,
            Self::CachedDeny => Server::PalisadeTor,
            Self::OneLimit => Server::PalisadeOneLimit,
            Self::FourLimits => Server::PalisadeFourLimits,
            Self::PlainApplication => Server::PlainApplication,
            Self::Failures => Server::PalisadeFailures,
            Self::ExtAuthz => Server::ExtAuthz,
            Self::RateLimitOne => Server::RateLimitOne,
            Self::RateLimitFour => Server::RateLimitFour,
            Self::LocalOne => Server::LocalOne,
            Self::LocalFour => Server::LocalFour,
            Self::FleetOne => Server::FleetOne,
            Self::FleetFour => Server::FleetFour,
            Self::LocalRefusal => Server::LocalRefusal,
            Self::FleetRefusal => Server::FleetRefusal,
        }
    }

    /// Whether it waits for the rate limit service.
    pub(crate) const fn waits(&self) -> bool {
        self.server().is_fleet() && !matches!(self, Self::FleetRefusal)
    }

    pub(crate) const fn baseline(self) -> Self {
        match self {
            Self::CachedDeny | Self::PlainDeny => Self::PlainDeny,
            Self::Failures | Self::PlainApplication | Self::RateLimitOne | Self::RateLimitFour => {
                Self::PlainApplication
            }
            Self::FleetOne | Self::LocalOne => Self::LocalOne,
            Self::FleetFour | Self::LocalFour => Self::LocalFour,
            Self::FleetRefusal | Self::LocalRefusal => Self::LocalRefusal,
            _ => Self::Plain,
        }
    }

    /// All variants send the same bytes but for the path, which is of one length.
    pub(crate) const fn request(self) -> Request {
        let (path, status) = match self {
            Self::Plain
            | Self::Noop
            | Self::CachedAllow
            | Self::OneLimit
            | Self::FourLimits
            | Self::ExtAuthz => ("/login", 200),
            Self::Unprotected => ("/other", 200),
            Self::PlainApplication
            | Self::Failures
            | Self::RateLimitOne
            | Self::RateLimitFour
            | Self::LocalOne
            | Self::LocalFour
            | Self::FleetOne
            | Self::FleetFour => ("/login", 401),
            Self::LocalRefusal | Self::FleetRefusal => ("/login", 429),
            Self::PlainDeny | Self::CachedDeny => ("/login", 403),
        };
        Request { path, status }
    }

    /// Processor time against the baseline, at most.
    pub(crate) const fn ratio_target(self) -> Option<f64> {
        match self {
            Self::Unprotected => Some(1.12),
            Self::CachedAllow => Some(1.30),
            Self::CachedDeny => Some(1.35),
            Self::FourLimits => Some(1.50),
            _ => None,
        }
    }

    /// Thousands of instructions added to the baseline, at most.
    pub(crate) fn instructions_target(self) -> Option<f64> {
        let mut targets = targets::INSTRUCTIONS.into_iter();
        let (_, target) = targets.find(|(name, _)| *name == self.name())?;
        Some(target)
    }
}
