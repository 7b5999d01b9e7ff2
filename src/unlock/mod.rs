//! Unlock tokens: a signed text with which the application, or `palisade unlock`, lifts the lock of one account.
//!
//! ```text
//! v1.<account>.<expiry>.<nonce>.<mac>
//! ```
//!
//! | part | is |
//! |---|---|
//! | account | base64url without padding of 1 to 512 bytes: the account as the application writes it |
//! | expiry | seconds since the Unix epoch, decimal, at most seven days ahead |
//! | nonce | 16 to 64 of `A-Z a-z 0-9 - _`, never used again |
//! | mac | base64url without padding of HMAC-SHA256 over `palisade.unlock.` and all before the last dot |
//!
//! One token is one text: no other spelling of it is taken. Who redeems a token must remember its nonce until its
//! expiry.

mod lift;
mod settings;
mod stage;
#[cfg(test)]
mod tests;

pub(crate) use lift::Lift;
pub use settings::UnlockLinks;
pub(crate) use stage::Links;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::signing::{MAC_BYTES, Purpose, SigningKeys};
use crate::time::Time;

/// What stands before the first dot.
const VERSION: &str = "v1";

/// The permission to lift the lock of one account, once and until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlock {
    account: Vec<u8>,
    expiry: u64,
    nonce: String,
}

/// Why a text lifts no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no token.
    Malformed,
    /// None of our keys signed it.
    Forged,
    /// It was one.
    Expired,
    /// It expires later than [`Unlock::LONGEST`] from now.
    TooFarAhead,
}

/// Why no token can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnlockError {
    /// The account is empty or longer than [`Unlock::MAX_ACCOUNT_BYTES`].
    Account,
    /// The nonce is not 16 to 64 characters that are safe in a URL.
    Nonce,
}

impl Unlock {
    /// The longest that a token holds, and so the longest that a nonce must be remembered: seven days.
    pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);
    /// The longest account.
    pub const MAX_ACCOUNT_BYTES: usize = 512;
    /// The longest text that is looked at. The longest token is shorter.
    pub const MAX_TOKEN_BYTES: usize = 1024;

    /// The permission for `account`, until `expiry` (seconds since the Unix epoch).
    ///
    /// # Errors
    /// When the account or the nonce does not fit into a token.
    pub fn new(account: &[u8], expiry: u64, nonce: &str) -> Result<Self, UnlockError> {
        if !(1..=Self::MAX_ACCOUNT_BYTES).contains(&account.len()) {
            return Err(UnlockError::Account);
        }
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(16..=64).contains(&nonce.len()) || !nonce.bytes().all(safe) {
            return Err(UnlockError::Nonce);
        }
        Ok(Self {
            account: account.to_vec(),
            expiry,
            nonce: nonce.to_owned(),
        })
    }

    /// Reads a token. Nothing that stands in it is believed before its signature is verified.
    ///
    /// # Errors
    /// When it is no token, when none of `keys` signed it, or when this is not its time.
    pub fn verify(token: &[u8], keys: &SigningKeys, now: Time) -> Result<Self, Refusal> {
        let unlock = Self::authentic(token, keys)?;
        let expiry = Time::from_secs(unlock.expiry);
        if expiry <= now {
            Err(Refusal::Expired)
        } else if expiry > now.plus(Self::LONGEST) {
            Err(Refusal::TooFarAhead)
        } else {
            Ok(unlock)
        }
    }

    fn authentic(token: &[u8], keys: &SigningKeys) -> Result<Self, Refusal> {
        if token.len() > Self::MAX_TOKEN_BYTES {
            return Err(Refusal::Malformed);
        }
        let (body, mac) = split(token).ok_or(Refusal::Malformed)?;
        if !keys.verify_text(Purpose::Unlock, body, &mac) {
            return Err(Refusal::Forged);
        }
        Self::read(body).ok_or(Refusal::Malformed)
    }

    /// The account, expiry and nonce of a body.
    fn read(body: &str) -> Option<Self> {
        let mut parts = body.split('.');
        let account = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let expiry = parts.next()?.parse().ok()?;
        let unlock = Self::new(&account, expiry, parts.next()?).ok()?;
        // A fourth part, a sign before the expiry or a zero: there is one spelling, the one that we write.
        (unlock.body() == body).then_some(unlock)
    }

    /// All between the first and the last dot.
    fn body(&self) -> String {
        let account = URL_SAFE_NO_PAD.encode(&self.account);
        format!("{account}.{}.{}", self.expiry, self.nonce)
    }

    /// The token, signed with the current key. It needs no escaping in a URL.
    #[must_use]
    pub fn token(&self, keys: &SigningKeys) -> String {
        let body = self.body();
        let mac = URL_SAFE_NO_PAD.encode(keys.sign_text(Purpose::Unlock, &body));
        format!("{VERSION}.{body}.{mac}")
    }

    /// The account as the application wrote it: any bytes, not yet normalised.
    #[must_use]
    pub fn account(&self) -> &[u8] {
        &self.account
    }

    /// Until when it holds.
    #[must_use]
    pub const fn expiry(&self) -> Time {
        Time::from_secs(self.expiry)
    }

    /// What makes it single use: to be remembered until [`Self::expiry`].
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }
}

/// Body and signature.
fn split(token: &[u8]) -> Option<(&str, [u8; MAC_BYTES])> {
    let token = std::str::from_utf8(token).ok()?;
    let (version, rest) = token.split_once('.')?;
    let (body, mac) = rest.rsplit_once('.')?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    (version == VERSION).then_some((body, mac.try_into().ok()?))
}

impl Refusal {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Malformed,
        Self::Forged,
        Self::Expired,
        Self::TooFarAhead,
    ];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Forged => "forged",
            Self::Expired => "expired",
            Self::TooFarAhead => "too_far_ahead",
        }
    }
}

impl fmt::Display for UnlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => write!(
                f,
                "expected an account of 1 to {} bytes",
                Unlock::MAX_ACCOUNT_BYTES
            ),
            Self::Nonce => f.write_str("expected a nonce of 16 to 64 of A-Z, a-z, 0-9, - and _"),
        }
    }
}

impl std::error::Error for UnlockError {}
