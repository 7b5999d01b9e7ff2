//! What a request asks the fleet in one call, and what the fleet says of it.

use super::counter::{Hits, Part, counted, descriptor, raised, sanction};
use super::step::Step;
use super::wire::Descriptor;
use crate::limits::{CounterKey, Counting, FleetCount, Keys, Sharing, Window};
use crate::records::RecordKey;
use crate::session::{Revocable, Sanction};
use crate::time::Time;

/// What may be used once, and is used by a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(super) number: u64,
    pub(super) window: Window,
    pub(super) at: Time,
}

/// The most counters that one request asks about: an answer takes about 40 bytes of each, and 64 KiB are read.
const MOST_ASKED: usize = 1_024;

/// What is asked for a request: what limits count, what it uses up, and whether its sessions are revoked.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) sharings: Vec<Sharing>,
    pub(crate) spent: Option<Spent>,
    pub(crate) sessions: Vec<Revocable>,
}

/// What the fleet has said of a request so far.
#[derive(Debug)]
pub(crate) struct Said {
    pub(super) counts: Vec<FleetCount>,
    /// Whether what it uses up has been used before.
    pub(crate) is_spent: bool,
    /// What becomes of those of its sessions that are revoked.
    pub(crate) revoked: Vec<(RecordKey, Sanction)>,
    /// Which of them see a value for the first time in this step, and whether the step before has not seen it either.
    pub(super) firsts: Vec<(usize, bool)>,
    /// Of which nobody knows how many were given back, since their counters are full.
    pub(super) full: Vec<usize>,
}

impl Said {
    /// Whether the fleet is to be asked once more.
    pub(crate) const fn is_open(&self) -> bool {
        !self.firsts.is_empty()
    }

    /// How much is counted of these, in their order; `None` of those of which that is not known.
    pub(crate) fn of(self, sharings: Vec<Sharing>) -> Vec<(Sharing, Option<FleetCount>)> {
        let is_open = |place| {
            self.full.contains(&place) || self.firsts.iter().any(|(first, _)| *first == place)
        };
        let counts = self.counts.iter().enumerate();
        let counts = counts.map(|(place, count)| (!is_open(place)).then_some(*count));
        sharings.into_iter().zip(counts).collect()
    }
}

impl Spent {
    /// What is asked about it: whether this is its first use.
    pub(super) fn questions(self, keys: &Keys) -> impl Iterator<Item = Descriptor> {
        let step = Step::at(self.window, self.at);
        let one = move |step, hits| descriptor(keys, (self.number, Part::Once), step, hits);
        let both = [one(step, Hits::attempts(1)), one(step.before(), Hits::NONE)];
        let ahead = step.ahead(self.at).into_iter();
        both.into_iter()
            .chain(ahead.map(move |step| one(step, Hits::NONE)))
    }

    /// How many numbers answer that.
    pub(super) fn expected(self) -> usize {
        reads(self.window, self.at)
    }

    /// Whether it was not, by these numbers; `None` if there are none.
    pub(super) fn is_spent(numbers: impl IntoIterator<Item = u32>) -> Option<bool> {
        let mut numbers = numbers.into_iter().map(counted);
        let here = numbers.next()?;
        Some(here > 1 || numbers.any(|elsewhere| elsewhere > 0))
    }
}

/// How many steps are read of what is counted then.
fn reads(window: Window, at: Time) -> usize {
    let ahead = Step::at(window, at).ahead(at);
    2_usize.saturating_add(ahead.iter().len())
}

/// How much is counted, whatever else is: of each, in this step and in the one before.
pub(super) fn sums(
    counters: &[(CounterKey, Window)],
    keys: &Keys,
    at: Time,
) -> impl Iterator<Item = Descriptor> {
    counters.iter().flat_map(move |(key, window)| {
        let step = Step::at(*window, at);
        let one = |step| descriptor(keys, (key.number(), Part::Number), step, Hits::NONE);
        [one(step), one(step.before())]
    })
}

impl Asking {
    /// That of limits alone.
    pub(crate) const fn of(sharings: Vec<Sharing>, sessions: Vec<Revocable>) -> Self {
        Self {
            sharings,
            spent: None,
            sessions,
        }
    }

