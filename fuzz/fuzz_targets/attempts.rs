//! A body of any kind carries a bounded number of attempts, each at an account, or lacks something.
#![no_main]

use std::sync::LazyLock;

use palisade::identity::account::{
    AccountSource, AccountSources, BodyBytes, BodyPattern, Normalisation,
};
use palisade::message::{HeaderBlock, serialise};

const AT_MOST: u32 = 4;

static SOURCES: LazyLock<[AccountSources; 2]> = LazyLock::new(|| {
    let graphql = r#"\blogin\b(?:\(email:(?:"([^"\\]*)"|\$(?<variable>\w+)))?"#;
    [
        r"<name>methodName</name>(?:<value>a</value>(?:<(?:value|string)>)*([^<]+))?",
        graphql,
    ]
    .map(|pattern| {
        let pattern = BodyPattern::of_accounts(pattern, AT_MOST).expect("a pattern");
        AccountSources::new(
            vec![AccountSource::BodyPattern(pattern)],
            Normalisation::default(),
        )
    })
});

// The first line is the content type, and the rest the body.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let (kind, body) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    for kind in [
        kind,
        b"application/json",
        b"application/x-www-form-urlencoded",
        b"text/xml",
    ] {
        let head: [(&[u8], &[u8]); 1] = [(b"content-type", kind)];
        let head = HeaderBlock::new(serialise(head.iter().copied()));
        for sources in SOURCES.iter() {
            if let Ok(accounts) = sources
                .read_head(&head)
                .conclude(sources, BodyBytes::Whole(body))
            {
                let attempts: u32 = accounts.attempts().iter().sum();
                assert!(attempts <= AT_MOST && attempts != 1);
                assert!(attempts == 0 || accounts.attempts().len() == accounts.iter().count());
            }
        }
    }
});
