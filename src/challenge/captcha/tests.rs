mod answers;
mod requests;
mod services;
mod tokens;

use std::time::Duration;

use super::*;
use crate::json::{self, Json, Mistake};

/// 2026-03-01T12:30:05Z
const SOLVED: Time = Time::from_secs(1_772_368_205);

fn now() -> Time {
    SOLVED.plus(Duration::from_secs(10))
}

/// The service of this table.
fn service(table: &str) -> Result<Service, Vec<Mistake>> {
    let tree = Json::parse(table.as_bytes()).expect("JSON");
    let raw: RawService = json::read(&tree).expect("a service");
    let mut mistakes = Mistakes::new(&tree);
    let service = Service::compile(raw, &Place::Top, &mut mistakes);
    mistakes.unless_any(service)
}

fn site(service: Service, settings: Settings) -> Result<Captcha, Vec<Mistake>> {
    let mut mistakes = Mistakes::new(&Json::Null);
    let captcha = Captcha::new(service, settings, &Place::Top, &mut mistakes);
    mistakes.unless_any(captcha)
}

/// What every service is content with, on example.com and below it.
fn settings(preset: &str) -> Settings {
    let tells_action = matches!(preset, "turnstile" | "recaptcha_v3");
    Settings {
        secret: Some(ApiKey::parse("geheim").expect("a key")),
        site_key: Some(SiteKey::parse("site-key").expect("a site key")),
        hostnames: ["example.com", "*.example.com"]
            .map(|host| HostPattern::new(host).expect("a host"))
            .to_vec(),
        action: tells_action.then(|| "login".to_owned()),
        min_score: (preset == "recaptcha_v3").then_some(500),
        max_age: Captcha::DEFAULT_MAX_AGE,
        ..Settings::default()
    }
}

fn captcha(preset: &str) -> Captcha {
    let service = Service::preset(preset).expect("a preset");
    site(service, settings(preset)).expect("a captcha")
}

/// What the service documents for a solved captcha.
fn success(preset: &str) -> String {
    let answer = match preset {
        "turnstile" => {
            r#"{"success":true,"challenge_ts":"2026-03-01T12:30:05.123Z","hostname":"example.com","error-codes":[],"action":"login","cdata":"sessionid-123456789","metadata":{"ephemeral_id":"x:9f78e0ed210960d7693b167e"}}"#
        }
        "hcaptcha" => {
            r#"{"success":true,"challenge_ts":"2026-03-01T12:30:05.000000Z","hostname":"example.com","credit":true}"#
        }
        "recaptcha_v2" => {
            "{\n  \"success\": true,\n  \"challenge_ts\": \"2026-03-01T12:30:05Z\",\n  \"hostname\": \"example.com\"\n}"
        }
        "recaptcha_v3" => {
            "{\n  \"success\": true,\n  \"challenge_ts\": \"2026-03-01T12:30:05Z\",\n  \"hostname\": \"example.com\",\n  \"score\": 0.9,\n  \"action\": \"login\"\n}"
        }
        _ => {
            r#"{"success":true,"data":{"event_id":"ev_1","challenge":{"timestamp":"2026-03-01T12:30:05Z","origin":"https://example.com"}}}"#
        }
    };
    answer.to_owned()
}

fn assessment(captcha: &Captcha, status: u16, body: &[u8]) -> Result<Passed, Failure> {
    let response = Response {
        status: Some(status),
        retry_after: None,
        body: Body::Whole(body),
    };
    captcha.judge(Some(response), now())
}
