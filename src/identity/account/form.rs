//! Urlencoded forms: bodies and queries.

use super::AccountError;
use super::content::Charset;
use super::gathering::Gather;
use crate::identity::field::{FieldName, likeness};
use crate::identity::likeness::{Attention, Likeness};
use crate::identity::percent::{self, Plus};

/// The field by which a form says in which charset it is written. Browsers fill it in.
const CHARSET_FIELD: &[u8] = b"_charset_";

/// Gathers the values of these fields.
///
/// Some applications separate fields at `&` only, some at `;` too: what could be the field behind a `;` is in doubt,
/// and so is a value of the field that holds one. Clients write `%3B`. A form of more names than some frameworks read
/// is [`AccountError::Malformed`].
pub(super) fn read(
    form: &[u8],
    charset: Charset,
    fields: &[&FieldName],
    gathering: &mut dyn Gather,
) {
    let mut attention = Attention::new();
    let mut blanks = Blanks::default();
    for pair in form.split(|byte| *byte == b'&') {
        let begin = pair.iter().position(|byte| *byte != b'=');
        let bare = pair.get(begin.unwrap_or(pair.len())..).unwrap_or(pair);
        let (name, value) = name_and_value(bare);
        if attention.take(name).is_none() {
            return gathering.refuse(AccountError::Malformed);
        }
        // Netty takes what follows an empty name for a name again.
        if begin.is_some_and(|begin| begin > 0) && likeness(fields, name) != Likeness::Other {
            gathering.doubt();
        }
        let name = percent::decode(name, Plus::Space);
        match likeness(fields, &name) {
            Likeness::Same if !is_plain(value) => gathering.doubt(),
            Likeness::Same => {
                let value = percent::decode(value, Plus::Space);
                if !fields.iter().any(|field| field.is(&name)) || blanks.are_beside(&name, &value) {
                    gathering.vague();
                }
                charset.value(&value, gathering);
            }
            Likeness::Doubtful => gathering.doubt(),
            Likeness::Other => {
                if name.eq_ignore_ascii_case(CHARSET_FIELD) && !is_utf_8(value) {
                    gathering.refuse(AccountError::ContentType);
                }
            }
        }
        let parts = pair.split(|byte| *byte == b';').skip(1);
        for (name, _) in parts.map(name_and_value) {
            if attention.take(name).is_none() {
                return gathering.refuse(AccountError::Malformed);
            }
            if likeness(fields, &percent::decode(name, Plus::Space)) != Likeness::Other {
                gathering.doubt();
            }
        }
    }
}

/// The fields that have been written, and whether they say nothing. Beside a value, a blank one is all that some
/// readers find.
#[derive(Default)]
struct Blanks(Vec<(Vec<u8>, bool)>);

impl Blanks {
    /// Whether a field of this name was blank before and is not now, or the other way round.
    fn are_beside(&mut self, name: &[u8], value: &[u8]) -> bool {
        let blank = value.trim_ascii().is_empty();
        let mut known = self.0.iter();
        match known.find(|(own, _)| own.eq_ignore_ascii_case(name)) {
            Some((_, before)) => *before != blank,
            None => {
                self.0.push((name.to_vec(), blank));
                false
            }
        }
    }
}

/// Whether a body that is said to be a form begins as a document of another kind does. No client writes such a form,
/// and readers that look at the body itself take it for what it looks like.
pub(super) fn is_another_document(body: &[u8]) -> bool {
    // Some readers pass over any control.
    let is_blank = |byte: &u8| *byte <= b' ' || "\u{feff}\u{a0}".as_bytes().contains(byte);
    let start = body.iter().position(|byte| !is_blank(byte));
    let body = body.get(start.unwrap_or(body.len())..).unwrap_or_default();
    matches!(body, [b'{' | b'[' | b'<' | b'"', ..] | [b'-', b'-', ..])
}

/// Whether a value is written as clients write it: with whole escapes, and without what some readers end it at. A line
/// end behind the whole form is left by scripts.
fn is_plain(value: &[u8]) -> bool {
    let value = value.trim_ascii_end();
    let ends = |byte: &u8| *byte < b' ' || *byte == b';';
    percent::is_clean(value) && !value.iter().any(ends)
}

fn name_and_value(pair: &[u8]) -> (&[u8], &[u8]) {
    let end = pair.iter().position(|byte| *byte == b'=');
    let (name, value) = pair
        .split_at_checked(end.unwrap_or(pair.len()))
        .unwrap_or_default();
    (name, value.get(1..).unwrap_or_default())
}

