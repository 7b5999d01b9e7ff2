//! Whom a refused person can ask.

use std::fmt;
use std::str::FromStr;

use crate::encoding::html::escaped;

/// A mail address, a URL of https, or a text such as a telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(String);

/// A text that is no contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactError;

impl Contact {
    /// The longest, in bytes.
    pub const MAX: usize = 200;

    /// It in a page; a link where it can be one. Of a mail, the subject is the reference.
    pub(super) fn html(&self, reference: &str) -> String {
        let shown = escaped(&self.0);
        let is_word = !self.0.contains(char::is_whitespace);
        if is_word && self.0.starts_with("https://") {
            format!("<a href=\"{shown}\" rel=\"noreferrer\">{shown}</a>")
        } else if is_word && is_mail(&self.0) {
            format!("<a href=\"mailto:{shown}?subject={reference}\">{shown}</a>")
        } else {
            shown
        }
    }
}

/// An address that needs no escaping in a URL.
fn is_mail(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte);
    text.split_once('@').is_some_and(|(name, domain)| {
        let parts = [name, domain];
        parts
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(is_plain))
    })
}

impl FromStr for Contact {
    type Err = ContactError;

    fn from_str(text: &str) -> Result<Self, ContactError> {
        let is_good = (1..=Self::MAX).contains(&text.len())
            && !text.chars().any(char::is_control)
            && text.trim() == text
            && !text.starts_with("http://");
        is_good.then(|| Self(text.to_owned())).ok_or(ContactError)
    }
}

impl fmt::Display for ContactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "expected a mail address, a URL that begins with https://, or one line of text, of 200 bytes at most",
        )
    }
}

impl std::error::Error for ContactError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> Option<String> {
        let contact: Contact = text.parse().ok()?;
        Some(contact.html("z6j4"))
    }

    #[test]
    fn mail_and_https_are_links_and_all_else_is_escaped_text() {
        let mail = "<a href=\"mailto:help@shop.example?subject=z6j4\">help@shop.example</a>";
        let url = "<a href=\"https://shop.example/?a&amp;b\" rel=\"noreferrer\">https://shop.example/?a&amp;b</a>";
        for (text, expected) in [
            ("help@shop.example", mail),
            ("https://shop.example/?a&b", url),
            (
                "+49 30 1234, <b>9 to 5</b>",
                "+49 30 1234, &lt;b&gt;9 to 5&lt;/b&gt;",
            ),
            ("javascript:alert(1)", "javascript:alert(1)"),
            ("a?bcc=all@shop.example", "a?bcc=all@shop.example"),
            ("https://a b", "https://a b"),
        ] {
            assert_eq!(html(text).as_deref(), Some(expected));
        }
        let hostile = html("https://a/\"onclick=\"x").expect("escaped");
        assert!(!hostile.contains("\"onclick"), "{hostile}");
    }

    #[test]
    fn what_is_no_contact_is_refused() {
        for text in ["", " a", "a\nb", "http://shop.example", &"x".repeat(201)] {
            assert_eq!(text.parse::<Contact>(), Err(ContactError), "{text}");
        }
    }
}