    /// What the fleet is asked, in a fixed order.
    pub(super) fn questions(&self, keys: &Keys, now: Time) -> Vec<Descriptor> {
        let mut descriptors = Vec::with_capacity(self.expected());
        for sharing in &self.sharings {
            of_sharing(sharing, keys, &mut descriptors);
        }
        descriptors.extend(self.spent.iter().flat_map(|spent| spent.questions(keys)));
        descriptors.extend(self.sessions.iter().flat_map(|(key, window)| {
            let step = Step::at(*window, now);
            let owner = (key.get().get(), Part::Revoked);
            [step, step.before()].map(|step| descriptor(keys, owner, step, Hits::NONE))
        }));
        descriptors
    }

    /// Whether its answer could be longer than what is read. Only who names many accounts and sessions at once, as no
    /// client does, asks for so much.
    pub(crate) fn is_too_wide(&self) -> bool {
        self.expected() > MOST_ASKED
    }

    /// How many numbers answer that.
    pub(super) fn expected(&self) -> usize {
        let asked = |sharing: &Sharing| {
            let values = match sharing.counting {
                Counting::Distinct(_) => 2,
                _ => 0,
            };
            reads(sharing.window, sharing.at).saturating_add(values)
        };
        let limits: usize = self.sharings.iter().map(asked).sum();
        let spent = self.spent.map_or(0, Spent::expected);
        let sessions = self.sessions.len().saturating_mul(2);
        limits.saturating_add(spent).saturating_add(sessions)
    }

    /// What these numbers say; `None` if there are too few.
    pub(super) fn said(&self, numbers: Vec<u32>) -> Option<Said> {
        let mut numbers = numbers.into_iter();
        let mut said = Said {
            counts: Vec::with_capacity(self.sharings.len()),
            is_spent: false,
            revoked: Vec::new(),
            firsts: Vec::new(),
            full: Vec::new(),
        };
        for (place, sharing) in self.sharings.iter().enumerate() {
            let step = Step::at(sharing.window, sharing.at);
            let mut both = pair(&mut numbers)?;
            if let Counting::Distinct(_) = sharing.counting {
                let [here, before] = both;
                if counted(here) == 1 {
                    said.firsts.push((place, counted(before) == 0));
                }
                both = pair(&mut numbers)?;
            }
            // What comes and goes again (clients that go away, the logins of a machine) locks nobody out by its number.
            if sharing.counting == Counting::Reserved && both.contains(&u32::MAX) {
                said.full.push(place);
            }
            let ahead = match step.ahead(sharing.at) {
                Some(_) => numbers.next()?,
                None => 0,
            };
            let [here, before] = both.map(raised);
            said.counts.push(FleetCount {
                counted: both.map(counted),
                ahead: counted(ahead),
                raised: here.saturating_add(before).saturating_add(raised(ahead)),
                ends: [step.end(), step.next().end()],
            });
        }
        if let Some(spent) = self.spent {
            said.is_spent = Spent::is_spent(numbers.by_ref().take(spent.expected()))?;
        }
        for (key, _) in &self.sessions {
            let both = pair(&mut numbers)?.map(sanction);
            said.revoked
                .extend(both.into_iter().max().flatten().map(|own| (*key, own)));
        }
        Some(said)
    }
}

fn pair(numbers: &mut impl Iterator<Item = u32>) -> Option<[u32; 2]> {
    Some([numbers.next()?, numbers.next()?])
}

/// What is asked about one counter, in a fixed order.
fn of_sharing(sharing: &Sharing, keys: &Keys, descriptors: &mut Vec<Descriptor>) {
    let step = Step::at(sharing.window, sharing.at);
    let owner = sharing.key.number();
    let one = |owner, part, step, hits| descriptor(keys, (owner, part), step, hits);
    let part = match sharing.counting {
        Counting::Distinct(value) => {
            descriptors.extend([
                one(value.number(), Part::Value, step, Hits::attempts(1)),
                one(value.number(), Part::Value, step.before(), Hits::NONE),
                one(owner, Part::New, step, Hits::NONE),
                one(owner, Part::All, step.before(), Hits::NONE),
            ]);
            Part::New
        }
        counting => {
            let hits = match counting {
                Counting::Watched => Hits::NONE,
                _ => Hits::attempts(sharing.hits),
            };
            descriptors.extend([
                one(owner, Part::Number, step, hits),
                one(owner, Part::Number, step.before(), Hits::NONE),
            ]);
            Part::Number
        }
    };
    let ahead = step.ahead(sharing.at);
    descriptors.extend(ahead.map(|step| one(owner, part, step, Hits::NONE)));
}
