//! Conditions, as they are written.

use crate::config::text::{AsnText, CountryText, Text};
use crate::decision::{NumberRange, ScaleRange};
use crate::fingerprint::Ja4Pattern;
use crate::json::{FromJson, Json, Mistakes, Node, one_of};
use crate::signals::{Measure, Membership, Scale};

/// A condition: the name of a signal, or an object whose parts must all hold.
#[derive(Clone, Debug)]
pub enum RawCondition {
    /// Nothing is asked.
    Always,
    /// The name of a fact.
    Fact(String),
    /// All parts hold.
    All(Vec<RawCondition>),
    /// At least one part holds.
    Any(Vec<RawCondition>),
    /// The part does not hold.
    Not(Box<RawCondition>),
    /// The number is in the range.
    Within(Measure, NumberRange),
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
    /// The TLS fingerprint is one of these.
    Ja4(Vec<Text<Ja4Pattern>>),
}

impl RawCondition {
    /// Whether it holds whatever is known.
    pub(in crate::config) const fn is_always(&self) -> bool {
        matches!(self, Self::Always)
    }
}

/// What holds whatever is known.
pub(in crate::config) const ALWAYS: &str = "always";

/// What conditions are combined by.
const WORDS: [&str; 3] = ["any", "all", "not"];

/// The names of all parts of a condition.
fn parts() -> Vec<&'static str> {
    let measures = Measure::ALL.map(Measure::name);
    let memberships = Membership::ALL.map(Membership::name);
    [&WORDS[..], &measures, &memberships].concat()
}

impl FromJson for RawCondition {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let fields = match node.value {
            Json::Text(name) if name == ALWAYS => return Some(Self::Always),
            Json::Text(name) => return Some(Self::Fact(name.clone())),
            Json::Object(fields) => fields,
            _ => {
                let object = one_of(&parts());
                return node.expected_word(
                    &format!("the name of a signal such as \"tor\", or an object with {object}"),
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
    match name {
        "any" => return Vec::from_json(node, mistakes).map(RawCondition::Any),
        "all" => return Vec::from_json(node, mistakes).map(RawCondition::All),
        "not" => return Box::from_json(node, mistakes).map(RawCondition::Not),
        _ => {}
    }
    if let Some(measure) = Measure::from_name(name) {
        let range = match measure.scale() {
            Scale::Hundred => Text::<ScaleRange>::from_json(node, mistakes)?.0.into(),
            Scale::Open => Text::from_json(node, mistakes)?.0,
        };
        return Some(RawCondition::Within(measure, range));
    }
    let Some(membership) = Membership::from_name(name) else {
        node.unknown(name, &parts(), mistakes);
        return None;
    };
    Some(match membership {
        Membership::Asn => RawCondition::Asn(FromJson::from_json(node, mistakes)?),
        Membership::AsnType => RawCondition::AsnType(FromJson::from_json(node, mistakes)?),
        Membership::Connection => RawCondition::Connection(FromJson::from_json(node, mistakes)?),
        Membership::Country => RawCondition::Country(FromJson::from_json(node, mistakes)?),
        Membership::List => RawCondition::List(FromJson::from_json(node, mistakes)?),
        Membership::Ja4 => RawCondition::Ja4(FromJson::from_json(node, mistakes)?),
    })
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawCondition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        use crate::intelligence::{AsnType, Connection};
        use crate::signals::Fact;
        use serde_json::{Map, Value, json};

        let this = generator.subschema_for::<Self>();
        let mut parts = Map::new();
        let several = |items: Value| json!({ "type": "array", "minItems": 1, "items": items });
        let mut part = |name: &str, mut schema: Value, description: &str| {
            if let Some(fields) = schema.as_object_mut() {
                fields.insert("description".to_owned(), description.into());
            }
            parts.insert(name.to_owned(), schema);
        };
        part("any", several(json!(this)), "At least one of these holds.");
        part("all", several(json!(this)), "All of these hold.");
        part(
            "not",
            json!({ "allOf": [this] }),
            "This is known not to hold.",
        );
        for measure in Measure::ALL {
            let range = match measure.scale() {
                Scale::Hundred => generator.subschema_for::<Text<ScaleRange>>(),
                Scale::Open => generator.subschema_for::<Text<NumberRange>>(),
            };
            let range = json!({ "allOf": [range] });
            part(measure.name(), range, measure.sentence());
        }
        for membership in Membership::ALL {
            let schema = match membership {
                Membership::Asn => several(json!(generator.subschema_for::<AsnText>())),
                Membership::AsnType => several(json!({ "enum": AsnType::ALL.map(AsnType::name) })),
                Membership::Connection => {
                    several(json!({ "enum": Connection::ALL.map(Connection::name) }))
                }
                Membership::Country => {
                    several(json!(generator.subschema_for::<Text<CountryText>>()))
                }
                Membership::List => json!({ "type": "string" }),
                Membership::Ja4 => several(json!(generator.subschema_for::<Text<Ja4Pattern>>())),
            };
            part(membership.name(), schema, membership.sentence());
        }
        let facts = [&[ALWAYS][..], &Fact::ALL.map(Fact::name)].concat();
        schemars::json_schema!({
            "description": "The name of a signal, the word always, or an object whose parts must all hold",
            "anyOf": [
                { "type": "string", "enum": facts },
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": false,
                    "properties": parts,
                },
            ],
        })
    }
}
