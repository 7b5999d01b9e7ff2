//! A head of any bytes belongs to a few sessions or none.
#![no_main]

use palisade::identity::session::{MAX_SESSIONS, SessionSource, SessionSources};
use palisade::identity::{FieldName, JsonPointer};
use palisade::message::{HeaderBlock, cookies, serialise};

// A line for the token, the rest for the cookies.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let token = line();
    let head: [(&[u8], &[u8]); 2] = [(b"authorization", token), (b"cookie", line())];
    let head = HeaderBlock::new(serialise(head.into_iter()));
    let sources = SessionSources::new(vec![
        SessionSource::Cookie(FieldName::new("sid")),
        SessionSource::Bearer,
        SessionSource::Claim(JsonPointer::key("sid")),
    ]);
    assert!(sources.read(&head).len() <= MAX_SESSIONS);
    // Whatever stands around it, a cookie between two semicolons is found.
    let line = [b"sid=known; ".as_slice(), bytes].concat();
    let head = HeaderBlock::new(serialise([(&b"cookie"[..], &line[..])].into_iter()));
    let found = sources.read(&head);
    assert!(
        found
            .iter()
            .any(|session| session.is_unreadable() || session.as_bytes() == b"known")
    );
    let head = HeaderBlock::new(serialise([(&b"cookie"[..], bytes)].into_iter()));
    let read: usize = cookies(&head)
        .map(|(name, value)| name.len() + value.len())
        .sum();
    assert!(read <= bytes.len());
});
