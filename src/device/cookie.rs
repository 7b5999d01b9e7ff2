//! The text of one cookie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::DeviceId;
use crate::encoding::hex;
use crate::signing::{MAC_BYTES, Purpose, SigningKey};

/// The first byte. It changes with the form.
const VERSION: u8 = 1;
const EXPIRY_BYTES: usize = 8;
/// A multiple of three, so that base64 needs no padding and leaves no bit over.
const BYTES: usize = 1 + DeviceId::BYTES + EXPIRY_BYTES + MAC_BYTES;
const CHARACTERS: usize = BYTES / 3 * 4;

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
        let value: &[u8; CHARACTERS] = value.try_into().ok()?;
        let mut bytes = [0; BYTES];
        URL_SAFE_NO_PAD.decode_slice(value, &mut bytes).ok()?;
        let (version, rest) = bytes.split_first()?;
        let (device, rest) = rest.split_first_chunk()?;
        let (expiry, mac) = rest.split_first_chunk()?;
        (*version == VERSION).then_some(Self {
            device: DeviceId::new(*device),
            expiry: u64::from_be_bytes(*expiry),
            mac: mac.try_into().ok()?,
        })
    }

    pub(super) fn value(&self) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.device.bytes());
        bytes.extend_from_slice(&self.expiry.to_be_bytes());
        bytes.extend_from_slice(&self.mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
