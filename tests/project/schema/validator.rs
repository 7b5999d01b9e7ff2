//! A validator of JSON Schema, as far as ours goes.

use palisade::config::Configuration;
use serde_json::{Map, Value, json};

/// A validator for the keywords that our schema uses. It stops at any other, so that none is taken for met.
pub(crate) struct Schema(pub(crate) Value);

impl Schema {
    pub(crate) fn ours() -> Self {
        Self(schemars::schema_for!(Configuration).to_value())
    }

    pub(crate) fn accepts(&self, value: &Value) -> bool {
        self.valid(&self.0, value)
    }

    fn valid(&self, schema: &Value, value: &Value) -> bool {
        let Value::Object(rules) = schema else {
            return schema == &json!(true);
        };
        rules
            .iter()
            .all(|(keyword, rule)| self.holds(keyword, rule, rules, value))
    }

    fn holds(
        &self,
        keyword: &str,
        rule: &Value,
        rules: &Map<String, Value>,
        value: &Value,
    ) -> bool {
        let text = value.as_str();
        let items = value.as_array();
        let fields = value.as_object();
        let many = || rule.as_array().expect("a list of schemas").iter();
        let bound = |reached: fn(f64, f64) -> bool| {
            value
                .as_f64()
                .is_none_or(|number| reached(number, rule.as_f64().expect("a number")))
        };
        let at_least =
            |length: usize| Some(length) >= rule.as_u64().and_then(|least| least.try_into().ok());
        let at_most = |length: usize| {
            let most = rule.as_u64().and_then(|most| usize::try_from(most).ok());
            most.is_some_and(|most| length <= most)
        };
        match keyword {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => true,
            "$ref" => {
                let place = rule.as_str().expect("a place").trim_start_matches('#');
                self.valid(self.0.pointer(place).expect(place), value)
            }
            "type" => match rule {
                Value::Array(kinds) => kinds.iter().any(|kind| is_a(kind, value)),
                kind => is_a(kind, value),
            },
            "const" => rule == value,
            "enum" => many().any(|allowed| allowed == value),
            "allOf" => many().all(|schema| self.valid(schema, value)),
            "anyOf" => many().any(|schema| self.valid(schema, value)),
            "oneOf" => many().filter(|schema| self.valid(schema, value)).count() == 1,
            "minimum" => bound(|number, least| number >= least),
            "maximum" => bound(|number, most| number <= most),
            "minLength" => text.is_none_or(|text| at_least(text.chars().count())),
            "minItems" => items.is_none_or(|items| at_least(items.len())),
            "maxLength" => text.is_none_or(|text| at_most(text.chars().count())),
            "maxItems" => items.is_none_or(|items| at_most(items.len())),
            "minProperties" => fields.is_none_or(|fields| at_least(fields.len())),
            "pattern" => text.is_none_or(|text| {
                let pattern = rule.as_str().expect("a pattern");
                regex_lite::Regex::new(pattern)
                    .expect(pattern)
                    .is_match(text)
            }),
            "items" => items.is_none_or(|items| items.iter().all(|item| self.valid(rule, item))),
            "required" => fields.is_none_or(|fields| {
                many().all(|name| fields.contains_key(name.as_str().expect("a name")))
            }),
            "properties" => fields.is_none_or(|fields| {
                fields
                    .iter()
                    .all(|(name, field)| rule.get(name).is_none_or(|rule| self.valid(rule, field)))
            }),
            "additionalProperties" => fields.is_none_or(|fields| {
                let known = |name: &String| {
                    rules
                        .get("properties")
                        .is_some_and(|known| known.get(name).is_some())
                };
                fields
                    .iter()
                    .all(|(name, field)| known(name) || self.valid(rule, field))
            }),
            other => panic!("{other} is a new keyword; teach it here"),
        }
    }
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("{other} is a new type; teach it here"),
    }
}
