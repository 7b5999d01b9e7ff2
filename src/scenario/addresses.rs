//! Where a group comes from, and what an API knows of it. Addresses are computed from their number and kept nowhere, so
//! that a hundred million of them take no memory.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::check;
use crate::config::{Cidr, CountryText, Text};
use crate::intelligence::{Asn, AsnType, Flag, Flags, Network, Position, Reputation, Score};
use crate::json::{FromJson, Mistakes, Place};

/// Addresses of a group.
#[derive(Clone, Debug, FromJson, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAddresses {
    /// The networks of which they are; all of IPv4 or all of IPv6.
    pub within: Vec<Text<Cidr>>,
    /// How many there are.
    pub count: u32,
    /// How many stand in one network (a /24, or what `network` says); default 1.
    #[serde(default)]
    pub per_network: Option<u32>,
    /// The length of the prefix of such a network, 8 to 32 or, of IPv6, 16 to 64; default 24, of IPv6 48. Each
    /// address of IPv6 has a /64 of its own.
    #[serde(default)]
    pub network: Option<u8>,
    /// What an API knows of them: vpn, proxy, hosting and so on; default nothing bad.
    #[serde(default)]
    pub flags: Vec<String>,
    /// The share of addresses of which the API knows those flags, 0 to 1; default 1. Of the others it says that they
    /// are clean.
    #[serde(default)]
    pub flagged: Option<f64>,
    /// The share of addresses of which the API knows anything, 0 to 1; default 1.
    #[serde(default)]
    pub known: Option<f64>,
    /// The API's own risk score of flagged addresses, 0 to 100; default none.
    #[serde(default)]
    pub score: Option<u8>,
    /// The number of the first autonomous system; default 64512.
    #[serde(default)]
    pub asn: Option<u32>,
    /// How many autonomous systems there are, from that number on; default 1.
    #[serde(default)]
    pub asns: Option<u32>,
    /// The type of the network: isp, hosting, business, education, government or mobile; default isp.
    #[serde(default)]
    pub asn_type: Option<String>,
    /// The country; default unknown.
    #[serde(default)]
    pub country: Option<Text<CountryText>>,
    /// Latitude and longitude in degrees; default unknown.
    #[serde(default)]
    pub position: Option<Vec<f64>>,
}

/// Addresses of a group, each found by its number.
#[derive(Clone, Debug, PartialEq)]
pub struct Addresses {
    /// How many there are, one at least.
    pub count: u32,
    blocks: Vec<IpNet>,
    per_network: u32,
    /// The prefix of a network.
    network: u8,
    flagged: f64,
    known: f64,
    bad: Reputation,
    asns: u32,
    /// So many networks are left out between two that are taken.
    spread: u64,
}

/// How many bits an address has that are its own, as far as anybody tells clients apart.
const fn own_bits(network: IpNet) -> u8 {
    match network {
        IpNet::V4(_) => 32,
        IpNet::V6(_) => 64,
    }
}

/// A number that looks random, from some others.
#[must_use]
pub fn mixed(seed: u64, number: u64) -> u64 {
    let mut mixed = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The same as a share, 0 to 1 and never 1.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "53 bits are exact"
)]
pub fn chance(seed: u64, number: u64) -> f64 {
    (mixed(seed, number) >> 11) as f64 / 9_007_199_254_740_992.0
}

const fn greatest_common_divisor(mut one: u64, mut other: u64) -> u64 {
    while let Some(rest) = one.checked_rem(other) {
        one = other;
        other = rest;
    }
    one
}

