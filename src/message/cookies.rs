//! The cookies that a client sent.

use super::HeaderBlock;

/// Name and value of every cookie of every `cookie` line, in order, without the blanks and without the double quotes
/// around a value. What has no `=` is no cookie.
///
/// It reads what clients send rather than what RFC 6265 asks of them: whatever stands between two semicolons counts,
/// with or without a blank. Names and values are as they stand, not decoded. Linear in the size of the lines.
pub fn cookies(block: &HeaderBlock) -> impl Iterator<Item = (&[u8], &[u8])> {
    let pairs = cookie_pairs(block.lines("cookie")).filter_map(split_cookie);
    pairs.map(|(name, value)| (name.trim_ascii(), unquoted(value.trim_ascii())))
}

/// What stands between the semicolons of `cookie` lines, blanks and all.
pub(crate) fn cookie_pairs<'l>(
    lines: impl IntoIterator<Item = &'l [u8]>,
) -> impl Iterator<Item = &'l [u8]> {
    lines
        .into_iter()
        .flat_map(|line| line.split(|byte| *byte == b';'))
}

/// What stands before and behind the first equals sign of a pair, neither of them trimmed.
pub(crate) fn split_cookie(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = pair.iter().position(|byte| *byte == b'=')?;
    let (name, value) = pair.split_at_checked(at)?;
    Some((name, value.get(1..)?))
}

/// Without the double quotes that stand around all of it.
pub(crate) fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::serialise;

    fn block(lines: &[&[u8]]) -> HeaderBlock {
        let lines = lines.iter().map(|line| (&b"Cookie"[..], *line));
        HeaderBlock::new(serialise(lines))
    }

    /// Lines, and names and values of their cookies.
    type Case = (
        &'static [&'static str],
        &'static [(&'static str, &'static str)],
    );

    fn read(lines: &[&str]) -> Vec<(String, String)> {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        cookies(&block(&lines))
            .map(|(name, value)| (text(name), text(value)))
            .collect()
    }

    #[test]
    fn cookies_are_read_as_clients_write_them() {
        let cases: [Case; 9] = [
            (&["a=1; b=2"], &[("a", "1"), ("b", "2")]),
            (&["a=1;b=2;"], &[("a", "1"), ("b", "2")]),
            (&["a=1", "b=2"], &[("a", "1"), ("b", "2")]),
            (&["  a = 1 ;\tb=2"], &[("a", "1"), ("b", "2")]),
            (&["a=\"1 2\"; b=\""], &[("a", "1 2"), ("b", "\"")]),
            (&["a=x=y=="], &[("a", "x=y==")]),
            (&["a; b=2; =3"], &[("b", "2"), ("", "3")]),
            (&["a=1; a=2"], &[("a", "1"), ("a", "2")]),
            (&["", ";;;", "="], &[("", "")]),
        ];
        for (lines, expected) in cases {
            let found = read(lines);
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|(n, v)| (n.as_str(), v.as_str()))
                .collect();
            assert_eq!(found, expected, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_none_twice(lines: Vec<Vec<u8>>) {
            let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
            let read: usize = cookies(&block(&lines)).map(|(name, value)| name.len() + value.len()).sum();
            prop_assert!(read <= lines.iter().map(|line| line.len()).sum());
        }

        #[test]
        fn plain_cookies_come_back(pairs in prop::collection::vec(("[a-z_-]{1,8}", "[A-Za-z0-9+/=.-]{0,12}"), 0..20)) {
            let line = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
            prop_assert_eq!(read(&[&line]), pairs);
        }
    }
}
