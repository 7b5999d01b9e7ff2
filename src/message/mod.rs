//! A request's head as the host hands it over: every byte of it may be hostile.

mod block;
mod cookies;
pub(crate) mod multipart;
mod set_cookie;
mod steering;

pub use block::{HeaderBlock, serialise};
pub use cookies::cookies;
pub(crate) use cookies::{cookie_pairs, split_cookie, unquoted};
pub(crate) use set_cookie::{SetCookie, ends_cookie};
pub use steering::steers_answer;

/// The lines of a request's head that the filter looks at, borrowed from one [`HeaderBlock`].
///
/// Reading it is one pass over all headers; nothing is copied.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestHead<'a> {
    /// `:method`; empty when absent.
    pub method: &'a [u8],
    /// `:path` as the host has it; empty when absent (CONNECT).
    pub path: &'a [u8],
    /// `:authority`, or `host`.
    pub authority: Option<&'a [u8]>,
    /// `accept`, the first line.
    pub accept: Option<&'a [u8]>,
    /// `content-type`, the first line.
    pub content_type: Option<&'a [u8]>,
    /// Whether any header stands under the prefix that is ours, so that it must be stripped.
    pub carries_our_prefix: bool,
    /// Whether any header may name another method than `method` ([`is_method_override`]).
    pub overrides_method: bool,
    /// Whether any header lets the client choose what its answer looks like ([`steers_answer`]).
    pub steers_answer: bool,
    /// What the browser says of the page that has it make the request.
    pub page: Page<'a>,
}

/// What a browser says of the page that has it make a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// Whether any line of `sec-fetch-site` says `cross-site`; nothing without such a line.
    pub is_cross_site: Option<bool>,
    /// Whether any line of `sec-fetch-dest` names what nobody sees by itself, as an image; nothing without such a line.
    pub embeds: Option<bool>,
    /// `origin`, the first line.
    pub origin: Option<&'a [u8]>,
    /// `referer`, the first line.
    pub referer: Option<&'a [u8]>,
}

impl<'a> RequestHead<'a> {
    /// Reads the head out of `block`. `our_prefix` is in lower case; header names are compared without regard to case.
    #[must_use]
    pub fn read(block: &'a HeaderBlock, our_prefix: &[u8]) -> Self {
        let mut head = Self::default();
        for (name, value) in block.iter() {
            match name {
                b":method" => head.method = value,
                b":path" => head.path = value,
                b":authority" => head.authority = Some(value),
                b"host" => head.authority = head.authority.or(Some(value)),
                b"accept" => head.accept = head.accept.or(Some(value)),
                b"content-type" => head.content_type = head.content_type.or(Some(value)),
                b"sec-fetch-site" => {
                    let said = value.trim_ascii().eq_ignore_ascii_case(b"cross-site");
                    head.page.is_cross_site = head.page.is_cross_site.max(Some(said));
                }
                b"sec-fetch-dest" => {
                    head.page.embeds = head.page.embeds.max(Some(!is_seen(value.trim_ascii())));
                }
                b"origin" => head.page.origin = head.page.origin.or(Some(value)),
                b"referer" => head.page.referer = head.page.referer.or(Some(value)),
                _ => {
                    head.carries_our_prefix |= has_prefix(name, our_prefix);
                    head.overrides_method |= is_method_override(name);
                    head.steers_answer |= steers_answer(name, value);
                }
            }
        }
        head
    }
}

/// Whether people see by itself what a browser loads for this destination.
fn is_seen(destination: &[u8]) -> bool {
    let seen: [&[u8]; 4] = [b"document", b"empty", b"iframe", b"frame"];
    seen.iter()
        .any(|seen| destination.eq_ignore_ascii_case(seen))
}

/// Whether an application may take `name` for one that starts with `prefix` (in lower case): whatever its case, and
/// whatever stands for the hyphens, since CGI and its descendants (WSGI, PHP) tell `x_a.b` and `x-a-b` not apart.
#[must_use]
#[inline]
pub fn has_prefix(name: &[u8], prefix: &[u8]) -> bool {
    // Nearly every other name differs in its first letter.
    match (name.first(), prefix.first()) {
        (Some(byte), Some(own)) => is_alike(*byte, *own) && begins_alike(name, prefix),
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

#[inline(never)]
fn begins_alike(name: &[u8], prefix: &[u8]) -> bool {
    let mut pairs = name.iter().zip(prefix);
    name.len() >= prefix.len() && pairs.all(|(byte, own)| is_alike(*byte, *own))
}

const fn is_alike(byte: u8, own: u8) -> bool {
    match own {
        b'-' => !byte.is_ascii_alphanumeric(),
        _ => byte.eq_ignore_ascii_case(&own),
    }
}

/// Whether some application takes the value of this header for the method: `x-http-method-override`, `x-http-method`
/// and `x-method-override`, whatever stands for the hyphens.
#[must_use]
#[inline]
pub fn is_method_override(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 3] = [
        b"x-http-method-override",
        b"x-http-method",
        b"x-method-override",
    ];
    let is = |own: &&[u8]| name.len() == own.len() && has_prefix(name, own);
    matches!(name.first(), Some(b'x' | b'X')) && NAMES.iter().any(is)
}

/// Whether a token of RFC 9110, such as the name of a header or a cookie, may hold this byte.
#[must_use]
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(pairs: &[(&str, &str)]) -> HeaderBlock {
        HeaderBlock::new(serialise(
            pairs
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
        ))
    }

    #[test]
    fn the_head_is_read_in_one_pass() {
        let block = block(&[
            (":method", "POST"),
            (":path", "/login?x=1"),
            (":authority", "example.com"),
            ("accept", "text/html"),
            ("accept", "application/json"),
        ]);
        let head = RequestHead::read(&block, b"x-palisade-");
        assert_eq!(head.method, b"POST");
        assert_eq!(head.path, b"/login?x=1");
        assert_eq!(head.authority, Some(&b"example.com"[..]));
        assert_eq!(head.accept, Some(&b"text/html"[..]));
        assert!(!head.carries_our_prefix);
    }

    #[test]
    fn our_prefix_is_found_in_any_case_and_with_anything_for_its_hyphens() {
        for name in [
            "x-palisade-verdict",
            "X-Palisade-Anything",
            "X-PALISADE-",
            "x_palisade_verdict",
            "X.Palisade-verdict",
        ] {
            let block = block(&[(name, "forged")]);
            assert!(
                RequestHead::read(&block, b"x-palisade-").carries_our_prefix,
                "{name}"
            );
        }
        for name in [
            "x-palisadeverdict",
            "x-palisade",
            "y-x-palisade-verdict",
            "xxpalisade-",
        ] {
            let block = block(&[(name, "")]);
            assert!(
                !RequestHead::read(&block, b"x-palisade-").carries_our_prefix,
                "{name}"
            );
        }
    }
}
