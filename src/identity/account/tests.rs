mod bodies;
mod sources;

use super::testing::{Outcome, text};
use super::*;
use crate::address::HeaderName;
use crate::message::serialise;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");

fn block(lines: &[(&str, &str)]) -> HeaderBlock {
    HeaderBlock::new(serialise(
        lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
    ))
}

fn sources(sources: &[AccountSource]) -> AccountSources {
    AccountSources::new(sources.to_vec(), Normalisation::default())
}

fn form(name: &str) -> AccountSource {
    AccountSource::Form(FieldName::new(name))
}

fn json(pointer: &str) -> AccountSource {
    AccountSource::Json(pointer.parse().unwrap())
}

fn query(name: &str) -> AccountSource {
    AccountSource::Query(FieldName::new(name))
}

fn header(name: &str) -> AccountSource {
    AccountSource::Header(HeaderName::new(name).unwrap())
}

fn need(of: &[AccountSource], lines: &[(&str, &str)]) -> BodyNeed {
    sources(of).read_head(&block(lines)).body()
}

fn concluded(of: &[AccountSource], lines: &[(&str, &str)], body: BodyBytes<'_>) -> Outcome {
    let sources = sources(of);
    text(sources.read_head(&block(lines)).conclude(&sources, body))
}

fn bob() -> Outcome {
    Ok("bob".to_owned())
}
