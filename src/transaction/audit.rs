use serde::Serialize;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) score: Option<u8>,
    pub(super) signals: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asn: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asn_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) asn_failure_rate: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) connection: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) country: Option<&'a str>,
    /// From the last successful login, in kilometres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) travel_km: Option<u16>,
    /// The least speed, in km/h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) travel_speed: Option<u32>,
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

/// At most so many lines a second: an attack must not become a flood of log lines.
#[derive(Debug)]
pub(super) struct AuditLimit {
    per_second: u32,
    second: u32,
    used: u32,
    dropped: u64,
}

impl AuditLimit {
    pub(super) const fn new(per_second: u32) -> Self {
        Self {
            per_second,
            second: 0,
            used: 0,
            dropped: 0,
        }
    }

    /// How many lines were left out since the last one, if a line may be written now.
    pub(super) fn take(&mut self, now: Time) -> Option<u64> {
        if now.seconds() != self.second {
            self.second = now.seconds();
            self.used = 0;
        }
        if self.used >= self.per_second {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        }
        self.used = self.used.saturating_add(1);
        Some(std::mem::take(&mut self.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_a_bounded_number_of_lines_and_the_next_one_says_how_many_are_missing() {
        let mut limit = AuditLimit::new(2);
        let now = Time::from_secs(10);
        assert_eq!(limit.take(now), Some(0));
        assert_eq!(limit.take(now), Some(0));
        assert_eq!(limit.take(now), None);
        assert_eq!(limit.take(now), None);
        assert_eq!(limit.take(Time::from_secs(11)), Some(2));
        assert_eq!(limit.take(Time::from_secs(11)), Some(0));
    }
}
