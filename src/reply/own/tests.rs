use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value as Tree, json};

use super::*;
use crate::challenge::page::Language;
use crate::reply::{Format, LocalReply, Quota, Refusal, Templates, render};

fn template(body: &str) -> RefusalTemplate {
    RefusalTemplate::parse(Status::new(423), "application/json", body).expect("a template")
}

fn refusal<'a>(message: &'a str, own: &'a RefusalTemplate) -> Refusal<'a> {
    Refusal {
        status: Status::new(429).expect("a status"),
        kind: Kind::Limited,
        code: "account",
        title: "Too many requests",
        message,
        next: "",
        language: Language::English,
        contact: None,
        quota: None,
        retry_after: Some(Duration::from_millis(89_100)),
        ask: None,
        own: Some(own),
        reference: "7f3a-19",
    }
}

fn told(refusal: &Refusal<'_>, format: Format) -> LocalReply {
    render(refusal, format, &Templates::default())
}

fn tree(reply: &LocalReply) -> Tree {
    serde_json::from_slice(&reply.body).expect("JSON")
}

const DIRECTUS: &str = r#"{"errors":[{"message":{{message}},"extensions":{"code":"REQUESTS_EXCEEDED",
"reason":"{{reason}}","retry_after":{{retry_after}},"status":{{status}},"ref":"No. {{reference}}",
"ask":{{challenge}}}}]}"#;

#[test]
fn the_page_reads_reason_time_and_reference_in_its_own_form() {
    let own = template(DIRECTUS);
    let reply = told(&refusal("Wait.", &own), Format::Json);
    assert_eq!(reply.status, 423);
    assert_eq!(reply.details, "palisade_limited_account");
    assert!(
        reply
            .headers
            .contains(&("content-type", "application/json".into()))
    );
    assert!(
        reply
            .headers
            .contains(&("cache-control", "no-store".into()))
    );
    let error = json!({ "message": "Wait.", "extensions": { "code": "REQUESTS_EXCEEDED", "reason": "account",
        "retry_after": 90, "status": 423, "ref": "No. 7f3a-19", "ask": null } });
    assert_eq!(tree(&reply), json!({ "errors": [error] }));
}

#[test]
fn a_time_that_nobody_knows_is_null_alone_and_nothing_within_a_text() {
    let own = template(r#"[{{retry_after}}, "in {{retry_after}} s"]"#);
    let unknown = Refusal {
        retry_after: None,
        ..refusal("", &own)
    };
    assert_eq!(
        tree(&told(&unknown, Format::Problem)),
        json!([null, "in  s"])
    );
}

#[test]
fn pages_and_grpc_are_told_as_ever() {
    let own = template(DIRECTUS);
    for format in [Format::Html, Format::Grpc] {
        let with = refusal("Wait.", &own);
        let without = Refusal { own: None, ..with };
        assert_eq!(told(&with, format), told(&without, format), "{format:?}");
    }
}

#[test]
fn the_limits_headers_stand_beside_the_body() {
    let own = template("{}");
    let quota = Quota {
        name: "login",
        quota: 5,
        window: Duration::from_secs(60),
        retry_after: Duration::from_secs(9),
    };
    let limited = Refusal {
        quota: Some(quota),
        ..refusal("", &own)
    };
    let reply = told(&limited, Format::Json);
    assert!(reply.headers.contains(&("retry-after", "9".into())));
}

#[test]
fn xml_and_plain_text_have_their_own_escapes() {
    let message = "a<b> & \"c\"\r\nd";
    for (kind, body, expected) in [
        (
            "text/xml; charset=utf-8",
            "<m>{{message}}</m>",
            "<m>a&lt;b&gt; &amp; &#34;c&#34; &#10;d</m>",
        ),
        (
            "application/soap+xml",
            "<s>{{retry_after}}</s>",
            "<s>90</s>",
        ),
        (
            "text/plain",
            "{{reason}}: {{message}}",
            "account: a<b> & \"c\"\r\nd",
        ),
    ] {
        let own = RefusalTemplate::parse(None, kind, body).expect(kind);
        let reply = told(&refusal(message, &own), Format::Json);
        assert_eq!(String::from_utf8_lossy(&reply.body), expected);
        assert_eq!(reply.status, 429, "of the limit");
    }
}

#[test]
fn what_no_page_could_read_is_no_template() {
    use RefusalTemplateError as Error;
    let parse = |kind: &str, body: &str| RefusalTemplate::parse(None, kind, body).map(|_| ());
    for body in [
        "{\"a\": {{message}}",
        "{{message}} {{message}}",
        "{{retry_after}}1",
        "1{{retry_after}}",
        "",
        "{\"a\": {retry_after}}",
        "{\"{{message}}: 1}",
    ] {
        assert_eq!(
            parse("application/json", body),
            Err(Error::NotJson),
            "{body}"
        );
    }
    let unknown = parse("application/json", "{\"a\": {{mesage}}}");
    assert!(matches!(unknown, Err(Error::Template(_))));
    for kind in [
        "text/html",
        "image/svg",
        "",
        "application/json\r\nx: y",
        "application/xhtml+xml",
    ] {
        assert_eq!(parse(kind, "{}"), Err(Error::ContentType), "{kind}");
    }
    for (kind, body) in [
        ("application/json", "\"{{challenge}}\""),
        ("text/plain", "{{challenge}}"),
    ] {
        assert_eq!(parse(kind, body), Err(Error::Challenge), "{kind}");
    }
    let long = format!("\"{}\"", "a".repeat(MAX_BYTES));
    assert_eq!(
        parse("application/json", &long),
        Err(Error::TooLarge(MAX_BYTES + 2))
    );
}

#[test]
fn each_kind_has_its_own_body_and_a_challenge_no_other_ones() {
    let all = RefusalTemplates {
        limit: Some(template("1")),
        missing_account: Some(template("2")),
        otherwise: Some(template("3")),
        ..RefusalTemplates::default()
    };
    let of = |kind, lacks| all.of(kind, lacks).map(|own| own.pieces.clone());
    let text = |text: &str| Some(vec![Piece::Text(text.to_owned())]);
    assert_eq!(of(Kind::Limited, false), text("1"));
    assert_eq!(of(Kind::Denied, true), text("2"));
    assert_eq!(of(Kind::Denied, false), text("3"));
    assert_eq!(of(Kind::ChallengeRequired, false), None);
}

proptest! {
    #[test]
    fn json_stays_json_whatever_the_values(
        message: String, code: String, seconds: Option<u32>, status in 400_u16..600,
    ) {
        let own = template(DIRECTUS);
        let all = Refusal {
            code: &code,
            status: Status::new(status).expect("a status"),
            retry_after: seconds.map(|seconds| Duration::from_secs(seconds.into())),
            ..refusal(&message, &own)
        };
        let reply = told(&all, Format::Json);
        let shown = tree(&reply)["errors"][0]["message"].clone();
        prop_assert_eq!(shown, Tree::String(message.chars().take(1_000).collect()));
    }

    #[test]
    fn a_template_that_was_accepted_is_json_whatever_stands_in_it(body in "[\\{\\}\\[\\]\":, \\\\1a]{0,20}(\\{\\{(message|retry_after|status|challenge)\\}\\}[\\{\\}\\[\\]\":, \\\\1a]{0,12}){0,3}") {
        if let Ok(own) = RefusalTemplate::parse(None, "application/json", &body) {
            let reply = told(&refusal("\"}], \\", &own), Format::Json);
            prop_assert!(serde_json::from_slice::<Tree>(&reply.body).is_ok(), "{}", body);
        }
    }
}
