//! Whom a request is about, to each of the routes that it may be for.

use crate::identity::account::{
    AccountError, AccountSources, BodyBytes, BodyNeed, Candidates, HeadReading, SessionUse,
};
use crate::message::HeaderBlock;
use crate::policy::{Guard, Policy};
use crate::principal::Owner;
use crate::route::RouteIndex;

/// What the head says of the account, by the places of each group of routes.
#[derive(Clone, Debug)]
pub(super) struct HeadReadings(Vec<HeadReading>);

/// Which accounts a request is about.
#[derive(Debug, Default)]
pub(super) enum AccountState {
    /// Nobody needs to know, or not yet.
    #[default]
    Open,
    /// These.
    Read(Accounts),
}

/// The accounts that a request may be about: one alone, unless it may be for routes that look in different places, or
/// readers find different ones in one place.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// Each once.
    pub(super) owners: Vec<Owner>,
    /// Whether it makes several attempts.
    pub(super) is_batch: bool,
    /// Why nobody can tell, to which group of [`Guard::accounts`].
    pub(super) errors: Vec<(usize, AccountError)>,
    /// Whether one of them is only remembered, and not for certain, or named so that the application may find nobody.
    pub(super) doubtful: bool,
}

/// What one group of routes takes for the account.
pub(super) struct AccountReading {
    /// Which group of [`Guard::accounts`].
    pub(super) group: usize,
    /// What the request names.
    pub(super) named: Result<Candidates, AccountError>,
    /// Whether the accounts of its session are meant as well.
    pub(super) session: SessionUse,
}

fn sources(policy: &Policy, route: RouteIndex) -> Option<&AccountSources> {
    policy.protection(route)?.account.as_ref()
}

impl HeadReadings {
    /// Reads what stands in the head; `None` where nobody asks.
    pub(super) fn read(policy: &Policy, guard: &Guard, headers: &HeaderBlock) -> Option<Self> {
        if guard.accounts.is_empty() {
            return None;
        }
        let sources = guard
            .accounts
            .iter()
            .filter_map(|group| sources(policy, group.first));
        Some(Self(
            sources.map(|sources| sources.read_head(headers)).collect(),
        ))
    }

    /// Whether the body must be read.
    pub(super) fn body(&self) -> BodyNeed {
        let mut needs = self.0.iter().map(HeadReading::body);
        match needs.any(|need| need == BodyNeed::Needed) {
            true => BodyNeed::Needed,
            false => BodyNeed::None,
        }
    }

    /// What each group of routes takes for the account.
    pub(super) fn conclude<'r>(
        self,
        policy: &'r Policy,
        guard: &'r Guard,
        body: BodyBytes<'r>,
    ) -> impl Iterator<Item = AccountReading> {
        let groups = guard.accounts.iter().enumerate();
        let read = groups.zip(self.0);
        read.filter_map(move |((group, routes), head)| {
            let sources = sources(policy, routes.first)?;
            Some(AccountReading {
                group,
                named: head.conclude(sources, body),
                session: sources.session(),
            })
        })
    }
}

impl AccountState {
    /// The accounts that are known.
    pub(super) fn owners(&self) -> &[Owner] {
        match self {
            Self::Open => &[],
            Self::Read(accounts) => &accounts.owners,
        }
    }

    /// How many attempts it makes, at all accounts together. Of several accounts that it may be about, it makes one at
    /// one.
    pub(super) fn attempts(&self) -> u32 {
        match self {
            Self::Read(accounts) if accounts.is_batch => {
                let attempts = accounts.owners.iter().map(|owner| owner.attempts);
                attempts.fold(0, u32::saturating_add)
            }
            Self::Open | Self::Read(_) => 1,
        }
    }

    /// Whether it is the same account, or none, to all who ask, and one attempt.
    pub(super) fn is_certain(&self) -> bool {
        match self {
            Self::Open => true,
            Self::Read(Accounts {
                owners,
                is_batch,
                errors,
                doubtful,
            }) => {
                let is_sole = owners.len() == 1 && errors.is_empty();
                owners.is_empty() || is_sole && !doubtful && !is_batch
            }
        }
    }

    /// Whether it tells one name, and makes one attempt.
    pub(super) fn has_one_name(&self) -> bool {
        let Self::Read(accounts) = self else {
            return false;
        };
        let mut names = accounts.owners.iter().map(Owner::name);
        let first = names.next();
        first.is_some_and(|first| names.all(|name| name == first))
            && accounts.errors.is_empty()
            && !accounts.is_batch
            && !accounts.doubtful
    }

    /// Whether all routes that ask find an account.
    pub(super) const fn has_no_lack(&self) -> bool {
        match self {
            Self::Open => true,
            Self::Read(accounts) => accounts.errors.is_empty(),
        }
    }

    /// The one that the application must mean, whichever route it takes.
    pub(super) fn into_sole(self) -> Option<Owner> {
        let is_certain = self.is_certain();
        match self {
            Self::Read(mut accounts) if is_certain => accounts.owners.pop(),
            Self::Open | Self::Read(_) => None,
        }
    }
}
