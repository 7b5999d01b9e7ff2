//! What the answer to a request says of its login, to all routes that it may have been for.

use super::LoginResult;

/// What all classifiers make of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JointResult {
    /// A failure if it is one to anybody; a success only if it is one to all.
    pub(crate) strictest: LoginResult,
    /// Whether it is a success to anybody, or may be one.
    pub(crate) may_succeed: bool,
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
        }
    }
}

impl From<LoginResult> for JointResult {
    fn from(result: LoginResult) -> Self {
        Self {
            strictest: result,
            may_succeed: matches!(result, LoginResult::Success | LoginResult::Unreadable),
        }
    }
}

/// What could not be read may have been a failure.
const fn severity(result: LoginResult) -> u8 {
    match result {
        LoginResult::Undelivered => 0,
        LoginResult::Success => 1,
        LoginResult::Neither => 2,
        LoginResult::Unreadable => 3,
        LoginResult::Failure => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_to_anybody_is_one_and_a_success_only_if_to_all() {
        use LoginResult::{Failure, Neither, Success, Unreadable};
        for (one, other, strictest, may_succeed) in [
            (Success, Success, Success, true),
            (Success, Neither, Neither, true),
            (Success, Unreadable, Unreadable, true),
            (Success, Failure, Failure, true),
            (Neither, Unreadable, Unreadable, true),
            (Unreadable, Failure, Failure, true),
            (Neither, Neither, Neither, false),
        ] {
            let wanted = JointResult {
                strictest,
                may_succeed,
            };
            assert_eq!(JointResult::from(one).joined(other.into()), wanted);
            assert_eq!(JointResult::from(other).joined(one.into()), wanted);
        }
    }
}
