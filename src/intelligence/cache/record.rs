use crate::address::Prefix;
use crate::fields::take;
use crate::intelligence::{Asn, AsnType, Country, Flags, Network, Position, Reputation, Score};

/// What is kept of one prefix. Times are seconds since the epoch; 0 is "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub prefix: Prefix,
    /// What was answered.
    pub reputation: Reputation,
    /// Until when flags and score are fresh.
    pub flags_until: u32,
    /// Until when network facts are.
    pub network_until: u32,
    /// When the API, which failed, may be asked again.
    pub retry_at: u32,
}

const UNKNOWN_SCORE: u8 = u8::MAX;
const NO_DEGREES: i16 = i16::MIN;

impl Record {
    /// The size of an encoded record.
    pub const SIZE: usize = 45;

    /// Until when the record is of any use.
    #[must_use]
    pub fn of_use_until(&self) -> u32 {
        self.flags_until.max(self.network_until).max(self.retry_at)
    }

    /// Appends the record: prefix 17, ASN 4, ASN type 1, country 2, position 4, flags 4, score 1, times 12.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        let network = &self.reputation.network;
        let (known, set) = self.reputation.flags.to_bits();
        let (latitude, longitude) = network
            .position
            .map_or((NO_DEGREES, NO_DEGREES), Position::to_tenths);
        bytes.extend_from_slice(&self.prefix.to_bytes());
        bytes.extend_from_slice(&network.asn.map_or(0, Asn::get).to_le_bytes());
        bytes.push(network.asn_type.map_or(0, AsnType::number));
        bytes.extend_from_slice(&network.country.map_or([0; 2], Country::to_bytes));
        bytes.extend_from_slice(&latitude.to_le_bytes());
        bytes.extend_from_slice(&longitude.to_le_bytes());
        bytes.extend_from_slice(&known.to_le_bytes());
        bytes.extend_from_slice(&set.to_le_bytes());
        bytes.push(self.reputation.score.map_or(UNKNOWN_SCORE, Score::get));
        bytes.extend_from_slice(&self.flags_until.to_le_bytes());
        bytes.extend_from_slice(&self.network_until.to_le_bytes());
        bytes.extend_from_slice(&self.retry_at.to_le_bytes());
    }

    /// Reads a record; `None` when these are not the bytes of one.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let prefix = Prefix::from_bytes(take(&mut rest)?)?;
        let network = Network {
            asn: Asn::new(u32::from_le_bytes(take(&mut rest)?)),
            asn_type: AsnType::from_number(byte(&mut rest)?),
            country: std::str::from_utf8(&take::<2>(&mut rest)?)
                .ok()
                .and_then(Country::parse),
            position: Position::from_tenths(
                i16::from_le_bytes(take(&mut rest)?),
                i16::from_le_bytes(take(&mut rest)?),
            ),
        };
        let flags = Flags::from_bits(
            u16::from_le_bytes(take(&mut rest)?),
            u16::from_le_bytes(take(&mut rest)?),
        );
        let score = Some(byte(&mut rest)?)
            .filter(|score| *score <= Score::MAX.get())
            .map(|score| Score::clamped(i64::from(score)));
        Some(Self {
            prefix,
            reputation: Reputation {
                flags,
                score,
                network,
            },
            flags_until: u32::from_le_bytes(take(&mut rest)?),
            network_until: u32::from_le_bytes(take(&mut rest)?),
            retry_at: u32::from_le_bytes(take(&mut rest)?),
        })
    }
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    take::<1>(rest).map(|[byte]| byte)
}
