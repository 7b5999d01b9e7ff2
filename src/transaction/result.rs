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
