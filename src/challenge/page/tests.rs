mod captcha;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::challenge::proof::{Randomness, Scope};
use crate::challenge::replay::ReplayLimits;
use crate::challenge::{Difficulty, Network};
use crate::signing::SigningKeys;
use crate::time::Time;

fn issue() -> Challenge {
    Challenge::issue(
        Scope {
            network: Network::Anywhere,
            route: "login",
            substitutes: false,
        },
        Difficulty::default(),
        Duration::from_secs(600),
        Time::from_secs(1_800_000_000),
        Randomness([3; 20]),
        &SigningKeys::derived([7; 16]),
    )
}

fn carried(body: &str) -> Carried {
    let content_type: &[u8] = b"application/x-www-form-urlencoded";
    Carried::read(Some(content_type), body.as_bytes(), ReplayLimits::default()).expect("a form")
}

fn rendered(then: Then<'_>, language: Language, reference: &str) -> (Rendered, String) {
    let challenge = issue();
    let page = Page {
        language,
        task: Task::Work(&challenge),
        then,
        start: Start::Now,
        lifetime: std::time::Duration::from_secs(600),
        nonce: Nonce::new([9; 16]),
        reference,
    };
    let rendered = render(&page, &Template::default());
    let html = String::from_utf8(rendered.body.clone()).expect("UTF-8");
    (rendered, html)
}

fn header(rendered: &Rendered, name: &str) -> String {
    let mut found = rendered.headers.iter().filter(|(own, _)| *own == name);
    let value = found.next().map(|(_, value)| value.to_string());
    assert!(found.next().is_none());
    value.expect(name)
}

