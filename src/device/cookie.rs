//! The text of one cookie.

use super::DeviceId;
use crate::encoding::hex;
use crate::fields::{put, take};
use crate::signing::{MAC_BYTES, Purpose, Signed, SigningKey};

/// The first byte. It changes with the form.
const VERSION: u8 = 1;
/// Bytes of a cookie before its signature.
const TERMS: usize = 1 + DeviceId::BYTES + size_of::<u64>();

/// How many characters of a cookie's name stand for the account: enough to tell a few accounts of one browser apart.
/// Accounts that fall together would only take each other's place.
pub(super) const TAG_BYTES: usize = 8;

/// What stands for `account` in the names of the cookies that `key` signs: 32 bits, in hex.
pub(super) fn tag(key: &SigningKey, account: &[u8]) -> [u8; TAG_BYTES] {
    let mut tag = [0; TAG_BYTES];
    let mac = key.sign(Purpose::DeviceName, &[account]);
    for (to, digit) in tag.iter_mut().zip(hex::digits(&mac)) {
        *to = digit;
    }
    tag
}

/// What a cookie says; not to be believed before [`Self::is_signed`].
pub(super) struct Cookie {
    pub(super) device: DeviceId,
    /// Seconds since the Unix epoch.
    pub(super) expiry: u64,
    mac: [u8; MAC_BYTES],
}

impl Cookie {
    /// The cookie for `account`.
    pub(super) fn signed(key: &SigningKey, account: &[u8], device: DeviceId, expiry: u64) -> Self {
        let parts: [&[u8]; 3] = [account, device.bytes(), &expiry.to_be_bytes()];
        Self {
            device,
            expiry,
            mac: key.sign(Purpose::Device, &parts),
        }
    }

    /// Whether `key` signed it for `account`.
    pub(super) fn is_signed(&self, key: &SigningKey, account: &[u8]) -> bool {
        let parts: [&[u8]; 3] = [account, self.device.bytes(), &self.expiry.to_be_bytes()];
        key.verify(Purpose::Device, &parts, &self.mac)
    }

    /// Reads a value. One of another length is not looked at.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let Signed::<TERMS> { terms, mac } = Signed::read(value)?;
        let mut rest = &terms[..];
        let [version] = take(&mut rest)?;
        let device = DeviceId::new(take(&mut rest)?);
        let expiry = u64::from_be_bytes(take(&mut rest)?);
        (version == VERSION).then_some(Self {
            device,
            expiry,
            mac,
        })
    }

    pub(super) fn value(&self) -> String {
        let mut terms = [0; TERMS];
        let rest = &mut &mut terms[..];
        put(rest, [VERSION]);
        put(rest, *self.device.bytes());
        put(rest, self.expiry.to_be_bytes());
        Signed {
            terms,
            mac: self.mac,
        }
        .text()
    }
}
