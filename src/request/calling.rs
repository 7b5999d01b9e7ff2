//! A request that waits for a service which is asked about it: whatever about, the machine treats all of them alike.

use super::assessment::Assessment;
use super::engine::Engine;
use super::expected::Expected;
use super::outcome::Outcome;
use super::step::{Calling, Step};
use super::subject::Subject;
use crate::callout::Response;
use crate::host::Host;

impl Calling {
    fn assessment(&self) -> &Assessment {
        match self {
            Self::Verifying(verifying) => &verifying.assessment,
            Self::Tallying(tallying) => &tallying.assessment,
            Self::Checking(checking) => &checking.assessment,
        }
    }

    /// What may be read of its body.
    #[must_use]
    pub fn expected(&self, engine: &Engine) -> Expected {
        Expected::of(&engine.policy, &self.assessment().subject)
    }

    /// Goes on with what the service has answered; `None` when it has not.
    pub fn resume(
        self,
        response: Option<Response<'_>>,
        engine: &mut Engine,
        host: &impl Host,
    ) -> Step {
        match self {
            Self::Verifying(verifying) => verifying.resume(response, engine, host),
            Self::Tallying(tallying) => tallying.resume(response, engine, host),
            Self::Checking(_) => Step::Calls(self),
        }
    }

    /// What it is about.
    pub(super) fn subject(&mut self) -> &mut Subject {
        let assessment = match self {
            Self::Verifying(verifying) => &mut verifying.assessment,
            Self::Tallying(tallying) => &mut tallying.assessment,
            Self::Checking(checking) => &mut checking.assessment,
        };
        &mut assessment.subject
    }

    /// Nobody can wait for the service any longer: it is judged without.
    pub fn give_up(self, engine: &mut Engine, host: &impl Host) -> Outcome {
        match self {
            Self::Verifying(verifying) => verifying.give_up(engine, host),
            Self::Tallying(tallying) => tallying.give_up(engine, host),
            Self::Checking(checking) => checking.give_up(engine, host),
        }
    }

    /// The client has gone.
    pub fn cut_off(self, engine: &mut Engine, host: &impl Host) {
        match self {
            Self::Verifying(verifying) => verifying.cut_off(engine, host),
            Self::Tallying(tallying) => tallying.cut_off(engine, host),
            Self::Checking(checking) => checking.cut_off(engine, host),
        }
    }
}
