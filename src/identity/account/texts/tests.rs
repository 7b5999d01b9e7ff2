use proptest::prelude::*;

use super::*;
use crate::message::serialise;

fn head(kind: Option<&str>) -> HeaderBlock {
    let lines = kind
        .iter()
        .map(|kind| (&b"content-type"[..], kind.as_bytes()));
    HeaderBlock::new(serialise(lines))
}

fn read(kind: Option<&str>, body: &[u8]) -> Result<Vec<String>, AccountError> {
    let writing = writing(&head(kind))?;
    let mut told = Vec::new();
    each(body, writing, &mut |text| {
        told.push(text.to_owned());
        true
    })?;
    Ok(told)
}

fn xml_of(body: &str) -> Result<String, AccountError> {
    read(Some("text/xml"), body.as_bytes()).map(|texts| texts.concat())
}

#[test]
fn xml_is_brought_into_one_form() {
    for (body, text) in [
        ("<a><b>x</b></a>", "<a><b>x</b></a>"),
        ("<?xml version=\"1.0\"?>\n<a>x</a >", "\n<a>x</a>"),
        ("<?xml version='1.0' encoding='UTF-8'?><a>x</a>", "<a>x</a>"),
        ("<a>wp&#46;get&#x55;sers</a>", "<a>wp.getUsers</a>"),
        (
            "<a>&lt;b&gt; &amp; &#60; &quot;</a>",
            "<a>&lt;b&gt; &amp; &lt; \"</a>",
        ),
        ("<a/>", "<a/>"),
    ] {
        assert_eq!(xml_of(body).as_deref(), Ok(text), "{body}");
    }
    assert_eq!(resolved("a&lt;b&gt;c&amp;lt;"), "a<b>c&lt;");
}

#[test]
fn xml_that_readers_do_not_read_alike_is_malformed() {
    for body in [
        "<a><!-- x --></a>",
        "<a><![CDATA[x]]></a>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<?xml version='1.0' encoding='utf-7'?><a/>",
        "<a><?php x?></a>",
        "<a x='y'>",
        "<a x=\">\">",
        "<a>&x;</a>",
        "<a>&#0;</a>",
        "<a>& </a>",
        "<a>&#99999999;</a>",
        "<a",
        "<>",
    ] {
        assert_eq!(xml_of(body), Err(AccountError::Malformed), "{body}");
    }
}

#[test]
fn json_is_read_text_by_text_without_its_escapes() {
    let texts = read(
        Some("application/json"),
        br#"[{"a": "l\u006fgin", "b": ["x", 1, null]}, "y"]"#,
    );
    assert_eq!(
        texts,
        Ok(vec!["login".to_owned(), "x".to_owned(), "y".to_owned()])
    );
    let deep = [&b"["[..]; 100_000].concat();
    for body in [
        &b"{\"a\": \"b\"} x"[..],
        b"{",
        &deep,
        b"{\"a\": \"\\ud800\"}",
    ] {
        assert_eq!(read(None, body), Err(AccountError::Malformed));
    }
}

#[test]
fn forms_and_plain_texts_are_read() {
    let form = Some("application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(
        read(form, b"query=log%69n+x&b=c"),
        Ok(vec!["query=login x".to_owned(), "b=c".to_owned()])
    );
    assert_eq!(read(form, b"query=log%in"), Err(AccountError::Malformed));
    assert_eq!(
        read(Some("application/graphql"), b"mutation { a }"),
        Ok(vec!["mutation { a }".to_owned()])
    );
    assert_eq!(read(None, b"<a>x</a>"), Ok(vec!["<a>x</a>".to_owned()]));
}

#[test]
fn what_cannot_be_read_as_text_is_a_lack() {
    for (kind, body, error) in [
        (
            "multipart/form-data; boundary=b",
            &b"x"[..],
            AccountError::ContentType,
        ),
        ("text/xml; charset=utf-7", b"x", AccountError::ContentType),
        (
            "text/xml; charset=iso-8859-1",
            "ä".as_bytes(),
            AccountError::NotText,
        ),
        ("text/xml", b"\xff", AccountError::NotText),
        ("text/xml", b"a\0", AccountError::NotText),
        (
            "text/xml",
            "\u{feff}<a/>".as_bytes(),
            AccountError::Malformed,
        ),
        ("text/xml", b"\x0b<a/>", AccountError::Malformed),
        (
            "text/xml",
            " \u{a0}<a/>".as_bytes(),
            AccountError::Malformed,
        ),
    ] {
        assert_eq!(read(Some(kind), body), Err(error), "{kind}");
    }
    let two = [
        (&b"content-type"[..], &b"text/xml"[..]),
        (b"content-type", b"text/xml"),
    ];
    assert!(writing(&HeaderBlock::new(serialise(two.into_iter()))).is_err());
    let coded = [(&b"content-encoding"[..], &b"gzip"[..])];
    assert_eq!(
        writing(&HeaderBlock::new(serialise(coded.into_iter()))),
        Err(AccountError::Encoded)
    );
}

proptest! {
    #[test]
    fn any_body_is_read_or_lacks_something(
        kind in "(text/xml|application/json|application/x-www-form-urlencoded)", body: Vec<u8>,
    ) {
        let _ = read(Some(&kind), &body);
    }

    /// Whichever characters are written as references, the text is the same.
    #[test]
    fn references_hide_nothing(text in "[a-zA-Z.:_ -]{0,20}", which: u32) {
        let hidden: String = text
            .chars()
            .enumerate()
            .map(|(at, c)| match which >> (at % 32) & 1 {
                0 => c.to_string(),
                _ => format!("&#{};", u32::from(c)),
            })
            .collect();
        prop_assert_eq!(xml_of(&format!("<a>{hidden}</a>")), Ok(format!("<a>{text}</a>")));
    }
}
