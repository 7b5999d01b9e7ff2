//! The body of a request that waits: what has come of it, and what follows from that.

use std::time::Duration;

use super::bodies::Bodies;
use super::copied::Copied;
use super::effect::Action;
use super::expected::Expected;
use crate::host::Exchange;

/// How much of a body whose length nobody knows is kept here, in bytes. Of more, the host must keep as much as is read.
const OWN: usize = 64 << 10;
/// How long a head is held back for a body of unknown length, as long as nobody knows whether bodies come behind held
/// heads.
const DOUBT: Duration = Duration::from_millis(250);

/// Where the head of a request is that waits for its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// Held back.
    Held,
    /// On its way to the application, with what was known by then.
    Gone,
}

/// What has come of a body.
#[derive(Debug, Default)]
pub(super) struct Received {
    size: usize,
    /// Whether nothing comes behind it.
    ended: bool,
    kept: Kept,
    /// Whether the host tells everything that it keeps, and not only what is new.
    cumulative: bool,
    /// Whether copies of it are overwritten.
    is_wiped: bool,
}

/// Who keeps a body until it is judged.
#[derive(Debug, Default)]
enum Kept {
    /// Nobody needs it.
    #[default]
    Nowhere,
    /// The host, which can keep as much as is read.
    ByHost,
    /// We, as it may be longer than what the host can keep.
    Here(Copied),
}

/// What is to be done with a request that waits for its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// More may come.
    Wait,
    /// The body will not come before the head has gone on; whether all of it is with the host.
    LetGo(bool),
    /// This much is judged.
    Judge(Extent),
}

/// How much of a body there is to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// More than is read.
    TooLarge,
    /// The rest has not come in time.
    Late,
}

impl Received {
    /// Nothing yet of a body like this.
    pub(super) fn new(expected: &Expected) -> Self {
        let kept = match expected {
            Expected { limit: 0, .. } => Kept::Nowhere,
            Expected {
                length: Some(_), ..
            } => Kept::ByHost,
            Expected { length: None, .. } => Kept::Here(Copied::new(Vec::new(), expected.is_wiped)),
        };
        Self {
            size: 0,
            ended: false,
            kept,
            cumulative: false,
            is_wiped: expected.is_wiped,
        }
    }

    /// More has come: the host tells `size` bytes. `false` if it does not hand them over.
    pub(super) fn take(&mut self, size: usize, ends: bool, host: &impl Exchange) -> bool {
        self.ended |= ends;
        let known = if self.cumulative { self.size } else { 0 };
        let new = size.saturating_sub(known);
        self.size = self.size.saturating_add(new);
        match &mut self.kept {
            Kept::Here(kept) if new > 0 => match host.request_body(known, new) {
                Some(piece) if piece.len() == new => {
                    kept.extend(&Copied::new(piece, self.is_wiped));
                    true
                }
                _ => false,
            },
            _ => true,
        }
    }

    /// Nothing comes behind it.
    pub(super) const fn end(&mut self) {
        self.ended = true;
    }

    /// How the host is told to keep what it has just told, if the request waits.
    pub(super) fn hold(&mut self, limit: usize) -> Action {
        if self.size > limit {
            self.kept = Kept::Nowhere;
        } else if self.size > OWN && matches!(self.kept, Kept::Here(_)) {
            self.kept = Kept::ByHost;
        }
        self.cumulative = matches!(self.kept, Kept::ByHost);
        match self.cumulative {
            true => Action::Pause,
            false => Action::Hold,
        }
    }

    /// The bytes; `None` if the host does not hand them over.
    pub(super) fn bytes(&mut self, host: &impl Exchange) -> Option<Copied> {
        match std::mem::take(&mut self.kept) {
            Kept::Here(kept) => Some(kept),
            _ if self.size == 0 => Some(Copied::default()),
            _ => self.at_host(host),
        }
    }

    fn at_host(&self, host: &impl Exchange) -> Option<Copied> {
        let bytes = Copied::new(host.request_body(0, self.size)?, self.is_wiped);
        (bytes.len() == self.size).then_some(bytes)
    }

    /// The bytes, if all of them have come; they are kept.
    pub(super) fn peek(&self, expected: &Expected, host: &impl Exchange) -> Option<Copied> {
        if self.size == 0 || self.size > expected.limit || !self.has_ended(expected) {
            return None;
        }
        match &self.kept {
            Kept::Here(kept) => Some(kept.clone()),
            Kept::ByHost => self.at_host(host),
            Kept::Nowhere => None,
        }
    }

    /// Whether nothing comes behind what has come.
    fn has_ended(&self, expected: &Expected) -> bool {
        let size = u64::try_from(self.size).ok();
        self.ended || size.is_some_and(|size| expected.length == Some(size))
    }

    /// What is to be done with the request, which has waited for so long. `at_host` is how much of the body the host
    /// has received, if that can be told; more than it has handed over means that it keeps bodies back until their
    /// heads have gone on.
    pub(super) fn next(
        &self,
        expected: &Expected,
        head: Head,
        at_host: Option<u64>,
        bodies: &mut Bodies,
        waited: Duration,
    ) -> Next {
        if self.size > expected.limit {
            return Next::Judge(Extent::TooLarge);
        }
        if self.has_ended(expected) {
            return Next::Judge(Extent::Whole);
        }
        let next = match head {
            Head::Held => self.release(expected.length, at_host, bodies, waited),
            Head::Gone => None,
        };
        match next {
            Some(has_come) => Next::LetGo(has_come),
            None if waited >= expected.patience => Next::Judge(Extent::Late),
            None => Next::Wait,
        }
    }

    /// Whether a head that is held back has to go on before its body; and if so, whether all of that is with the host.
    fn release(
        &self,
        length: Option<u64>,
        at_host: Option<u64>,
        bodies: &mut Bodies,
        waited: Duration,
    ) -> Option<bool> {
        let Some(at_host) = at_host else {
            return Some(false);
        };
        let kept_back = u64::try_from(self.size).is_ok_and(|size| at_host > size);
        if kept_back && *bodies == Bodies::Unknown {
            *bodies = Bodies::AfterHead;
        }
        match (length, *bodies) {
            (Some(length), _) => (kept_back && at_host >= length).then_some(true),
            (None, Bodies::AfterHead) => Some(false),
            (None, Bodies::Unknown) => (waited >= DOUBT).then_some(false),
            (None, Bodies::WithHead) => kept_back.then_some(false),
        }
    }
}
