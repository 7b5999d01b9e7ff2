use proptest::prelude::*;
use serde_json::json;

use super::{environment, load_tree, route, rule, with, with_api};
use crate::config::load;

#[test]
fn what_is_empty_broken_or_too_deep_is_refused_and_says_so() {
    let problem = |bytes: &[u8]| {
        let errors = load(bytes, &environment).map(|_| ()).expect_err("refused");
        errors.to_string()
    };
    assert!(problem(b"").contains("empty"));
    assert!(problem(b" \n ").contains("empty"));
    assert!(problem(b"{ \"routes\": [").contains("not JSON"));
    assert!(problem(&b"[".repeat(100_000)).contains("JSON"));
    assert!(problem(&b"{\"a\":".repeat(100_000)).contains("JSON"));
    assert!(problem(&[0xff; 1000]).contains("JSON"));
    assert!(
        load(
            b"\n{\"routes\": [{\"name\": \"a\", \"match\": {}}]}",
            &environment
        )
        .is_ok()
    );
}

#[test]
fn a_megabyte_of_garbage_is_refused() {
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..1 << 20)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    let object = |part: &str| format!("{{{}\"z\":0}}", part.repeat((1 << 20) / part.len()));
    for bytes in [
        noise,
        vec![b'\n'; 1 << 20],
        [b'\n', 0].repeat(1 << 19),
        object("\"a\":0,").into_bytes(),
        format!(
            "{{{}\"z\":0}}",
            (0..1 << 16)
                .map(|n| format!("\"a{n}\":0,"))
                .collect::<String>()
        )
        .into_bytes(),
        object("\"routes\":[],").into_bytes(),
        format!("{{\"routes\":[{}0]}}", "0,".repeat(1 << 19)).into_bytes(),
    ] {
        let errors = load(&bytes, &environment).map(|_| ()).expect_err("refused");
        assert!(errors.to_string().len() < 4096, "{errors}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = load(&bytes, &environment);
    }

    #[test]
    fn arbitrary_text_in_every_place_never_panics(text in ".{0,40}", place in 0..9_usize) {
        let tree = match place {
            0 => with(json!({ "mode": text })),
            1 => with(json!({ "lists": [{ "name": text, "cidrs": [text], "asns": [text] }] })),
            2 => route(json!({ "match": { "path": text } })),
            3 => route(json!({ "match": { "path": { "regex": text }, "hosts": [text], "methods": [text] } })),
            4 => rule(json!({ "when": { "score": text }, "then": "deny" })),
            5 => rule(json!({ "when": { "any": [text, { "country": [text] }] }, "then": text })),
            6 => with_api(json!({ "timeout": text, "cluster": text })),
            7 => with_api(json!({ "provider": {
                "request": { "authority": text, "path": text }, "fields": { "vpn": [text] },
            } })),
            _ => with(json!({ "client": { "trusted_proxies": [text], "header": text }, "geoip": { "asn": text } })),
        };
        let _ = load_tree(&tree);
    }
}
