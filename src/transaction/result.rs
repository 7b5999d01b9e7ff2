//! What the answer to a request says of its login, to all routes that it may have been for.

use crate::response::LoginResult;

/// What all classifiers make of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JointResult {
    /// A failure if it is one to anybody; a success only if it is one to all.
    pub(super) strictest: LoginResult,
    /// Whether it is a success to anybody.
    pub(super) succeeds: bool,
}

impl JointResult {
    /// The same, and what another classifier makes of the answer.
    pub(super) fn joined(self, other: Self) -> Self {
        let strictest = match severity(other.strictest) > severity(self.strictest) {
            true => other.strictest,
            false => self.strictest,
        };
        Self {
            strictest,
            succeeds: self.succeeds || other.succeeds,
        }
    }
}

impl From<LoginResult> for JointResult {
    fn from(result: LoginResult) -> Self {
        Self {
            strictest: result,
            succeeds: result == LoginResult::Success,
        }
    }
}

/// What could not be read may have been a failure.
const fn severity(result: LoginResult) -> u8 {
    match result {
        LoginResult::Success => 0,
        LoginResult::Neither => 1,
        LoginResult::Unreadable => 2,
        LoginResult::Failure => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_to_anybody_is_one_and_a_success_only_if_to_all() {
        use LoginResult::{Failure, Neither, Success, Unreadable};
        for (one, other, strictest, succeeds) in [
            (Success, Success, Success, true),
            (Success, Neither, Neither, true),
            (Success, Unreadable, Unreadable, true),
            (Success, Failure, Failure, true),
            (Neither, Unreadable, Unreadable, false),
            (Unreadable, Failure, Failure, false),
            (Neither, Neither, Neither, false),
        ] {
            let wanted = JointResult {
                strictest,
                succeeds,
            };
            assert_eq!(JointResult::from(one).joined(other.into()), wanted);
            assert_eq!(JointResult::from(other).joined(one.into()), wanted);
        }
    }
}
