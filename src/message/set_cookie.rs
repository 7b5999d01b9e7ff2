//! The `set-cookie` lines that the filter writes.

use std::fmt;
use std::time::Duration;

use super::{split_cookie, unquoted};

/// A line that sets a cookie, or ends it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetCookie<'a> {
    /// Its name, a token.
    pub(crate) name: &'a str,
    /// Its value, of what needs no quotes.
    pub(crate) value: &'a str,
    /// Below which path it is sent.
    pub(crate) path: &'a str,
    /// To which domain, where that is not the host alone.
    pub(crate) domain: Option<&'a str>,
    /// How long it is kept; nothing ends it, for browsers that know no `Max-Age` as well.
    pub(crate) lifetime: Option<Duration>,
    /// Whether it is sent over TLS only.
    pub(crate) is_secure: bool,
    /// Whether scripts cannot read it.
    pub(crate) is_hidden: bool,
    /// Whether requests from other sites do not bring it along, links apart.
    pub(crate) is_lax: bool,
}

impl<'a> SetCookie<'a> {
    /// The whole host's, hidden from scripts and other sites, over TLS only.
    pub(crate) const fn own(name: &'a str, value: &'a str, lifetime: Duration) -> Self {
        Self {
            name,
            value,
            path: "/",
            domain: None,
            lifetime: Some(lifetime),
            is_secure: true,
            is_hidden: true,
            is_lax: true,
        }
    }
}

impl fmt::Display for SetCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}; Path={}", self.name, self.value, self.path)?;
        if let Some(domain) = self.domain {
            write!(f, "; Domain={domain}")?;
        }
        match self.lifetime {
            Some(lifetime) => write!(f, "; Max-Age={}", lifetime.as_secs())?,
            None => f.write_str("; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT")?,
        }
        for (is_set, attribute) in [
            (self.is_secure, "; Secure"),
            (self.is_hidden, "; HttpOnly"),
            (self.is_lax, "; SameSite=Lax"),
        ] {
            if is_set {
                f.write_str(attribute)?;
            }
        }
        Ok(())
    }
}

/// Whether a `set-cookie` line ends the cookie that it names, so that nobody has it afterwards: its value is empty, or
/// its time is over (RFC 6265, 5.2). Of dates only the year is read.
pub(crate) fn ends_cookie(line: &[u8]) -> bool {
    let mut parts = line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let pair = parts.next().unwrap_or_default();
    let value =
        split_cookie(pair).map_or(b"".as_slice(), |(_, value)| unquoted(value.trim_ascii()));
    is_blank(value) || parts.any(is_over)
}

/// Whether nothing but blanks stands there, written as themselves or as PHP and Java write them.
fn is_blank(mut value: &[u8]) -> bool {
    loop {
        value = match value {
            [] => return true,
            [b' ' | b'\t' | b'+', rest @ ..] | [b'%', b'2', b'0', rest @ ..] => rest,
            _ => return false,
        };
    }
}

/// Whether an attribute says that the time of its cookie is over.
fn is_over(attribute: &[u8]) -> bool {
    let value = |name: &[u8]| {
        let (own, value) = attribute.split_at_checked(name.len())?;
        own.eq_ignore_ascii_case(name).then_some(value.trim_ascii())
    };
    let is_none = |age: &[u8]| age.starts_with(b"-") || age.iter().all(|byte| *byte == b'0');
    value(b"max-age=").is_some_and(is_none) || value(b"expires=").is_some_and(is_past)
}

/// Whether a date lies in a year that was over when this was written; those of two digits count from 1970 to 2069.
fn is_past(date: &[u8]) -> bool {
    let words = date
        .split(|byte| matches!(byte, b' ' | b'-' | b','))
        .filter(|word| !word.is_empty());
    let numbers = words.filter(|word| word.iter().all(u8::is_ascii_digit));
    let year = numbers.skip(1).find(|word| matches!(word.len(), 2 | 4));
    year.is_some_and(|year| match year.len() {
        2 => year >= b"70".as_slice(),
        _ => year < b"2026".as_slice(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_ends_a_cookie_is_told_from_one_that_sets_it() {
        for line in [
            "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/",
            "wordpress_logged_in_0=%20; expires=Mon, 01 Dec 2025 09:00:00 GMT; Max-Age=0; path=/",
            "sid=",
            "sid",
            "sid=; Path=/",
            "sid= + %20",
            "sid=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT",
            "sid=x; Expires=Thu, 01-Jan-70 00:00:01 GMT",
            "sid=x; Max-Age=-1",
            "sid=x; max-age = 0".trim_end(),
            "sid=x; MAX-AGE=0",
        ] {
            let expected = !line.contains("max-age =");
            assert_eq!(ends_cookie(line.as_bytes()), expected, "{line}");
        }
        for line in [
            "sid=x",
            "sid=0",
            "sid=%00; Path=/",
            "sid=\"x\"; Max-Age=60",
            "sid=x; Expires=Wed, 01 Dec 2027 09:00:00 GMT",
            "sid=x; Expires=Wed, 01-Dec-27 09:00:00 GMT",
            "sid=x; Expires=never",
        ] {
            assert!(!ends_cookie(line.as_bytes()), "{line}");
        }
    }
}
