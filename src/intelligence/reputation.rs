//! What is known of an address, in one compact value in which *unknown* is a value of its own.

use super::{Asn, AsnType, Country, Flags, Network, Position};
use crate::fields::{put, take};

/// A risk score from 0 (nothing against the address) to 100 (surely hostile).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(u8);

impl Score {
    /// The highest score.
    pub const MAX: Self = Self(100);

    /// The score, cut to 0..=100.
    #[must_use]
    pub const fn clamped(value: i64) -> Self {
        match value {
            i64::MIN..=0 => Self(0),
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::as_conversions,
                reason = "1..=99 fits"
            )]
            1..=99 => Self(value as u8),
            100.. => Self(100),
        }
    }

    /// The number, 0..=100.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Everything that is known of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reputation {
    /// Yes-or-no facts.
    pub flags: Flags,
    /// The provider's own risk score, if it has one.
    pub score: Option<Score>,
    /// Facts about the network.
    pub network: Network,
}

const UNKNOWN_SCORE: u8 = u8::MAX;
const NO_DEGREES: i16 = i16::MIN;

impl Reputation {
    /// The size of an encoded reputation.
    pub const SIZE: usize = 16;

    /// Nothing is known.
    pub const NOTHING: Self = Self {
        flags: Flags::UNKNOWN,
        score: None,
        network: Network::UNKNOWN,
    };

    /// As stored values keep it, little-endian: ASN 4, ASN type 1, country 2, position 4, flags 4, score 1.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let (known, set) = self.flags.to_bits();
        let (latitude, longitude) = self
            .network
            .position
            .map_or((NO_DEGREES, NO_DEGREES), Position::to_tenths);
        let mut bytes = [0; Self::SIZE];
        let mut rest = bytes.as_mut_slice();
        put(
            &mut rest,
            self.network.asn.map_or(0, Asn::get).to_le_bytes(),
        );
        put(
            &mut rest,
            [self.network.asn_type.map_or(0, AsnType::number)],
        );
        put(
            &mut rest,
            self.network.country.map_or([0; 2], Country::to_bytes),
        );
        put(&mut rest, latitude.to_le_bytes());
        put(&mut rest, longitude.to_le_bytes());
        put(&mut rest, known.to_le_bytes());
        put(&mut rest, set.to_le_bytes());
        put(&mut rest, [self.score.map_or(UNKNOWN_SCORE, Score::get)]);
        bytes
    }

    /// The inverse of [`Self::to_bytes`]. Any bytes are a reputation: a field that it never gives is unknown.
    #[must_use]
    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self::read(&bytes).unwrap_or_default()
    }

    fn read(mut rest: &[u8]) -> Option<Self> {
        let rest = &mut rest;
        let network = Network {
            asn: Asn::new(u32::from_le_bytes(take(rest)?)),
            asn_type: AsnType::from_number(u8::from_le_bytes(take(rest)?)),
            country: std::str::from_utf8(&take::<2>(rest)?)
                .ok()
                .and_then(Country::parse),
            position: Position::from_tenths(
                i16::from_le_bytes(take(rest)?),
                i16::from_le_bytes(take(rest)?),
            ),
        };
        let flags = Flags::from_bits(
            u16::from_le_bytes(take(rest)?),
            u16::from_le_bytes(take(rest)?),
        );
        let score = Some(u8::from_le_bytes(take(rest)?))
            .filter(|score| *score <= Score::MAX.get())
            .map(|score| Score::clamped(i64::from(score)));
        Some(Self {
            flags,
            score,
            network,
        })
    }

    /// Whether nothing is known that speaks for or against the address; facts about its network alone do neither.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.flags.is_unknown() && self.score.is_none()
    }

    /// Fills what is unknown here from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            flags: self.flags.or(other.flags),
            score: self.score.or(other.score),
            network: self.network.or(other.network),
        }
    }
}
