//! Fields of fixed size, one behind the other, as stored values have them.

/// Writes a field and moves behind it; one for which there is no place is left out.
pub(crate) fn put<const N: usize>(rest: &mut &mut [u8], field: [u8; N]) {
    if let Some((first, tail)) = std::mem::take(rest).split_first_chunk_mut::<N>() {
        *first = field;
        *rest = tail;
    }
}

/// Reads a field and moves behind it; `None` when there are not enough bytes.
pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*first)
}
