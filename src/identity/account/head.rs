//! Places in the head of a request.

use std::num::NonZeroUsize;

use super::AccountError;
use super::gathering::Gather;
use crate::identity::percent::{self, Plus};
use crate::route::{Interpretations, interpretations};

/// Gathers a segment of the path in all its readings, each percent-decoded: where they differ, nobody knows which the
/// application takes.
pub(super) fn path_segment(target: &[u8], number: NonZeroUsize, gathering: &mut dyn Gather) {
    let readings = interpretations(target);
    if readings == Interpretations::Unreadable {
        return gathering.refuse(AccountError::Malformed);
    }
    // What is no escape leaves a whole segment undecoded in some frameworks, and bytes that no client leaves unescaped
    // are read in several charsets.
    let path = target
        .split(|byte| *byte == b'?')
        .next()
        .unwrap_or_default();
    if !percent::is_clean(path) || !path.is_ascii() {
        return gathering.doubt();
    }
    let (mut present, mut absent) = (false, false);
    for reading in readings.iter() {
        // The first slash stands before the first segment.
        match reading.split(|byte| *byte == b'/').nth(number.get()) {
            Some(segment) if !segment.is_empty() => {
                present = true;
                gathering.value(&percent::decode(segment, Plus::Plus));
            }
            _ => absent = true,
        }
    }
    if present && absent {
        gathering.refuse(AccountError::Conflict);
    }
}
