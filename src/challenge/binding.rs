//! What a proof or a clearance is good for: a network and a rule, told to nobody.

use std::hash::Hasher as _;

use crate::address::Prefix;
use crate::random::SipHash;

/// Where a client must stay for what it has solved to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// In this address prefix.
    Prefix(Prefix),
    /// In this autonomous system.
    Asn(u32),
    /// Anywhere.
    Anywhere,
}

impl Network {
    /// What is signed: no two networks give the same bytes.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Prefix(prefix) => [&b"p"[..], &prefix.to_bytes()].concat(),
            Self::Asn(asn) => [&b"a"[..], &asn.to_be_bytes()].concat(),
            Self::Anywhere => b"w".to_vec(),
        }
    }
}

/// Sixteen bits that tell two values apart most of the time.
///
/// They stand beside a signature, so that one who has moved on is not counted as a forger, and is told so without a
/// signature being made. They give no right.
pub(super) fn hint(bytes: &[u8]) -> u16 {
    let mut hasher = SipHash::default();
    hasher.write(bytes);
    let [.., high, low] = hasher.finish().to_be_bytes();
    u16::from_be_bytes([high, low])
}
