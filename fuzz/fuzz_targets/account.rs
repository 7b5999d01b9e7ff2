//! A body of any content type, and any head, has an account or a lack, and an account is in its normal form.
#![no_main]

use palisade::address::HeaderName;
use palisade::identity::account::{
    AccountSource, AccountSources, BodyBytes, Candidates, Normalisation, Pattern,
};
use palisade::identity::{FieldName, JsonPointer};
use palisade::message::{HeaderBlock, serialise};

// The first line is the content type, the second the target, and the rest the body; all of it is the value of the
// headers as well.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (kind, target, body) = (line(), line(), line());
    let pattern = |text| Pattern::new(text).ok();
    for remove in [None, pattern("<[^>]*>?|%[0-9a-f]{2}|&[^;]+;")] {
        let allow = remove.as_ref().and_then(|_| pattern("[a-z0-9 ._@+-]+"));
        account(
            (kind, target, body),
            Normalisation {
                remove,
                allow,
                ..Normalisation::default()
            },
        );
    }
});

fn account((kind, target, body): (&[u8], &[u8], &[u8]), normalisation: Normalisation) {
    let field = || FieldName::new("email");
    let sources = AccountSources::new(
        vec![
            AccountSource::Form(field()),
            AccountSource::Multipart(field()),
            AccountSource::Json("/user/email".parse().expect("a pointer")),
            AccountSource::Query(field()),
            AccountSource::Header(HeaderName::new("x-user").expect("a name")),
            AccountSource::Cookie(field()),
            AccountSource::Basic,
            AccountSource::Claim(JsonPointer::key("sub")),
            AccountSource::PathSegment(std::num::NonZeroUsize::MIN, Some(FieldName::new("email"))),
        ],
        normalisation.clone(),
    );
    let read = |head: &[(&[u8], &[u8])]| {
        let head = HeaderBlock::new(serialise(head.iter().copied()));
        let account = sources
            .read_head(&head)
            .conclude(&sources, BodyBytes::Whole(body));
        for account in account.iter().flat_map(Candidates::iter) {
            if account.as_bytes().len() <= 512 {
                assert_eq!(
                    normalisation.account(account.as_bytes()).as_ref(),
                    Ok(account)
                );
            }
        }
    };
    for kind in [
        kind,
        b"application/json",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=B",
    ] {
        read(&[(b"content-type", kind)]);
    }
    read(&[(b":path", target)]);
    for name in ["x-user", "cookie", "authorization"] {
        read(&[(name.as_bytes(), body)]);
    }
}
