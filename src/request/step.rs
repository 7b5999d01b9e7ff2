//! How far a request has come, and what it waits for.

use super::account::HeadReadings;
use super::assessment::Assessment;
use super::copied::Copied;
use super::direct::Redeeming;
use super::outcome::Outcome;
use super::pass::Pass;
use super::subject::Subject;
use crate::callout::CallToken;
use crate::challenge::captcha::TokenId;
use crate::fleet::{Asking, Said};
use crate::identity::account::BodyBytes;
use crate::message::HeaderBlock;
use crate::session::Known;
use crate::time::Time;

/// How far a request has come by its head.
#[derive(Debug)]
pub enum Progress {
    /// As far as it comes without waiting for anybody.
    Step(Step),
    /// To a lookup.
    Waits(Box<Waiting>),
    /// As an unlock link, to the service that counts for all proxies.
    Redeems(Box<Redeeming>),
}

/// How far a request has come that waits for no lookup.
#[derive(Debug)]
pub enum Step {
    /// To its end.
    Done(Outcome),
    /// To its body, which tells which account it is about, or stands in the page that it gets.
    Reads(Box<Reading>),
    /// To a service that is asked about it.
    Calls(Calling),
}

/// What becomes of a request whose head has to go on before its body can come.
#[derive(Debug)]
pub enum LetGo {
    /// The head goes on, and the application is told what is known so far.
    Goes(Box<Reading>, Pass),
    /// It does not: what is known so far decides.
    Ends(Outcome),
    /// It waits for a service that is asked about it.
    Calls(Calling),
}

/// A request that waits for a lookup.
#[derive(Debug)]
pub struct Waiting {
    pub(super) subject: Subject,
    pub(super) session: Known,
    pub(super) headers: HeaderBlock,
    pub(super) since: Time,
}

/// A request whose body must be read.
#[derive(Debug)]
pub struct Reading {
    pub(super) assessment: Box<Assessment>,
    /// What the head says of the account, if that is still to be found out.
    pub(super) head: Option<HeadReadings>,
    pub(super) headers: HeaderBlock,
}

/// A request that waits for a captcha's service.
#[derive(Debug)]
pub struct Verifying {
    pub(super) assessment: Box<Assessment>,
    /// What the head says of the account, if that is still to be found out.
    pub(super) head: Option<HeadReadings>,
    pub(super) headers: HeaderBlock,
    pub(super) body: Kept,
    pub(super) id: TokenId,
    pub(super) call: CallToken,
    pub(super) since: Time,
}

/// A request that waits for what the fleet has counted.
#[derive(Debug)]
pub struct Tallying {
    pub(super) assessment: Box<Assessment>,
    /// What the head says of the account, if that is still to be found out.
    pub(super) head: Option<HeadReadings>,
    pub(super) headers: HeaderBlock,
    pub(super) body: Kept,
    /// Whether it waits for its body behind that.
    pub(super) reads_on: bool,
    pub(super) asking: Asking,
    pub(super) said: Option<Said>,
    pub(super) call: CallToken,
    pub(super) since: Time,
}

/// A request that waits for the service that tells which passwords are breached. Several may wait for one call.
#[derive(Debug)]
pub struct Checking {
    pub(super) assessment: Box<Assessment>,
    pub(super) headers: HeaderBlock,
    pub(super) body: Kept,
}

/// A request that waits for a service which is asked about it.
#[derive(Debug)]
pub enum Calling {
    /// For the one that verifies its captcha.
    Verifying(Box<Verifying>),
    /// For the one that counts for all proxies.
    Tallying(Box<Tallying>),
    /// For the one that tells which passwords are breached.
    Checking(Box<Checking>),
}

/// The body of a request that waits.
#[derive(Debug)]
pub(super) enum Kept {
    /// It has not been read.
    ToCome,
    Absent,
    Whole(Copied),
    TooLarge,
    Late,
}

impl Kept {
    /// A copy of the body of a request for the time it waits; `None` if it has not been read.
    pub(super) fn new(body: Option<BodyBytes<'_>>, subject: &Subject) -> Self {
        match body {
            None => Self::ToCome,
            Some(BodyBytes::Absent) => Self::Absent,
            Some(BodyBytes::Whole(bytes)) => {
                Self::Whole(Copied::new(bytes.to_vec(), subject.guard.password.reads))
            }
            Some(BodyBytes::TooLarge) => Self::TooLarge,
            Some(BodyBytes::Late) => Self::Late,
        }
    }

    pub(super) fn bytes(&self) -> BodyBytes<'_> {
        match self {
            Self::ToCome | Self::Absent => BodyBytes::Absent,
            Self::Whole(bytes) => BodyBytes::Whole(bytes),
            Self::TooLarge => BodyBytes::TooLarge,
            Self::Late => BodyBytes::Late,
        }
    }
}
