//! Tests of the providers as a whole, through the public interface.

mod configuration;
mod decoding;
mod domains;
mod fixtures;
mod hostile;
mod outcomes;
mod places;
mod requests;

use serde_json::{Value, json};

use super::{Decoded, Provider, RawProvider};
use crate::json::{self, Json, Mistake, Mistakes, Place};

/// A provider with these fields and the simplest of requests.
fn with_fields(fields: &Value) -> Provider {
    compile(json!({
        "request": { "authority": "api.example.net", "path": "/{ip}" },
        "fields": fields,
    }))
    .expect("the fields are valid")
}

fn parsed(raw: &Value) -> Result<RawProvider, Vec<Mistake>> {
    json::read(&Json::parse(raw.to_string().as_bytes()).expect("JSON"))
}

fn compile(raw: Value) -> Result<Provider, Vec<Mistake>> {
    let tree = Json::parse(raw.to_string().as_bytes()).expect("JSON");
    let raw = json::read(&tree).expect("the form is valid");
    let mut mistakes = Mistakes::new(&tree);
    let provider = Provider::compile(raw, &Place::Top, &mut mistakes);
    mistakes.unless_any(provider)
}

fn decode(provider: &Provider, body: &Value) -> Decoded {
    provider
        .decode(body.to_string().as_bytes())
        .expect("an object")
}
