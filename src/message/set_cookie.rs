//! The `set-cookie` lines that the filter writes.

use std::fmt;
use std::time::Duration;

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
