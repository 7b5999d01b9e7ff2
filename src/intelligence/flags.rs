//! Yes-or-no facts about an address, each of them yes, no or unknown.

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
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { known: 0, set: 0 };

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
}
