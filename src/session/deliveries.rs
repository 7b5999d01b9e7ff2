//! The notices that have not arrived yet: a bounded queue that tries again.

use std::num::{NonZeroU8, NonZeroUsize};
use std::time::Duration;

use super::place::{self, Cause};
use super::webhook::{SIGNATURE_HEADER, Webhook};
use crate::callout::{CallToken, Caller, Calls, HttpRequest, Purpose};
use crate::signing::SigningKeys;
use crate::time::Time;

/// So many are tried in one go: signing each takes some time, and those that nobody can be reached for fail at once.
const TRIED_AT_ONCE: usize = 8;

/// Where notices go, and how hard it is tried.
#[derive(Clone, Debug)]
pub struct OutboxSettings {
    /// Envoy's cluster of the application.
    pub cluster: String,
    /// Host name and perhaps port.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// What signs; the first key.
    pub keys: SigningKeys,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// The most notices that wait or are under way: each takes about 600 bytes. One more is dropped.
    pub capacity: NonZeroUsize,
    /// The most that are under way at once.
    pub concurrent: NonZeroUsize,
    /// How often one is sent before it is given up.
    pub attempts: NonZeroU8,
    /// The wait after the first attempt. Each further one is twice as long, and each is cut by up to a half, so that
    /// what failed together is not tried again together.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
}

impl OutboxSettings {
    /// 256 notices, four of them under way at once, for two seconds each; five attempts, within 38 to 75 seconds in
    /// all.
    #[must_use]
    pub const fn new(cluster: String, authority: String, path: String, keys: SigningKeys) -> Self {
        Self {
            cluster,
            authority,
            path,
            keys,
            timeout: Duration::from_secs(2),
            capacity: NonZeroUsize::MIN.saturating_add(255),
            concurrent: NonZeroUsize::MIN.saturating_add(3),
            attempts: NonZeroU8::MIN.saturating_add(4),
            first_wait: Duration::from_secs(5),
            longest_wait: Duration::from_secs(300),
        }
    }

    fn request(&self, webhook: &Webhook, now: Time) -> HttpRequest {
        let header = |name: &str, value: String| (name.to_owned(), value);
        HttpRequest {
            method: "POST",
            authority: self.authority.clone(),
            path: self.path.clone(),
            headers: vec![
                header("content-type", "application/json".to_owned()),
                header(SIGNATURE_HEADER, webhook.signature(&self.keys, now)),
            ],
            body: webhook.body().as_bytes().to_vec(),
        }
    }

    /// How long to wait after so many attempts. The bits of the id are random, and others in each attempt.
    fn wait(&self, webhook: &Webhook, attempts: u8) -> Duration {
        let doublings = u32::from(attempts.saturating_sub(1)).min(31);
        let times = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let longest = self.first_wait.saturating_mul(times).min(self.longest_wait);
        let bits = webhook.id().bits(u32::from(attempts));
        let half = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX) / 2;
        let cut = bits.checked_rem(half.saturating_add(1)).unwrap_or(0);
        longest.saturating_sub(Duration::from_nanos(cut))
    }
}

/// A notice that the application will never get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which one.
    pub webhook: Webhook,
    /// Why.
    pub cause: DropCause,
}

/// Why a notice is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropCause {
    /// There were as many as the outbox holds.
    Full,
    /// The last attempt failed.
    GivenUp,
}

impl DropCause {
    /// All causes.
    pub const ALL: [Self; 2] = [Self::Full, Self::GivenUp];

    /// The name in metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::GivenUp => "given_up",
        }
    }
}

/// What the end of a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The application has the notice, so long after it was pushed.
    Delivered(Duration),
    /// It will be sent again.
    Again,
    /// It was sent for the last time.
    Dropped(Dropped),
}

/// The notices of one worker that have not arrived yet: those that matter more first, and else in the order in which
/// they came.
#[derive(Debug)]
pub struct Deliveries {
    settings: OutboxSettings,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    webhook: Webhook,
    cause: Cause,
    pushed: Time,
    attempts: u8,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// To be sent then, which was not further away than `wait` when that was said.
    Waits { due: Time, wait: Duration },
    /// Under way.
    Called { token: CallToken },
}

impl State {
    const fn due_at_once(now: Time) -> Self {
        Self::Waits {
            due: now,
            wait: Duration::ZERO,
        }
    }

    const fn is_called(self) -> bool {
        matches!(self, Self::Called { .. })
    }

    /// How long until it is due. More than there can be means that the clock was set back: then it is due now. `None`
    /// of what is under way.
    fn left(self, now: Time) -> Option<Duration> {
        match self {
            Self::Waits { due, wait } => {
                Some(due.since(now)).map(|left| if left > wait { Duration::ZERO } else { left })
            }
            Self::Called { .. } => None,
        }
    }

    fn is_due(self, now: Time) -> bool {
        self.left(now).is_some_and(|left| left.is_zero())
    }
}

impl Deliveries {
    /// An empty one.
    #[must_use]
    pub const fn new(settings: OutboxSettings) -> Self {
        Self {
            settings,
            entries: Vec::new(),
        }
    }

