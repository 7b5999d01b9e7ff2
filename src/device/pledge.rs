//! What is kept of an account until its last step, so that the device can become known then though nothing names the
//! account any more.

use crate::fields::{put, take};
use crate::signing::{Purpose, SigningKey};

/// What a device cookie is signed for where the account's name is not known any more. It tells nothing of the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pledge {
    /// What stands for the realm.
    pub(crate) realm: [u8; 4],
    /// What stands for the account in the cookie's name.
    pub(super) name: [u8; NAME_BYTES],
    /// What stands for it in the signature.
    pub(super) digest: [u8; DIGEST_BYTES],
}

/// How many bytes of a cookie's name stand for the account, before they are written in hex.
pub(super) const NAME_BYTES: usize = 4;
const DIGEST_BYTES: usize = 16;
/// How many bytes it has.
const BYTES: usize = 4 + NAME_BYTES + DIGEST_BYTES;

impl Pledge {
    /// What `key` makes of `account`, with what stands for its realm.
    pub(super) fn new(key: &SigningKey, account: &[u8], realm: [u8; 4]) -> Self {
        Self {
            realm,
            name: name(key, account),
            digest: Self::digest(key, account),
        }
    }

    /// What stands for `account` in the signatures of `key`.
    pub(super) fn digest(key: &SigningKey, account: &[u8]) -> [u8; DIGEST_BYTES] {
        let mac = key.sign(Purpose::DeviceName, &[b"pledge", account]);
        mac.first_chunk().copied().unwrap_or_default()
    }

    /// What is kept.
    pub(crate) fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, self.realm);
        put(&mut rest, self.name);
        put(&mut rest, self.digest);
        bytes
    }

    /// What was kept.
    pub(crate) fn of_bytes(bytes: [u8; BYTES]) -> Self {
        let mut rest = bytes.as_slice();
        Self {
            realm: take(&mut rest).unwrap_or_default(),
            name: take(&mut rest).unwrap_or_default(),
            digest: take(&mut rest).unwrap_or_default(),
        }
    }
}

/// What stands for `account` in the names of the cookies that `key` signs: 32 bits.
pub(super) fn name(key: &SigningKey, account: &[u8]) -> [u8; NAME_BYTES] {
    let mac = key.sign(Purpose::DeviceName, &[account]);
    mac.first_chunk().copied().unwrap_or_default()
}
