//! What answers a challenge once, at whichever proxy of a fleet.

use super::Challenger;
use super::state::{Answers, Captcha};
use crate::challenge::CLOCK_SKEW;
use crate::limits::Window;
use crate::telemetry::{CaptchaResult, ChallengeFailure, Event, Meter};

impl Challenger {
    /// What tells the answer that a request has brought from all others, and for how long it may not come again.
    pub(crate) fn spent(&self, answers: &Answers) -> Option<([u8; 16], Window)> {
        if let Some(id) = answers.captcha.passed() {
            let remembered = self.captcha.as_ref()?.captcha.remembered();
            return Some((id.0, Window::new(remembered)?));
        }
        let id = answers.solved?.id;
        Some((id.0, self.solutions_window()?))
    }

    /// How long a solution is remembered: at least until nobody takes it any more.
    pub(super) fn solutions_window(&self) -> Option<Window> {
        let skew = CLOCK_SKEW.saturating_mul(2);
        Window::new(self.settings.lifetime.saturating_add(skew))
    }

    /// It has come before, at another proxy: it answers nothing.
    pub(crate) fn was_spent(&self, answers: &mut Answers, host: &impl Meter) {
        if answers.captcha.passed().is_some() {
            answers.captcha = Captcha::Failed(None);
            host.meter(Event::Captcha(CaptchaResult::Replayed));
        } else {
            answers.solved = None;
            host.meter(Event::ChallengeFailed(ChallengeFailure::Replayed));
        }
        answers.refused = true;
        answers.clearance = None;
    }
}
