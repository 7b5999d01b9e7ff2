use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{ClearanceLack, Earned};
use crate::challenge::difficulty::Difficulty;

/// The form of a token; a new form is a new number.
const VERSION: u8 = 2;
/// Bytes of a token before its signature.
const TERMS: usize = 28;
/// Bytes of a token.
const LENGTH: usize = TERMS + 32;
/// Characters of a token.
const TEXT: usize = LENGTH / 3 * 4;

/// One clearance: 60 bytes, 80 characters in base64 for URLs, with no bit to spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) earned: Earned,
    /// Seconds since the Unix epoch.
    pub(super) issued: u32,
    /// Seconds since the Unix epoch.
    pub(super) expires: u32,
    pub(super) serial: [u8; 8],
    pub(super) hints: Hints,
    pub(super) mac: [u8; 32],
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
    pub(super) fn lack(self, wanted: Self) -> Option<ClearanceLack> {
        if self.asker != wanted.asker {
            Some(ClearanceLack::OtherRule)
        } else if self.agent != wanted.agent {
            Some(ClearanceLack::OtherAgent)
        } else if self.network != wanted.network {
            Some(ClearanceLack::OtherNetwork)
        } else {
            None
        }
    }
}

impl Token {
    /// Everything but the signature. A captcha has a difficulty of zero.
    pub(super) fn terms(self) -> [u8; TERMS] {
        let (kind, difficulty) = match self.earned {
            Earned::Captcha => (0, 0),
            Earned::Proof(difficulty) => (1, difficulty.get()),
            Earned::Substitute(difficulty) => (2, difficulty.get()),
        };
        let fields = [VERSION, kind]
            .into_iter()
            .chain(self.issued.to_be_bytes())
            .chain(self.expires.to_be_bytes())
            .chain(difficulty.to_be_bytes())
            .chain(self.serial)
            .chain(self.hints.network.to_be_bytes())
            .chain(self.hints.agent.to_be_bytes())
            .chain(self.hints.asker.to_be_bytes());
        let mut terms = [0; TERMS];
        for (slot, byte) in terms.iter_mut().zip(fields) {
            *slot = byte;
        }
        terms
    }

    pub(super) fn write(self) -> String {
        URL_SAFE_NO_PAD.encode([&self.terms()[..], &self.mac].concat())
    }

    /// The inverse of [`Self::write`]; `None` for what it never writes.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        if text.len() != TEXT {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let mut fields = Fields(&bytes);
        let [version, kind] = fields.take()?;
        let issued = u32::from_be_bytes(fields.take()?);
        let expires = u32::from_be_bytes(fields.take()?);
        let earned = match (kind, u32::from_be_bytes(fields.take()?)) {
            (0, 0) => Earned::Captcha,
            (1, difficulty) => Earned::Proof(Difficulty::new(difficulty)?),
            (2, difficulty) => Earned::Substitute(Difficulty::new(difficulty)?),
            _ => return None,
        };
        let serial = fields.take()?;
        let hints = Hints {
            network: u16::from_be_bytes(fields.take()?),
            agent: u16::from_be_bytes(fields.take()?),
            asker: u16::from_be_bytes(fields.take()?),
        };
        let mac = fields.take()?;
        (version == VERSION && fields.0.is_empty()).then_some(Self {
            earned,
            issued,
            expires,
            serial,
            hints,
            mac,
        })
    }
}

/// What is left to read.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }
}
