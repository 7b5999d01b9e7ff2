//! Headers by which a client chooses what the answer looks like, and so what it is taken for.

use super::has_prefix;

/// Whether a header lets the client choose what its answer looks like: what makes it depend on what the client already
/// has, and a forwarded host that is none. Applications write that into `location` as it is, so that with
/// `x-forwarded-host: a/home` the redirect after a wrong password leads to `/home`, as after a right one.
#[must_use]
pub fn steers_answer(name: &[u8], value: &[u8]) -> bool {
    match name.first() {
        Some(b'i' | b'I' | b'r' | b'R') => is_conditional(name),
        Some(b'x' | b'X') if is(name, b"x-forwarded-host") => !value.iter().all(is_of_hosts),
        Some(b'f' | b'F') if is(name, b"forwarded") => !is_forwarded(value),
        _ => false,
    }
}

/// Whether this header makes an answer depend on what the client already has, or asks for a part of it: with it the
/// client may turn the answer to a wrong password into a 304, 412 or 416. Whatever stands for the hyphens.
fn is_conditional(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 6] = [
        b"if-match",
        b"if-none-match",
        b"if-modified-since",
        b"if-unmodified-since",
        b"if-range",
        b"range",
    ];
    NAMES.iter().any(|own| is(name, own))
}

fn is(name: &[u8], own: &[u8]) -> bool {
    name.len() == own.len() && has_prefix(name, own)
}

/// What hosts, ports and lists of them are made of.
fn is_of_hosts(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._:[], \t".contains(byte)
}

/// Whether a line of `forwarded` (RFC 7239) has values of hosts and addresses alone.
fn is_forwarded(line: &[u8]) -> bool {
    let pairs = line.split(|byte| matches!(byte, b';' | b','));
    let mut values = pairs.map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        match (parts.next(), parts.next()) {
            (_, Some(value)) => value.trim_ascii(),
            (name, None) => name.unwrap_or_default(),
        }
    });
    values.all(|value| {
        let quoted = value.strip_prefix(b"\"");
        let value = quoted
            .and_then(|rest| rest.strip_suffix(b"\""))
            .unwrap_or(value);
        value.iter().all(is_of_hosts)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_host_that_is_none_steers_the_answer() {
        for value in [
            "shop.example/my/page",
            "shop.example?code=1",
            "shop.example#x",
            "a\\b",
            "a%2fb",
            "shop.example/home, proxy.example",
        ] {
            assert!(
                steers_answer(b"x-forwarded-host", value.as_bytes()),
                "{value}"
            );
            assert!(
                steers_answer(b"X_Forwarded_Host", value.as_bytes()),
                "{value}"
            );
            for line in [
                format!("host={value}"),
                format!("for=1.2.3.4;host=\"{value}\""),
                format!("for=1.2.3.4, host = {value};proto=https"),
            ] {
                assert!(steers_answer(b"forwarded", line.as_bytes()), "{line}");
            }
        }
    }

    #[test]
    fn proxies_name_hosts_as_they_like() {
        for value in [
            "shop.example",
            "shop.example:8443",
            "a.example, b_c.example",
            "[2001:db8::1]:443",
        ] {
            assert!(
                !steers_answer(b"x-forwarded-host", value.as_bytes()),
                "{value}"
            );
        }
        for line in [
            "for=192.0.2.60;proto=http;by=203.0.113.43;host=shop.example",
            "for=\"[2001:db8:cafe::17]:4711\", for=unknown;host=\"shop.example:8443\"",
            "For=_gazonk",
            "",
        ] {
            assert!(!steers_answer(b"forwarded", line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn conditional_headers_steer_the_answer_whatever_they_say() {
        for name in ["if-none-match", "IF_MATCH", "range", "if-range"] {
            assert!(steers_answer(name.as_bytes(), b""), "{name}");
        }
        for name in ["referer", "x-forwarded-for", "ranges", "x-requested-with"] {
            assert!(!steers_answer(name.as_bytes(), b"a/b"), "{name}");
        }
    }
}
