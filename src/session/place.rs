//! Whose notices have place in an outbox where it is scarce: those of sessions that the application knows before all
//! others, and of each kind a fair share for every network.

use crate::address::Prefix;

/// What brought a notice about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// How much is known of the session.
    pub penalty: PenaltyState,
    /// The network of the client; all whose address the host does not tell are of one.
    pub network: Option<Prefix>,
}

/// How much is known of a session that is revoked, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PenaltyState {
    /// The application has not shown that it knows it: it may be made up.
    Strange,
    /// It knows it, but its network has had many revoked lately.
    OverShare,
    /// It knows it.
    Known,
}

/// So many of the notices that could go are looked at, evenly spread: a network that has many is among them.
const LOOKED_AT: usize = 64;

/// Which of the notices that are kept goes for one of this cause; `None` if that finds no place. Each is told with
/// whether it waits: what is under way stays. The time is linear.
///
/// What matters least goes first, and of that the newest of the network that has most, if it has two more than the
/// newcomer's.
pub(super) fn yields(
    kept: impl Iterator<Item = (Cause, bool)> + Clone,
    newcomer: Cause,
) -> Option<usize> {
    let waiting = kept.clone().enumerate().filter(|(_, (_, waits))| *waits);
    let least = waiting.clone().map(|(_, (cause, _))| cause.penalty).min()?;
    let may_go = waiting.filter(|(_, (cause, _))| cause.penalty == least);
    let of = |network| {
        let same = |(cause, _): &(Cause, bool)| {
            *cause
                == Cause {
                    penalty: least,
                    network,
                }
        };
        kept.clone().filter(same).count()
    };
    let step = may_go.clone().count().div_ceil(LOOKED_AT).max(1);
    let counted = may_go.step_by(step);
    let (most, at) = counted
        .map(|(at, (cause, _))| (of(cause.network), at))
        .max()?;
    let is_fairer = least == newcomer.penalty && most > of(newcomer.network).saturating_add(1);
    (least < newcomer.penalty || is_fairer).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{ClientAddress, PrefixLengths};

    fn cause(penalty: PenaltyState, network: u8) -> Cause {
        let address = format!("11.0.{network}.1");
        let client = ClientAddress::parse(address.as_bytes()).expect("an address");
        let network = Some(client.prefix(PrefixLengths::SITE));
        Cause { penalty, network }
    }

    fn goes(kept: &[(PenaltyState, u8, bool)], newcomer: (PenaltyState, u8)) -> Option<usize> {
        let kept = kept.iter();
        let kept = kept.map(|(penalty, network, waits)| (cause(*penalty, *network), *waits));
        yields(kept, cause(newcomer.0, newcomer.1))
    }

    #[test]
    fn what_matters_less_goes_first_and_never_for_what_matters_less_still() {
        use PenaltyState::{Known, OverShare, Strange};
        let kept = [
            (Known, 1, true),
            (OverShare, 1, true),
            (Strange, 2, true),
            (Strange, 3, true),
        ];
        assert_eq!(goes(&kept, (Known, 1)), Some(3));
        assert_eq!(goes(&kept, (OverShare, 1)), Some(3));
        assert_eq!(goes(&kept, (Strange, 4)), None, "each has one");
        assert_eq!(goes(&kept[..2], (Strange, 4)), None);
        assert_eq!(goes(&kept[..2], (Known, 1)), Some(1));
        assert_eq!(goes(&[], (Known, 1)), None);
    }

    #[test]
    fn of_one_kind_the_network_that_has_most_makes_place() {
        use PenaltyState::Known;
        let kept = [
            (Known, 1, true),
            (Known, 2, true),
            (Known, 2, true),
            (Known, 2, false),
        ];
        assert_eq!(goes(&kept, (Known, 3)), Some(2), "what is under way stays");
        assert_eq!(goes(&kept, (Known, 1)), Some(2));
        assert_eq!(goes(&kept, (Known, 2)), None);
        assert_eq!(goes(&kept[..3], (Known, 1)), None, "they would only swap");
        assert_eq!(goes(&kept[3..], (Known, 3)), None);
    }
}
