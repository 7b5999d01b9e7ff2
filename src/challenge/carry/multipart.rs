use super::Obstacle;

/// Hands every part of a multipart body to `add`: exactly what browsers write (RFC 7578, and the HTML standard's escaping of
/// names), and nothing beyond.
pub(super) fn fields(
    boundary: &[u8],
    body: &[u8],
    add: &mut impl FnMut(&[u8], &[u8]) -> Result<(), Obstacle>,
) -> Result<(), Obstacle> {
    let delimiter = [b"\r\n--", boundary].concat();
    // The first delimiter has no line before it.
    let first = delimiter.get(2..).unwrap_or_default();
    let mut rest = body.strip_prefix(first).ok_or(Obstacle::Malformed)?;
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            let is_over = end.is_empty() || end == b"\r\n";
            return if is_over {
                Ok(())
            } else {
                Err(Obstacle::Malformed)
            };
        }
        let part = rest.strip_prefix(b"\r\n").ok_or(Obstacle::Malformed)?;
        let (head, after) = split_once(part, b"\r\n\r\n").ok_or(Obstacle::Malformed)?;
        let name = name(head)?;
        let (value, next) = split_once(after, &delimiter).ok_or(Obstacle::Malformed)?;
        add(&name, value)?;
        rest = next;
    }
}

/// The name of a part whose head is one line, `Content-Disposition: form-data; name="..."`.
fn name(head: &[u8]) -> Result<Vec<u8>, Obstacle> {
    const START: &[u8] = b"content-disposition: form-data; name=\"";
    let (start, rest) = head
        .split_at_checked(START.len())
        .ok_or(Obstacle::Malformed)?;
    if !start.eq_ignore_ascii_case(START) {
        return Err(Obstacle::Malformed);
    }
    let (name, after) = split_once(rest, b"\"").ok_or(Obstacle::Malformed)?;
    // A `filename`, or a line with the type of the part.
    if !after.is_empty() {
        return Err(Obstacle::File);
    }
    Ok(unescaped(name))
}

/// Browsers escape three bytes of a name and nothing else, so that `%41` is itself.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((byte, tail)) = rest.split_first() {
        let (byte, tail) = match rest {
            [b'%', b'2', b'2', tail @ ..] => (b'"', tail),
            [b'%', b'0', b'D', tail @ ..] => (b'\r', tail),
            [b'%', b'0', b'A', tail @ ..] => (b'\n', tail),
            _ => (*byte, tail),
        };
        plain.push(byte);
        rest = tail;
    }
    plain
}

/// What stands before and after the first `separator`.
fn split_once<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = text
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((
        text.get(..at)?,
        text.get(at.saturating_add(separator.len())..)?,
    ))
}
