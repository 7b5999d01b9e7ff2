//! Passwords that are known from breaches: whether the one of a request is, as a service of ranges tells.
//!
//! Of a password its SHA-1 is made, and five hex digits of that go to the service, which answers with all suffixes it
//! knows behind them. The suffix is looked for here. Neither the password nor its hash leaves the request, and both are
//! wiped as soon as they are of no use any more; what is kept of an answer is the service's list, in which nothing says
//! which line was looked for.

mod cache;
mod digest;
mod password;
mod range;
mod settings;
mod signal;
mod stage;

pub use digest::{Digest, RangePrefix};
pub use password::{Password, PasswordPlaces, PasswordReading};
pub use range::{NoRange, Range};
pub use settings::{BreachPolicy, PasswordUse, PrefixPath, RoutePassword};
pub use signal::BreachSignal;
pub(crate) use stage::{Asker, Breaches, Found, MAX_ANSWER};

#[cfg(test)]
mod tests;
