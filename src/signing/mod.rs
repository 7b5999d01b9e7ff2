//! What Palisade signs, so that it can be given away and known again when it comes back.
//!
//! HMAC-SHA256 (RFC 2104) with the operator's secrets. The first of them signs and all verify, so that a secret is
//! replaced without a moment in which nothing is known again. What is signed stands behind the [`Purpose`] it was
//! signed for: what was made for one is never taken for another.

mod secret;
mod signed;
#[cfg(test)]
mod tests;

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

pub use secret::{Secret, SecretError};
pub(crate) use signed::Signed;

/// How many bytes a signature has.
pub const MAC_BYTES: usize = 32;

/// What is signed for. A new use is a new purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The value of a device cookie.
    Device,
    /// The name of a device cookie.
    DeviceName,
    /// An unlock token.
    Unlock,
    /// A challenge to prove work.
    Challenge,
    /// A clearance.
    Clearance,
    /// The notice that a session is revoked.
    Revocation,
    /// What stands for an account in logs.
    Pseudonym,
    /// What keys the counters of the fleet.
    Fleet,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Device,
        Self::DeviceName,
        Self::Unlock,
        Self::Challenge,
        Self::Clearance,
        Self::Revocation,
        Self::Pseudonym,
        Self::Fleet,
    ];

    /// What stands before everything that is signed for it. The number changes with the form of what is signed.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Device => "palisade.device.v1",
            Self::DeviceName => "palisade.device-name.v1",
            Self::Unlock => "palisade.unlock.v1",
            Self::Challenge => "palisade.challenge.v2",
            Self::Clearance => "palisade.clearance.v2",
            Self::Revocation => "palisade.revocation.v1",
            Self::Pseudonym => "palisade.pseudonym.v1",
            Self::Fleet => "palisade.fleet.v1",
        }
    }
}

/// One secret, ready to sign: both keyed states of HMAC are kept, so that a short text costs two compressions, not
/// four.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    fn new(secret: &[u8]) -> Self {
        const BLOCK: usize = 64;
        let mut block = [0; BLOCK];
        let mut fill = |bytes: &[u8]| {
            for (to, from) in block.iter_mut().zip(bytes) {
                *to = *from;
            }
        };
        if secret.len() <= BLOCK {
            fill(secret);
        } else {
            fill(&Sha256::digest(secret));
        }
        Self(Hmac::new(&block.into()))
    }

    /// Signs `parts`, each behind its length, so that `["ab", "c"]` and `["a", "bc"]` differ.
    #[must_use]
    #[inline(never)]
    pub fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; MAC_BYTES] {
        self.over_parts(purpose, parts).finalize().into_bytes().0
    }

    /// Whether `mac` is what [`Self::sign`] makes of the same; takes the same time wherever they differ.
    #[must_use]
    #[inline(never)]
    pub fn verify(&self, purpose: Purpose, parts: &[&[u8]], mac: &[u8; MAC_BYTES]) -> bool {
        let made = self.over_parts(purpose, parts);
        made.verify(mac.into()).is_ok()
    }

    /// Signs one text as foreign programs do, who would get lengths wrong: the label of `purpose`, a dot, the text.
    #[must_use]
    pub fn sign_text(&self, purpose: Purpose, text: &str) -> [u8; MAC_BYTES] {
        self.over_text(purpose, text).finalize().into_bytes().0
    }

    /// Whether `mac` is what [`Self::sign_text`] makes of the same; takes the same time wherever they differ.
    #[must_use]
    pub fn verify_text(&self, purpose: Purpose, text: &str, mac: &[u8; MAC_BYTES]) -> bool {
        self.over_text(purpose, text).verify(mac.into()).is_ok()
    }

    /// A length is four bytes and starts with a zero, since nothing that is signed reaches 16 MiB: no text that
    /// [`Self::over_text`] signs starts like that, so the two forms never meet.
    fn over_parts(&self, purpose: Purpose, parts: &[&[u8]]) -> Hmac<Sha256> {
        let label = purpose.label().as_bytes();
        let mut hmac = self.0.clone();
        for part in std::iter::once(&label).chain(parts) {
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            hmac.update(&length.to_be_bytes());
            hmac.update(part);
        }
        hmac
    }

    fn over_text(&self, purpose: Purpose, text: &str) -> Hmac<Sha256> {
        let mut hmac = self.0.clone();
        hmac.update(purpose.label().as_bytes());
        hmac.update(b".");
        hmac.update(text.as_bytes());
        hmac
    }
}

