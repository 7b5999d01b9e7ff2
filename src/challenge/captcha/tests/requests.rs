use super::*;
use crate::message::serialise;

fn token(captcha: &Captcha, text: &str) -> Token {
    let head = [(TOKEN_HEADER.as_bytes(), text.as_bytes())];
    let head = HeaderBlock::new(serialise(head.into_iter()));
    let token = captcha.token(captcha.read_head(&head), BodyBytes::Absent);
    token.expect("no failure").expect("a token")
}

fn client() -> IpAddr {
    "::ffff:192.0.2.7".parse().expect("an address")
}

#[test]
fn every_service_is_asked_as_it_documents() {
    let form = ("content-type", "application/x-www-form-urlencoded");
    let json = ("content-type", "application/json");
    let accept = ("accept", "application/json");
    let key = ("x-api-key", "geheim");
    let google = "response=t%2B%2F%3D&secret=geheim";
    for (preset, authority, path, headers, body) in [
        (
            "turnstile",
            "challenges.cloudflare.com",
            "/turnstile/v0/siteverify",
            vec![form, accept],
            google,
        ),
        (
            "hcaptcha",
            "api.hcaptcha.com",
            "/siteverify",
            vec![form, accept],
            "response=t%2B%2F%3D&secret=geheim&sitekey=site-key",
        ),
        (
            "recaptcha_v2",
            "www.google.com",
            "/recaptcha/api/siteverify",
            vec![form, accept],
            google,
        ),
        (
            "recaptcha_v3",
            "www.google.com",
            "/recaptcha/api/siteverify",
            vec![form, accept],
            google,
        ),
        (
            "friendly_captcha",
            "global.frcapi.com",
            "/api/v2/captcha/siteverify",
            vec![json, accept, key],
            r#"{"response":"t+/=","sitekey":"site-key"}"#,
        ),
    ] {
        let captcha = captcha(preset);
        let request = captcha.request(&token(&captcha, "t+/="), Some(client()));
        assert_eq!(request.method, "POST");
        assert_eq!((&*request.authority, &*request.path), (authority, path));
        let sent: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(sent, headers, "{preset}");
        assert_eq!(String::from_utf8_lossy(&request.body), body, "{preset}");
    }
}

#[test]
fn the_clients_address_is_sent_only_when_the_operator_says_so() {
    let with = |send_client_address| {
        let settings = Settings {
            send_client_address,
            ..settings("turnstile")
        };
        let service = Service::preset("turnstile").expect("a preset");
        let captcha = site(service, settings).expect("a captcha");
        captcha.request(&token(&captcha, "t"), Some(client())).body
    };
    assert_eq!(with(false), b"response=t&secret=geheim");
    assert_eq!(with(true), b"remoteip=192.0.2.7&response=t&secret=geheim");
}

#[test]
fn neither_secret_nor_token_is_shown() {
    for preset in PRESET_NAMES {
        let captcha = captcha(preset);
        let token = token(&captcha, "tokentoken");
        let request = captcha.request(&token, Some(client()));
        let shown = format!("{captcha:?} {token:?} {request:?}");
        assert!(
            !shown.contains("geheim") && !shown.contains("tokentoken"),
            "{shown}"
        );
    }
}

#[test]
fn a_service_of_ones_own_is_asked_by_its_own_table() {
    let service = service(
        r#"{ "request": { "authority": "captcha.example:8443", "path": "/{site_key}/verify",
             "headers": { "Authorization": "Bearer {secret}" }, "encoding": "json",
             "fields": { "token": "v1:{token}", "address": "{ip}" } },
             "answer": { "success": "data.ok" }, "field": "my-token" }"#,
    )
    .expect("a service");
    let settings = Settings {
        hostnames: Vec::new(),
        ..settings("none")
    };
    let captcha = site(service, settings).expect("a captcha");
    let request = captcha.request(&token(&captcha, "a\u{7e}b"), Some(client()));
    assert_eq!(request.authority, "captcha.example:8443");
    assert_eq!(request.path, "/site-key/verify");
    let bearer = ("authorization".to_owned(), "Bearer geheim".to_owned());
    assert!(request.headers.contains(&bearer));
    assert_eq!(request.body, br#"{"token":"v1:a~b"}"#);
    assert_eq!(
        assessment(&captcha, 200, br#"{"data":{"ok":true}}"#),
        Ok(Passed { age: None })
    );
    assert!(assessment(&captcha, 200, br#"{"data":{"ok":"true"}}"#).is_err());
    assert!(assessment(&captcha, 200, br#"{"data":[{"ok":true}]}"#).is_err());
}
