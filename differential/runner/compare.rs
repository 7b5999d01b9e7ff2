//! Whether a framework and the filter read the same.

use serde_json::Value;

use super::connection::Said;
use super::filter::Reading;
use super::place::{Case, Place};
use super::request;

/// What a framework reads and the filter does not.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    /// By which idiom.
    pub(crate) idiom: String,
    /// What it reads.
    pub(crate) read: Vec<u8>,
    /// What the filter says.
    pub(crate) said: String,
}

/// How a request was read.
pub(crate) enum Verdict {
    /// The same by both. Whether the framework reads anything at all.
    Equal {
        reads: bool,
    },
    /// The filter refuses.
    Refused,
    /// Envoy or the framework refuses.
    Rejected,
    Different(Vec<Difference>),
}

/// Compares what both say.
pub(crate) fn compare(case: &Case, readings: &[Reading], said: &Said) -> Verdict {
    let Said::Answer(answer) = said else {
        return Verdict::Rejected;
    };
    let texts = texts(case, answer);
    let mut differences = Vec::new();
    let mut reads = false;
    let mut refused = false;
    for reading in readings {
        refused |= matches!(reading, Reading::Refused(_));
        for (idiom, text) in &texts {
            // What a container takes for its own session is no account.
            if idiom.starts_with("session ") && !matches!(reading, Reading::Sessions(_)) {
                continue;
            }
            let Some(same) = reading.includes(case.place, text) else {
                continue;
            };
            reads = true;
            if !same {
                differences.push(Difference {
                    idiom: (*idiom).clone(),
                    read: text.clone(),
                    said: reading.shown(),
                });
            }
        }
    }
    if !differences.is_empty() {
        Verdict::Different(differences)
    } else if refused {
        Verdict::Refused
    } else {
        Verdict::Equal { reads }
    }
}

/// Every text that the framework reads, by the idioms that matter here.
fn texts<'a>(case: &Case, answer: &'a Value) -> Vec<(&'a String, Vec<u8>)> {
    let Some(answer) = answer.as_object() else {
        return Vec::new();
    };
    if case.place == Place::Route {
        let route = answer.get_key_value("route");
        let text = route.and_then(|(key, value)| Some((key, value.as_str()?.as_bytes().to_vec())));
        return text.into_iter().collect();
    }
    let mut all = Vec::new();
    for (key, values) in answer {
        let idiom = key.split(' ').next().unwrap_or_default();
        let (place, field) = idiom.split_once('.').unwrap_or((idiom, ""));
        let fits = match case.place {
            Place::Cookie => matches!(idiom, "cookie.sid" | "session"),
            Place::Basic | Place::Bearer | Place::Segment => case.place.keys().contains(&idiom),
            // Whoever reads the body as well does not have the account in the query alone.
            Place::Query if place == "any" && case.request.body.is_some() => false,
            _ => case.place.keys().contains(&place) && field == case.field.key(),
        };
        if fits {
            let texts = values
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(request::bytes);
            all.extend(texts.map(|text| (key, text)));
        }
    }
    all
}