impl RawAddresses {
    pub(super) fn compile(self, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Addresses {
        let blocks: Vec<IpNet> = self.within.iter().map(|block| block.0.0.trunc()).collect();
        let is_v6 = |block: &IpNet| matches!(block, IpNet::V6(_));
        let first_is_v6 = blocks.first().is_some_and(is_v6);
        if blocks.is_empty() || blocks.iter().any(|block| is_v6(block) != first_is_v6) {
            mistakes.add(
                &at.field("within"),
                &"expected networks such as 45.0.0.0/8, all of IPv4 or all of IPv6",
            );
        }
        check::whole(&at.field("count"), self.count, u32::MAX, mistakes);
        let (usual, least, own) = match first_is_v6 {
            true => (48, 16, 64),
            false => (24, 8, 32),
        };
        let network = self.network.unwrap_or(usual);
        if !(least..=own).contains(&network) {
            mistakes.add(
                &at.field("network"),
                &format_args!("expected {least} to {own}"),
            );
        }
        let room = 1_u64
            .checked_shl(u32::from(own.saturating_sub(network)))
            .unwrap_or(u64::MAX);
        let per_network = self.per_network.unwrap_or(1);
        if per_network == 0 || u64::from(per_network) > room {
            mistakes.add(
                &at.field("per_network"),
                &format_args!("expected 1 to {room}, what a /{network} has"),
            );
        }
        let mut bad = Reputation {
            score: self.score.map(|score| Score::clamped(score.into())),
            network: Network {
                asn: Asn::new(self.asn.unwrap_or(64_512)),
                asn_type: Some(AsnType::Isp),
                country: self.country.map(|country| country.0.0),
                position: None,
            },
            ..clean()
        };
        for (number, name) in self.flags.iter().enumerate() {
            match Flag::from_name(name) {
                Some(flag) => bad.flags.put(flag, Some(true)),
                None => {
                    let names: Vec<&str> = Flag::ALL.into_iter().map(Flag::name).collect();
                    let sentence = format!("expected one of {}", names.join(", "));
                    mistakes.unknown(&at.field("flags").element(number), &sentence, name, &names);
                }
            }
        }
        if let Some(name) = &self.asn_type {
            bad.network.asn_type = AsnType::from_name(name);
            if bad.network.asn_type.is_none() {
                let names = AsnType::ALL.map(AsnType::name);
                let sentence = format!("expected one of {}", names.join(", "));
                mistakes.unknown(&at.field("asn_type"), &sentence, name, &names);
            }
        }
        if let Some(degrees) = &self.position {
            bad.network.position = match degrees.as_slice() {
                [latitude, longitude] => Position::from_degrees(*latitude, *longitude),
                _ => None,
            };
            if bad.network.position.is_none() {
                mistakes.add(
                    &at.field("position"),
                    &"expected latitude and longitude, such as [52.5, 13.4]",
                );
            }
        }
        let addresses = Addresses {
            count: self.count.max(1),
            blocks,
            per_network: per_network.max(1),
            network,
            flagged: check::share(&at.field("flagged"), self.flagged, 1.0, mistakes),
            known: check::share(&at.field("known"), self.known, 1.0, mistakes),
            bad,
            asns: self.asns.unwrap_or(1).max(1),
            spread: 1,
        };
        let networks = addresses.networks();
        let needed = u64::from(self.count.div_ceil(per_network.max(1)));
        if needed > networks {
            let sentence = format_args!(
                "{needed} networks of /{network} are needed, and these have {networks}; expected more room"
            );
            mistakes.add(&at.field("within"), &sentence);
        }
        addresses.spread_out()
    }
}

/// What an API says of an address of which nothing is bad.
fn clean() -> Reputation {
    let mut flags = Flags::default();
    for flag in Flag::ALL {
        flags.put(flag, Some(false));
    }
    Reputation {
        flags,
        ..Reputation::NOTHING
    }
}

impl Addresses {
    /// How many networks a block has.
    fn networks_of(&self, block: &IpNet) -> u64 {
        let bits = u32::from(self.network.saturating_sub(block.prefix_len()));
        1_u64.checked_shl(bits).unwrap_or(u64::MAX)
    }

    fn networks(&self) -> u64 {
        let all = self.blocks.iter().map(|block| self.networks_of(block));
        all.fold(0, u64::saturating_add)
    }

    /// Takes the networks from everywhere in the blocks, each once.
    fn spread_out(mut self) -> Self {
        let networks = self.networks().max(1);
        // Near the golden section, so that neighbours in time are none in space.
        let mut step = networks.saturating_mul(5) / 8;
        while greatest_common_divisor(step.max(1), networks) != 1 {
            step = step.saturating_add(1);
        }
        self.spread = step.max(1);
        self
    }

    pub(super) fn sampled(&self, one_in: u32) -> Self {
        let count = self.count.div_ceil(one_in.max(1)).max(1);
        Self {
            count,
            ..self.clone()
        }
    }

    /// The number of the network of an address, as it stands in the blocks.
    fn network_number(&self, number: u32) -> u64 {
        let network = u64::from(number.checked_div(self.per_network).unwrap_or(0));
        let place = u128::from(network).saturating_mul(self.spread.into());
        let place = place
            .checked_rem(self.networks().max(1).into())
            .unwrap_or(0);
        u64::try_from(place).unwrap_or(0)
    }

    /// The address of this number; numbers beyond the last begin again.
    #[must_use]
    pub fn at(&self, number: u32) -> IpAddr {
        let number = number.checked_rem(self.count).unwrap_or(0);
        let mut network = self.network_number(number);
        let own = number.checked_rem(self.per_network).unwrap_or(0);
        for block in &self.blocks {
            let here = self.networks_of(block);
            if network >= here {
                network = network.saturating_sub(here);
                continue;
            }
            let shift = u32::from(own_bits(*block).saturating_sub(self.network));
            let offset = network.checked_shl(shift).unwrap_or(0);
            // The first address of a network is nobody's, where there is another one.
            let room = 1_u64.checked_shl(shift).unwrap_or(u64::MAX);
            let own = u64::from(own).saturating_add(1);
            let offset = offset.saturating_add(own.checked_rem(room).unwrap_or(0));
            return match block {
                IpNet::V4(block) => {
                    let offset = u32::try_from(offset).unwrap_or(0);
                    Ipv4Addr::from_bits(block.network().to_bits().saturating_add(offset)).into()
                }
                IpNet::V6(block) => {
                    let offset = u128::from(offset) << 64;
                    Ipv6Addr::from_bits(block.network().to_bits().saturating_add(offset) | 1).into()
                }
            };
        }
        Ipv4Addr::UNSPECIFIED.into()
    }

    /// What an API says of the address of this number; `None` when it knows nothing.
    #[must_use]
    pub fn reputation(&self, seed: u64, number: u32) -> Option<Reputation> {
        let number = number.checked_rem(self.count).unwrap_or(0);
        let drawn = |salt: u64| chance(seed ^ salt, number.into());
        if drawn(1) >= self.known {
            return None;
        }
        let mut network = self.bad.network;
        let system = self
            .network_number(number)
            .checked_rem(self.asns.into())
            .unwrap_or(0);
        let first = network.asn.map_or(0, Asn::get);
        network.asn = Asn::new(first.saturating_add(u32::try_from(system).unwrap_or(0)));
        let said = match drawn(2) < self.flagged {
            true => self.bad,
            false => clean(),
        };
        Some(Reputation { network, ..said })
    }
}
