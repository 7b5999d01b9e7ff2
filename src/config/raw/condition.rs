use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::config::text::{AsnText, CountryText, Text};
use crate::decision::{NumberRange, ScaleRange};

/// A condition: the name of a signal, or an object whose parts must all hold.
#[derive(Clone, Debug)]
pub enum RawCondition {
    /// A flag, what a User-Agent says, `private`, `unknown` or `impossible_travel`.
    Signal(String),
    /// All parts hold.
    All(Vec<RawCondition>),
    /// At least one part holds.
    Any(Vec<RawCondition>),
    /// The part does not hold.
    Not(Box<RawCondition>),
    /// The score is in the range.
    Score(ScaleRange),
    /// The share of logins from the network that fail is in the range.
    AsnFailureRate(ScaleRange),
    /// The network is one of these.
    Asn(Vec<AsnText>),
    /// The network's type is one of these.
    AsnType(Vec<String>),
    /// One of these connects the client to the Internet.
    Connection(Vec<String>),
    /// The country is one of these.
    Country(Vec<Text<CountryText>>),
    /// The client is on this list.
    List(String),
    /// The least speed since the last successful login is in the range.
    TravelSpeed(NumberRange),
    /// The distance from the last successful login is in the range.
    TravelKm(NumberRange),
}

const FIELDS: &[&str] = &[
    "any",
    "all",
    "not",
    "score",
    "asn_failure_rate",
    "asn",
    "asn_type",
    "connection",
    "country",
    "list",
    "travel_speed",
    "travel_km",
];

impl<'de> Deserialize<'de> for RawCondition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = RawCondition;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "the name of a signal such as \"tor\", or an object with any, all, not, score, asn_failure_rate, asn, asn_type, connection, country, list, travel_speed or travel_km",
                )
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<RawCondition, E> {
                Ok(RawCondition::Signal(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawCondition, A::Error> {
                let mut parts = Vec::new();
                while let Some(field) = map.next_key::<String>()? {
                    parts.push(match field.as_str() {
                        "any" => RawCondition::Any(map.next_value()?),
                        "all" => RawCondition::All(map.next_value()?),
                        "not" => RawCondition::Not(Box::new(map.next_value()?)),
                        "score" => RawCondition::Score(map.next_value::<Text<_>>()?.0),
                        "asn_failure_rate" => {
                            RawCondition::AsnFailureRate(map.next_value::<Text<_>>()?.0)
                        }
                        "asn" => RawCondition::Asn(map.next_value()?),
                        "asn_type" => RawCondition::AsnType(map.next_value()?),
                        "connection" => RawCondition::Connection(map.next_value()?),
                        "country" => RawCondition::Country(map.next_value()?),
                        "list" => RawCondition::List(map.next_value()?),
                        "travel_speed" => RawCondition::TravelSpeed(map.next_value::<Text<_>>()?.0),
                        "travel_km" => RawCondition::TravelKm(map.next_value::<Text<_>>()?.0),
                        other => return Err(A::Error::unknown_field(other, FIELDS)),
                    });
                }
                match parts.len() {
                    0 => Err(A::Error::custom("expected at least one condition")),
                    1 => parts
                        .pop()
                        .ok_or_else(|| A::Error::custom("expected a condition")),
                    _ => Ok(RawCondition::All(parts)),
                }
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawCondition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let this = generator.subschema_for::<Self>();
        let numbers = generator.subschema_for::<Text<NumberRange>>();
        let scale = generator.subschema_for::<Text<ScaleRange>>();
        let asn = generator.subschema_for::<AsnText>();
        let country = generator.subschema_for::<Text<CountryText>>();
        let signals: Vec<&str> = crate::intelligence::Flag::ALL
            .into_iter()
            .map(crate::intelligence::Flag::name)
            .chain(["private", "unknown", "impossible_travel"])
            .collect();
        let types: Vec<&str> = crate::intelligence::AsnType::ALL
            .into_iter()
            .map(crate::intelligence::AsnType::name)
            .collect();
        let connections = crate::intelligence::Connection::ALL
            .map(crate::intelligence::Connection::name)
            .to_vec();
        schemars::json_schema!({
            "description": "The name of a signal, or an object whose parts must all hold",
            "anyOf": [
                { "type": "string", "enum": signals },
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": false,
                    "properties": {
                        "any": { "type": "array", "minItems": 1, "items": this, "description": "At least one holds" },
                        "all": { "type": "array", "minItems": 1, "items": this, "description": "All hold" },
                        "not": this,
                        "score": scale,
                        "asn_failure_rate": scale,
                        "asn": { "type": "array", "minItems": 1, "items": asn, "description": "The network is one of these" },
                        "asn_type": { "type": "array", "minItems": 1, "items": { "enum": types }, "description": "The network is of one of these types" },
                        "connection": { "type": "array", "minItems": 1, "items": { "enum": connections }, "description": "One of these connects the client to the Internet" },
                        "country": { "type": "array", "minItems": 1, "items": country, "description": "The client is in one of these countries" },
                        "list": { "type": "string", "description": "The client is on the list of this name, one of `lists`" },
                        "travel_speed": { "allOf": [numbers], "description": "The least speed since the last successful login, in km/h" },
                        "travel_km": { "allOf": [numbers], "description": "The distance from the last successful login, in kilometres" },
                    },
                },
            ],
        })
    }
}
