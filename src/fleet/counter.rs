//! The counters of the service: how they are named, what is added to them, and what their numbers mean.
//!
//! A number holds two counts: of attempts in its upper 16 bits, and in its lower 16 of those that were given back.
//! Nothing is given back that was not counted, so the lower one is not full before the upper one is; and when that
//! is, the service says that nothing is left, which is too many in any case.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::step::Step;
use super::wire::Descriptor;
use crate::limits::Keys;
use crate::session::Sanction;

const ATTEMPT: u64 = 1 << 16;

/// What of somebody is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// What a limit counts.
    Number = 1,
    /// One value of those that are told apart.
    Value = 2,
    /// Different values of a step that the step before has not seen.
    New = 3,
    /// Different values of a step.
    All = 4,
    /// What may be used once.
    Once = 5,
    /// Revocations of a session: as many attempts as deny it, as much given back as challenge it.
    Revoked = 6,
}

/// How much is added to a counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hits {
    pub(super) attempts: u32,
    pub(super) returned: u32,
}

impl Hits {
    pub(super) const NONE: Self = Self::attempts(0);

    pub(super) const fn attempts(attempts: u32) -> Self {
        Self {
            attempts,
            returned: 0,
        }
    }

    /// One revocation.
    pub(super) const fn revoking(sanction: Sanction) -> Self {
        match sanction {
            Sanction::Deny => Self::attempts(1),
            Sanction::Challenge => Self {
                attempts: 0,
                returned: 1,
            },
        }
    }

    fn number(self) -> u64 {
        u64::from(self.attempts)
            .saturating_mul(ATTEMPT)
            .saturating_add(u64::from(self.returned))
    }
}

/// The counter of `owner` in a step, and what is added to it.
pub(super) fn descriptor(
    keys: &Keys,
    (owner, part): (u64, Part),
    step: Step,
    hits: Hits,
) -> Descriptor {
    #[expect(clippy::as_conversions, reason = "the discriminant of a small enum")]
    let hash = keys.fleet(owner, part as u8, step.number);
    let mut value = [0; 11];
    // Eight bytes are eleven letters.
    let _ = URL_SAFE_NO_PAD.encode_slice(hash.to_le_bytes(), &mut value);
    Descriptor {
        key: step.unit().name(),
        value,
        hits: hits.number(),
    }
}

/// How many a number of the service says are counted. It tells no higher number than its limit, at which nobody knows
/// what of it was given back: as many as can be, then.
pub(super) const fn counted(number: u32) -> u32 {
    match number {
        u32::MAX => raised(number),
        _ => raised(number).saturating_sub(number & 0xffff),
    }
}

/// The same with what was given back.
pub(super) const fn raised(number: u32) -> u32 {
    number >> 16
}

/// What becomes of the requests of a session that was revoked so often; the strictest counts.
pub(super) const fn sanction(number: u32) -> Option<Sanction> {
    match (raised(number), number & 0xffff) {
        (0, 0) => None,
        (0, _) => Some(Sanction::Challenge),
        _ => Some(Sanction::Deny),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_revocations_the_strictest_counts_however_many_there_are() {
        let number = |sanctions: &[Sanction]| {
            let hits = sanctions.iter().map(|own| Hits::revoking(*own).number());
            sanction(u32::try_from(hits.sum::<u64>()).unwrap_or(u32::MAX))
        };
        use Sanction::{Challenge, Deny};
        assert_eq!(number(&[]), None);
        assert_eq!(number(&[Challenge, Challenge]), Some(Challenge));
        assert_eq!(number(&[Challenge, Deny, Challenge]), Some(Deny));
        assert_eq!(sanction(u32::MAX), Some(Deny));
    }

    #[test]
    fn what_was_given_back_is_counted_no_more_and_a_full_counter_is_too_many() {
        let number = |attempts, returned| {
            let hits = Hits { attempts, returned };
            u32::try_from(hits.number()).unwrap_or(u32::MAX)
        };
        for (attempts, returned, left) in [
            (0, 0, 0),
            (3, 0, 3),
            (3, 2, 1),
            (3, 5, 0),
            (30_000, 29_999, 1),
            (65_535, 65_534, 1),
            (65_535, 65_535, 65_535),
            (65_536, 0, 65_535),
            (100_000, 99_999, 65_535),
        ] {
            assert_eq!(
                counted(number(attempts, returned)),
                left,
                "{attempts} {returned}"
            );
        }
    }
}
