//! Reputations in JSON lines, and what MMDBs hold.

use std::path::Path;

use palisade::intelligence::{Asn, AsnType, Country, Flag, Position, Reputation, Score};
use palisade::signals::Flags;
use serde::Deserialize;
use serde_json::Value;

use super::networks::{self, Networks};

/// `{"address":"11.0.0.0/24","signals":["vpn"],"score":35,"asn":64504,"asn_type":"hosting","country":"DE"}` and so on.
pub(super) fn read(file: &Path, text: &str, wrong: &mut Vec<String>) -> Networks<Reputation> {
    let mut all = Networks::default();
    networks::read(file, text, wrong, |line| {
        if line.is_empty() {
            return Ok(());
        }
        let object: Value = serde_json::from_str(line).map_err(|_| "no JSON")?;
        let mut places = ["address", "ip", "network", "cidr"].iter();
        let place = places.find_map(|name| object.get(*name)?.as_str());
        let place = place.ok_or("no `address`, `ip`, `network` or `cidr`")?;
        let network = networks::entry(place).ok_or("no address and no network")?;
        all.add(network, reputation(&object)?);
        Ok(())
    });
    all
}

/// What an object says. With `signals` all flags are known; by their own names those that are named.
fn reputation(object: &Value) -> Result<Reputation, &'static str> {
    let mut found = Reputation::NOTHING;
    if let Some(signals) = object.get("signals") {
        let named: Vec<&str> = match signals {
            Value::String(text) => text.split(',').map(str::trim).collect(),
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            _ => return Err("`signals` is no list of names"),
        };
        found.flags = all_but(named.into_iter());
    }
    for flag in Flag::ALL {
        if let Some(holds) = object.get(flag.name()).and_then(Value::as_bool) {
            found.flags.put(flag, Some(holds));
        }
    }
    let number = |name: &str| object.get(name).and_then(Value::as_i64);
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    found.score = number("score").map(Score::clamped);
    let asn = match object.get("asn") {
        Some(Value::String(text)) => text.trim_start_matches("AS").parse().ok(),
        Some(other) => other.as_u64().and_then(|number| u32::try_from(number).ok()),
        None => None,
    };
    found.network.asn = asn.and_then(Asn::new);
    found.network.asn_type = text("asn_type").and_then(AsnType::from_name);
    found.network.country = text("country").and_then(Country::parse);
    let degrees = |name: &str| object.get(name).and_then(Value::as_f64);
    let position = degrees("latitude").zip(degrees("longitude"));
    found.network.position = position.and_then(|(lat, lon)| Position::from_degrees(lat, lon));
    Ok(found)
}

/// Flags of which these hold, and no others.
pub(super) fn all_but<'n>(held: impl Iterator<Item = &'n str>) -> Flags {
    let mut flags = Flags::default();
    for flag in Flag::ALL {
        flags.put(flag, Some(false));
    }
    for flag in held.filter_map(Flag::from_name) {
        flags.put(flag, Some(true));
    }
    flags
}

/// What databases of addresses hold: those of networks, of places, of anonymous addresses.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    autonomous_system_number: Option<u32>,
    country: Option<Land>,
    location: Option<Location>,
    is_anonymous_vpn: Option<bool>,
    is_public_proxy: Option<bool>,
    is_residential_proxy: Option<bool>,
    is_tor_exit_node: Option<bool>,
    is_hosting_provider: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Land {
    iso_code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location {
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl Entry {
    /// What it says. In a database that `tells_flags` a flag that is not there does not hold.
    pub(super) fn reputation(self, tells_flags: bool) -> Reputation {
        let mut found = Reputation::NOTHING;
        for (flag, holds) in [
            (Flag::Vpn, self.is_anonymous_vpn),
            (Flag::Proxy, self.is_public_proxy),
            (Flag::ResidentialProxy, self.is_residential_proxy),
            (Flag::Tor, self.is_tor_exit_node),
            (Flag::Hosting, self.is_hosting_provider),
        ] {
            found
                .flags
                .put(flag, holds.or(tells_flags.then_some(false)));
        }
        let network = &mut found.network;
        network.asn = self.autonomous_system_number.and_then(Asn::new);
        let code = self.country.and_then(|country| country.iso_code);
        network.country = code.and_then(|code| Country::parse(&code));
        let place = self.location.and_then(|at| at.latitude.zip(at.longitude));
        network.position = place.and_then(|(lat, lon)| Position::from_degrees(lat, lon));
        found
    }
}