/// The value of an attribute as a browser reads it, so far as it is needed here.
fn attribute(html: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let (_, rest) = html.split_once(&start).expect(name);
    let (value, _) = rest.split_once('"').expect(name);
    value
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

#[test]
fn nothing_is_loaded_from_elsewhere_and_only_the_pages_own_script_runs() {
    let (page, html) = rendered(Then::Reload, Language::English, "ref");
    let nonce = STANDARD.encode([9; 16]);
    assert_eq!(
        header(&page, "content-security-policy"),
        format!(
            "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; worker-src blob:; \
             form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        )
    );
    assert!(!html.contains("src=") && !html.contains("href=") && !html.contains("url("));
    assert_eq!(html.matches(&format!("nonce=\"{nonce}\"")).count(), 3);
    assert_eq!(
        html.matches("<script").count() + html.matches("<style").count(),
        3
    );
}

#[test]
fn no_cache_keeps_the_page_and_a_post_keeps_its_origin() {
    let (page, _) = rendered(Then::Post(&carried("a=b")), Language::English, "ref");
    assert_eq!(header(&page, "cache-control"), "no-store");
    assert_eq!(header(&page, "referrer-policy"), "same-origin");
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    // It would also judge where the application redirects to.
    assert!(!header(&page, "content-security-policy").contains("form-action"));
}

#[test]
fn the_page_is_small() {
    let (page, _) = rendered(Then::Reload, Language::German, "ref");
    assert!(page.body.len() < 14 * 1_024, "{}", page.body.len());
}

#[test]
fn the_challenge_stands_in_the_page_as_it_was_issued() {
    let (_, html) = rendered(Then::Reload, Language::English, "ref");
    assert_eq!(attribute(&html, "data-challenge"), issue().json());
}

#[test]
fn a_post_is_repeated_whole_where_it_went_and_a_get_has_no_form() {
    let (_, html) = rendered(
        Then::Post(&carried("user=a&user=b")),
        Language::English,
        "ref",
    );
    assert!(html.contains(
        "<form method=\"post\" enctype=\"application/x-www-form-urlencoded\" accept-charset=\"utf-8\" hidden>"
    ));
    assert!(
        !html.contains("action="),
        "a path such as //evil.example would lead elsewhere"
    );
    assert_eq!(html.matches("<input").count(), 2);
    for (then, name) in [(Then::Reload, "reload"), (Then::SendAgain, "back")] {
        let (_, html) = rendered(then, Language::English, "ref");
        assert!(!html.contains("<form"));
        assert_eq!(attribute(&html, "data-then"), name);
    }
}

#[test]
fn a_page_after_a_refused_solution_waits_to_be_asked() {
    let challenge = issue();
    let start = |start| {
        let page = Page {
            language: Language::English,
            task: Task::Work(&challenge),
            then: Then::Reload,
            start,
            lifetime: std::time::Duration::from_secs(600),
            nonce: Nonce::new([9; 16]),
            reference: "ref",
        };
        let body = render(&page, &Template::default()).body;
        attribute(&String::from_utf8(body).expect("UTF-8"), "data-start")
    };
    assert_eq!(
        (start(Start::Now), start(Start::OnClick)),
        ("now".into(), "click".into())
    );
}

#[test]
fn the_page_is_in_the_asked_language_and_speaks_without_script() {
    for language in Language::ALL {
        let (_, html) = rendered(Then::Reload, language, "ref");
        assert!(html.contains(&format!("<html lang=\"{}\">", language.code())));
        assert!(html.contains(&format!(
            "<noscript><p>{}</p></noscript>",
            language.texts().no_script
        )));
        assert!(html.contains(language.texts().title));
        let texts: serde_json::Value =
            serde_json::from_str(&attribute(&html, "data-texts")).expect("JSON");
        let texts = texts.as_object().expect("an object");
        assert_eq!(texts.len(), 11);
        for name in texts.keys() {
            let used = format!("text.{name}");
            assert!(
                [AGAIN, SCRIPT, CAPTCHA]
                    .iter()
                    .any(|script| script.contains(&used)),
                "{name} is never shown"
            );
        }
    }
}

#[test]
fn a_template_of_the_operators_own_is_filled_and_its_mistakes_are_named() {
    let parse = |text: &str| Template::parse(text).map_err(|error| error.to_string());
    let whole = "{{language}} {{ title }} {{challenge}} {{script}} {{nonce}}";
    let template = parse(whole).expect("a template");
    let challenge = issue();
    let page = Page {
        language: Language::German,
        task: Task::Work(&challenge),
        then: Then::Reload,
        start: Start::Now,
        lifetime: std::time::Duration::from_secs(600),
        nonce: Nonce::new([9; 16]),
        reference: "ref",
    };
    let html = String::from_utf8(render(&page, &template).body).expect("UTF-8");
    assert!(
        html.starts_with("de Einen Moment bitte <div id=\"palisade\""),
        "{html}"
    );
    assert!(html.ends_with(&format!(" {}", page.nonce.0)));
    for (text, mistake) in [
        (
            "{{language}}\n{{titel}}",
            "line 2: there is no placeholder {{titel}}; expected one of language, title",
        ),
        ("a\n\nb {{language", "line 3: a {{ without its }}"),
        (
            "{{language}}{{title}}{{challenge}}",
            "the placeholder {{script}} is missing",
        ),
        ("", "the placeholder {{language}} is missing"),
        (
            "{{script}}{{script}}",
            "the placeholder {{script}} stands more than once",
        ),
        (&"{{nonce}}".repeat(65), "more than 64 placeholders"),
        (
            &"x".repeat(65_537),
            "the template has 65537 bytes; expected at most 65536",
        ),
    ] {
        let found = parse(text).expect_err(text);
        assert!(found.contains(mistake), "{found}");
    }
}

#[test]
fn the_default_template_follows_the_rules() {
    assert_eq!(Template::parse(FRAME), Ok(Template::default()));
}

proptest! {
    #[test]
    fn whatever_is_echoed_adds_no_markup(reference in ".{0,80}", value in "[^\0\r\n]{0,40}") {
        let encoded: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let hostile = carried(&format!("{encoded}x={encoded}"));
        let marks = |html: &str| -> Vec<char> {
            html.chars().filter(|c| matches!(c, '<' | '>' | '"' | '\'')).collect()
        };
        let (_, harmless) = rendered(Then::Post(&carried("a=b")), Language::English, "ref");
        let (_, html) = rendered(Then::Post(&hostile), Language::English, &reference);
        prop_assert_eq!(marks(&harmless), marks(&html));
    }

    #[test]
    fn any_text_is_a_template_or_a_mistake(text in "(\\{\\{|\\}\\}|[a-z_]{1,9}|.){0,30}") {
        if let Err(error) = Template::parse(&text) {
            prop_assert!(error.to_string().len() < 250);
        }
    }
}
