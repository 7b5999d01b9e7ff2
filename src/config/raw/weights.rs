//! The weights of the score, as they are written.

use crate::json::{FromJson, Json, Mistakes, Node};
use crate::signals::Signal;

/// Weights, each of a signal that is named once. A field for each signal would be 5 KiB more of the filter.
#[derive(Clone, Debug, Default)]
pub struct RawWeights(pub Vec<(Signal, i16)>);

impl RawWeights {
    /// The weight that is given, if one is.
    #[must_use]
    pub fn get(&self, signal: Signal) -> Option<i16> {
        let found = self.0.iter().find(|(each, _)| *each == signal);
        found.map(|(_, weight)| *weight)
    }
}

impl FromJson for RawWeights {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let Json::Object(fields) = node.value else {
            return node.expected("an object of weights such as {\"vpn\": 35}", mistakes);
        };
        let mut weights: Vec<(Signal, i16)> = Vec::new();
        for field in fields {
            let Some(signal) = Signal::from_name(&field.0) else {
                let names: Vec<&str> = Signal::weighed().into_iter().map(Signal::name).collect();
                node.field(field, |node| node.unknown(&field.0, &names, mistakes));
                continue;
            };
            if weights.iter().any(|(other, _)| *other == signal) {
                node.repeated(&field.0, mistakes);
                return None;
            }
            let weight = node.field(field, |node| Option::from_json(node, mistakes));
            weights.extend(weight.flatten().map(|weight| (signal, weight)));
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
        let described = |signal: Signal| {
            let default = signal.weight().unwrap_or_default();
            let note = match signal.note() {
                "" => String::new(),
                note => format!(": {note}"),
            };
            format!("{} Default {default}{note}.", signal.sentence())
        };
        let field = |signal: Signal| {
            let schema = serde_json::json!({
                "description": described(signal),
                "type": ["integer", "null"],
                "minimum": -100,
                "maximum": 100,
            });
            (signal.name().to_owned(), schema)
        };
        let fields: serde_json::Map<String, serde_json::Value> =
            Signal::weighed().into_iter().map(field).collect();
        schemars::json_schema!({
            "description": "Weights from -100 to 100.",
            "type": "object",
            "properties": fields,
            "additionalProperties": false,
        })
    }
}
