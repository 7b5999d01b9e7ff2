//! What of a policy has metrics of its own, and which place each has among its like.

use super::{Event, Feature, Scope, SharedTable, build};
use crate::decision::LimitIndex;
use crate::route::RouteIndex;

/// What of a policy has metrics of its own.
#[derive(Clone, Debug, Default)]
pub struct Owned<'p> {
    /// The routes, in order.
    pub routes: Vec<OwnedRoute<'p>>,
    /// The names of the limits, in order.
    pub limits: Vec<&'p str>,
    /// The names of the lists, in order.
    pub lists: Vec<&'p str>,
    /// The name of the intelligence provider, if it has a budget.
    pub budget: Option<&'p str>,
    /// What else it uses.
    pub features: Vec<Feature>,
}

/// What of a route has metrics of its own.
#[derive(Clone, Debug, Default)]
pub struct OwnedRoute<'p> {
    /// Its name.
    pub name: &'p str,
    /// The names of its rules, in order.
    pub rules: Vec<&'p str>,
    /// Its limits.
    pub limits: &'p [LimitIndex],
    /// Whether it has an account.
    pub has_account: bool,
    /// Whether its answers are looked at.
    pub reads_answers: bool,
}

/// Which place each owner of metrics has among its like.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    routes: Vec<RoutePlaces>,
    /// By [`SharedTable`].
    tables: Vec<Option<usize>>,
}

#[derive(Clone, Debug, Default)]
struct RoutePlaces {
    account: Option<usize>,
    answer: Option<usize>,
    /// How many rules there are on the routes before it.
    rules: usize,
    /// How many limits there are on the routes before it, and its own.
    limits: (usize, Box<[LimitIndex]>),
}

impl SharedTable {
    /// What a policy must use to fill it.
    #[must_use]
    pub const fn feature(self) -> Feature {
        match self {
            Self::Counters => Feature::Counters,
            Self::Once => Feature::Once,
            Self::Reputations => Feature::Intelligence,
            Self::Sessions | Self::KnownSessions => Feature::Sessions,
            Self::SessionAccounts => Feature::SessionAccounts,
            Self::Names => Feature::AccountNames,
            Self::Devices => Feature::Devices,
            Self::Positions => Feature::Travel,
        }
    }
}

/// Takes the next place, if there is to be one.
fn place(next: &mut usize, there_is: bool) -> Option<usize> {
    let own = *next;
    *next = own.saturating_add(usize::from(there_is));
    there_is.then_some(own)
}

impl Owned<'_> {
    /// The labels of all owners of a scope, each with a dot before it, in the order of their places.
    pub(super) fn labels(&self, scope: Scope) -> Vec<String> {
        let routes = |has: fn(&OwnedRoute<'_>) -> bool| {
            let routes = self.routes.iter().filter(|route| has(route));
            routes
                .map(|route| format!(".route={}", route.name))
                .collect()
        };
        match scope {
            Scope::Policy => vec![String::new()],
            // The version stands last: it has dots.
            Scope::Build => vec![format!(
                ".revision={}.version={}",
                build::revision(),
                build::VERSION
            )],
            Scope::Route => routes(|_| true),
            Scope::Account => routes(|route| route.has_account),
            Scope::Answer => routes(|route| route.reads_answers),
            Scope::Rule => self
                .routes
                .iter()
                .flat_map(|OwnedRoute { name, rules, .. }| {
                    rules
                        .iter()
                        .map(move |rule| format!(".route={name}.rule={rule}"))
                })
                .collect(),
            Scope::Limit => self
                .routes
                .iter()
                .flat_map(|OwnedRoute { name, limits, .. }| {
                    limits.iter().map(move |limit| {
                        let limit = self.limits.get(limit.0).copied().unwrap_or_default();
                        format!(".route={name}.limit={limit}")
                    })
                })
                .collect(),
            Scope::List => self
                .lists
                .iter()
                .map(|list| format!(".list={list}"))
                .collect(),
            Scope::Budget => {
                let provider = self.budget.iter();
                provider.map(|name| format!(".provider={name}")).collect()
            }
            Scope::Table => {
                let tables = SharedTable::ALL
                    .into_iter()
                    .filter(|table| self.has(*table));
                tables
                    .map(|table| format!(".table={}", table.name()))
                    .collect()
            }
        }
    }

    fn has(&self, table: SharedTable) -> bool {
        self.features.contains(&table.feature())
    }

    /// The place of each owner.
    pub(super) fn places(&self) -> Places {
        let (mut accounts, mut answers, mut rules, mut limits, mut tables) =
            (0, 0, 0_usize, 0_usize, 0);
        let routes = self.routes.iter().map(|route| {
            let places = RoutePlaces {
                account: place(&mut accounts, route.has_account),
                answer: place(&mut answers, route.reads_answers),
                rules,
                limits: (limits, route.limits.into()),
            };
            rules = rules.saturating_add(route.rules.len());
            limits = limits.saturating_add(route.limits.len());
            places
        });
        Places {
            routes: routes.collect(),
            tables: SharedTable::ALL
                .into_iter()
                .map(|table| place(&mut tables, self.has(table)))
                .collect(),
        }
    }
}

impl Places {
    /// The place of whoever an event is about among all of its scope; `None` where the policy has no such one.
    pub(super) fn of(&self, event: Event) -> Option<usize> {
        let on = |route: RouteIndex| self.routes.get(route.get());
        match event {
            Event::Request { route, .. } | Event::Monitored { route, .. } => Some(route.get()),
            Event::Login { route, .. } => on(route)?.answer,
            Event::AccountError { route, .. } => on(route)?.account,
            Event::RuleHit { route, rule, .. } => on(route)?.rules.checked_add(rule.0),
            Event::LimitHit { route, limit, .. } => {
                let (before, own) = &on(route)?.limits;
                before.checked_add(own.iter().position(|each| *each == limit)?)
            }
            Event::ListHit(list) => Some(list.get()),
            Event::TableSlots { table, .. } | Event::TableSlotsUsed { table, .. } => {
                let place = SharedTable::ALL
                    .into_iter()
                    .position(|each| each == table)?;
                self.tables.get(place).copied().flatten()
            }
            _ => Some(0),
        }
    }
}
