use crate::decision::AgentSignal;
use crate::intelligence::Flag;
use crate::json::{FromJson, Json, Mistakes, Node};

/// Weights, each of a signal that is named once. A field for each signal would be 5 KiB more of the filter.
#[derive(Clone, Debug, Default)]
pub struct RawWeights(pub Vec<(RawWeighed, i16)>);

/// What has a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawWeighed {
    /// What the provider says.
    Flag(Flag),
    /// What a User-Agent says.
    Agent(AgentSignal),
    /// That nothing is known of the address.
    Unknown,
    /// That the client cannot be here so soon after the last login.
    ImpossibleTravel,
    /// The share of logins from its autonomous system that fail.
    AsnFailureRate,
}

const FIELDS: [&str; 20] = [
    "vpn",
    "proxy",
    "tor",
    "relay",
    "residential_proxy",
    "hosting",
    "mobile",
    "abuse",
    "crawler",
    "agent_missing",
    "agent_scripted",
    "agent_headless",
    "agent_impossible",
    "agent_uniform",
    "crawler_claimed",
    "crawler_verified",
    "crawler_unverified",
    "unknown",
    "impossible_travel",
    "asn_failure_rate",
];

impl RawWeights {
    /// The weight that is given, if one is.
    #[must_use]
    pub fn get(&self, weighed: RawWeighed) -> Option<i16> {
        let found = self.0.iter().find(|(each, _)| *each == weighed);
        found.map(|(_, weight)| *weight)
    }
}

impl RawWeighed {
    /// The name of the field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flag(flag) => flag.name(),
            Self::Agent(signal) => signal.name(),
            Self::Unknown => "unknown",
            Self::ImpossibleTravel => "impossible_travel",
            Self::AsnFailureRate => "asn_failure_rate",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let agent = || AgentSignal::from_name(name).map(Self::Agent);
        let others = [Self::Unknown, Self::ImpossibleTravel, Self::AsnFailureRate];
        let other = || others.into_iter().find(|other| other.name() == name);
        let flag = Flag::from_name(name).map(Self::Flag);
        flag.or_else(agent).or_else(other)
    }
}

impl FromJson for RawWeights {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let Json::Object(fields) = node.value else {
            return node.expected("an object of weights such as {\"vpn\": 35}", mistakes);
        };
        let mut weights: Vec<(RawWeighed, i16)> = Vec::new();
        for field in fields {
            let Some(weighed) = RawWeighed::from_name(&field.0) else {
                node.field(field, |node| node.unknown(&field.0, &FIELDS, mistakes));
                continue;
            };
            if weights.iter().any(|(other, _)| *other == weighed) {
                node.repeated(&field.0, mistakes);
                return None;
            }
            let weight = node.field(field, |node| Option::from_json(node, mistakes));
            weights.extend(weight.flatten().map(|weight| (weighed, weight)));
        }
        Some(Self(weights))
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawWeights {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RawWeights".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let described = |name: &str| {
            let mut defaults = crate::decision::Weights::DEFAULT_FLAGS.into_iter();
            let default = defaults.find(|(flag, _)| flag.name() == name);
            let default = default.map_or(0, |(_, weight)| weight);
            match name {
                "mobile" => {
                    format!("Default {default}: many people share the address of a mobile carrier.")
                }
                "impossible_travel" => format!(
                    "Of a login from where nobody can be so soon after the last one (`travel`); default {default}. It counts on routes where the account is looked for, or the session if `travel.subject` says so."
                ),
                "asn_failure_rate" => format!(
                    "What an autonomous system adds whose logins all fail; with a lower rate, as much less. Default {default}. Needs `learned.asn_failures`."
                ),
                "unknown" => format!(
                    "Of an address of which nothing is known; default {default}, and then such an address has no score at all."
                ),
                _ => format!("Default {default}."),
            }
        };
        let field = |name: &str| {
            serde_json::json!({
                "description": described(name),
                "type": ["integer", "null"],
                "minimum": -100,
                "maximum": 100,
            })
        };
        let fields: serde_json::Map<String, serde_json::Value> = FIELDS
            .into_iter()
            .map(|name| (name.to_owned(), field(name)))
            .collect();
        schemars::json_schema!({
            "description": "Weights from -100 to 100.",
            "type": "object",
            "properties": fields,
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_a_weight_under_its_own_name() {
        for name in FIELDS {
            let found = RawWeighed::from_name(name);
            assert_eq!(found.map(RawWeighed::name), Some(name));
        }
        assert_eq!(FIELDS.len(), Flag::ALL.len() + AgentSignal::ALL.len() + 3);
        assert_eq!(RawWeighed::from_name("private"), None);
    }
}
