//! The text of one cookie.

use super::DeviceId;
use super::pledge::{NAME_BYTES, Pledge, name};
use crate::encoding::hex;
use crate::fields::{put, take};
use crate::signing::{MAC_BYTES, Purpose, Signed, SigningKey};

/// The first byte. It changes with the form: this one is signed for the account as it is named,
const NAMED: u8 = 1;
/// this one for what stands for it,
const PLEDGED: u8 = 2;
/// and this one for the same, before anybody knows whether the login is right.
const PROVISIONAL: u8 = 3;
/// Bytes of a cookie before its signature.
const TERMS: usize = 1 + DeviceId::BYTES + size_of::<u64>();

/// How many characters of a cookie's name stand for the account: enough to tell a few accounts of one browser apart.
/// Accounts that fall together would only take each other's place.
pub(super) const TAG_BYTES: usize = 8;

/// Whose a cookie is.
#[derive(Clone, Copy)]
pub(super) enum CookieScope<'h> {
    /// The account's, as it is named.
    Account(&'h [u8]),
    /// That for which this stands, which the current key has made.
    Pledge(&'h Pledge),
}

impl CookieScope<'_> {
    /// What stands for it in the names of the cookies that `key` signs.
    pub(super) fn tag(self, key: &SigningKey) -> [u8; TAG_BYTES] {
        match self {
            Self::Account(account) => digits(name(key, account)),
            Self::Pledge(pledge) => digits(pledge.name),
        }
    }
}

fn digits(name: [u8; NAME_BYTES]) -> [u8; TAG_BYTES] {
    let mut tag = [0; TAG_BYTES];
    for (to, digit) in tag.iter_mut().zip(hex::digits(&name)) {
        *to = digit;
    }
    tag
}

/// What a cookie shows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// That its device has logged in.
    Lasting,
    /// Nothing: it was set before anybody knew whether the login is right.
    Provisional,
}

/// What a cookie says; not to be believed before [`Self::is_signed`].
pub(super) struct Cookie {
    version: u8,
    pub(super) device: DeviceId,
    /// Seconds since the Unix epoch.
    pub(super) expiry: u64,
    mac: [u8; MAC_BYTES],
}

impl Cookie {
    /// The cookie of `scope`.
    pub(super) fn signed(
        key: &SigningKey,
        scope: CookieScope<'_>,
        (device, kind): (DeviceId, CookieKind),
        expiry: u64,
    ) -> Self {
        let version = match (kind, scope) {
            (CookieKind::Provisional, _) => PROVISIONAL,
            (CookieKind::Lasting, CookieScope::Account(_)) => NAMED,
            (CookieKind::Lasting, CookieScope::Pledge(_)) => PLEDGED,
        };
        let unsigned = Self {
            version,
            device,
            expiry,
            mac: [0; MAC_BYTES],
        };
        let sign = |parts: &[&[u8]]| key.sign(Purpose::Device, parts);
        let mac = unsigned.over_parts(key, scope, sign).unwrap_or_default();
        Self { mac, ..unsigned }
    }

    /// What it shows, once it is known to be signed.
    pub(super) const fn kind(&self) -> CookieKind {
        match self.version {
            PROVISIONAL => CookieKind::Provisional,
            _ => CookieKind::Lasting,
        }
    }

    /// Whether `key` signed it for `scope`.
    pub(super) fn is_signed(&self, key: &SigningKey, scope: CookieScope<'_>) -> bool {
        let verify = |parts: &[&[u8]]| key.verify(Purpose::Device, parts, &self.mac);
        self.over_parts(key, scope, verify) == Some(true)
    }

    /// Does something with what is signed; nothing if that cannot be told.
    fn over_parts<T>(
        &self,
        key: &SigningKey,
        scope: CookieScope<'_>,
        with: impl FnOnce(&[&[u8]]) -> T,
    ) -> Option<T> {
        let expiry = self.expiry.to_be_bytes();
        let device = self.device.bytes().as_slice();
        let digest = match (self.version, scope) {
            (NAMED, CookieScope::Account(account)) => {
                return Some(with(&[account, device, &expiry]));
            }
            (NAMED, CookieScope::Pledge(_)) => return None,
            (_, CookieScope::Account(account)) => Pledge::digest(key, account),
            (_, CookieScope::Pledge(pledge)) => pledge.digest,
        };
        let form: &[u8] = match self.version {
            PROVISIONAL => b"provisional",
            _ => b"pledge",
        };
        Some(with(&[form, &digest, device, &expiry]))
    }

    /// Reads a value. One of another length is not looked at.
    pub(super) fn read(value: &[u8]) -> Option<Self> {
        let Signed::<TERMS> { terms, mac } = Signed::read(value)?;
        let mut rest = &terms[..];
        let [version] = take(&mut rest)?;
        let device = DeviceId::new(take(&mut rest)?);
        let expiry = u64::from_be_bytes(take(&mut rest)?);
        [NAMED, PLEDGED, PROVISIONAL]
            .contains(&version)
            .then_some(Self {
                version,
                device,
                expiry,
                mac,
            })
    }

    pub(super) fn value(&self) -> String {
        let mut terms = [0; TERMS];
        let rest = &mut &mut terms[..];
        put(rest, [self.version]);
        put(rest, *self.device.bytes());
        put(rest, self.expiry.to_be_bytes());
        Signed {
            terms,
            mac: self.mac,
        }
        .text()
    }
}
