//! Devices that are known to an account: whose cookies they are, and what signs them.

use super::cookie::{CookieKind, CookieScope};
use super::{Device, DeviceCookies, DeviceId, Pledge, Stranger};
use crate::identity::account::Account;
use crate::limits::Threshold;
use crate::signing::SigningKeys;
use crate::time::Time;

/// Devices that are known to an account by a cookie.
#[derive(Clone, Debug)]
pub struct KnownDevices {
    /// How the cookies are set and known again.
    pub cookies: DeviceCookies,
    /// What they are signed with.
    pub keys: SigningKeys,
    /// How many new devices an account gets in a day.
    pub new_per_day: Threshold,
}

/// The account for which a cookie is signed.
pub(super) enum CookieOwner<'o> {
    /// In a realm, as it is named.
    Named(&'o str, &'o Account),
    /// That for which this stands.
    Pledged(&'o Pledge),
}

impl KnownDevices {
    /// The device that one of `cookies` shows to have logged into `account` before, where accounts are those of this
    /// realm, and as it is written here.
    ///
    /// # Errors
    /// What is wrong with the best of them.
    pub fn find<'c>(
        &self,
        (realm, account): (&str, &Account),
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
    ) -> Result<Device, Stranger> {
        let whose = Self::whose(realm, account);
        self.cookies.find(&self.keys, &whose, cookies, now)
    }

    /// The value of the `set-cookie` line that makes the browser a device of this owner, by a cookie of this kind.
    pub(super) fn set(
        &self,
        owner: CookieOwner<'_>,
        device: (DeviceId, CookieKind),
        now: Time,
    ) -> String {
        let whose;
        let scope = match owner {
            CookieOwner::Named(realm, account) => {
                whose = Self::whose(realm, account);
                CookieScope::Account(&whose)
            }
            CookieOwner::Pledged(pledge) => CookieScope::Pledge(pledge),
        };
        self.cookies.set_of(&self.keys, scope, device, now)
    }

    /// The same for the account for which `pledge` stands.
    ///
    /// # Errors
    /// What is wrong with the best of them.
    pub(crate) fn find_pledged<'c>(
        &self,
        pledge: &Pledge,
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
    ) -> Result<Device, Stranger> {
        let cookies = &mut cookies.into_iter();
        self.cookies
            .find_of(&self.keys, CookieScope::Pledge(pledge), cookies, now)
    }

    /// What stands for `account` in this realm until its last step, with what stands for the realm.
    pub(crate) fn pledge(&self, (realm, account): (&str, &Account), mark: [u8; 4]) -> Pledge {
        let whose = Self::whose(realm, account);
        Pledge::new(self.keys.current(), &whose, mark)
    }

    /// What a cookie is bound to: not an account that only looks alike, in another realm or to our normalisation. None
    /// of the parts but the last holds a NUL.
    #[must_use]
    pub fn whose(realm: &str, account: &Account) -> Vec<u8> {
        let parts = [realm.as_bytes(), account.as_bytes(), account.written()];
        parts.join(&0)
    }
}
