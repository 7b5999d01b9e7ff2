//! What the answer to a request says of its login, to all routes that it may have been for.

use super::LoginResult;

/// What all classifiers make of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JointResult {
    /// A failure if it is one to anybody; a success only if it is one to all.
    pub(crate) strictest: LoginResult,
    /// Whether it is a success to anybody, or may be one.
    pub(crate) may_succeed: bool,
    /// Whether it counts as a failure to anybody.
    pub(crate) counts: bool,
    /// Whether the application may have taken the password: it has not shown to all that it refused it.
    pub(crate) may_advance: bool,
}

impl JointResult {
    /// The same, and what another classifier makes of the answer.
    pub(crate) fn joined(self, other: Self) -> Self {
        let strictest = match severity(other.strictest) > severity(self.strictest) {
            true => other.strictest,
            false => self.strictest,
        };
        Self {
            strictest,
            may_succeed: self.may_succeed || other.may_succeed,
            counts: self.counts || other.counts,
            may_advance: self.may_advance || other.may_advance,
        }
    }
}

impl JointResult {
    /// Nobody has looked.
    pub(crate) const NEITHER: Self = Self {
        strictest: LoginResult::Neither,
        may_succeed: false,
        counts: false,
        may_advance: true,
    };

    /// The request certainly reached nobody.
    pub(crate) const UNDELIVERED: Self = Self {
        strictest: LoginResult::Undelivered,
        may_succeed: false,
        counts: false,
        may_advance: false,
    };
}

/// What could not be read may have been a failure.
const fn severity(result: LoginResult) -> u8 {
    match result {
        LoginResult::Undelivered => 0,
        LoginResult::Success => 1,
        LoginResult::NextStep => 2,
        LoginResult::Neither => 3,
        LoginResult::Unreadable => 4,
        LoginResult::Locked => 5,
        LoginResult::Failure => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Classifier;
    use LoginResult::{Failure, Locked, Neither, NextStep, Success, Unreadable};

    fn joint(result: LoginResult) -> JointResult {
        Classifier::default().conclude(result, true)
    }

    #[test]
    fn a_failure_to_anybody_is_one_and_a_success_only_if_to_all() {
        for (one, other, strictest, may_succeed) in [
            (Success, Success, Success, true),
            (Success, NextStep, NextStep, true),
            (NextStep, Neither, Neither, false),
            (Success, Neither, Neither, true),
            (Success, Unreadable, Unreadable, true),
            (Success, Failure, Failure, true),
            (NextStep, Locked, Locked, false),
            (Neither, Unreadable, Unreadable, true),
            (Unreadable, Failure, Failure, true),
            (Neither, Neither, Neither, false),
        ] {
            let wanted = JointResult {
                strictest,
                may_succeed,
                counts: matches!(strictest, Failure | Locked),
                may_advance: [one, other]
                    .iter()
                    .any(|each| !matches!(each, Failure | Locked)),
            };
            assert_eq!(joint(one).joined(joint(other)), wanted);
            assert_eq!(joint(other).joined(joint(one)), wanted);
        }
    }

    #[test]
    fn a_lock_that_does_not_count_hides_no_failure() {
        let lenient = Classifier::default().with_lock(crate::response::Signs::default(), false);
        let locked = lenient.conclude(Locked, true);
        assert!(!locked.counts);
        assert!(locked.joined(joint(Locked)).counts);
        assert!(joint(Failure).joined(locked).counts);
    }
}
