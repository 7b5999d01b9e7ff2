//! What a browser does with a challenge.

use super::{Response, text};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A cookie that is set, as a browser sends it back.
pub fn cookie(response: &Response, name: &str) -> Option<String> {
    let lines = response
        .headers
        .iter()
        .filter(|(key, _)| key == "set-cookie");
    let mut lines = lines.map(|(_, value)| text(value));
    lines
        .find(|line| line.starts_with(&format!("{name}=")))
        .and_then(|line| line.split(';').next().map(str::to_owned))
}

/// The value of an attribute `data-...` of the page.
pub fn data(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("data-{name}=\""))
        .unwrap_or_else(|| panic!("no data-{name} in {page}"));
    let (value, _) = rest.split_once('"').expect("its end");
    value.replace("&#34;", "\"").replace("&amp;", "&")
}

/// The challenge in a page or in JSON.
pub fn challenge(response: &Response) -> Value {
    let kind = response.header("content-type").unwrap_or_default();
    if kind.starts_with("text/html") {
        serde_json::from_str(&data(&response.text(), "challenge")).expect("JSON")
    } else {
        response.json()["altcha"].clone()
    }
}

/// The payload that solves a challenge.
pub fn solve(challenge: &Value) -> String {
    use base64::Engine as _;
    let text = |name: &str| challenge[name].as_str().expect(name).to_owned();
    let (salt, wanted) = (text("salt"), text("challenge"));
    let most = challenge["maxnumber"].as_u64().expect("a number");
    let number = (0..=most)
        .find(|number| {
            let digest = Sha256::digest(format!("{salt}{number}"));
            digest
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                == wanted
        })
        .expect("a solution");
    let payload = json!({
        "algorithm": text("algorithm"),
        "challenge": wanted,
        "number": number,
        "salt": salt,
        "signature": text("signature"),
        "took": 1,
    });
    base64::engine::general_purpose::STANDARD.encode(payload.to_string())
}
