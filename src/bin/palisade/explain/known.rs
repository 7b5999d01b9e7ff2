//! What a call says is known of the client's address.

use palisade::decision::Signals;
use palisade::intelligence::{AsnType, Country, Flag, Reputation, Score};
use palisade::signals::Flags;

/// What is known of the address; without any of these, nothing is.
#[derive(Debug, clap::Args)]
pub(super) struct Known {
    /// What the provider says of the address: vpn,hosting. All other flags are denied; an empty text denies all
    #[arg(long, value_name = "FLAGS", value_parser = flags)]
    signals: Option<Flags>,
    /// The provider's own score, 0 to 100
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=100))]
    score: Option<u8>,
    /// The number of the autonomous system
    #[arg(long, value_name = "NUMBER")]
    asn: Option<u32>,
    /// The type of the network: isp, hosting, business, education, government, mobile
    #[arg(long, value_name = "TYPE", value_parser = asn_type)]
    asn_type: Option<AsnType>,
    /// The two-letter code of the country
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<Country>,
}

fn flags(text: &str) -> Result<Flags, String> {
    let mut flags = Flags::default();
    for flag in Flag::ALL {
        flags.put(flag, Some(false));
    }
    for name in text.split(',').filter(|name| !name.is_empty()) {
        let flag = Flag::from_name(name.trim()).ok_or_else(|| {
            let known: Vec<&str> = Flag::ALL.into_iter().map(Flag::name).collect();
            format!("{name:?} is none; expected some of {}", known.join(", "))
        })?;
        flags.put(flag, Some(true));
    }
    Ok(flags)
}

fn asn_type(text: &str) -> Result<AsnType, String> {
    let known = || AsnType::ALL.map(AsnType::name).join(", ");
    AsnType::from_name(text).ok_or_else(|| format!("expected one of {}", known()))
}

fn country(text: &str) -> Result<Country, String> {
    Country::parse(text).ok_or_else(|| "expected two letters, such as DE".to_owned())
}

impl Known {
    /// What the provider's answer would say; `None` where the call says nothing.
    pub(super) fn reputation(&self) -> Option<Reputation> {
        let mut reputation = Reputation {
            flags: self.signals.unwrap_or_default(),
            score: self.score.map(|score| Score::clamped(score.into())),
            ..Reputation::NOTHING
        };
        reputation.network.asn = self.asn.and_then(|asn| asn.try_into().ok());
        reputation.network.asn_type = self.asn_type;
        reputation.network.country = self.country;
        (reputation != Reputation::NOTHING).then_some(reputation)
    }
}

/// The signals that hold and the numbers, as they read.
pub(super) fn said(signals: &Signals) -> String {
    let mut said: Vec<String> = signals.held().map(|fact| fact.name().to_owned()).collect();
    let network = &signals.reputation.network;
    said.extend(network.asn.map(|asn| format!("asn {asn}")));
    said.extend(
        network
            .asn_type
            .map(|kind| format!("asn_type {}", kind.name())),
    );
    said.extend(
        network
            .country
            .map(|country| format!("country {}", country.as_str())),
    );
    match said.is_empty() {
        true => "none".to_owned(),
        false => said.join(", "),
    }
}
