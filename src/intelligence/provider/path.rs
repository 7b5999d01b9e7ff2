//! Dotted paths into an answer.

use std::str::FromStr;

use crate::json::{Json, MAX_READ};

/// A parsed path: `privacy.vpn`, `tunnels[].type`, `results[0].score`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPath(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// The value of a key, whatever its case.
    Key(String),
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
            "a dotted path such as privacy.vpn, tunnels[].type or results[0].score";
        let mut segments = Vec::new();
        for step in text.split('.') {
            let (key, brackets) = match step.split_once('[') {
                Some((key, brackets)) => (key, Some(brackets)),
                None => (step, None),
            };
            if key.trim() != key || key.is_empty() || key.contains(']') {
                return Err(format!("expected {EXPECTED}, not {text:?}"));
            }
            segments.push(Segment::Key(key.to_owned()));
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
