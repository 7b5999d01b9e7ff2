use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::challenge::proof::Challenge;
use crate::challenge::proof::{Randomness, Scope};
use crate::challenge::{Difficulty, Network};
use crate::signing::SigningKeys;
use crate::time::Time;

const FORMATS: [Format; 4] = [Format::Problem, Format::Json, Format::Html, Format::Grpc];

const HOSTILE: [&str; 6] = [
    "he said \"no\" and 'never' \\ & left",
    "</script><script>alert(1)</script>",
    "line\r\nset-cookie: a=b\u{0}\u{1b}[31m",
    "{\"error\": true}, {{braces}}",
    "Заборонено · 拒否 · \u{202e}txt · 🛑",
    "<img src=x onerror=alert(1)> --> ]]>",
];

fn refusal(text: &str, kind: Kind) -> Refusal<'_> {
    Refusal {
        status: Status::FORBIDDEN,
        kind,
        code: text,
        title: text,
        message: text,
        next: "",
        language: Language::English,
        contact: None,
        quota: None,
        retry_after: None,
        ask: None,
        own: None,
        reference: text,
    }
}

fn tor(kind: Kind) -> Refusal<'static> {
    Refusal {
        code: "tor",
        title: "Access denied",
        message: "Access through the Tor network is not allowed here.",
        reference: "7f3a-19",
        ..refusal("", kind)
    }
}

fn header<'a>(reply: &'a LocalReply, name: &str) -> Option<&'a str> {
    let mut values = reply.headers.iter().filter(|(key, _)| *key == name);
    let first = values.next().map(|(_, value)| value.as_ref());
    assert_eq!(values.next(), None, "{name} stands twice");
    first
}

fn json(reply: &LocalReply) -> Value {
    serde_json::from_slice(&reply.body).expect("the body is JSON")
}

#[test]
fn only_refusing_statuses_are_statuses() {
    for code in [0, 100, 200, 302, 399, 600, u16::MAX] {
        assert_eq!(Status::new(code), None);
    }
    for code in [400, 403, 429, 503, 599] {
        assert_eq!(Status::new(code).map(Status::get), Some(code));
    }
}

#[test]
fn problem_details_carry_every_member() {
    let reply = render(&tor(Kind::Denied), Format::Problem, &Templates::default());
    assert_eq!(
        json(&reply),
        serde_json::json!({
            "type": "urn:palisade:denied",
            "title": "Access denied",
            "status": 403,
            "detail": "Access through the Tor network is not allowed here.",
            "instance": "urn:palisade:ref:7f3a-19",
            "reason": "tor",
            "reference": "7f3a-19",
        })
    );
    assert_eq!(
        header(&reply, "content-type"),
        Some("application/problem+json")
    );
}

#[test]
fn plain_json_carries_error_code_and_reference() {
    let reply = render(&tor(Kind::Denied), Format::Json, &Templates::default());
    assert_eq!(
        json(&reply),
        serde_json::json!({
            "error": "Access through the Tor network is not allowed here.",
            "code": "tor",
            "reference": "7f3a-19",
        })
    );
    assert_eq!(header(&reply, "content-type"), Some("application/json"));
}

#[test]
fn a_required_challenge_is_named_in_every_form() {
    let challenged = tor(Kind::ChallengeRequired);
    let problem = json(&render(&challenged, Format::Problem, &Templates::default()));
    assert_eq!(problem["type"], "urn:palisade:challenge-required");
    assert_eq!(problem["challenge"], "required");
    assert_eq!(
        json(&render(&challenged, Format::Json, &Templates::default()))["challenge"],
        "required"
    );
    let page = String::from_utf8(render(&challenged, Format::Html, &Templates::default()).body)
        .expect("UTF-8");
    assert!(page.contains("Open this page by itself"));
    assert_eq!(
        render(&challenged, Format::Grpc, &Templates::default())
            .grpc_status
            .map(GrpcStatus::code),
        Some(9)
    );
}

#[test]
fn the_access_log_names_outcome_and_reason() {
    for (kind, code, details) in [
        (Kind::Denied, "tor", "palisade_denied_tor"),
        (Kind::ChallengeRequired, "vpn", "palisade_challenged_vpn"),
        (Kind::Denied, "Bad ASN!\r\n", "palisade_denied_bad_asn___"),
        (Kind::Denied, "", "palisade_denied"),
    ] {
        let reply = render(
            &Refusal { code, ..tor(kind) },
            Format::Json,
            &Templates::default(),
        );
        assert_eq!(reply.details, details);
    }
}

