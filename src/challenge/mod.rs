//! Challenges: proof of work, its page, and the clearance that a solved one earns.

use std::time::Duration;

mod binding;
pub mod captcha;
pub mod clearance;
pub mod cookie;
mod difficulty;
pub mod page;
pub mod proof;
pub mod replay;
mod settings;
pub mod solutions;
mod stage;

pub use binding::Network;
pub use difficulty::Difficulty;
pub use settings::{Binding, ChallengeKind, Challenges};
pub(crate) use stage::{
    Answers, Asker, Challenger, Client, ENDPOINT_DETAILS, Verifiable, Verification, json_reply,
};

use captcha::Captcha;
use proof::Challenge;

/// What a client is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Ask<'a> {
    /// To solve this.
    Work(&'a Challenge),
    /// A captcha of this service.
    Captcha(&'a Captcha),
}

/// How far apart the clocks of two proxies may be: what one issued, another one verifies.
pub(crate) const CLOCK_SKEW: Duration = Duration::from_secs(60);
