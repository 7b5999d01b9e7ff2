//! Reverse names: who a crawler is, by whole labels.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{decode, with_fields};
use crate::intelligence::Flag;

fn crawler(host: Value) -> Option<bool> {
    let place =
        json!({ "path": "host", "when": { "domain": ["googlebot.com", "search.msn.com"] } });
    let decoded = decode(
        &with_fields(&json!({ "crawler": [place] })),
        &json!({ "host": host }),
    );
    decoded.reputation.flags.get(Flag::Crawler)
}

#[test]
fn names_below_a_domain_are_found_whatever_their_case() {
    for host in [
        json!("crawl-66-249-66-1.googlebot.com"),
        json!("googlebot.com"),
        json!(" a.b.GoogleBot.COM. "),
        json!("msnbot-1.search.msn.com"),
        json!(["example.com", "x.googlebot.com"]),
    ] {
        assert_eq!(crawler(host.clone()), Some(true), "{host}");
    }
}

#[test]
fn a_label_that_only_ends_alike_is_another_one() {
    for host in [
        json!("evilgooglebot.com"),
        json!("x.evilgooglebot.com"),
        json!("googlebot.com.evil.example"),
        json!("msn.com"),
        json!("research.msn.com"),
        json!("com"),
        json!("localhost"),
        json!("x..googlebot.com"),
        json!(".googlebot.com"),
        json!("googlebot.com.."),
        json!("x y.googlebot.com"),
        json!("evil.example/.googlebot.com"),
        json!("\u{e9}.googlebot.com"),
        json!("x.googleb\u{f6}t.com"),
        json!(format!("{}.googlebot.com", "a".repeat(64))),
        json!(format!("{}googlebot.com", "a.".repeat(130))),
        json!(["a.example", 1]),
    ] {
        assert_eq!(crawler(host.clone()), Some(false), "{host}");
    }
}

#[test]
fn no_name_says_nothing() {
    for host in [
        json!(null),
        json!(""),
        json!("-"),
        json!([]),
        json!(7),
        json!([7]),
        json!({ "a": "googlebot.com" }),
    ] {
        assert_eq!(crawler(host.clone()), None, "{host}");
    }
}

proptest! {
    #[test]
    fn any_text_has_an_answer_and_only_whole_labels_count(text in "\\PC{0,40}", label in "[a-z0-9-]{1,10}") {
        let _ = crawler(json!(text));
        prop_assert_eq!(crawler(json!(format!("{label}.googlebot.com"))), Some(true));
        prop_assert_eq!(crawler(json!(format!("{label}googlebot.com"))), Some(false));
    }
}