#[test]
fn a_page_is_locked_down_and_readable() {
    let reply = render(&tor(Kind::Denied), Format::Html, &Templates::default());
    assert_eq!(
        header(&reply, "content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(header(&reply, "referrer-policy"), Some("no-referrer"));
    let policy = header(&reply, "content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    let page = String::from_utf8(reply.body).expect("UTF-8");
    for part in [
        "<html lang=\"en\">",
        "name=\"viewport\"",
        "<main>",
        "<h1 dir=\"auto\">Access denied</h1>",
        "Access through the Tor network is not allowed here.",
        "403",
        "7f3a-19",
        "prefers-color-scheme:dark",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    for foreign in [
        "http:", "https:", "//", "<script", "src=", "href=", "url(", "@import", "style=",
    ] {
        assert!(!page.contains(foreign), "{foreign} has no place there");
    }
}

#[test]
fn grpc_gets_a_status_and_one_line() {
    let reply = render(
        &refusal("no\r\nway\u{7f}", Kind::Denied),
        Format::Grpc,
        &Templates::default(),
    );
    assert_eq!(reply.grpc_status.map(GrpcStatus::code), Some(7));
    assert_eq!(reply.body, b"no  way ");
    assert_eq!(header(&reply, "content-type"), None);
    for format in [Format::Problem, Format::Json, Format::Html] {
        assert_eq!(
            render(&tor(Kind::Denied), format, &Templates::default()).grpc_status,
            None
        );
    }
}

#[test]
fn grpc_gets_the_details_from_which_a_program_can_go_on() {
    let challenge = Challenge::issue(
        Scope {
            network: Network::Anywhere,
            route: "login",
            substitutes: false,
        },
        Difficulty::MIN,
        Duration::from_secs(60),
        Time::from_secs(1_800_000_000),
        Randomness([1; 20]),
        &SigningKeys::derived([7; 16]),
    );
    let refusal = Refusal {
        ask: Some(Ask::Work(&challenge)),
        ..tor(Kind::ChallengeRequired)
    };
    for (refusal, reason, members) in [
        (refusal, "CHALLENGE_REQUIRED", 5),
        (tor(Kind::Denied), "DENIED", 2),
        (tor(Kind::Limited), "LIMITED", 2),
    ] {
        let reply = render(&refusal, Format::Grpc, &Templates::default());
        let value = header(&reply, "grpc-status-details-bin").expect("details");
        let (status, info) = details::decode(value);
        assert_eq!(Some(status), reply.grpc_status.map(GrpcStatus::code));
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            (reason, "palisade")
        );
        assert_eq!(info.metadata["reason"], "tor");
        assert_eq!(info.metadata["reference"], "7f3a-19");
        assert_eq!(info.metadata.len(), members);
        if members > 2 {
            assert_eq!(info.metadata["altcha"], challenge.json());
            assert_eq!(info.metadata["answer_in"], "x-palisade-solution");
            assert_eq!(info.metadata["expires"], "1800000060");
        }
    }
    for format in [Format::Problem, Format::Json, Format::Html] {
        let reply = render(&tor(Kind::Denied), format, &Templates::default());
        assert_eq!(header(&reply, "grpc-status-details-bin"), None);
    }
}

#[test]
fn no_reply_is_ever_stored_or_sniffed() {
    for format in FORMATS {
        let reply = render(&tor(Kind::Denied), format, &Templates::default());
        assert_eq!(header(&reply, "cache-control"), Some("no-store"));
        assert_eq!(header(&reply, "x-content-type-options"), Some("nosniff"));
        assert_eq!(header(&reply, "x-palisade-ref"), Some("7f3a-19"));
        assert_eq!(reply.status, 403);
    }
}

#[test]
fn a_refusal_without_a_reference_has_no_empty_header() {
    let refusal = Refusal {
        quota: None,
        retry_after: None,
        ask: None,
        own: None,
        reference: "\r\n",
        ..tor(Kind::Denied)
    };
    for format in FORMATS {
        assert_eq!(
            header(
                &render(&refusal, format, &Templates::default()),
                "x-palisade-ref"
            ),
            None
        );
    }
    let problem = json(&render(&refusal, Format::Problem, &Templates::default()));
    assert_eq!(problem.get("instance"), None);
}

#[test]
fn hostile_messages_come_back_from_json_as_they_were() {
    for text in HOSTILE {
        let hostile = refusal(text, Kind::Denied);
        let problem = json(&render(&hostile, Format::Problem, &Templates::default()));
        assert_eq!(problem["title"], text);
        assert_eq!(problem["detail"], text);
        assert_eq!(
            json(&render(&hostile, Format::Json, &Templates::default()))["error"],
            text
        );
    }
}

#[test]
fn the_same_refusal_always_reads_the_same_but_for_its_reference() {
    for kind in Kind::ALL {
        for format in FORMATS {
            let one = render(&tor(kind), format, &Templates::default());
            assert_eq!(one, render(&tor(kind), format, &Templates::default()));
            let other = render(
                &Refusal {
                    quota: None,
                    ask: None,
                    reference: "0c11-42",
                    ..tor(kind)
                },
                format,
                &Templates::default(),
            );
            let replaced = String::from_utf8(other.body)
                .expect("UTF-8")
                .replace("0c11-42", "7f3a-19");
            assert_eq!(String::from_utf8(one.body).expect("UTF-8"), replaced);
            assert_eq!(one.details, other.details);
        }
    }
}

fn tags(page: &str) -> usize {
    page.matches('<').count()
}

#[test]
fn the_longest_message_makes_a_bounded_reply() {
    for character in ["\u{1}", "\"", "🛑", "x"] {
        let text = character.repeat(10_000);
        for format in FORMATS {
            let reply = render(
                &refusal(&text, Kind::ChallengeRequired),
                format,
                &Templates::default(),
            );
            assert!(reply.body.len() <= 16 * 1_024, "{} bytes", reply.body.len());
            let characters = String::from_utf8(reply.body)
                .expect("UTF-8")
                .chars()
                .count();
            assert!(format != Format::Grpc || characters == 1_000);
        }
    }
}

proptest! {
    #[test]
    fn nothing_given_reaches_a_page_unescaped(text in any::<String>()) {
        let plain = render(&refusal("plain", Kind::Denied), Format::Html, &Templates::default());
        let page = String::from_utf8(render(&refusal(&text, Kind::Denied), Format::Html, &Templates::default()).body)
            .expect("UTF-8");
        let plain = String::from_utf8(plain.body).expect("UTF-8");
        // Without a reference the page has no <code> pair.
        let expected = if page.contains("<code>") { tags(&plain) } else { tags(&plain) - 2 };
        prop_assert_eq!(tags(&page), expected);
        prop_assert!(!page.chars().any(|c| c.is_control() && c != '\n'));
        for entity in page.split('&').skip(1) {
            prop_assert!(
                ["amp;", "lt;", "gt;", "#34;", "#39;", "#10;"].iter().any(|name| entity.starts_with(name))
            );
        }
    }

    #[test]
    fn every_reply_is_small_and_its_headers_are_clean(text in ".{0,4000}") {
        for format in FORMATS {
            for kind in Kind::ALL {
                let reply = render(&refusal(&text, kind), format, &Templates::default());
                prop_assert!(reply.body.len() <= 16 * 1_024, "{} bytes", reply.body.len());
                prop_assert!(reply.details.len() <= 96);
                prop_assert!(reply.details.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')));
                for (name, value) in &reply.headers {
                    let most = if *name == "grpc-status-details-bin" { 8_192 } else { 256 };
                    prop_assert!(value.len() <= most && value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{name}");
                    prop_assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
                }
                if matches!(format, Format::Problem | Format::Json) {
                    prop_assert!(json(&reply).is_object());
                }
            }
        }
    }
}

#[test]
fn a_page_of_the_operators_own_says_the_same_with_every_value_escaped() {
    let templates = Templates {
        denied: Template::parse(
            "<h1>{{title}}</h1><p>{{message}} {{status}} {{reference}}{{style}}",
        )
        .ok(),
        limited: None,
    };
    let refusal = Refusal {
        title: "<script>",
        message: "a & b",
        ..tor(Kind::Denied)
    };
    let reply = render(&refusal, Format::Html, &templates);
    let body = String::from_utf8(reply.body).expect("text");
    assert!(
        body.starts_with("<h1>&lt;script&gt;</h1><p>a &amp; b 403 "),
        "{body}"
    );
    assert!(body.ends_with("</style>"), "{body}");
    let policy = reply
        .headers
        .iter()
        .find(|(name, _)| *name == "content-security-policy");
    assert!(policy.is_some_and(|(_, policy)| {
        policy.starts_with("default-src 'none'; style-src 'unsafe-inline'")
    }));
    let json = render(&refusal, Format::Json, &templates).body;
    assert!(json.starts_with(b"{\"error\""), "other forms have no page");
}

#[test]
fn a_page_says_in_the_clients_language_what_to_do_and_whom_to_ask() {
    let contact: Contact = "help@shop.example".parse().expect("a contact");
    for language in Language::ALL {
        for usual in Usual::ALL {
            let refusal = Refusal {
                title: title(Kind::Denied, language),
                message: usual.message(language),
                next: usual.next(language),
                language,
                contact: Some(&contact),
                ..tor(Kind::Denied)
            };
            let reply = render(&refusal, Format::Html, &Templates::default());
            let body = String::from_utf8(reply.body).expect("text");
            for said in [
                format!("<html lang=\"{}\">", language.code()),
                format!("<p dir=\"auto\">{}</p>", usual.message(language)),
                format!("<p>{}</p>", usual.next(language)),
                "<a href=\"mailto:help@shop.example?subject=7f3a-19\">help@shop.example</a>"
                    .to_owned(),
            ] {
                assert!(body.contains(&said), "{said} in {body}");
            }
            let template = Template::parse("{{language}} {{title}} {{message}} {{next}}").ok();
            let templates = Templates {
                denied: template,
                limited: None,
            };
            let own = render(&refusal, Format::Html, &templates).body;
            let own = String::from_utf8(own).expect("text");
            assert!(
                own.starts_with(language.code()) && own.contains("mailto:"),
                "{own}"
            );
        }
        let [english, own] = [Language::English, language].map(|language| {
            Usual::ALL.map(|usual| [usual.message(language), usual.next(language)].concat())
        });
        assert_eq!(english == own, language == Language::English);
    }
}
