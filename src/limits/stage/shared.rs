//! Limits that the whole fleet counts: what it is asked, what follows from what it says, and what it is told when the
//! application has answered. The local counter has been asked before, and let the request through.

use std::collections::VecDeque;
use std::time::Duration;

use super::ask::{Asked, Question};
use super::news::{Counting, News, Shared, Sharing, Told};
use super::settle::{Open, Role};
use super::{Excess, Limits};
use crate::host::Host;
use crate::limits::{Count, Distinct, KeyPart, Limit, LimitPolicy, Operation, Refusals, Threshold};
use crate::telemetry::{Event, LimitResult, Meter};
use crate::time::Time;

/// So long a proxy goes by what the fleet has said of an account, or of what is still under way: then it asks again,
/// and hears what has been given back or unlocked elsewhere.
pub(super) const HOLD: Duration = Duration::from_secs(5);

/// What the fleet has counted of one counter, the request itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FleetCount {
    /// In this step of the window, and in the one before.
    pub(crate) counted: [u32; 2],
    /// In the next one, by proxies whose clocks are ahead.
    pub(crate) ahead: u32,
    /// All that with what has been given back.
    pub(crate) raised: u32,
    /// When this step is over, and the next one.
    pub(crate) ends: [Time; 2],
}

impl FleetCount {
    const fn sum(self) -> u32 {
        let [now, before] = self.counted;
        now.saturating_add(before).saturating_add(self.ahead)
    }
}

/// What follows from what the fleet has said.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The limits that the request exceeds.
    pub(crate) exceeded: Vec<Excess>,
    /// What the fleet is told.
    pub(crate) told: Vec<Told>,
}

impl Sharing {
    pub(super) fn of(question: &Question<'_>, spared: bool, near: bool, now: Time) -> Option<Self> {
        let limit = question.limit;
        let counting = match (&limit.count, question.operation.value()) {
            (Count::Distinct(..), Some(value)) => Counting::Distinct(value),
            (Count::Attempts(_), _) => Counting::Attempts,
            (Count::Failures(_), _) if limit.counts_networks() => Counting::Watched,
            _ => Counting::Reserved,
        };
        let excess = question.askers().map(|route| Excess {
            index: question.charge.limit,
            route,
            retry_after: Duration::from_secs(1),
            count: 0,
            quota: question.quota,
            about: question.about,
        });
        Some(Self {
            key: question.key,
            window: limit.terms.window,
            counting,
            hits: 1,
            at: now,
            waits: limit.waits,
            of_account: limit.needs_account(),
            index: question.charge.limit,
            threshold: Threshold::new(question.quota)?,
            excess: excess.collect(),
            is_enforced: question.is_enforced,
            is_spared: spared,
            is_near: near,
        })
    }

    /// Asks with it for another attempt of the same, if it is of the same counter.
    pub(super) fn joins(&mut self, other: &Self) -> bool {
        let same = self.key == other.key && self.counting == other.counting;
        if same {
            self.hits = self.hits.saturating_add(other.hits);
        }
        same
    }

    fn is_over(&self, count: FleetCount) -> bool {
        match self.counting {
            Counting::Watched => count.sum() >= self.threshold.get(),
            _ => count.sum() > self.threshold.get(),
        }
    }

    /// When there is room again, if nothing more is counted: what stands in the present step counts in the next one as
    /// well.
    fn room_at(&self, count: FleetCount, own: u32) -> Time {
        let full = match self.counting {
            Counting::Distinct(_) => self.threshold.get().saturating_add(1),
            _ => self.threshold.get(),
        };
        let [now, _] = count.counted;
        let [end, next] = count.ends;
        match now.saturating_sub(own).saturating_add(count.ahead) >= full {
            true => next,
            false => end,
        }
    }

    /// How much of what the request has counted is given back if it is refused.
    fn refunded(&self, limit: &LimitPolicy) -> u32 {
        let counts = limit.terms.refusals == Refusals::Counted;
        match self.counting {
            Counting::Attempts if !counts => self.hits,
            _ => 0,
        }
    }

    fn give_back(&self, limit: &LimitPolicy) -> Option<(Operation, Told)> {
        let number = self.refunded(limit);
        let operation = Limit::new(limit.terms).give_back(self.key, self.threshold, self.at);
        let told = self.told(News::Fewer([number, 0]));
        (number > 0).then_some((operation, told))
    }

    const fn told(&self, news: News) -> Told {
        Told {
            key: self.key,
            window: self.window,
            at: self.at,
            news,
        }
    }
}

impl Asked {
    /// The fleet is to be asked this: once, of several attempts that count alike.
    pub(super) fn share(&mut self, sharing: Option<Sharing>) {
        let Some(sharing) = sharing else {
            return;
        };
        if !self.shared.iter_mut().any(|other| other.joins(&sharing)) {
            self.shared.push(sharing);
        }
    }
}

