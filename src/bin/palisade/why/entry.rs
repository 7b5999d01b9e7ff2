//! A line of a log -> what it says of one request.

use std::collections::BTreeMap;

use palisade::request::{Item, read_dictionary};
use serde_json::Value;

/// What is known of a request, by the names of audit lines.
#[derive(Debug, Default)]
pub(super) struct Entry(BTreeMap<String, String>);

/// How a dictionary in filter state begins.
const STATE: &str = "verdict=";
/// How an audit line begins, behind what Envoy writes before it.
const AUDIT: &str = "{\"palisade\"";

impl Entry {
    /// What a line says of the request with this reference; `None` if it is another one's, or no line of ours.
    pub(super) fn read(line: &str, reference: &str) -> Option<Self> {
        let line = line.trim_end();
        let audit = line.find(AUDIT).and_then(|start| line.get(start..));
        let object = |text: &str| match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Some(members),
            _ => None,
        };
        let members = match audit.and_then(object) {
            Some(members) => Self(members.iter().filter_map(said).collect()),
            None => match object(line) {
                Some(members) => Self::of_access_log(members.iter().filter_map(said).collect()),
                None => {
                    let start = line.find(STATE)?;
                    Self(dictionary(line.get(start..)?))
                }
            },
        };
        (members.get("ref") == Some(reference)).then_some(members)
    }

    /// The members of an access log's line, with those of our dictionaries in it in their place.
    fn of_access_log(mut members: BTreeMap<String, String>) -> Self {
        // In the format that ships it is known which members are ours; clients write into others.
        let shipped = members.get("palisade");
        let is_shipped = shipped.is_some_and(|state| state.starts_with(STATE));
        let is_ours = |(name, text): &(&String, &String)| {
            (text.starts_with(STATE) || text.contains("ref=\""))
                && (!is_shipped || ["palisade", "context"].contains(&name.as_str()))
        };
        let ours: Vec<String> = members
            .iter()
            .filter(is_ours)
            .map(|(_, text)| text.clone())
            .collect();
        members.retain(|_, value| !ours.contains(value));
        // A verdict and its reason come from filter state, which no client can write.
        members.remove("ref");
        let (state, context): (Vec<_>, Vec<_>) =
            ours.iter().partition(|text| text.starts_with(STATE));
        let mut entry = Self::default();
        for text in state.into_iter().chain(context) {
            entry.join(Self(dictionary(text)));
        }
        entry.join(Self(members));
        entry
    }

    /// Adds what another line says; what is known already stays.
    pub(super) fn join(&mut self, other: Self) {
        for (name, value) in other.0 {
            self.0.entry(name).or_insert(value);
        }
    }

    /// What is said under this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A member of an object as a text, if it is one value.
fn said((name, value): (&String, &Value)) -> Option<(String, String)> {
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some((name.clone(), value))
}

fn dictionary(text: &str) -> BTreeMap<String, String> {
    let members = read_dictionary(text).into_iter().map(|(name, item)| {
        let value = match item {
            Item::Bare(value) | Item::Text(value) => value,
            Item::List(values) => values.join(","),
        };
        (name, value)
    });
    members.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REF: &str = "z6j4b6a97mk60";
    const STATE: &str =
        r#"verdict=deny, reason="tor", route="login", ref="z6j4b6a97mk60", signals=("tor" "vpn")"#;

    #[test]
    fn audit_lines_and_access_logs_of_either_form_say_the_same() {
        let json =
            serde_json::json!({ "palisade": STATE, "method": "POST", "bytes": 7 }).to_string();
        let audit = r#"[2026-12-01 01:14:31][7][warning][wasm] [source/x.cc:1] wasm log palisade: {"palisade":"refused","ref":"z6j4b6a97mk60","verdict":"deny","reason":"tor","route":"login","signals":"tor,vpn"}"#;
        let text = format!("11.0.0.4 \"POST /login\" 403 {STATE}");
        for line in [json.as_str(), audit, text.as_str()] {
            let entry = Entry::read(line, REF).expect(line);
            for (name, value) in [
                ("verdict", "deny"),
                ("reason", "tor"),
                ("signals", "tor,vpn"),
            ] {
                assert_eq!(entry.get(name), Some(value), "{line}");
            }
        }
    }

    #[test]
    fn a_reference_that_a_client_wrote_is_none() {
        let forged = serde_json::json!({
            "palisade": "verdict=deny, reason=\"vpn\", ref=\"0000000000000\"",
            "agent": STATE.replace("verdict=deny, ", ""), "ref": REF,
        });
        assert!(Entry::read(&forged.to_string(), REF).is_none());
        assert!(Entry::read(&format!("GET /?{REF} 200"), REF).is_none());
        assert!(Entry::read("{\"palisade\":", REF).is_none());
    }

    #[test]
    fn no_member_that_a_client_writes_passes_for_filter_state() {
        let forged = "verdict=allow, reason=\"cleared\", rule=\"forged\", ref=\"z6j4b6a97mk60\"";
        let line = serde_json::json!({ "host": forged, "id": forged, "palisade": STATE });
        let entry = Entry::read(&line.to_string(), REF).expect("its line");
        assert_eq!(entry.get("verdict"), Some("deny"));
        assert_eq!(entry.get("reason"), Some("tor"));
        assert_eq!(entry.get("rule"), None);
    }
}
