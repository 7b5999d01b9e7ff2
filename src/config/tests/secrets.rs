//! No mistake shows what may be a key.

use serde_json::{Value, json};

use super::{load_tree, with_api};

/// The mistakes of a provider of one's own, with a key that an operator wrote into it.
fn told(request: Value) -> String {
    let provider = json!({ "preset": "ipasis", "request": request });
    let errors = load_tree(&with_api(json!({ "provider": provider })));
    errors.map(|_| ()).expect_err("refused").to_string()
}

#[test]
fn a_key_that_was_written_into_the_request_is_not_shown() {
    for request in [
        json!({ "path": "/json/{ip}?key=geheim geheim" }),
        json!({ "path": "/json/{ip}?key={geheim" }),
        json!({ "path": "/json/{ip}?key={geheim}" }),
        json!({ "path": "/json/{ip}?key=geheim}" }),
        json!({ "path": "json/{ip}?key=geheim" }),
        json!({ "headers": { "x-api-key": "{geheim" } }),
        json!({ "headers": { "authorization": "Bearer {geheim}" } }),
        json!({ "headers": { "authorization": "Bearer geheim}" } }),
        json!({ "headers": { "authorization": "Bearer geheim\n" } }),
        json!({ "headers": { "x-api-key": ["geheim"] } }),
        json!({ "headers": { "x-token": { "value": "geheim" } } }),
        json!({ "headers": ["x-api-key: geheim"] }),
        json!({ "key": "geheim" }),
        json!({ "authority": "user:geheim@api.example.net" }),
    ] {
        let told = told(request.clone());
        assert!(told.contains("intelligence.provider.request"), "{told}");
        assert!(!told.contains("geheim"), "{request}: {told}");
    }
}

#[test]
fn a_key_that_was_written_elsewhere_is_not_shown() {
    for change in [
        json!({ "api_key": "geheim" }),
        json!({ "api_key_env": "geheim" }),
        json!({ "api_key_env": ["geheim"] }),
        json!({ "provider": { "preset": "ipasis", "api_key": "geheim" } }),
        json!({ "provider": { "preset": "ipasis", "success": { "path": "a", "key_words": "geheim" } } }),
    ] {
        let errors = load_tree(&with_api(change.clone())).map(|_| ());
        let told = errors.expect_err("refused").to_string();
        assert!(!told.contains("geheim"), "{change}: {told}");
    }
}