fn is_utf_8(charset: &[u8]) -> bool {
    let charset = charset.trim_ascii();
    charset.is_empty() || charset.eq_ignore_ascii_case(b"utf-8")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::AccountError::{Conflict, ContentType, Malformed, Missing, NotText};
    use super::super::testing::{Outcome, gathered};
    use super::*;

    fn email(form: &[u8]) -> Outcome {
        gathered(|gathering| read(form, Charset::Utf8, &[&FieldName::new("email")], gathering))
    }

    #[test]
    fn a_field_is_read_as_applications_read_it() {
        for (form, expected) in [
            ("email=bob", Ok("bob")),
            ("email=Bob%40X.de&password=x", Ok("bob@x.de")),
            ("a=1&&=&em%61il=bob", Ok("bob")),
            ("EMAIL=bob", Ok("bob")),
            ("email=bob+", Ok("bob")),
            ("email=b%2Bc+d", Ok("b+c d")),
            ("email=b=c", Ok("b=c")),
            ("email=bob&email=BOB", Ok("bob")),
            ("password=x&email=bob\r\n", Ok("bob")),
            ("email=&email=bob", Ok("bob")),
            ("password=a;b&email=bob", Ok("bob")),
            ("password=100%&email=bob", Ok("bob")),
            ("_charset_=UTF-8&email=bob", Ok("bob")),
            ("_charset_=&email=bob", Ok("bob")),
            ("_charset_=utf-7&email=bob", Err(ContentType)),
            ("email=bob&email=eve", Err(Conflict)),
            ("email=bob&em%61il=eve", Err(Conflict)),
            ("email=bob&Email=eve", Err(Conflict)),
            ("email=bob%00eve", Err(NotText)),
            ("email=%ff", Err(NotText)),
            ("email=bob&email=%ff", Err(NotText)),
            ("email", Err(Missing)),
            ("email=+%20", Err(Missing)),
            ("user[mail]=bob&xemail=bob", Err(Missing)),
            ("", Err(Missing)),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(email(form.as_bytes()), expected, "{form}");
        }
    }

    #[test]
    fn what_no_client_writes_is_in_doubt() {
        for form in [
            "email=bob\nx",
            "=email=bob",
            "email=bob;email=bob",
            "email=bob;x",
            "email=eve&x=1;email=bob",
            "x=1;e.mail",
            "+email=bob",
            "email[]=bob",
            "email=bob&%20email=bob",
            "email=bob&email%00x=bob",
            "email=b%ob",
            "email=b%u006fb",
            "%u0065mail=bob",
            "?email=bob",
            "em%ail=bob",
            "email.x=",
            "[email]=bob",
            "email]=bob",
        ] {
            assert_eq!(email(form.as_bytes()), Err(Conflict), "{form}");
        }
        assert_eq!(email(b"email=bob&em\x80ail=eve"), Err(Conflict));
    }

    #[test]
    fn a_form_that_looks_like_another_document_is_none() {
        for body in [
            "{\"email\":\"bob\"}",
            " \r\n[1]",
            "<x>",
            "--B\r\n",
            "\"a\"",
            "\u{feff}{",
        ] {
            assert!(is_another_document(body.as_bytes()), "{body}");
        }
        for body in ["email=bob", "-a=1", "a={}", ""] {
            assert!(!is_another_document(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn in_another_charset_only_ascii_is_read() {
        let latin = |form: &str| {
            gathered(|gathering| {
                read(
                    form.as_bytes(),
                    Charset::Ascii,
                    &[&FieldName::new("email")],
                    gathering,
                )
            })
        };
        assert_eq!(latin("email=bob&name=J%F6rg"), Ok("bob".into()));
        assert_eq!(latin("email=J%C3%B6rg"), Err(NotText));
    }

    #[test]
    fn a_nested_field_is_read_only_by_its_own_name() {
        let nested = |form: &str| {
            gathered(|gathering| {
                read(
                    form.as_bytes(),
                    Charset::Utf8,
                    &[&FieldName::new("user[email]")],
                    gathering,
                )
            })
        };
        assert_eq!(nested("user%5Bemail%5D=bob&email=eve"), Ok("bob".into()));
        assert_eq!(nested("user[email]=bob&user[email][]=eve"), Err(Conflict));
    }

    #[test]
    fn a_megabyte_of_fields_has_a_defined_result() {
        let fields = |count: usize| email(&b"email=bob&".repeat(count));
        // What stands behind the last separator is one more.
        assert_eq!(fields(999), Ok("bob".into()));
        assert_eq!(fields(1_000), Err(Malformed));
        assert_eq!(fields(100_000), Err(Malformed));
        for (form, times) in [
            ("a=1;", 1 << 18),
            ("[", 1 << 20),
            ("e.m", 1 << 19),
            (";", 1 << 20),
        ] {
            let form = form.repeat(times) + "&email=bob";
            assert_eq!(email(form.as_bytes()), Err(Malformed));
        }
        assert_eq!(
            email("email=bob+&email=bob&".repeat(50_000).as_bytes()),
            Err(Conflict)
        );
        let value = "email=bob&x=".to_owned() + &"\u{fdfa}".repeat(1 << 18);
        assert_eq!(email(value.as_bytes()), Ok("bob".into()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(form: Vec<u8>) {
            let _ = email(&form);
        }

        #[test]
        fn a_second_value_anywhere_never_decides_alone(
            before in "[a-z=&%;+]{0,20}", other in "[a-d]{1,4}", after in "[a-z=&%;+]{0,20}",
        ) {
            let form = format!("email=zed&{before}&email={other}&{after}");
            prop_assert_eq!(email(form.as_bytes()), Err(Conflict));
        }
    }
}
