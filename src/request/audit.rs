//! The audit log.

use serde::{Serialize, Serializer};

use crate::decision::Signals;
use crate::time::Time;

/// One line of the audit log: who was refused, and why. No path, no header, no key and no name of an account.
#[derive(Debug, Serialize)]
pub(super) struct AuditLine<'a> {
    pub(super) palisade: &'static str,
    pub(super) verdict: &'static str,
    pub(super) reason: &'a str,
    #[serde(rename = "ref")]
    pub(super) reference: &'a str,
    pub(super) route: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<String>,
    #[serde(flatten)]
    pub(super) measures: Measures<'a>,
    pub(super) signals: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asn: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asn_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ja4: Option<&'a str>,
    /// The operator's lists that hold the client.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) lists: String,
    /// How many lines were left out since the last one.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) dropped_before: u64,
}

const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The signals that are numbers, each under its name, as far as they are known.
#[derive(Debug)]
pub(super) struct Measures<'a>(pub(super) &'a Signals);

impl Serialize for Measures<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let numbers = self.0.numbers();
        serializer.collect_map(numbers.map(|(measure, number)| (measure.name(), number)))
    }
}

/// What a line is about. Each has a share of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuditKind {
    /// A request that is refused, of which anybody can make as many as he likes.
    Refusal,
    /// A session that is revoked, by itself or with a request that is refused: no flood of refusals may hide it.
    Revocation,
}

/// At most so many lines of each kind a second: an attack must not become a flood of log lines.
#[derive(Debug)]
pub(super) struct AuditLimit {
    per_second: u32,
    second: u32,
    refusals: u32,
    revocations: u32,
    dropped: u64,
}

impl AuditLimit {
    pub(super) const fn new(per_second: u32) -> Self {
        Self {
            per_second,
            second: 0,
            refusals: 0,
            revocations: 0,
            dropped: 0,
        }
    }

    /// How many lines of any kind were left out since the last one, if a line of this kind may be written now.
    pub(super) fn take(&mut self, kind: AuditKind, now: Time) -> Option<u64> {
        if now.seconds() != self.second {
            self.second = now.seconds();
            (self.refusals, self.revocations) = (0, 0);
        }
        let used = match kind {
            AuditKind::Refusal => &mut self.refusals,
            AuditKind::Revocation => &mut self.revocations,
        };
        if *used >= self.per_second {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        }
        *used = used.saturating_add(1);
        Some(std::mem::take(&mut self.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_few_lines_and_the_next_says_how_many_are_missing() {
        let mut limit = AuditLimit::new(2);
        let mut take = |second| limit.take(AuditKind::Refusal, Time::from_secs(second));
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
            limit.take(AuditKind::Refusal, now);
        }
        assert_eq!(limit.take(AuditKind::Revocation, now), Some(28));
        assert_eq!(limit.take(AuditKind::Revocation, now), Some(0));
        assert_eq!(limit.take(AuditKind::Revocation, now), None, "bounded, too");
    }
}
