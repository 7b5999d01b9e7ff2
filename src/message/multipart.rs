//! The parts of a body of `multipart/form-data` (RFC 7578).

/// Hands every part over, its head included, without the line ends around it; `None` when the body is not made of parts
/// that end, or `take` says so. Linear in the size of the body.
///
/// Nothing but a line end comes before the first delimiter and after the last one, and no part holds what some reader
/// takes for a delimiter.
pub(crate) fn parts<'b>(
    body: &'b [u8],
    boundary: &[u8],
    take: &mut dyn FnMut(&'b [u8]) -> Option<()>,
) -> Option<()> {
    let delimiter = Delimiter::new(boundary);
    let (preamble, mut rest) = delimiter.cut(body)?;
    // Django reads what stands before the first delimiter as a part.
    if !matches!(preamble, b"" | b"\r\n") {
        return None;
    }
    loop {
        if let Some(epilogue) = rest.strip_prefix(b"--") {
            return matches!(epilogue, b"" | b"\r\n").then_some(());
        }
        let (part, after) = delimiter.cut(rest.strip_prefix(b"\r\n")?)?;
        take(part.strip_suffix(b"\r\n")?)?;
        rest = after;
    }
}

/// What stands between two parts, and how it is searched for in linear time, however much of it is nearly found (Knuth,
/// Morris and Pratt).
struct Delimiter {
    text: Vec<u8>,
    /// How much of its beginning each of its beginnings ends with.
    ends_with: Vec<usize>,
}

impl Delimiter {
    fn new(boundary: &[u8]) -> Self {
        let text = [b"--", boundary].concat();
        let mut delimiter = Self {
            ends_with: Vec::with_capacity(text.len()),
            text,
        };
        let mut found = 0;
        for at in 0..delimiter.text.len() {
            if let (1.., Some(byte)) = (at, delimiter.text.get(at)) {
                found = delimiter.more(found, *byte);
            }
            delimiter.ends_with.push(found);
        }
        delimiter
    }

    /// How much of it has been found behind one more byte.
    fn more(&self, mut found: usize, byte: u8) -> usize {
        loop {
            if self.text.get(found) == Some(&byte) {
                return found.saturating_add(1);
            }
            match found.checked_sub(1) {
                Some(last) => found = self.ends_with.get(last).copied().unwrap_or_default(),
                None => return 0,
            }
        }
    }

    /// What stands before and after the first one.
    fn cut<'b>(&self, text: &'b [u8]) -> Option<(&'b [u8], &'b [u8])> {
        let mut found = 0;
        let is_end = |byte: &u8| {
            found = self.more(found, *byte);
            found == self.text.len()
        };
        let end = text.iter().position(is_end)?.saturating_add(1);
        let before = text.get(..end.checked_sub(self.text.len())?)?;
        Some((before, text.get(end..)?))
    }
}

/// What stands before and after the first `separator`.
pub(crate) fn split_once<'b>(text: &'b [u8], separator: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = text
        .windows(separator.len())
        .position(|window| window == separator)?;
    let (before, rest) = text.split_at_checked(at)?;
    Some((before, rest.get(separator.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_delimiter_is_found_where_it_first_stands(text in "[-a]{0,40}", own in "[-a]{1,5}") {
            let delimiter = Delimiter::new(own.as_bytes());
            let whole = format!("--{own}");
            let found = delimiter.cut(text.as_bytes());
            let expected = text.split_once(&whole);
            let expected = expected.map(|(before, after)| (before.as_bytes(), after.as_bytes()));
            prop_assert_eq!(found, expected);
        }
    }
}
