//! The files that ship in the filter, without what only their authors read: 4 KiB less, and in scripts less to
//! download.

/// The text of an included file without indentation, empty lines and comments that have a line of their own.
macro_rules! compact {
    ($text:expr) => {{
        const TEXT: &str = $text;
        const COMPACT: [u8; $crate::encoding::compact::length(TEXT)] =
            $crate::encoding::compact::bytes(TEXT);
        const SHORT: &str = match ::core::str::from_utf8(&COMPACT) {
            Ok(text) => text,
            // It takes away whole characters, and so leaves text.
            Err(_) => TEXT,
        };
        SHORT
    }};
}

pub(crate) use compact;

/// How long a text is without that.
pub(crate) const fn length(text: &str) -> usize {
    let mut length: usize = 0;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        length = length.saturating_add(line.len());
        rest = after;
    }
    length
}

/// The text without that, whose `length` is known.
pub(crate) const fn bytes<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let mut compact = [0; LENGTH];
    let mut room = compact.as_mut_slice();
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        let (place, free) = room.split_at_mut(line.len());
        place.copy_from_slice(line);
        room = free;
        rest = after;
    }
    compact
}

/// What is left of the first line that is not empty, and what follows it.
const fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    let mut rest = text;
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte == b'\n' {
            break;
        }
    }
    let (line, _) = text.split_at(text.len().saturating_sub(rest.len()));
    match line {
        [b'/', b'/', ..] => (&[], rest),
        _ => (line, rest),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_indentation_empty_lines_and_comments_are_taken_away() {
        const FILE: &str = "a {\n  // why\n\n  b // c\n\t\u{e4}: 'https://d'\n}";
        assert_eq!(compact!(FILE), "a {\nb // c\n\u{e4}: 'https://d'\n}");
        assert_eq!(compact!("  // all\n "), "");
    }
}
