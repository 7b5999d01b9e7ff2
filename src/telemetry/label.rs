//! The values of labels.

use crate::address::Anomaly;
use crate::challenge::captcha::{Failure, TokenFailure};
use crate::challenge::clearance::ClearanceError;
use crate::challenge::proof;
use crate::challenge::replay::Obstacle;
use crate::decision::{Action, Mode};
use crate::device::Stranger;
use crate::identity::account::AccountError;
use crate::intelligence::Connection;
use crate::intelligence::cache::Level;
use crate::intelligence::provider::FailureReason;
use crate::response::LoginResult;
use crate::signals::AgentSignal;

/// The value of a label.
pub(super) trait Label: Copy {
    /// The names of all values, in order.
    fn names() -> Vec<&'static str>;

    /// The place of this value among them; `None` when it is not counted.
    fn number(self) -> Option<usize>;
}

/// Has enums that know all their values and the name of each be labels.
macro_rules! labels {
    ($($label:ty),+ $(,)?) => {
        $(impl $crate::telemetry::label::Label for $label {
            fn names() -> Vec<&'static str> {
                Self::ALL.map(Self::name).to_vec()
            }

            fn number(self) -> Option<usize> {
                Self::ALL.iter().position(|each| *each == self)
            }
        })+
    };
}
pub(super) use labels;

labels! {
    AccountError,
    Action,
    AgentSignal,
    Anomaly,
    Failure,
    FailureReason,
    LoginResult,
    Obstacle,
    TokenFailure,
    proof::Failure,
}

/// All but the first, which is not counted: who brings nothing is refused nothing.
macro_rules! labels_without_absent {
    ($($label:ty),+ $(,)?) => {
        $(impl Label for $label {
            fn names() -> Vec<&'static str> {
                let all = Self::ALL.into_iter();
                let counted = all.filter(|each| *each != Self::Absent);
                counted.map(Self::name).collect()
            }

            fn number(self) -> Option<usize> {
                let mut all = Self::ALL.into_iter().filter(|each| *each != Self::Absent);
                all.position(|each| each == self)
            }
        })+
    };
}

labels_without_absent! { ClearanceError, Stranger }

impl Label for Mode {
    fn names() -> Vec<&'static str> {
        vec!["enforce", "monitor"]
    }

    fn number(self) -> Option<usize> {
        Some(match self {
            Self::Enforce => 0,
            Self::Monitor => 1,
        })
    }
}

impl Label for Level {
    fn names() -> Vec<&'static str> {
        vec!["local", "shared"]
    }

    fn number(self) -> Option<usize> {
        Some(match self {
            Self::Local => 0,
            Self::Shared => 1,
        })
    }
}

impl Label for Option<Connection> {
    fn names() -> Vec<&'static str> {
        let mut names = Connection::ALL.map(Connection::name).to_vec();
        names.push("unknown");
        names
    }

    fn number(self) -> Option<usize> {
        match self {
            Some(connection) => Connection::ALL.iter().position(|each| *each == connection),
            None => Some(Connection::ALL.len()),
        }
    }
}

/// What has no label has one metric.
impl Label for () {
    fn names() -> Vec<&'static str> {
        vec![""]
    }

    fn number(self) -> Option<usize> {
        Some(0)
    }
}
