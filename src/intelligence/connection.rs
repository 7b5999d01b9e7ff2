//! What connects an address to the Internet, from whatever is known of it.

use super::{AsnType, Flag, Reputation};

/// What connects an address to the Internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// Somebody's home.
    Residential,
    /// A mobile carrier.
    Mobile,
    /// A business, a school or an office of the state.
    Corporate,
    /// A datacenter, where nobody sits.
    Datacenter,
}

impl Connection {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Residential,
        Self::Mobile,
        Self::Corporate,
        Self::Datacenter,
    ];

    /// The name in configuration, annotations, logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Residential => "residential",
            Self::Mobile => "mobile",
            Self::Corporate => "corporate",
            Self::Datacenter => "datacenter",
        }
    }

    /// The connection of exactly this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Reputation {
    /// What connects the address, `None` when nobody can tell.
    ///
    /// A flag says something of the address itself, so it wins over the type of its network, and a flag that denies
    /// what the type says leaves nothing of it. Of two flags, `hosting` wins over `mobile`: the benefit of the doubt is
    /// not for machines. Where neither says anything, a residential proxy leads through a home. The other flags tell
    /// how an address is used and not where it is.
    #[must_use]
    pub fn connection(&self) -> Option<Connection> {
        let flag = |flag| self.flags.get(flag);
        if flag(Flag::Hosting) == Some(true) {
            return Some(Connection::Datacenter);
        }
        if flag(Flag::Mobile) == Some(true) {
            return Some(Connection::Mobile);
        }
        let by_type = match self.network.asn_type {
            Some(AsnType::Isp) => Some(Connection::Residential),
            Some(AsnType::Business | AsnType::Education | AsnType::Government) => {
                Some(Connection::Corporate)
            }
            Some(AsnType::Hosting) if flag(Flag::Hosting).is_none() => Some(Connection::Datacenter),
            Some(AsnType::Mobile) if flag(Flag::Mobile).is_none() => Some(Connection::Mobile),
            Some(AsnType::Hosting | AsnType::Mobile) | None => None,
        };
        let home = flag(Flag::ResidentialProxy) == Some(true);
        by_type.or(home.then_some(Connection::Residential))
    }

    /// Whether many people may stand behind the address, because a mobile carrier shares it among them. `None` when
    /// nobody can tell.
    #[must_use]
    pub fn is_shared(&self) -> Option<bool> {
        let by_type = self.network.asn_type.map(|kind| kind == AsnType::Mobile);
        match (self.flags.get(Flag::Mobile), by_type) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), _) | (None, Some(false)) => Some(false),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Said {
        Flag(Flag, bool),
        Type(AsnType),
    }
    use Said::{Flag as F, Type as T};

    fn connection(said: &[Said]) -> Option<Connection> {
        let mut reputation = Reputation::default();
        for one in said {
            match *one {
                F(flag, value) => reputation.flags.put(flag, Some(value)),
                T(kind) => reputation.network.asn_type = Some(kind),
            }
        }
        reputation.connection()
    }

    const RESIDENTIAL: Option<Connection> = Some(Connection::Residential);
    const MOBILE: Option<Connection> = Some(Connection::Mobile);
    const CORPORATE: Option<Connection> = Some(Connection::Corporate);
    const DATACENTER: Option<Connection> = Some(Connection::Datacenter);

    #[test]
    fn connections_survive_their_names() {
        for kind in Connection::ALL {
            assert_eq!(Connection::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Connection::from_name("isp"), None);
    }

    #[test]
    fn one_statement_alone_is_believed() {
        for (said, expected) in [
            (F(Flag::Hosting, true), DATACENTER),
            (F(Flag::Hosting, false), None),
            (F(Flag::Mobile, true), MOBILE),
            (F(Flag::Mobile, false), None),
            (F(Flag::ResidentialProxy, true), RESIDENTIAL),
            (F(Flag::ResidentialProxy, false), None),
            (T(AsnType::Isp), RESIDENTIAL),
            (T(AsnType::Hosting), DATACENTER),
            (T(AsnType::Business), CORPORATE),
            (T(AsnType::Education), CORPORATE),
            (T(AsnType::Government), CORPORATE),
            (T(AsnType::Mobile), MOBILE),
        ] {
            assert_eq!(connection(&[said]), expected, "{said:?}");
        }
        assert_eq!(connection(&[]), None);
    }

    #[test]
    fn of_every_pair_that_contradicts_itself_the_documented_one_wins() {
        let corporate = [AsnType::Business, AsnType::Education, AsnType::Government];
        let mut pairs = vec![
            ([F(Flag::Hosting, true), F(Flag::Mobile, true)], DATACENTER),
            ([F(Flag::Hosting, true), F(Flag::Mobile, false)], DATACENTER),
            ([F(Flag::Hosting, false), F(Flag::Mobile, true)], MOBILE),
            ([F(Flag::Hosting, false), F(Flag::Mobile, false)], None),
            (
                [F(Flag::Hosting, true), F(Flag::ResidentialProxy, true)],
                DATACENTER,
            ),
            (
                [F(Flag::Hosting, true), F(Flag::ResidentialProxy, false)],
                DATACENTER,
            ),
            (
                [F(Flag::Hosting, false), F(Flag::ResidentialProxy, true)],
                RESIDENTIAL,
            ),
            (
                [F(Flag::Hosting, false), F(Flag::ResidentialProxy, false)],
                None,
            ),
            (
                [F(Flag::Mobile, true), F(Flag::ResidentialProxy, true)],
                MOBILE,
            ),
            (
                [F(Flag::Mobile, true), F(Flag::ResidentialProxy, false)],
                MOBILE,
            ),
            (
                [F(Flag::Mobile, false), F(Flag::ResidentialProxy, true)],
                RESIDENTIAL,
            ),
            (
                [F(Flag::Mobile, false), F(Flag::ResidentialProxy, false)],
                None,
            ),
            ([T(AsnType::Hosting), F(Flag::Hosting, false)], None),
            ([T(AsnType::Hosting), F(Flag::Mobile, true)], MOBILE),
            ([T(AsnType::Hosting), F(Flag::Mobile, false)], DATACENTER),
            ([T(AsnType::Mobile), F(Flag::Hosting, false)], MOBILE),
            ([T(AsnType::Mobile), F(Flag::Mobile, true)], MOBILE),
            ([T(AsnType::Mobile), F(Flag::Mobile, false)], None),
            ([T(AsnType::Isp), F(Flag::Hosting, false)], RESIDENTIAL),
            ([T(AsnType::Isp), F(Flag::Mobile, true)], MOBILE),
            ([T(AsnType::Isp), F(Flag::Mobile, false)], RESIDENTIAL),
        ];
        for kind in corporate {
            pairs.push(([T(kind), F(Flag::Hosting, false)], CORPORATE));
            pairs.push(([T(kind), F(Flag::Mobile, true)], MOBILE));
            pairs.push(([T(kind), F(Flag::Mobile, false)], CORPORATE));
        }
        for kind in AsnType::ALL {
            pairs.push(([T(kind), F(Flag::Hosting, true)], DATACENTER));
            for proxy in [true, false] {
                let alone = connection(&[T(kind)]);
                pairs.push(([T(kind), F(Flag::ResidentialProxy, proxy)], alone));
            }
        }
        for (pair, expected) in pairs {
            assert_eq!(connection(&pair), expected, "{pair:?}");
            let [one, other] = pair;
            assert_eq!(connection(&[other, one]), expected, "{pair:?} in any order");
        }
    }

    #[test]
    fn how_an_address_is_used_does_not_tell_what_connects_it() {
        let used = [
            Flag::Vpn,
            Flag::Proxy,
            Flag::Tor,
            Flag::Relay,
            Flag::Abuse,
            Flag::Crawler,
        ];
        for flag in used {
            for value in [true, false] {
                assert_eq!(connection(&[F(flag, value)]), None, "{flag:?}");
                for kind in AsnType::ALL {
                    assert_eq!(
                        connection(&[F(flag, value), T(kind)]),
                        connection(&[T(kind)]),
                        "{flag:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_address_is_shared_where_anything_says_mobile() {
        let shared = |said: &[Said]| {
            let mut reputation = Reputation::default();
            for one in said {
                match *one {
                    F(flag, value) => reputation.flags.put(flag, Some(value)),
                    T(kind) => reputation.network.asn_type = Some(kind),
                }
            }
            reputation.is_shared()
        };
        assert_eq!(shared(&[]), None);
        assert_eq!(shared(&[F(Flag::Vpn, false)]), None);
        assert_eq!(shared(&[F(Flag::Mobile, false)]), Some(false));
        assert_eq!(shared(&[T(AsnType::Isp)]), Some(false));
        assert_eq!(
            shared(&[F(Flag::Mobile, false), T(AsnType::Mobile)]),
            Some(true)
        );
        assert_eq!(
            shared(&[F(Flag::Mobile, true), T(AsnType::Isp)]),
            Some(true)
        );
    }
}
