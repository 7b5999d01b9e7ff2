use crate::intelligence::{AsnType, Flag, Position, Reputation};

/// What hides where the client is: it may be anywhere behind such an address.
const HIDES: [Flag; 6] = [
    Flag::Vpn,
    Flag::Proxy,
    Flag::Tor,
    Flag::Relay,
    Flag::ResidentialProxy,
    Flag::Hosting,
];

/// Where the client is, if its address tells that.
///
/// What hides the client has no position, and mobile carriers have none either: their addresses are those of gateways,
/// which may stand in another part of the country. A flag that nobody knows does not speak against a position: hardly
/// any provider knows all of them. But where nobody says whether the address hides its client, by any flag, its
/// position is not to be relied on. That is so after an API has failed, since network facts are kept longer than flags.
#[must_use]
pub fn location(reputation: &Reputation) -> Option<Position> {
    let flags = reputation.flags;
    let network = &reputation.network;
    let hidden = HIDES
        .into_iter()
        .chain([Flag::Mobile])
        .any(|flag| flags.get(flag) == Some(true));
    let gateway = matches!(network.asn_type, Some(AsnType::Hosting | AsnType::Mobile));
    let is_known = HIDES.into_iter().any(|flag| flags.get(flag).is_some());
    network.position.filter(|_| is_known && !hidden && !gateway)
}
