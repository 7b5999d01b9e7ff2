use super::*;
use crate::challenge::captcha::{Captcha, PRESET_NAMES, Service, Settings, SiteKey};
use crate::intelligence::provider::ApiKey;
use crate::json::{Json, Mistakes, Place};
use crate::route::HostPattern;

fn captcha(preset: &str) -> Captcha {
    let tells_action = matches!(preset, "turnstile" | "recaptcha_v3");
    let settings = Settings {
        secret: Some(ApiKey::parse("geheim").expect("a key")),
        site_key: Some(SiteKey::parse("0x4AAA_site").expect("a site key")),
        hostnames: vec![HostPattern::new("example.com").expect("a host")],
        action: tells_action.then(|| "login".to_owned()),
        min_score: (preset == "recaptcha_v3").then_some(500),
        max_age: Captcha::DEFAULT_MAX_AGE,
        ..Settings::default()
    };
    let service = Service::preset(preset).expect("a preset");
    let mut mistakes = Mistakes::new(&Json::Null);
    Captcha::new(service, settings, &Place::Top, &mut mistakes).expect("a captcha")
}

fn rendered(captcha: &Captcha, then: Then<'_>, language: Language) -> (Rendered, String) {
    let page = Page {
        language,
        task: Task::Captcha(captcha.widget().expect("a widget")),
        then,
        start: Start::Now,
        lifetime: std::time::Duration::from_secs(600),
        nonce: Nonce::new([9; 16]),
        reference: "ref",
    };
    let rendered = render(&page, &Template::default());
    let html = String::from_utf8(rendered.body.clone()).expect("UTF-8");
    (rendered, html)
}

#[test]
fn a_captcha_loads_from_its_own_service_and_nowhere_else() {
    let nonce = STANDARD.encode([9; 16]);
    let google = "https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/ \
        https://www.gstatic.com/recaptcha/";
    for (preset, sources) in [
        ("turnstile", "https://challenges.cloudflare.com"),
        ("hcaptcha", "https://hcaptcha.com https://*.hcaptcha.com"),
        ("recaptcha_v2", google),
        ("recaptcha_v3", google),
        (
            "friendly_captcha",
            "https://cdn.jsdelivr.net/npm/@friendlycaptcha/ https://*.frcapi.com",
        ),
    ] {
        let (page, html) = rendered(&captcha(preset), Then::Reload, Language::English);
        assert_eq!(
            header(&page, "content-security-policy"),
            format!(
                "default-src 'none'; script-src 'nonce-{nonce}' {sources}; style-src 'nonce-{nonce}' {sources}; \
                 frame-src {sources}; img-src {sources}; connect-src {sources}; form-action 'none'; base-uri 'none'; \
                 frame-ancestors 'none'"
            )
        );
        assert_eq!(header(&page, "cache-control"), "no-store");
        assert_eq!(
            header(&page, "referrer-policy"),
            "strict-origin-when-cross-origin"
        );
        assert!(!html.contains(" src=") && !html.contains("href=") && !html.contains("url("));
        assert!(!html.contains("palisade-solver") && !html.contains("geheim"));
        assert!(page.body.len() < 14 * 1_024, "{}", page.body.len());
    }
}

#[test]
fn the_script_is_told_what_its_widget_needs() {
    for preset in PRESET_NAMES {
        let captcha = captcha(preset);
        let (_, html) = rendered(&captcha, Then::Reload, Language::German);
        assert_eq!(attribute(&html, "data-api"), preset);
        assert_eq!(attribute(&html, "data-sitekey"), "0x4AAA_site");
        assert_eq!(attribute(&html, "data-cookie"), TOKEN_COOKIE);
        assert_eq!(attribute(&html, "data-lifetime"), "60");
        assert!(CAPTCHA.contains(&format!("{preset}:")), "{preset}");
        let script = attribute(&html, "data-script");
        if preset == "recaptcha_v3" {
            assert!(script.ends_with("?render=0x4AAA_site&hl=de"), "{script}");
            assert_eq!(attribute(&html, "data-action"), "login");
        }
        assert!(html.contains(Language::German.texts().captcha));
        assert!(!html.contains(Language::German.texts().explanation));
    }
}

#[test]
fn a_form_is_carried_and_a_token_for_later_lives_as_long_as_it_holds() {
    let captcha = captcha("turnstile");
    let form = carried("user=a&cf-turnstile-response=spent");
    let (page, html) = rendered(&captcha, Then::Post(&form), Language::English);
    assert_eq!(html.matches("<input").count(), 2);
    assert!(!html.contains("action=\"/") && html.contains("data-then=\"post\""));
    assert!(!header(&page, "content-security-policy").contains("form-action"));
    let (_, html) = rendered(&captcha, Then::SendAgain, Language::English);
    assert_eq!(attribute(&html, "data-lifetime"), "300");
}