    /// Takes a notice, which is due at once. Returns what had to go for want of place: the notice itself, or one that
    /// waits and matters less, or comes from a network that has more of them.
    #[must_use = "what is dropped has to be told"]
    pub fn push(&mut self, webhook: Webhook, cause: Cause, now: Time) -> Option<Box<Dropped>> {
        let full = |webhook| {
            let cause = DropCause::Full;
            Box::new(Dropped { webhook, cause })
        };
        let mut dropped = None;
        if self.entries.len() >= self.settings.capacity.get() {
            let waits = |entry: &Entry| matches!(entry.state, State::Waits { .. });
            let places = self.entries.iter().map(|entry| (entry.cause, waits(entry)));
            match place::yields(places, cause) {
                Some(at) => dropped = Some(full(self.entries.remove(at).webhook)),
                None => return Some(full(webhook)),
            }
        }
        let behind = |entry: &Entry| entry.cause.penalty >= cause.penalty;
        let at = self.entries.partition_point(behind);
        let entry = Entry {
            webhook,
            cause,
            pushed: now,
            attempts: 0,
            state: State::due_at_once(now),
        };
        self.entries.insert(at, entry);
        dropped
    }

    /// Takes over what another one still has to tell, whose calls have ended with it: they are made again at once. What
    /// does not fit is dropped.
    pub fn take_over(&mut self, other: Self, now: Time) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        let mut entries = Vec::new();
        let room = self
            .settings
            .capacity
            .get()
            .saturating_sub(self.entries.len());
        for entry in other.entries {
            if entries.len() >= room {
                dropped.push(Dropped {
                    webhook: entry.webhook,
                    cause: DropCause::Full,
                });
                continue;
            }
            entries.push(match entry.state {
                State::Waits { .. } => entry,
                // It has not failed.
                State::Called { .. } => Entry {
                    attempts: entry.attempts.saturating_sub(1),
                    state: State::due_at_once(now),
                    ..entry
                },
            });
        }
        for entry in entries.into_iter().rev() {
            let before = |own: &Entry| own.cause.penalty > entry.cause.penalty;
            let at = self.entries.partition_point(before);
            self.entries.insert(at, entry);
        }
        dropped
    }

    /// Sends some of what is due, as far as not too much is under way, what matters most first and then the oldest.
    /// Returns what had its last attempt.
    pub fn send_due(&mut self, calls: &mut Calls, now: Time, host: &impl Caller) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        let mut free = self
            .settings
            .concurrent
            .get()
            .saturating_sub(self.under_way());
        let (mut at, mut tries) = (0, TRIED_AT_ONCE);
        // Nothing is moved but what is dropped: there may be thousands, and this is done every few milliseconds.
        while free > 0
            && tries > 0
            && let Some(entry) = self.entries.get_mut(at)
        {
            at = at.saturating_add(1);
            if !entry.state.is_due(now) {
                continue;
            }
            tries = tries.saturating_sub(1);
            match entry.call(&self.settings, calls, now, host) {
                Some(state) => {
                    entry.state = state;
                    free = free.saturating_sub(usize::from(state.is_called()));
                }
                None => {
                    at = at.saturating_sub(1);
                    dropped.push(self.entries.remove(at).given_up());
                }
            }
        }
        dropped
    }

    /// A call has come back with this status, or has ended with no answer. `None` when it is none of ours. All of 200
    /// to 299 says that the application has the notice.
    pub fn answered(
        &mut self,
        token: CallToken,
        status: Option<u16>,
        now: Time,
    ) -> Option<Answered> {
        let called = |entry: &Entry| matches!(entry.state, State::Called { token: called } if called == token);
        let at = self.entries.iter().position(called)?;
        let entry = self.entries.get_mut(at)?;
        if status.is_some_and(|status| (200..300).contains(&status)) {
            let after = now.since(entry.pushed);
            self.entries.remove(at);
            return Some(Answered::Delivered(after));
        }
        let Some(state) = self.settings.after_failure(entry, now) else {
            return Some(Answered::Dropped(self.entries.remove(at).given_up()));
        };
        entry.state = state;
        Some(Answered::Again)
    }

    /// How long until [`Self::send_due`] has something to do; `None` when nothing waits, or nothing can be sent before
    /// a call ends.
    #[cfg(test)]
    pub(super) fn next_due(&self, now: Time) -> Option<Duration> {
        let is_free = self.under_way() < self.settings.concurrent.get();
        let left = |entry: &Entry| match entry.state {
            State::Waits { .. } => entry.state.left(now),
            State::Called { .. } => None,
        };
        self.entries
            .iter()
            .filter(|_| is_free)
            .filter_map(left)
            .min()
    }

    /// How many notices have neither arrived nor been dropped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many calls are under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        let called = |entry: &&Entry| matches!(entry.state, State::Called { .. });
        self.entries.iter().filter(called).count()
    }
}

impl OutboxSettings {
    /// What comes after an attempt that failed; `None` when it was the last one.
    fn after_failure(&self, entry: &Entry, now: Time) -> Option<State> {
        (entry.attempts < self.attempts.get()).then(|| {
            let wait = self.wait(&entry.webhook, entry.attempts);
            let due = now.plus(wait);
            State::Waits { due, wait }
        })
    }
}

impl Entry {
    /// Makes an attempt; what comes after it.
    fn call(
        &mut self,
        settings: &OutboxSettings,
        calls: &mut Calls,
        now: Time,
        host: &impl Caller,
    ) -> Option<State> {
        self.attempts = self.attempts.saturating_add(1);
        let request = settings.request(&self.webhook, now);
        let how = (settings.cluster.as_str(), &request, settings.timeout);
        match calls.call(Purpose::Webhook, how, now, host) {
            Ok(token) => Some(State::Called { token }),
            Err(_) => settings.after_failure(self, now),
        }
    }

    fn given_up(self) -> Dropped {
        Dropped {
            webhook: self.webhook,
            cause: DropCause::GivenUp,
        }
    }
}
