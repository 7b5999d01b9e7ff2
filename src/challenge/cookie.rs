//! Cookies: their values in a request, and the lines that set them.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::message::{SetCookie, cookie_pairs, is_token_byte, split_cookie};

/// The name of a cookie: a token of RFC 9110, at most 64 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CookieName(String);

impl CookieName {
    /// Most characters.
    const MAX: usize = 64;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `set-cookie` line that gives the cookie this value, for the whole host and no script to read.
    ///
    /// `SameSite=Lax`: a link from elsewhere brings the cookie along, a form posted from elsewhere does not.
    #[must_use]
    pub fn set(&self, value: &str, lifetime: Duration) -> String {
        SetCookie::own(&self.0, value, lifetime).to_string()
    }
}

impl CookieName {
    /// The `set-cookie` line that ends a cookie of the application, which has this path and domain. Names with a prefix
    /// are only taken when they are `Secure`.
    #[must_use]
    pub fn end(&self, path: &str, domain: Option<&str>) -> String {
        let lower = self.0.to_ascii_lowercase();
        let is_secure = lower.starts_with("__secure-") || lower.starts_with("__host-");
        SetCookie {
            name: &self.0,
            value: "",
            path,
            domain,
            lifetime: None,
            is_secure,
            is_hidden: false,
            is_lax: false,
        }
        .to_string()
    }
}

/// The names that a cookie has which a script of ours sets: with [`HOST`] over TLS, where no other host can set it, and
/// without it over plain HTTP, where browsers take no such name.
pub fn names_of_script(name: &str) -> [String; 2] {
    [format!("{HOST}{name}"), name.to_owned()]
}

/// The prefix of cookies that browsers take from the host itself alone, over TLS.
pub const HOST: &str = "__Host-";

/// The `set-cookie` line that removes a cookie which a script has set.
#[must_use]
pub fn expire(name: &str) -> String {
    SetCookie {
        is_secure: name.starts_with(HOST),
        is_hidden: false,
        ..SetCookie::own(name, "", Duration::ZERO)
    }
    .to_string()
}

/// The same values: the last one, the first one, the second last one and so on.
///
/// Browsers send cookies with longer paths first, and older ones before newer ones. Ours have the path `/`, so what
/// other hosts of the site have a browser send beside them stands before them, or behind them where it is newer.
#[must_use]
pub fn from_both_ends(values: Vec<&[u8]>) -> Vec<&[u8]> {
    let mut values: VecDeque<&[u8]> = values.into();
    let mut ordered = Vec::with_capacity(values.len());
    while let Some(last) = values.pop_back() {
        ordered.push(last);
        ordered.extend(values.pop_front());
    }
    ordered
}

/// The values that the cookie called `name` has in these `cookie` lines, in their order; a name twice gives two. One
/// pass, nothing is copied.
pub fn values<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
    name: &str,
) -> impl Iterator<Item = &'a [u8]> {
    cookie_pairs(lines).filter_map(move |pair| {
        let (own, value) = split_cookie(pair.trim_ascii())?;
        (own == name.as_bytes()).then_some(value)
    })
}

impl FromStr for CookieName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(is_token_byte) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a cookie name of 1 to 64 letters, digits and !#$%&'*+-.^_`|~")
        }
    }
}

impl fmt::Display for CookieName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(lines: &[&'a str]) -> Vec<&'a str> {
        values(lines.iter().map(|line| line.as_bytes()), "a")
            .map(|value| str::from_utf8(value).expect("text"))
            .collect()
    }

    #[test]
    fn every_value_of_the_name_is_found_and_no_other() {
        assert_eq!(
            found(&["b=1; a=2;a=3 ; aa=4; A=5; a", "x; a="]),
            ["2", "3", ""]
        );
        assert_eq!(found(&["", ";;;", "=a=", "a", "b=a=1"]), [""; 0]);
    }

    #[test]
    fn the_outermost_values_come_first() {
        let order = |values: &[&'static str]| -> Vec<&[u8]> {
            from_both_ends(values.iter().map(|value| value.as_bytes()).collect())
        };
        assert_eq!(order(&["1", "2", "3", "4"]), [b"4", b"1", b"3", b"2"]);
        assert_eq!(order(&["1"]), [b"1"]);
        assert_eq!(order(&[]), [b""; 0]);
    }

    #[test]
    fn only_tokens_are_names() {
        for name in ["", "a b", "a=b", "a;b", "ä", "a\"", &"a".repeat(65)] {
            assert!(name.parse::<CookieName>().is_err(), "{name}");
        }
        assert!("__Host-palisade.clearance_1".parse::<CookieName>().is_ok());
    }

    #[test]
    fn a_set_cookie_line_keeps_the_cookie_from_scripts_and_other_sites() {
        let name: CookieName = "__Host-a".parse().expect("a name");
        assert_eq!(
            name.set("x", Duration::from_secs(1_800)),
            "__Host-a=x; Path=/; Max-Age=1800; Secure; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            name.end("/a", Some("example.com")),
            "__Host-a=; Path=/a; Domain=example.com; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure"
        );
        assert_eq!(expire("a"), "a=; Path=/; Max-Age=0; SameSite=Lax");
        assert_eq!(
            expire("__Host-a"),
            "__Host-a=; Path=/; Max-Age=0; Secure; SameSite=Lax"
        );
    }
}
