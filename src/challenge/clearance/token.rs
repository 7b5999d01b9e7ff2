use super::{ClearanceError, Proof};
use crate::challenge::difficulty::Difficulty;
use crate::fields::{put, take};
use crate::signing::{MAC_BYTES, Signed};

/// The form of a token; a new form is a new number.
const VERSION: u8 = 2;
/// Bytes of a token before its signature.
const TERMS: usize = 28;

/// One clearance: 60 bytes, 80 characters in base64 for URLs, with no bit to spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) proof: Proof,
    /// Seconds since the Unix epoch.
    pub(super) issued: u32,
    /// Seconds since the Unix epoch.
    pub(super) expires: u32,
    pub(super) serial: [u8; 8],
    pub(super) hints: Hints,
    pub(super) mac: [u8; MAC_BYTES],
}

/// Whom it is likely for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hints {
    pub(super) network: u16,
    pub(super) agent: u16,
    pub(super) asker: u16,
}

impl Hints {
    /// What differs from `wanted`.
    pub(super) fn error(self, wanted: Self) -> Option<ClearanceError> {
        if self.asker != wanted.asker {
            Some(ClearanceError::OtherRule)
        } else if self.agent != wanted.agent {
            Some(ClearanceError::OtherAgent)
        } else if self.network != wanted.network {
            Some(ClearanceError::OtherNetwork)
        } else {
            None
        }
    }
}

impl Token {
    /// Everything but the signature. A captcha has a difficulty of zero.
    pub(super) fn terms(self) -> [u8; TERMS] {
        let (kind, difficulty) = match self.proof {
            Proof::Captcha => (0, 0),
            Proof::Work(difficulty) => (1, difficulty.get()),
            Proof::Substitute(difficulty) => (2, difficulty.get()),
        };
        let mut terms = [0; TERMS];
        let rest = &mut &mut terms[..];
        put(rest, [VERSION, kind]);
        put(rest, self.issued.to_be_bytes());
        put(rest, self.expires.to_be_bytes());
        put(rest, difficulty.to_be_bytes());
        put(rest, self.serial);
        put(rest, self.hints.network.to_be_bytes());
        put(rest, self.hints.agent.to_be_bytes());
        put(rest, self.hints.asker.to_be_bytes());
        terms
    }

    pub(super) fn write(self) -> String {
        Signed {
            terms: self.terms(),
            mac: self.mac,
        }
        .text()
    }

    /// The inverse of [`Self::write`]; `None` for what it never writes.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let Signed::<TERMS> { terms, mac } = Signed::read(text)?;
        let fields = &mut &terms[..];
        let [version, kind] = take(fields)?;
        let issued = u32::from_be_bytes(take(fields)?);
        let expires = u32::from_be_bytes(take(fields)?);
        let proof = match (kind, u32::from_be_bytes(take(fields)?)) {
            (0, 0) => Proof::Captcha,
            (1, difficulty) => Proof::Work(Difficulty::new(difficulty)?),
            (2, difficulty) => Proof::Substitute(Difficulty::new(difficulty)?),
            _ => return None,
        };
        let serial = take(fields)?;
        let hints = Hints {
            network: u16::from_be_bytes(take(fields)?),
            agent: u16::from_be_bytes(take(fields)?),
            asker: u16::from_be_bytes(take(fields)?),
        };
        (version == VERSION).then_some(Self {
            proof,
            issued,
            expires,
            serial,
            hints,
            mac,
        })
    }
}
