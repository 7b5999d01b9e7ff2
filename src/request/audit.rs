//! How many lines the audit log gets.

use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// What a line is about. Each has a share of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuditKind {
    /// A request that is refused, of which anybody can make as many as he likes.
    Refusal,
    /// A request that would be refused: no flood of those hides one that is.
    Monitored,
    /// A session that is revoked, by itself or with a request that is refused: no flood of refusals may hide it.
    Revocation,
}

/// At most so many lines of each kind a second: an attack must not become a flood of log lines.
#[derive(Debug)]
pub(super) struct AuditLimit {
    per_second: u32,
    second: u32,
    refusals: u32,
    monitored: u32,
    revocations: u32,
    dropped: u64,
}

impl AuditLimit {
    pub(super) const fn new(per_second: u32) -> Self {
        Self {
            per_second,
            second: 0,
            refusals: 0,
            monitored: 0,
            revocations: 0,
            dropped: 0,
        }
    }

    /// How many lines of any kind were left out since the last one, if a line of this kind may be written now.
    /// One that may not is counted.
    pub(super) fn take(&mut self, kind: AuditKind, now: Time, meter: &impl Meter) -> Option<u64> {
        if now.seconds() != self.second {
            self.second = now.seconds();
            (self.refusals, self.monitored, self.revocations) = (0, 0, 0);
        }
        let used = match kind {
            AuditKind::Refusal => &mut self.refusals,
            AuditKind::Monitored => &mut self.monitored,
            AuditKind::Revocation => &mut self.revocations,
        };
        if *used >= self.per_second {
            self.dropped = self.dropped.saturating_add(1);
            meter.meter(Event::AuditLineDropped);
            return None;
        }
        *used = used.saturating_add(1);
        Some(std::mem::take(&mut self.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;

    #[test]
    fn a_flood_leaves_few_lines_and_the_next_says_how_many_are_missing() {
        let mut limit = AuditLimit::new(2);
        let mut take = |second| {
            limit.take(
                AuditKind::Refusal,
                Time::from_secs(second),
                &FakeHost::default(),
            )
        };
        assert_eq!(take(10), Some(0));
        assert_eq!(take(10), Some(0));
        assert_eq!(take(10), None);
        assert_eq!(take(10), None);
        assert_eq!(take(11), Some(2));
        assert_eq!(take(11), Some(0));
        assert_eq!(take(11), None);
        assert_eq!(take(5), Some(1), "the clock was set back");
    }

    #[test]
    fn no_flood_of_refusals_hides_the_line_of_a_revocation() {
        let mut limit = AuditLimit::new(2);
        let now = Time::from_secs(10);
        for _ in 0..30 {
            limit.take(AuditKind::Refusal, now, &FakeHost::default());
        }
        assert_eq!(
            limit.take(AuditKind::Revocation, now, &FakeHost::default()),
            Some(28)
        );
        assert_eq!(
            limit.take(AuditKind::Revocation, now, &FakeHost::default()),
            Some(0)
        );
        assert_eq!(
            limit.take(AuditKind::Revocation, now, &FakeHost::default()),
            None,
            "bounded, too"
        );
    }

    #[test]
    fn no_flood_of_what_is_only_monitored_hides_a_refusal() {
        let mut limit = AuditLimit::new(2);
        let now = Time::from_secs(10);
        let written = (0..30).filter(|_| {
            limit
                .take(AuditKind::Monitored, now, &FakeHost::default())
                .is_some()
        });
        assert_eq!(written.count(), 2);
        assert_eq!(
            limit.take(AuditKind::Refusal, now, &FakeHost::default()),
            Some(28)
        );
    }
}
