//! Tests of the providers as a whole, through the public interface.

mod configuration;
mod decoding;
mod domains;
mod fixtures;
mod hostile;
mod outcomes;
mod requests;

use serde_json::{Value, json};

use super::raw::RawProvider;
use super::{Decoded, Invalid, Provider};

/// A provider with these fields and the simplest of requests.
fn with_fields(fields: &Value) -> Provider {
    compile(json!({
        "request": { "authority": "api.example.net", "path": "/{ip}" },
        "fields": fields,
    }))
    .expect("the fields are valid")
}

fn compile(raw: Value) -> Result<Provider, Vec<Invalid>> {
    let raw: RawProvider = serde_json::from_value(raw).expect("the form is valid");
    Provider::compile(raw)
}

fn decode(provider: &Provider, body: &Value) -> Decoded {
    provider
        .decode(body.to_string().as_bytes())
        .expect("an object")
}
