use std::fmt::Write as _;
use std::time::Duration;

use super::Scope;
use crate::challenge::binding::hint;
use crate::challenge::difficulty::Difficulty;
use crate::encoding::hex;
use crate::time::Time;

/// What the salt says behind its random part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Salt {
    /// Milliseconds since the Unix epoch.
    pub(super) issued: u64,
    /// Seconds since the Unix epoch.
    pub(super) expires: u32,
    pub(super) difficulty: Difficulty,
    pub(super) hints: Hints,
}

/// Which network and which route the challenge is likely for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hints {
    pub(super) network: u16,
    pub(super) route: u16,
}

impl Hints {
    pub(super) fn of(scope: Scope<'_>) -> Self {
        Self {
            network: hint(&scope.network.to_bytes()),
            route: hint(&scope.purpose()),
        }
    }
}

impl Salt {
    /// The salt, of `unique` random bytes. Its last block has room for every number, so that a try costs a client one
    /// block.
    pub(super) fn write(self, unique: [u8; 12]) -> String {
        let mut salt = hex::encode(&unique);
        // Writing to a string cannot fail.
        let _ = write!(
            salt,
            "?expires={}&issued={}&max={}&for={:04x}{:04x}&",
            self.expires,
            self.issued,
            self.difficulty.get(),
            self.hints.network,
            self.hints.route,
        );
        salt
    }

    /// The inverse of [`Self::write`]; `None` for what it never writes, save for numbers with signs or leading zeros.
    pub(super) fn read(salt: &str) -> Option<Self> {
        let (unique, rest) = salt.split_once("?expires=")?;
        let (expires, rest) = rest.split_once("&issued=")?;
        let (issued, rest) = rest.split_once("&max=")?;
        let (difficulty, rest) = rest.split_once("&for=")?;
        let (network, route) = rest.strip_suffix('&')?.split_at_checked(4)?;
        let is_random = unique.len() == 24 && route.len() == 4;
        Some(Self {
            issued: issued.parse().ok()?,
            expires: expires.parse().ok()?,
            difficulty: Difficulty::new(difficulty.parse().ok()?)?,
            hints: Hints {
                network: u16::from_str_radix(network, 16).ok()?,
                route: u16::from_str_radix(route, 16).ok()?,
            },
        })
        .filter(|_| is_random)
    }

    /// When the challenge was issued.
    pub(super) fn issued(self) -> Time {
        Time::from_nanos(self.issued.saturating_mul(1_000_000))
    }
}

/// Whole milliseconds since the epoch.
pub(super) fn milliseconds(time: Time) -> u64 {
    let since: Duration = time.since(Time::default());
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
