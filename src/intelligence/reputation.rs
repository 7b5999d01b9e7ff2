//! What is known of an address, in one compact value in which *unknown* is a value of its own.

use std::num::NonZeroU32;

/// One yes-or-no fact about an address. The discriminant is its bit in [`Flags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Flag {
    /// Exit of a virtual private network.
    Vpn = 0,
    /// Public or open proxy.
    Proxy = 1,
    /// Tor exit node.
    Tor = 2,
    /// Privacy relay of a platform vendor.
    Relay = 3,
    /// Proxy that leads through somebody's home connection.
    ResidentialProxy = 4,
    /// Datacenter, hosting or cloud network.
    Hosting = 5,
    /// Mobile carrier, where many people share an address.
    Mobile = 6,
    /// Known source of abuse.
    Abuse = 7,
    /// Crawler or search engine that the provider has recognised.
    Crawler = 8,
}

impl Flag {
    /// Every flag, in the order of their bits.
    pub const ALL: [Self; 9] = [
        Self::Vpn,
        Self::Proxy,
        Self::Tor,
        Self::Relay,
        Self::ResidentialProxy,
        Self::Hosting,
        Self::Mobile,
        Self::Abuse,
        Self::Crawler,
    ];

    /// The name in configuration, annotations, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vpn => "vpn",
            Self::Proxy => "proxy",
            Self::Tor => "tor",
            Self::Relay => "relay",
            Self::ResidentialProxy => "residential_proxy",
            Self::Hosting => "hosting",
            Self::Mobile => "mobile",
            Self::Abuse => "abuse",
            Self::Crawler => "crawler",
        }
    }

    /// The flag of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flag| flag.name() == name)
    }

    const fn bit(self) -> u16 {
        match self {
            Self::Vpn => 1,
            Self::Proxy => 1 << 1,
            Self::Tor => 1 << 2,
            Self::Relay => 1 << 3,
            Self::ResidentialProxy => 1 << 4,
            Self::Hosting => 1 << 5,
            Self::Mobile => 1 << 6,
            Self::Abuse => 1 << 7,
            Self::Crawler => 1 << 8,
        }
    }
}

/// All flags of an address; each one yes, no or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    known: u16,
    set: u16,
}

impl Flags {
    /// What is known of `flag`; `None` is unknown.
    #[must_use]
    pub const fn get(self, flag: Flag) -> Option<bool> {
        if self.known & flag.bit() == 0 {
            None
        } else {
            Some(self.set & flag.bit() != 0)
        }
    }

    /// Records what is known of `flag`.
    pub const fn put(&mut self, flag: Flag, value: Option<bool>) {
        self.known &= !flag.bit();
        self.set &= !flag.bit();
        if let Some(value) = value {
            self.known |= flag.bit();
            if value {
                self.set |= flag.bit();
            }
        }
    }

    /// Whether nothing at all is known.
    #[must_use]
    pub const fn is_unknown(self) -> bool {
        self.known == 0
    }

    /// The flags that are known to hold.
    pub fn held(self) -> impl Iterator<Item = Flag> {
        Flag::ALL
            .into_iter()
            .filter(move |flag| self.get(*flag) == Some(true))
    }

    /// Fills what is unknown here from `other`.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            known: self.known | other.known,
            set: self.set | (other.set & !self.known),
        }
    }

    /// The two bit sets (known, set), as cache records keep them.
    #[must_use]
    pub const fn to_bits(self) -> (u16, u16) {
        (self.known, self.set)
    }

    /// The inverse of [`Flags::to_bits`]; bits that no flag has are dropped.
    #[must_use]
    pub const fn from_bits(known: u16, set: u16) -> Self {
        const ALL: u16 = 0x1ff;
        Self {
            known: known & ALL,
            set: set & known & ALL,
        }
    }
}

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

/// What kind of organisation runs the network (the provider's ASN type).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AsnType {
    /// Internet access provider.
    Isp = 1,
    /// Hosting, cloud or datacenter.
    Hosting = 2,
    /// Business.
    Business = 3,
    /// School or university.
    Education = 4,
    /// Government or military.
    Government = 5,
    /// Mobile carrier.
    Mobile = 6,
}

impl AsnType {
    /// Every type.
    pub const ALL: [Self; 6] = [
        Self::Isp,
        Self::Hosting,
        Self::Business,
        Self::Education,
        Self::Government,
        Self::Mobile,
    ];

