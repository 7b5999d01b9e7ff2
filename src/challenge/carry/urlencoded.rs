use percent_encoding::percent_decode;

use super::Obstacle;

/// Hands every field of an urlencoded body to `add`, as the URL standard reads it (5.1).
pub(super) fn fields(
    body: &[u8],
    add: &mut impl FnMut(&[u8], &[u8]) -> Result<(), Obstacle>,
) -> Result<(), Obstacle> {
    let pieces = body.split(|byte| *byte == b'&');
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let mut halves = piece.splitn(2, |byte| *byte == b'=').map(decoded);
        let name = halves.next().unwrap_or_default();
        add(&name, &halves.next().unwrap_or_default())?;
    }
    Ok(())
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&spaced).collect()
}
