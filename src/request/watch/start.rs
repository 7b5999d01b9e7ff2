//! The start of an answer's body.

use crate::response::Extent;

/// The start of an answer's body, as far as it is looked at.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub(super) bytes: Vec<u8>,
    /// Whether more has come that is not looked at.
    pub(super) bounded: bool,
    /// How much it was when it was looked at last.
    pub(super) seen: usize,
}

/// Up to so many bytes, a body is looked at whenever more of it comes; from there on, whenever it has doubled: so one
/// that comes byte by byte costs no more than twice what it costs in one piece.
const SMALL: usize = 1 << 10;

impl Start {
    /// Takes more of it, up to the limit; whether it is worth a look.
    pub(super) fn take(&mut self, more: &[u8], limit: usize) -> bool {
        let wanted = limit.saturating_sub(self.bytes.len());
        let taken = more.get(..wanted).unwrap_or(more);
        self.bytes.extend_from_slice(taken);
        self.bounded |= taken.len() < more.len();
        let length = self.bytes.len();
        length < SMALL || self.bounded || length >= self.seen.saturating_mul(2)
    }

    pub(super) fn extent(&self, ended: bool) -> Extent {
        match (self.bounded, ended) {
            (true, _) => Extent::Bounded,
            (false, true) => Extent::Whole,
            (false, false) => Extent::Open,
        }
    }
}
