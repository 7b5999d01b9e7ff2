//! A service's answer of any bytes passes only if it says so, and whatever a request holds, a token is one that may be sent.
#![no_main]

use palisade::challenge::captcha::{Captcha, PRESET_NAMES, Service, Settings, SiteKey, TOKEN_HEADER};
use palisade::identity::account::BodyBytes;
use palisade::intelligence::provider::{ApiKey, Body, Response};
use palisade::message::{HeaderBlock, serialise};
use palisade::route::HostPattern;
use palisade::time::Time;

fn captcha(preset: &str) -> Captcha {
    let settings = Settings {
        secret: ApiKey::parse("secret").ok(),
        site_key: SiteKey::parse("site").ok(),
        hostnames: HostPattern::new("a.de").into_iter().collect(),
        action: matches!(preset, "turnstile" | "recaptcha_v3").then(|| "a".to_owned()),
        min_score: (preset == "recaptcha_v3").then_some(500),
        max_age: Captcha::DEFAULT_MAX_AGE,
        ..Settings::default()
    };
    Captcha::new(Service::preset(preset).expect("a preset"), settings).expect("a captcha")
}

// The bytes are the answer; and the first line is a content type, the rest a body, a header and a cookie.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let (kind, body) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    for preset in PRESET_NAMES {
        let captcha = captcha(preset);
        let response = Response { status: Some(200), retry_after: None, body: Body::Whole(bytes) };
        if captcha.judge(Some(response), Time::from_secs(1_772_368_205)).is_ok() {
            let answer: serde_json::Value = serde_json::from_slice(bytes).expect("it was read");
            assert_eq!(answer["success"], true);
            let host = answer.pointer("/data/challenge/origin").or(answer.get("hostname"));
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