    /// The name in configuration, annotations and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Isp => "isp",
            Self::Hosting => "hosting",
            Self::Business => "business",
            Self::Education => "education",
            Self::Government => "government",
            Self::Mobile => "mobile",
        }
    }

    /// The type of exactly this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The number in cache records; never 0.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "the discriminant of a u8 enum")]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The inverse of [`AsnType::number`].
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// An ISO 3166-1 alpha-2 country code in capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Two ASCII letters of either case; anything else is no country.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The code, two capitals.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }

    /// The two bytes, as cache records keep them.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 2] {
        self.0
    }
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A coarse position in tenths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    latitude: i16,
    longitude: i16,
}

impl Position {
    /// From degrees; `None` when they are not finite or out of range (±90, ±180).
    #[must_use]
    pub fn from_degrees(latitude: f64, longitude: f64) -> Option<Self> {
        let tenths = |degrees: f64, limit: f64| -> Option<i16> {
            if !degrees.is_finite() || degrees.abs() > limit {
                return None;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::as_conversions,
                reason = "at most 1800 in size"
            )]
            Some((degrees * 10.0).round() as i16)
        };
        Some(Self {
            latitude: tenths(latitude, 90.0)?,
            longitude: tenths(longitude, 180.0)?,
        })
    }

    /// Latitude and longitude in tenths of a degree.
    #[must_use]
    pub const fn to_tenths(self) -> (i16, i16) {
        (self.latitude, self.longitude)
    }

    /// The inverse of [`Position::to_tenths`]; out of range is none.
    #[must_use]
    pub fn from_tenths(latitude: i16, longitude: i16) -> Option<Self> {
        Self::from_degrees(f64::from(latitude) / 10.0, f64::from(longitude) / 10.0)
    }
}

/// The autonomous system number of a network; never 0.
pub type Asn = NonZeroU32;

/// Facts about the network of an address: they change slowly and are kept longer than flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The autonomous system that announces the address.
    pub asn: Option<Asn>,
    /// What kind of organisation that is.
    pub asn_type: Option<AsnType>,
    /// The country of the address.
    pub country: Option<Country>,
    /// Where it is, coarsely.
    pub position: Option<Position>,
}

impl Network {
    /// Fills what is unknown here from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            asn: self.asn.or(other.asn),
            asn_type: self.asn_type.or(other.asn_type),
            country: self.country.or(other.country),
            position: self.position.or(other.position),
        }
    }

    /// Whether nothing at all is known.
    #[must_use]
    pub fn is_unknown(self) -> bool {
        self == Self::default()
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

impl Reputation {
    /// Nothing is known.
    pub const NOTHING: Self = Self {
        flags: Flags { known: 0, set: 0 },
        score: None,
        network: Network {
            asn: None,
            asn_type: None,
            country: None,
            position: None,
        },
    };

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_neither_yes_nor_no() {
        let mut flags = Flags::default();
        assert!(flags.is_unknown());
        assert_eq!(flags.get(Flag::Tor), None);
        flags.put(Flag::Tor, Some(false));
        assert_eq!(flags.get(Flag::Tor), Some(false));
        assert_eq!(flags.get(Flag::Vpn), None);
        flags.put(Flag::Tor, None);
        assert!(flags.is_unknown());
    }

    #[test]
    fn flags_survive_their_bits_and_names() {
        for flag in Flag::ALL {
            assert_eq!(Flag::from_name(flag.name()), Some(flag));
            let mut flags = Flags::default();
            flags.put(flag, Some(true));
            let (known, set) = flags.to_bits();
            assert_eq!(Flags::from_bits(known, set), flags);
            assert_eq!(flags.held().collect::<Vec<_>>(), [flag]);
        }
    }

    #[test]
    fn merging_prefers_what_is_known_first() {
        let mut first = Flags::default();
        first.put(Flag::Vpn, Some(false));
        let mut second = Flags::default();
        second.put(Flag::Vpn, Some(true));
        second.put(Flag::Tor, Some(true));
        let merged = first.or(second);
        assert_eq!(merged.get(Flag::Vpn), Some(false));
        assert_eq!(merged.get(Flag::Tor), Some(true));
    }

    #[test]
    fn positions_out_of_range_are_no_positions() {
        assert!(Position::from_degrees(91.0, 0.0).is_none());
        assert!(Position::from_degrees(0.0, f64::NAN).is_none());
        assert_eq!(
            Position::from_degrees(33.74, -117.77).map(Position::to_tenths),
            Some((337, -1178))
        );
    }
}