impl Limits {
    /// Notes of each of these that the fleet has not told what it has counted, and whether it may have.
    pub(crate) fn note_uncounted<'s>(
        &self,
        open: &mut [Open],
        sharings: impl IntoIterator<Item = &'s Sharing>,
        perhaps: bool,
    ) {
        for sharing in sharings {
            self.note(open, sharing, Err(perhaps));
        }
    }

    /// Notes at the counters that are still open what the fleet has said of one of them, or that it may have counted
    /// (`Err(true)`), or that it has not been asked.
    pub(crate) fn note(
        &self,
        open: &mut [Open],
        sharing: &Sharing,
        count: Result<FleetCount, bool>,
    ) {
        if count == Err(false) && sharing.counting != Counting::Watched {
            return;
        }
        let own = match sharing.counting {
            Counting::Watched => 1,
            _ => 0,
        };
        let full_until = count.ok().and_then(|count| {
            let full = count.sum().saturating_add(own) >= sharing.threshold.get();
            full.then(|| sharing.room_at(count, 0))
        });
        for open in open
            .iter_mut()
            .filter(|open| open.key == sharing.key && !matches!(open.role, Role::Evidence(_)))
        {
            open.shared = Some(Shared {
                window: sharing.window,
                at: sharing.at,
                counting: sharing.counting,
                counted: count.ok().map(|count| count.counted),
                full_until,
            });
        }
    }

    /// Hears what the fleet has counted, up to the first limit that ends the request. What is behind that stays. One
    /// that `went_on` has been counted for good.
    pub(crate) fn hear(
        &self,
        said: &mut VecDeque<(Sharing, FleetCount)>,
        went_on: bool,
        now: Time,
        host: &impl Host,
    ) -> Heard {
        let mut heard = Heard::default();
        let mut operations = Vec::new();
        while let Some((sharing, count)) = said.pop_front() {
            let Some(limit) = self.limits.get(sharing.index.0) else {
                continue;
            };
            if !sharing.is_over(count) {
                operations.extend(sharing.lower(limit, count));
                let (used, all) = (u64::from(count.sum()), u64::from(sharing.threshold.get()));
                if !sharing.is_near && used.saturating_mul(5) >= all.saturating_mul(4) {
                    sharing.hit(LimitResult::Near, host);
                }
                continue;
            }
            let refunded = match went_on {
                true => 0,
                false => sharing.refunded(limit),
            };
            let room = sharing.room_at(count, refunded);
            if let Some((operation, told)) = sharing.give_back(limit).filter(|_| !went_on) {
                operations.push(operation);
                heard.told.push(told);
            }
            if sharing.is_spared {
                sharing.hit(LimitResult::Spared, host);
                continue;
            }
            operations.push(sharing.hold(limit, (room, went_on), now));
            sharing.hit(sharing.exceeded(), host);
            heard
                .exceeded
                .extend(sharing.excess.iter().map(|excess| Excess {
                    retry_after: room.since(now),
                    count: count.sum(),
                    ..*excess
                }));
            let goes_on = limit.rule.then.lets_through();
            if sharing.is_enforced && !goes_on {
                break;
            }
        }
        self.counters.run(&operations, now, host);
        heard
    }

    /// Takes back what was counted by limits behind one that has ended the request: they were not asked.
    pub(crate) fn forgo<'s>(
        &self,
        sharings: impl Iterator<Item = &'s Sharing>,
        now: Time,
        host: &impl Host,
    ) -> Vec<Told> {
        let back = sharings.filter_map(|sharing| {
            let limit = self.limits.get(sharing.index.0)?;
            sharing.give_back(limit)
        });
        let (operations, told): (Vec<_>, Vec<_>) = back.unzip();
        self.counters.run(&operations, now, host);
        told
    }

    /// What a request exceeds that must be counted by the fleet, and could not be.
    pub(crate) fn uncounted<'s>(
        &self,
        sharings: impl Iterator<Item = &'s Sharing>,
        host: &impl Meter,
    ) -> Vec<Excess> {
        let mut exceeded = Vec::new();
        for sharing in sharings {
            sharing.hit(sharing.exceeded(), host);
            exceeded.extend_from_slice(&sharing.excess);
        }
        exceeded
    }
}

impl Sharing {
    /// Remembers that it is too many.
    fn hold(&self, limit: &LimitPolicy, (room, went_on): (Time, bool), now: Time) -> Operation {
        // Where asking lets one more through, nobody asks again.
        let asks = limit.has(KeyPart::Account) && !went_on;
        let soon = asks || self.counting == Counting::Reserved;
        let until = match soon {
            true => room.min(now.plus(HOLD)),
            false => room,
        };
        if let Counting::Distinct(_) = self.counting {
            return Distinct::new(limit.terms).hold(self.key, self.threshold, until);
        }
        // Of what is only reserved nobody knows yet whether it breaks the limit.
        let breaks = self.counting != Counting::Reserved;
        Limit::new(limit.terms).hold(self.key, self.threshold, (until, breaks))
    }

    /// What a success or a link has forgiven at another proxy is forgiven here.
    fn lower(&self, limit: &LimitPolicy, count: FleetCount) -> Option<Operation> {
        let counts = matches!(self.counting, Counting::Attempts | Counting::Reserved);
        let forgives = limit.has(KeyPart::Account) && count.raised > count.sum();
        let known = (count.sum(), count.raised);
        (counts && forgives).then(|| Limit::new(limit.terms).lower(self.key, self.threshold, known))
    }

    const fn exceeded(&self) -> LimitResult {
        match self.is_enforced {
            true => LimitResult::Exceeded,
            false => LimitResult::Monitored,
        }
    }

    fn hit(&self, result: LimitResult, host: &impl Meter) {
        let Some(route) = self.excess.first().map(|excess| excess.route) else {
            return;
        };
        host.meter(Event::LimitHit {
            route,
            limit: self.index,
            result,
        });
    }
}
