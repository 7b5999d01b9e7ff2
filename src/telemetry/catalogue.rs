//! Every metric that a policy can raise.

use super::owners::{Owned, Places};
use super::{Event, Family, Feature, Kind};

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
    /// A gauge has this value; a histogram gets one more.
    Set(u64),
}

/// Every metric that a policy can raise, family by family, so that an event finds its own by arithmetic. What the
/// policy does not use has none.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    metrics: Vec<Metric>,
    /// Where each family begins, and how many values its label has; `None` for those that the policy does not use.
    families: Vec<Option<(usize, usize)>>,
    places: Places,
}

impl Catalogue {
    /// Lists the metrics of a policy.
    #[must_use]
    pub fn new(owned: &Owned<'_>) -> Self {
        let mut this = Self {
            places: owned.places(),
            ..Self::default()
        };
        for family in Family::ALL {
            let feature = family.feature();
            let owners = match feature == Feature::Always || owned.features.contains(&feature) {
                true => owned.labels(family.scope()),
                false => Vec::new(),
            };
            this.add(family, &owners);
        }
        this
    }

    fn add(&mut self, family: Family, owners: &[String]) {
        let values = family.values();
        let place = (self.metrics.len(), values.len());
        self.families
            .push(Some(place).filter(|_| !owners.is_empty()));
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
        let (start, values) = (*self.families.get(family.number())?)?;
        let within = self
            .places
            .of(event)?
            .checked_mul(values)?
            .checked_add(value)?;
        let change = match event {
            Event::WaitTime(time)
            | Event::LookupTime(time)
            | Event::SolveTime(time)
            | Event::RevocationWindow(time)
            | Event::FleetTime(time)
            | Event::RangeTime(time)
            | Event::CaptchaTime(time) => {
                Change::Set(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
            }
            Event::Build => Change::Set(1),
            Event::Configured(at) => Change::Set(at.seconds().into()),
            Event::BudgetLeft(left) => Change::Set(left.into()),
            Event::TableSlots { slots, .. } | Event::TableSlotsUsed { slots, .. } => {
                Change::Set(slots)
            }
            Event::BreakerClosed
            | Event::BreakerGone
            | Event::FleetBreakerClosed
            | Event::RangeBreakerClosed => Change::Add(-1),
            _ => Change::Add(1),
        };
        Some((MetricIndex(start.checked_add(within)?), change))
    }
}

#[cfg(test)]
mod tests;
