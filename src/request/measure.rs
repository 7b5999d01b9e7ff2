//! What is looked at from time to time, and not on a request's path: how full the tables in shared memory are, and how
//! much of the budget is left.

use super::engine::Engine;
use crate::host::Host;
use crate::store::Fill;
use crate::telemetry::{Event, SharedTable};
use crate::time::Time;

impl Engine {
    /// Tells how full the tables are that the policy uses, and how much of the budget is left, if it is time to. For
    /// each tick of the host; at most 17 reads for each table.
    pub(super) fn survey(&mut self, now: Time, host: &impl Host) {
        if !self.survey.is_due(now, host) {
            return;
        }
        let [a, b, c, d, ..] = host.random();
        let start = u32::from_le_bytes([a, b, c, d]).into();
        for table in SharedTable::ALL {
            let fill = self.policy.uses(table.feature());
            let fill = fill.then(|| self.fill(table, start, now, host));
            if let Some(Fill { slots, used }) = fill.flatten() {
                host.meter(Event::TableSlots { table, slots });
                host.meter(Event::TableSlotsUsed { table, slots: used });
            }
        }
        let resolver = self.resolver.as_ref();
        if let Some(left) = resolver.and_then(|own| own.budget_left(now, host)) {
            host.meter(Event::BudgetLeft(left));
        }
    }

    /// How full a table is; `None` if there is none.
    fn fill(&self, table: SharedTable, start: u64, now: Time, host: &impl Host) -> Option<Fill> {
        Some(match table {
            SharedTable::Counters => self.survey.counters.fill(start, now, host),
            SharedTable::Once => self.survey.once.fill(start, now, host),
            SharedTable::Reputations => self.resolver.as_ref()?.fill(start, now, host),
            SharedTable::Sessions | SharedTable::KnownSessions | SharedTable::SessionAccounts => {
                let mut tables = self.sessions.tables().into_iter();
                let (_, table) = tables.find(|(name, _)| *name == table)?;
                table.fill(start, now, host)
            }
            SharedTable::Names => self.aliases.as_ref()?.fill(start, now, host),
            SharedTable::Devices => self.devices.as_ref()?.fill(start, now, host),
            SharedTable::Positions => self.travels.as_ref()?.fill(start, now, host),
        })
    }
}
