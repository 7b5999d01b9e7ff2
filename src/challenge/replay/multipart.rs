use super::Obstacle;
use crate::message::multipart::{parts, split_once};

/// Hands every part of a multipart body to `add`: exactly what browsers write (RFC 7578, and the HTML standard's
/// escaping of names), and nothing beyond.
pub(super) fn fields(
    boundary: &[u8],
    body: &[u8],
    add: &mut impl FnMut(&[u8], &[u8]) -> Result<(), Obstacle>,
) -> Result<(), Obstacle> {
    // Browsers write nothing before the first part.
    if !body.starts_with(b"--") {
        return Err(Obstacle::Malformed);
    }
    let mut obstacle = Obstacle::Malformed;
    let found = parts(body, boundary, &mut |part| {
        let added = field(part).and_then(|(name, value)| add(&name, value));
        added.map_err(|why| obstacle = why).ok()
    });
    found.ok_or(obstacle)
}

/// Name and value of a part.
fn field(part: &[u8]) -> Result<(Vec<u8>, &[u8]), Obstacle> {
    let (head, value) = split_once(part, b"\r\n\r\n").ok_or(Obstacle::Malformed)?;
    Ok((name(head)?, value))
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
