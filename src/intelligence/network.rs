//! Facts about the network of an address.

use std::num::NonZeroU32;

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

/// Networks whose clients are connected by satellite, in order. Their names are those of the registries' list of
/// autonomous systems (`bgp.potaroo.net/cidr/autnums.html`, as kept in `github.com/cunha/asnames`), but for those that
/// have changed hands since: of 5377 two published lists of satellite networks agree, of 14593 and 45700 their owner's
/// own list of addresses (RFC 8805) says it, and 800 and 135409 rest on one list each.
const SATELLITES: [u32; 37] = [
    800,    // OneWeb
    1_358,  // Hughes
    5_377,  // Marlink
    6_621,  // Hughes
    7_058,  // Viasat
    7_155,  // Viasat
    7_168,  // Viasat
    9_229,  // Speedcast
    12_440, // Hughes
    12_684, // SES
    14_593, // Starlink
    16_491, // Viasat
    22_351, // Intelsat
    25_687, // KVH
    27_277, // SpaceX
    28_613, // Hughes
    29_286, // Skylogic, Eutelsat
    31_515, // Inmarsat
    34_444, // Eutelsat
    36_426, // IsoTropic
    39_356, // Avanti
    40_305, // Viasat, up to 40316
    40_306, 40_307, 40_308, 40_309, 40_310, 40_311, 40_312, 40_313, 40_314, 40_315, 40_316,
    44_431,  // OmniAccess
    45_700,  // Starlink
    60_725,  // O3b
    135_409, // Kacific
];

/// Whether the clients of a network are connected by satellite, so that nobody knows where they are.
pub(super) fn is_of_satellites(asn: Asn) -> bool {
    SATELLITES.binary_search(&asn.get()).is_ok()
}

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
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        asn: None,
        asn_type: None,
        country: None,
        position: None,
    };

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

#[cfg(test)]
mod tests {
    use super::*;

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
