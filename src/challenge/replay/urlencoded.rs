use super::Obstacle;
use crate::encoding::percent::{self, Plus};

/// Hands every field of an urlencoded body to `add`, as the URL standard reads it (5.1).
pub(super) fn fields(
    body: &[u8],
    add: &mut impl FnMut(&[u8], &[u8]) -> Result<(), Obstacle>,
) -> Result<(), Obstacle> {
    let pieces = body.split(|byte| *byte == b'&');
    for piece in pieces.filter(|piece| !piece.is_empty()) {
        let mut halves = piece
            .splitn(2, |byte| *byte == b'=')
            .map(|half| percent::decode(half, Plus::Space));
        let name = halves.next().unwrap_or_default();
        add(&name, &halves.next().unwrap_or_default())?;
    }
    Ok(())
}
