//! What the filter itself has written of a request into a line.

use std::collections::BTreeMap;

use palisade::intelligence::{Asn, AsnType, Country, Knowledge, Reputation, UnknownReason};
use palisade::request::{Item, read_dictionary};

use super::table::all_but;

/// What the filter state and the context of a request say, by their keys.
#[derive(Clone, Debug, Default)]
pub(in crate::replay) struct Recorded(BTreeMap<String, Item>);

impl Recorded {
    /// What these say; `None` where neither does. What only filter state says no client can write.
    pub(in crate::replay) fn read(state: Option<&str>, context: Option<&str>) -> Option<Self> {
        let members = |text: Option<&str>| read_dictionary(text.unwrap_or_default());
        let state = members(state).into_iter();
        state.as_slice().first()?;
        let mut all = BTreeMap::new();
        for (key, item) in state.chain(members(context)) {
            all.entry(key).or_insert(item);
        }
        Some(Self(all))
    }

    /// A text or a token.
    pub(in crate::replay) fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            Item::Bare(text) | Item::Text(text) => Some(text),
            Item::List(_) => None,
        }
    }

    /// The texts of a list.
    pub(in crate::replay) fn list(&self, key: &str) -> &[String] {
        match self.0.get(key) {
            Some(Item::List(texts)) => texts,
            _ => &[],
        }
    }
}

/// What was known of the client; `None` where nothing that is written tells.
pub(in crate::replay) fn reputation(recorded: &Recorded) -> Option<Knowledge> {
    let signals = recorded.list("signals");
    // A context has the reference, and so has a refusal: both say all that is known.
    recorded.text("ref")?;
    let mut found = Reputation::NOTHING;
    let number = |key: &str| recorded.text(key)?.parse().ok();
    found.network.asn = number("asn").and_then(Asn::new);
    found.network.asn_type = recorded.text("asn_type").and_then(AsnType::from_name);
    found.network.country = recorded.text("country").and_then(Country::parse);
    if signals.iter().any(|signal| signal == "unknown") {
        return Some(Knowledge::Lacking(found, UnknownReason::NotAsked));
    }
    found.flags = all_but(signals.iter().map(String::as_str));
    Some(Knowledge::Known(found))
}
