//! Any head and body say what is wanted, do not, or are in doubt; and what is certain by the head stays so with any
//! body.
#![no_main]

use palisade::identity::FieldName;
use palisade::identity::account::{BodyBytes, BodyPattern, Declared};
use palisade::identity::content::{ContentMatch, ContentPlace, ContentTest, Wanted, WantedText};
use palisade::message::{HeaderBlock, serialise};
use palisade::signals::Truth;

// The first line is the content type, the second the target, and the rest the body.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (kind, target, body) = (line(), line(), line());
    let field = || FieldName::new("action");
    let places = [
        ContentPlace::Query(field()),
        ContentPlace::Form(field()),
        ContentPlace::Json("/action".parse().expect("a pointer")),
        ContentPlace::Text(BodyPattern::of_text(r"\blogin\b").expect("a pattern")),
    ];
    for place in places {
        for wanted in [
            Wanted::OneOf(vec![WantedText::new("login")]),
            Wanted::Present(false),
        ] {
            let content = ContentMatch::new(vec![ContentTest::new(place.clone(), wanted, Declared::default())]);
            for kind in [
                kind,
                b"application/json",
                b"application/x-www-form-urlencoded",
                b"multipart/form-data; boundary=B",
            ] {
                let head: [(&[u8], &[u8]); 2] = [(b":path", target), (b"content-type", kind)];
                let head = HeaderBlock::new(serialise(head.iter().copied()));
                let (before, _) = content.test(&head, None);
                let (after, awaits) = content.test(&head, Some(BodyBytes::Whole(body)));
                assert!(!awaits && (before == Truth::Unknown || before == after));
                let (cut, _) = content.test(&head, Some(BodyBytes::TooLarge));
                assert!(cut == Truth::Unknown || cut == after);
            }
        }
    }
});
