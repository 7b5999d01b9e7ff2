//! Impossible travel: how far, and how fast, somebody must have travelled since the last successful login.
//!
//! | module | is |
//! |---|---|
//! | `location` | which addresses have a position at all |
//! | `distance` | the great circle between two positions |
//! | `login` | the [`LastLogin`] of an account or session, and when another one takes its place |
//!
//! A position is coarse (0.1 degree, 11 km) and that of an address, not of a person. So a [`Tolerance`] is taken off
//! the distance, and what is left is the least that somebody must have travelled.

mod distance;
mod location;
mod login;
mod record;
mod settings;
mod stage;

pub use distance::kilometres;
pub use location::location;
pub use login::LastLogin;
pub use settings::{RouteTravel, TravelPolicy, Traveller};
pub(crate) use stage::{Arrival, Passenger, TravelState, Travels};

/// What is still possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// The highest speed, in km/h.
    pub max_speed: u32,
    /// How far two positions may be apart although nobody has moved, in kilometres.
    pub distance: u16,
}

/// 1,000 km/h, as fast as airliners fly, and 100 km, by which positions of addresses commonly err.
impl Default for Tolerance {
    fn default() -> Self {
        Self {
            max_speed: 1_000,
            distance: 100,
        }
    }
}

/// How somebody must have travelled since the last successful login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Travel {
    /// From there to here, in kilometres: at most half the earth's circumference, 20,015.
    pub km: u16,
    /// The least speed, in km/h: the distance beyond the tolerance by the time.
    pub speed: u32,
    /// Whether that is faster than possible.
    pub impossible: bool,
}

impl Travel {
    /// So many kilometres in so many seconds.
    ///
    /// Clocks are read in whole seconds, so one more may have passed: nothing is divided by zero, and two logins at the
    /// same time are as fast as if a second lay between them.
    #[must_use]
    pub fn new(km: u16, seconds: u32, tolerance: Tolerance) -> Self {
        let beyond = u64::from(km.saturating_sub(tolerance.distance));
        let speed = beyond
            .saturating_mul(3_600)
            .checked_div(u64::from(seconds).saturating_add(1))
            .unwrap_or_default();
        let speed = u32::try_from(speed).unwrap_or(u32::MAX);
        Self {
            km,
            speed,
            impossible: speed > tolerance.max_speed,
        }
    }
}

#[cfg(test)]
mod tests;
