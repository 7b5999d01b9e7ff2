//! Dotted paths into an answer.

use std::net::IpAddr;
use std::str::FromStr;

use crate::json::{Json, MAX_READ};

/// A parsed path: `privacy.vpn`, `tunnels[].type`, `results[0].score`, `{ip}.proxy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPath(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// The value of a key, whatever its case.
    Key(String),
    /// The value whose key is an address: only one was asked for, and each API writes it in its own way.
    Address,
    /// One element of a list, counted from 0.
    Element(usize),
    /// Every element of a list.
    EachElement,
}

/// More than any API nests, and a bound on the work of one look-up.
const MAX_SEGMENTS: usize = 16;

impl FieldPath {
    /// Every value that stands at this path: at most one unless the path has `[]`.
    pub(super) fn find<'a>(&self, root: &'a Json) -> Vec<&'a Json> {
        let mut found = vec![root];
        for segment in &self.0 {
            found = match segment {
                Segment::Key(name) => found.into_iter().filter_map(|at| at.get(name)).collect(),
                Segment::Address => found.into_iter().filter_map(of_address).collect(),
                Segment::Element(index) => found
                    .into_iter()
                    .filter_map(|at| elements(at).get(*index))
                    .collect(),
                Segment::EachElement => found
                    .into_iter()
                    .flat_map(elements)
                    .take(MAX_READ)
                    .collect(),
            };
        }
        found
    }
}

fn of_address(value: &Json) -> Option<&Json> {
    let Json::Object(entries) = value else {
        return None;
    };
    let mut entries = entries.iter().take(MAX_READ);
    let own = entries.find(|(key, _)| key.parse::<IpAddr>().is_ok());
    own.map(|(_, value)| value)
}

fn elements(value: &Json) -> &[Json] {
    match value {
        Json::List(elements) => elements,
        _ => &[],
    }
}

impl FromStr for FieldPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "a dotted path such as privacy.vpn, tunnels[].type, results[0].score or {ip}.risk";
        let mut segments = Vec::new();
        for step in text.split('.') {
            let (key, brackets) = match step.split_once('[') {
                Some((key, brackets)) => (key, Some(brackets)),
                None => (step, None),
            };
            // `*` and other braces would be the names of keys that no answer has.
            let is_odd = key.trim() != key || key.is_empty() || key.contains([']', '*', '{', '}']);
            segments.push(match key {
                "{ip}" => Segment::Address,
                _ if is_odd => return Err(format!("expected {EXPECTED}, not {text:?}")),
                key => Segment::Key(key.to_owned()),
            });
            let Some(brackets) = brackets else { continue };
            for index in brackets.split('[') {
                segments.push(match index.strip_suffix(']') {
                    Some("") => Segment::EachElement,
                    Some(index) if index.bytes().all(|byte| byte.is_ascii_digit()) => index
                        .parse()
                        .map(Segment::Element)
                        .map_err(|_| format!("the index {index} in {text:?} is too large"))?,
                    _ => return Err(format!("expected {EXPECTED}, not {text:?}")),
                });
            }
        }
        if segments.len() > MAX_SEGMENTS {
            return Err(format!("expected at most {MAX_SEGMENTS} steps in {text:?}"));
        }
        Ok(Self(segments))
    }
}
