use crate::device::{Device, DeviceCookies, DeviceId, Stranger};
use crate::identity::account::Account;
use crate::signing::SigningKeys;
use crate::time::Time;

/// Devices that are known to an account by a cookie.
#[derive(Clone, Debug)]
pub struct KnownDevices {
    /// How the cookies are set and known again.
    pub cookies: DeviceCookies,
    /// What they are signed with.
    pub keys: SigningKeys,
}

impl KnownDevices {
    /// The device that one of `cookies` shows to have logged into `account` before.
    ///
    /// # Errors
    /// What is wrong with the best of them.
    pub fn find<'c>(
        &self,
        account: &Account,
        cookies: impl IntoIterator<Item = (&'c [u8], &'c [u8])>,
        now: Time,
    ) -> Result<Device, Stranger> {
        self.cookies
            .find(&self.keys, account.as_bytes(), cookies, now)
    }

    /// The value of the `set-cookie` line that makes the browser a device of `account`.
    #[must_use]
    pub fn set(&self, account: &Account, device: DeviceId, now: Time) -> String {
        self.cookies
            .set(&self.keys, account.as_bytes(), device, now)
    }
}

/// Links that lift the lock of one account.
#[derive(Clone, Debug)]
pub struct UnlockLinks {
    /// Their path.
    pub path: String,
    /// The parameter with the token.
    pub parameter: String,
    /// Where the browser is sent then.
    pub redirect: String,
    /// What the tokens are signed with.
    pub keys: SigningKeys,
}
