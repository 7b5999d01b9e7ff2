//! A service's answer of any bytes passes only if it says so, and whatever a request holds, a token is one that may be
//! sent.
#![no_main]

use std::sync::LazyLock;

use palisade::callout::{Body, Response};
use palisade::challenge::captcha::{Captcha, PRESET_NAMES, TOKEN_HEADER};
use palisade::identity::account::BodyBytes;
use palisade::message::{HeaderBlock, serialise};
use palisade::time::Time;

fn captcha(preset: &str) -> Captcha {
    let action = matches!(preset, "turnstile" | "recaptcha_v3").then_some("a");
    let min_score = (preset == "recaptcha_v3").then_some(0.5);
    let configuration = serde_json::json!({
        "signing_keys_env": ["KEYS"],
        "captcha": {
            "provider": preset,
            "cluster": "siteverify",
            "site_key": "site",
            "secret_env": "SECRET",
            "hostnames": ["a.de"],
            "action": action,
            "min_score": min_score,
        },
        "routes": [{
            "name": "login", "match": { "path": "/login" }, "rules": [{ "when": "vpn", "then": "challenge" }],
        }],
    });
    let text = configuration.to_string();
    let policy = palisade::config::load(text.as_bytes(), &|_| {
        Some("a-secret-that-may-also-sign-0123456789".to_owned())
    });
    policy
        .expect("a policy")
        .captcha
        .expect("a captcha")
        .captcha
}

// The bytes are the answer; and the first line is a content type, the rest a body, a header and a cookie.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let (kind, body) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    static CAPTCHAS: LazyLock<Vec<Captcha>> =
        LazyLock::new(|| PRESET_NAMES.into_iter().map(captcha).collect());
    for captcha in CAPTCHAS.iter() {
        let response = Response {
            status: Some(200),
            retry_after: None,
            body: Body::Whole(bytes),
        };
        if captcha
            .judge(Some(response), Time::from_secs(1_772_368_205))
            .is_ok()
        {
            let answer: serde_json::Value = serde_json::from_slice(bytes).expect("it was read");
            assert_eq!(answer["success"], true);
            let host = answer
                .pointer("/data/challenge/origin")
                .or(answer.get("hostname"));
            let host = host.and_then(|host| host.as_str()).expect("a host");
            assert!(host.to_ascii_lowercase().contains("a.de"));
        }
        for head in [
            vec![(&b"content-type"[..], kind)],
            vec![(TOKEN_HEADER.as_bytes(), body)],
            vec![(&b"cookie"[..], body)],
        ] {
            let head = HeaderBlock::new(serialise(head.into_iter()));
            let token = captcha.token(captcha.read_head(&head), BodyBytes::Whole(body));
            if let Ok(Some(token)) = token {
                let request = captcha.request(&token, Some([192, 0, 2, 1].into()));
                assert!(request.body.len() < 3 * 8_192 + 256);
            }
        }
    }
});
