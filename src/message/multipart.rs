//! The parts of a body of `multipart/form-data` (RFC 7578).

/// Hands every part over, its head included, without the line ends around it; `None` when the body is not made of parts that end, or `take`
/// says so. Linear in the size of the body.
///
/// Nothing but a line end comes before the first delimiter and after the last one, and no part holds what some reader takes for
/// a delimiter.
pub(crate) fn parts<'b>(
    body: &'b [u8],
    boundary: &[u8],
    take: &mut dyn FnMut(&'b [u8]) -> Option<()>,
) -> Option<()> {
    let delimiter = [b"--", boundary].concat();
    let (preamble, mut rest) = split_once(body, &delimiter)?;
    // Django reads what stands before the first delimiter as a part.
    if !matches!(preamble, b"" | b"\r\n") {
        return None;
    }
    loop {
        if let Some(epilogue) = rest.strip_prefix(b"--") {
            return matches!(epilogue, b"" | b"\r\n").then_some(());
        }
        let (part, after) = split_once(rest.strip_prefix(b"\r\n")?, &delimiter)?;
        take(part.strip_suffix(b"\r\n")?)?;
        rest = after;
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
