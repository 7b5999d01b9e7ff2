//! Every metric that a policy can raise.

use super::{Event, Family, Kind, Scope};

/// One metric as the host knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name and labels: `palisade_requests.route=login.verdict=deny`. The shipped `stats_tags` turn `label=value` into
    /// real labels.
    pub name: String,
    /// How it behaves.
    pub kind: Kind,
}

/// The position of a metric in its [`Catalogue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricIndex(usize);

impl MetricIndex {
    /// The position.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// What is done to a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Add this much.
    Add(i64),
    /// Collect this value.
    Record(u64),
}

/// Every metric that a policy can raise, family by family, so that an event finds its own by arithmetic.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    metrics: Vec<Metric>,
    /// Where each family begins, and how many values its label has.
    families: Vec<(usize, usize)>,
    /// How many rules there are on the routes before each.
    rules: Vec<usize>,
}

impl Catalogue {
    /// Lists the metrics of a policy: its routes, each with the names of its rules, its limits, and its lists of
    /// networks.
    #[must_use]
    pub fn new<'p>(
        routes: impl Iterator<Item = (&'p str, Vec<&'p str>)> + Clone,
        limits: impl Iterator<Item = &'p str>,
        lists: impl Iterator<Item = &'p str>,
    ) -> Self {
        let mut this = Self::default();
        let (mut of_routes, mut of_rules) = (Vec::new(), Vec::new());
        for (route, rules) in routes {
            this.rules.push(of_rules.len());
            of_rules.extend(
                rules
                    .iter()
                    .map(|rule| format!(".route={route}.rule={rule}")),
            );
            of_routes.push(format!(".route={route}"));
        }
        let of_limits: Vec<String> = limits.map(|limit| format!(".limit={limit}")).collect();
        let of_lists: Vec<String> = lists.map(|list| format!(".list={list}")).collect();
        let of_policy = [String::new()];
        for family in Family::ALL {
            let owners = match family.scope() {
                Scope::Policy => &of_policy[..],
                Scope::Route => &of_routes,
                Scope::Rule => &of_rules,
                Scope::Limit => &of_limits,
                Scope::List => &of_lists,
            };
            this.add(family, owners);
        }
        this
    }

    fn add(&mut self, family: Family, owners: &[String]) {
        let values = family.values();
        self.families.push((self.metrics.len(), values.len()));
        for owner in owners {
            for value in &values {
                let mut name = format!("palisade_{}{owner}", family.name());
                let label = family.label();
                if !label.is_empty() {
                    for part in [".", label, "=", value] {
                        name.push_str(part);
                    }
                }
                let kind = family.kind();
                self.metrics.push(Metric { name, kind });
            }
        }
    }

    /// All metrics, in order.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The metric of an event, and what is done to it.
    #[must_use]
    pub fn find(&self, event: Event) -> Option<(MetricIndex, Change)> {
        let (family, value) = event.family()?;
        let (start, values) = *self.families.get(family.number())?;
        let owner = match event {
            Event::Request { route, .. }
            | Event::Monitored { route, .. }
            | Event::Login { route, .. } => route.get(),
            Event::RuleHit { route, rule, .. } => {
                self.rules.get(route.get())?.checked_add(rule.0)?
            }
            Event::LimitHit { limit, .. } => limit.0,
            Event::ListHit(list) => list.get(),
            _ => 0,
        };
        let within = owner.checked_mul(values)?.checked_add(value)?;
        let change = match event {
            Event::WaitTime(time)
            | Event::LookupTime(time)
            | Event::SolveTime(time)
            | Event::RevocationWindow(time)
            | Event::CaptchaTime(time) => {
                Change::Record(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
            }
            Event::BreakerClosed | Event::BreakerGone => Change::Add(-1),
            _ => Change::Add(1),
        };
        Some((MetricIndex(start.checked_add(within)?), change))
    }
}

#[cfg(test)]
mod tests;
