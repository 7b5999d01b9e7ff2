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

/// Copies bytes to as many others. Up to 32 are moved in two pieces, which may overlap: in a VM every other copy is a
/// call to its host, which costs as much as hashing them.
#[inline]
pub(crate) fn copy(place: &mut [u8], bytes: &[u8]) {
    match bytes.len() {
        0 => {}
        1..4 => {
            for (to, from) in place.iter_mut().zip(bytes) {
                *to = *from;
            }
        }
        4..=8 => copy_ends::<4>(place, bytes),
        9..=16 => copy_ends::<8>(place, bytes),
        17..=32 => copy_ends::<16>(place, bytes),
        _ => {
            if place.len() == bytes.len() {
                place.copy_from_slice(bytes);
            }
        }
    }
}

/// Copies the first and the last bytes, which are all where there are no more than twice as many.
fn copy_ends<const N: usize>(place: &mut [u8], bytes: &[u8]) {
    let (Some(first), Some(last)) = (bytes.first_chunk::<N>(), bytes.last_chunk::<N>()) else {
        return;
    };
    if let Some(to) = place.first_chunk_mut::<N>() {
        *to = *first;
    }
    if let Some(to) = place.last_chunk_mut::<N>() {
        *to = *last;
    }
}

#[cfg(test)]
mod tests {
    use super::copy;

    #[test]
    fn every_length_is_copied_whole() {
        let bytes: Vec<u8> = (1..=100).collect();
        for length in 0..=100 {
            let mut place = vec![0; length];
            copy(&mut place, &bytes[..length]);
            assert_eq!(place, bytes[..length]);
        }
    }
}
