use crate::config::text::{AsnText, CountryText, Text};
use crate::decision::{AgentSignal, NumberRange, ScaleRange};
use crate::intelligence::Flag;
use crate::json::{FromJson, Json, Mistakes, Node};

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

/// The names of signals that stand for nothing that a provider or a User-Agent says.
const OTHERS: [&str; 3] = ["private", "unknown", "impossible_travel"];

impl RawCondition {
    /// The names of all signals that are conditions by themselves.
    pub fn signals() -> impl Iterator<Item = &'static str> {
        let flags = Flag::ALL.into_iter().map(Flag::name);
        let agents = AgentSignal::ALL.into_iter().map(AgentSignal::name);
        flags.chain(agents).chain(OTHERS)
    }
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

impl FromJson for RawCondition {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let fields = match node.value {
            Json::Text(name) => return Some(Self::Signal(name.clone())),
            Json::Object(fields) => fields,
            _ => {
                return node.expected_word(
                    "the name of a signal such as \"tor\", or an object with any, all, not, score, asn_failure_rate, asn, asn_type, connection, country, list, travel_speed or travel_km",
                    mistakes,
                );
            }
        };
        if fields.is_empty() {
            return node.expected("at least one condition", mistakes);
        }
        let mut parts = Vec::new();
        for field in fields {
            parts.extend(node.field(field, |node| part(&field.0, node, mistakes)));
        }
        if parts.len() > 1 {
            return Some(Self::All(parts));
        }
        parts.pop()
    }
}

/// One of the parts of a condition that must all hold.
fn part(name: &str, node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<RawCondition> {
    Some(match name {
        "any" => RawCondition::Any(FromJson::from_json(node, mistakes)?),
        "all" => RawCondition::All(FromJson::from_json(node, mistakes)?),
        "not" => RawCondition::Not(FromJson::from_json(node, mistakes)?),
        "score" => RawCondition::Score(Text::from_json(node, mistakes)?.0),
        "asn_failure_rate" => RawCondition::AsnFailureRate(Text::from_json(node, mistakes)?.0),
        "asn" => RawCondition::Asn(FromJson::from_json(node, mistakes)?),
        "asn_type" => RawCondition::AsnType(FromJson::from_json(node, mistakes)?),
        "connection" => RawCondition::Connection(FromJson::from_json(node, mistakes)?),
        "country" => RawCondition::Country(FromJson::from_json(node, mistakes)?),
        "list" => RawCondition::List(FromJson::from_json(node, mistakes)?),
        "travel_speed" => RawCondition::TravelSpeed(Text::from_json(node, mistakes)?.0),
        "travel_km" => RawCondition::TravelKm(Text::from_json(node, mistakes)?.0),
        _ => {
            node.unknown(name, FIELDS, mistakes);
            return None;
        }
    })
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
        let signals: Vec<&str> = Self::signals().collect();
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