/// The operator's secrets: the first signs, all verify.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    current: SigningKey,
    retired: Vec<SigningKey>,
}

/// Why some secrets are no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningKeysError {
    /// There is none.
    None,
    /// There are more than [`SigningKeys::MAX`].
    TooMany,
    /// The `second` one is the same as the `first`, both counted from 0.
    Same {
        /// Where it stands first.
        first: usize,
        /// Where it stands again.
        second: usize,
    },
}

impl SigningKeys {
    /// The most secrets, since each costs a signature to verify what none of them signed.
    pub const MAX: usize = 4;

    /// Takes the secrets, the current one first.
    ///
    /// # Errors
    /// When there is none, when there are more than [`Self::MAX`], or one of them twice.
    pub fn new(secrets: &[Secret]) -> Result<Self, SigningKeysError> {
        if secrets.len() > Self::MAX {
            return Err(SigningKeysError::TooMany);
        }
        for (second, secret) in secrets.iter().enumerate() {
            let first = secrets.iter().position(|other| other == secret);
            if let Some(first) = first.filter(|first| *first < second) {
                return Err(SigningKeysError::Same { first, second });
            }
        }
        let mut keys = secrets
            .iter()
            .map(|secret| SigningKey::new(secret.expose().as_bytes()));
        let current = keys.next().ok_or(SigningKeysError::None)?;
        let retired = keys.collect();
        Ok(Self { current, retired })
    }

    /// One key that the proxy makes for itself of a random `seed`. What it signs is known again for as long as the seed
    /// is kept.
    #[must_use]
    pub fn derived(seed: [u8; 16]) -> Self {
        let seed = SigningKey::new(&seed);
        let mut hmac = seed.0;
        hmac.update(b"palisade.signing.v1");
        Self {
            current: SigningKey::new(&hmac.finalize().into_bytes()),
            retired: Vec::new(),
        }
    }

    /// The one that signs.
    #[must_use]
    pub const fn current(&self) -> &SigningKey {
        &self.current
    }

    /// All of them, the current one first.
    pub fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.current).chain(&self.retired)
    }

    /// Signs `parts` with the current key, see [`SigningKey::sign`].
    #[must_use]
    pub fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; MAC_BYTES] {
        self.current.sign(purpose, parts)
    }

    /// Whether any key made `mac`, see [`SigningKey::verify`].
    #[must_use]
    pub fn verify(&self, purpose: Purpose, parts: &[&[u8]], mac: &[u8; MAC_BYTES]) -> bool {
        self.iter().any(|key| key.verify(purpose, parts, mac))
    }

    /// Signs one text with the current key, see [`SigningKey::sign_text`].
    #[must_use]
    pub fn sign_text(&self, purpose: Purpose, text: &str) -> [u8; MAC_BYTES] {
        self.current.sign_text(purpose, text)
    }

    /// Whether any key made `mac`, see [`SigningKey::verify_text`].
    #[must_use]
    pub fn verify_text(&self, purpose: Purpose, text: &str, mac: &[u8; MAC_BYTES]) -> bool {
        self.iter().any(|key| key.verify_text(purpose, text, mac))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(hidden)")
    }
}

impl fmt::Display for SigningKeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("expected at least one signing key"),
            Self::TooMany => write!(f, "expected at most {} signing keys", SigningKeys::MAX),
            Self::Same { .. } => f.write_str("expected each signing key once"),
        }
    }
}

impl std::error::Error for SigningKeysError {}
