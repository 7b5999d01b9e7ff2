use std::time::Duration;

use super::{Tolerance, Travel, kilometres};
use crate::intelligence::Position;
use crate::time::Time;

/// By how much a login may seem to lie ahead: workers read the clock one after the other, and clocks are set.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Where and when the last successful login was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastLogin {
    /// Where.
    pub position: Position,
    /// When, in whole seconds.
    pub at: Time,
}

impl LastLogin {
    /// A login of this moment.
    #[must_use]
    pub fn new(position: Position, now: Time) -> Self {
        Self {
            position,
            at: Time::from_secs(now.seconds().into()),
        }
    }

    /// How somebody must have travelled from there to `here`. `None` when that login lies ahead: the clock was set
    /// back, and nobody knows how much time has passed.
    #[must_use]
    pub fn travel(&self, here: Position, now: Time, tolerance: Tolerance) -> Option<Travel> {
        if self.is_ahead(now) {
            return None;
        }
        let seconds = now.seconds().saturating_sub(self.at.seconds());
        Some(Travel::new(
            kilometres(self.position, here),
            seconds,
            tolerance,
        ))
    }

    /// Whether this successful login takes the place of the one `before`.
    ///
    /// It does if nobody had to travel faster than possible. An impossible one does not, though it has succeeded: if a
    /// thief could move the position by one success, he would look possible afterwards and the owner impossible. The
    /// owner, if it was him and an address was mislocated, looks possible again as soon as time allows the way, at most
    /// 20 hours later at 1,000 km/h; and where he was before he has never looked otherwise.
    ///
    /// Of two logins at once the newest stays, whichever worker comes last.
    #[must_use]
    pub fn replaces(&self, before: Option<&Self>, tolerance: Tolerance) -> bool {
        let Some(before) = before else { return true };
        // What lies far ahead was written by a clock that was wrong, and would stay for ever.
        match before.travel(self.position, self.at, tolerance) {
            None => true,
            Some(travel) => before.at <= self.at && !travel.impossible,
        }
    }

    fn is_ahead(&self, now: Time) -> bool {
        self.at > now.plus(CLOCK_SKEW)
    }
}
