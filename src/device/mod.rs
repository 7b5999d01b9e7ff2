//! Device cookies: who has logged into an account before is told from strangers, and not locked out by them.
//!
//! OWASP, "Slow Down Online Guessing Attacks with Device Cookies". On a successful login the filter sets a cookie that
//! is good for this account and no other; whoever brings it back has a counter of its own. It proves no identity and
//! replaces no password.
//!
//! Its name ends in a keyed hash of the account, so that several accounts in one browser keep their own. Its value is
//! base64url of 57 bytes: a version, the nonce that names the device, the expiry and a signature over both and the
//! account. That fills 76 characters without a bit to spare: there is no other spelling of it.
//!
//! Where the body of an answer tells of the success, and its headers cannot wait for it, they have a *provisional*
//! cookie. It shows nothing by itself: it is good once its device stands in shared memory, which takes the success.

mod cookie;
mod known;
mod pledge;
mod proof;
mod settings;
mod stage;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::iter;

pub use cookie::CookieKind;
use cookie::{Cookie, CookieScope, TAG_BYTES};
pub use known::KnownDevices;
pub(crate) use pledge::Pledge;
pub use settings::{CookieName, CookieNameError, DeviceCookies, Lifetime, LifetimeError};
pub(crate) use stage::Devices;

use crate::message::SetCookie;
use crate::signing::{SigningKey, SigningKeys};
use crate::time::Time;

/// A device that has logged into an account before: the nonce of its cookie. Together with the account, the key of a
/// counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId([u8; Self::BYTES]);

/// A device that a cookie has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// Which one.
    pub id: DeviceId,
    /// Whether the cookie is to be set anew on a successful login, under the same id: it has lived half its lifetime,
    /// or a key signed it that signs no more.
    pub renew: bool,
    /// What the cookie shows by itself. A provisional one is good only if its device has logged in.
    pub kind: CookieKind,
}

/// Why a request shows no device that is known. In rising order of how much is right with its best cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stranger {
    /// It has no cookie for this account.
    Absent,
    /// What it has is no device cookie.
    Malformed,
    /// None of our keys signed it for this account.
    Forged,
    /// It expires later than any that is set now: the clock jumped, or the lifetime was made shorter.
    TooFarAhead,
    /// It was good once.
    Expired,
}

impl DeviceId {
    /// How many bytes it has.
    pub const BYTES: usize = 16;

    /// A new one, of random bytes.
    #[must_use]
    pub const fn new(random: [u8; Self::BYTES]) -> Self {
        Self(random)
    }

    /// The bytes, for the key of a counter.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }
}

impl DeviceCookies {
    /// The most cookies whose signature is verified.
    pub const MAX_VERIFIED: usize = 8;

    /// The device that one of `cookies` (names and values, as the request has them) shows to have logged into `account`
    /// before. The outermost that is valid counts; without a cookie of a device's name nothing is hashed, and one that
    /// is over costs no signature.
    ///
    /// # Errors
    /// What is wrong with the best of them.
    pub fn find<'c>(
        &self,
        keys: &SigningKeys,
        account: &[u8],
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
    ) -> Result<Device, Stranger> {
        self.find_of(
            keys,
            CookieScope::Account(account),
            &mut cookies.into_iter(),
            now,
        )
    }

    fn find_of<'c>(
        &self,
        keys: &SigningKeys,
        scope: CookieScope<'_>,
        cookies: &mut dyn Iterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
    ) -> Result<Device, Stranger> {
        // A cookie is named after the account by the key that signed it.
        let mut signers: Vec<(bool, &SigningKey, [u8; TAG_BYTES])> = Vec::new();
        let mut stranger = Stranger::Absent;
        let mut named: VecDeque<(&SigningKey, Cookie, Device)> = VecDeque::new();
        for (name, value) in cookies {
            let Some(found) = self.name.tag_of(name) else {
                continue;
            };
            if signers.is_empty() {
                let retired = iter::once(false).chain(iter::repeat(true));
                let each = retired.zip(keys.iter());
                signers.extend(each.map(|(retired, key)| (retired, key, scope.tag(key))));
            }
            let Some((retired, key, _)) = signers.iter().find(|(.., tag)| tag == found) else {
                continue;
            };
            let cookie = Cookie::read(value).ok_or(Stranger::Malformed);
            match cookie.and_then(|cookie| Ok((self.in_time(&cookie, now)?, cookie))) {
                Ok((device, cookie)) => {
                    let renew = device.renew || *retired;
                    named.push_back((*key, cookie, Device { renew, ..device }));
                }
                Err(reason) => stranger = stranger.max(reason),
            }
        }
        // What others have had the browser send stands before the client's own or behind it.
        for turn in 0..Self::MAX_VERIFIED {
            let next = match turn % 2 {
                0 => named.pop_back(),
                _ => named.pop_front(),
            };
            let Some((key, cookie, device)) = next else {
                break;
            };
            if cookie.is_signed(key, scope) {
                return Ok(device);
            }
            stranger = stranger.max(Stranger::Forged);
        }
        Err(stranger)
    }

    /// The device that a cookie names, if it may be one by its time.
    fn in_time(&self, cookie: &Cookie, now: Time) -> Result<Device, Stranger> {
        let expiry = Time::from_secs(cookie.expiry);
        let lifetime = self.lifetime.get();
        if expiry <= now {
            Err(Stranger::Expired)
        } else if expiry > now.plus(lifetime.saturating_add(Lifetime::CLOCK_DRIFT)) {
            Err(Stranger::TooFarAhead)
        } else {
            let kind = cookie.kind();
            Ok(Device {
                id: cookie.device,
                renew: expiry.since(now).saturating_mul(2) < lifetime
                    || kind == CookieKind::Provisional,
                kind,
            })
        }
    }

    /// The value of the `set-cookie` line that makes the browser a device of `account` from `now` on.
    #[must_use]
    pub fn set(&self, keys: &SigningKeys, account: &[u8], device: DeviceId, now: Time) -> String {
        self.set_of(
            keys,
            CookieScope::Account(account),
            (device, CookieKind::Lasting),
            now,
        )
    }

    /// The same, of a `device` by a cookie of this kind.
    fn set_of(
        &self,
        keys: &SigningKeys,
        scope: CookieScope<'_>,
        device: (DeviceId, CookieKind),
        now: Time,
    ) -> String {
        let key = keys.current();
        let lifetime = self.lifetime.get();
        let expiry = u64::from(now.seconds()).saturating_add(lifetime.as_secs());
        let cookie = Cookie::signed(key, scope, device, expiry);
        let name = self.name.with_tag(scope.tag(key));
        SetCookie::own(&name, &cookie.value(), lifetime).to_string()
    }
}

impl Stranger {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Absent,
        Self::Malformed,
        Self::Forged,
        Self::TooFarAhead,
        Self::Expired,
    ];

    /// Its name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Malformed => "malformed",
            Self::Forged => "forged",
            Self::TooFarAhead => "too_far_ahead",
            Self::Expired => "expired",
        }
    }
}
