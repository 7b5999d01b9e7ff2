//! What has been sent, what has arrived, and what must therefore be counted.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::client::{DEADLINE, Manner, Origin, Outcome, Reply};

/// A verdict, as the metrics tell it; `step_up` is none of this policy.
pub(crate) const VERDICTS: [&str; 4] = ["allow", "challenge", "limit", "deny"];

/// How many of its last events a case keeps.
const EVENTS: usize = 80;

/// Something to which one limit applies: an account, a session or a network, of its own. No other has its name.
#[derive(Debug, Default)]
struct Case {
    what: String,
    /// How many may reach the application; `None` where nothing is limited.
    most: Option<u32>,
    count: Count,
    events: VecDeque<String>,
}

/// What is known of the requests of a case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// They have reached the application.
    pub(crate) reached: u32,
    /// They have certainly reached nobody, and count all the same, as attempts.
    pub(crate) wasted: u32,
    /// They may be counted although they have not reached the application.
    pub(crate) doubts: u32,
}

impl Count {
    /// What is certainly counted.
    pub(crate) const fn certain(self) -> u32 {
        self.reached + self.wasted
    }

    /// The most that may be counted.
    pub(crate) const fn possible(self) -> u32 {
        self.certain() + self.doubts
    }
}

/// How many requests of a kind came to what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kind {
    pub(crate) sent: u64,
    pub(crate) verdicts: [u64; 4],
    /// Answered without a verdict: by Envoy, such as 400, or an unlock link.
    pub(crate) other: u64,
    /// Without an answer, because the client left or a drain ended.
    pub(crate) none: u64,
}

/// Cases of one kind: how many, and what had to reach the application and did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) cases: u64,
    pub(crate) exact: u64,
    pub(crate) expected: u64,
    pub(crate) reached: u64,
    pub(crate) wasted: u64,
    pub(crate) doubts: u64,
}

/// Where a request gets if nothing refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// To the application, unless something happens on the way.
    Application,
    /// Certainly to nobody, and it is given back.
    Nobody,
    /// Certainly to nobody, and it counts all the same.
    Wasted,
}

/// A request, before what became of it.
pub(crate) struct Sent {
    pub(crate) id: u64,
    pub(crate) case: u64,
    pub(crate) kind: &'static str,
    /// Whether a protected route gets it if it is well formed.
    pub(crate) is_judged: bool,
    /// Whether a client that behaves like this may be left without an answer.
    pub(crate) may_close: bool,
    pub(crate) fate: Fate,
    pub(crate) manner: Manner,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct State {
    last: u64,
    cases: HashMap<u64, Case>,
    /// Requests that the application has got, and whether it breaks the answer off.
    arrived: HashMap<u64, bool>,
    undecided: Vec<(u64, &'static str)>,
    kinds: BTreeMap<&'static str, Kind>,
    tallies: BTreeMap<&'static str, Tally>,
    maybe: u64,
    reloads: VecDeque<(Instant, Option<Instant>)>,
    violations: Vec<String>,
}

/// The model, which all share.
pub(crate) struct Model {
    state: Mutex<State>,
    started: Instant,
}

impl Model {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            started: Instant::now(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// A number that nothing else has.
    pub(crate) fn number(&self) -> u64 {
        let mut state = self.state();
        state.last += 1;
        state.last
    }

    /// A new case, of which so many requests may reach the application.
    pub(crate) fn open(&self, what: String, most: Option<u32>) -> u64 {
        let id = self.number();
        let case = Case {
            what,
            most,
            ..Case::default()
        };
        self.state().cases.insert(id, case);
        id
    }

    /// So many more may reach the application.
    pub(crate) fn allow(&self, case: u64, more: u32) {
        if let Some(case) = self.state().cases.get_mut(&case) {
            case.most = case.most.map(|most| most + more);
        }
    }

    /// What is known of the requests of this case.
    pub(crate) fn count(&self, case: u64) -> Count {
        let state = self.state();
        state
            .cases
            .get(&case)
            .map_or_else(Count::default, |case| case.count)
    }

    /// Ends a case of which exactly `expected` requests had to be counted, fewer only by doubts.
    pub(crate) fn close(&self, case: u64, kind: &'static str, expected: Option<u32>) {
        let count = self.count(case);
        let (certain, possible) = (count.certain(), count.possible());
        if let Some(expected) = expected
            && !(certain..=possible).contains(&expected)
        {
            self.violated(
                "counts",
                &format!("{certain} to {possible} were counted, expected {expected}"),
                case,
            );
        }
        let mut state = self.state();
        let tally = state.tallies.entry(kind).or_default();
        tally.cases += 1;
        tally.exact += u64::from(expected == Some(certain));
        tally.expected += u64::from(expected.unwrap_or(certain));
        tally.reached += u64::from(count.reached);
        tally.wasted += u64::from(count.wasted);
        tally.doubts += u64::from(count.doubts);
        state.cases.remove(&case);
    }

    /// Notes an event of a case.
    pub(crate) fn note(&self, case: u64, event: &str) {
        let line = format!("{:8.3} {event}", self.seconds());
        if let Some(case) = self.state().cases.get_mut(&case) {
            if case.events.len() == EVENTS {
                case.events.pop_front();
            }
            case.events.push_back(line);
        }
    }

    /// The application has got a request, and is about to break its answer off or not.
    pub(crate) fn arrived(&self, case: u64, id: u64, breaks_off: bool) {
        let too_many = {
            let mut state = self.state();
            if state.arrived.insert(id, breaks_off).is_some() {
                state.violations.push(format!(
                    "answers: request {id} came to the application twice"
                ));
            }
            state.cases.get_mut(&case).is_some_and(|case| {
                case.count.reached += 1;
                case.most.is_some_and(|most| case.count.reached > most)
            })
        };
        self.note(case, &format!("{id} reached the application"));
        if too_many {
            self.violated("counts", "one more reached the application than may", case);
        }
    }

    /// Whether requests under way since then may have been cut by the end of a drain.
    pub(crate) fn was_reloading(&self, since: Instant) -> bool {
        let reloads = &self.state().reloads;
        reloads
            .iter()
            .any(|(_, end)| end.is_none_or(|end| end + Duration::from_secs(1) > since))
    }

    pub(crate) fn reload_begins(&self) {
        let mut state = self.state();
        if state.reloads.len() == 8 {
            state.reloads.pop_front();
        }
        state.reloads.push_back((Instant::now(), None));
    }

    pub(crate) fn reload_ends(&self) {
        if let Some((_, end)) = self.state().reloads.back_mut() {
            *end = Some(Instant::now());
        }
    }

    /// Takes down what became of a request.
    pub(crate) fn ended(&self, sent: &Sent, outcome: &Outcome) {
        let excused = self.was_reloading(sent.at);
        let (arrived, breaks_off) = {
            let state = self.state();
            let found = state.arrived.get(&sent.id).copied();
            (found.is_some(), found.unwrap_or(false))
        };
        let took = sent.at.elapsed();
        let shown = match outcome {
            Outcome::Reply(reply) => format!("{} of {:?}", reply.status, reply.origin()),
            other => format!("{other:?} ({:?}, to {:?})", sent.manner, sent.fate),
        };
        self.note(
            sent.case,
            &format!("{} {} after {took:.2?}: {shown}", sent.id, sent.kind),
        );
        match outcome {
            Outcome::Hung => self.violated(
                "answers",
                &format!("nothing came within {DEADLINE:?}"),
                sent.case,
            ),
            Outcome::Closed if !(sent.may_close || excused || (arrived && breaks_off)) => {
                self.violated(
                    "answers",
                    &format!("request {} had no answer", sent.id),
                    sent.case,
                );
            }
            Outcome::Reply(reply) if reply.has_more => {
                self.violated(
                    "answers",
                    &format!("request {} had more than one answer", sent.id),
                    sent.case,
                );
            }
            _ => {}
        }
        let verdict = outcome.reply().and_then(verdict);
        let mut state = self.state();
        let is_ours = outcome.origin() == Some(Origin::Palisade);
        if !arrived
            && !is_ours
            && let Some(case) = state.cases.get_mut(&sent.case)
        {
            match sent.fate {
                Fate::Nobody => {}
                Fate::Wasted if outcome.reply().is_some() => case.count.wasted += 1,
                Fate::Wasted | Fate::Application => case.count.doubts += 1,
            }
        }
        let kind = state.kinds.entry(sent.kind).or_default();
        kind.sent += 1;
        match verdict {
            Some(verdict) if sent.is_judged => kind.verdicts[verdict] += 1,
            _ if outcome.reply().is_some() => kind.other += 1,
            _ => kind.none += 1,
        }
        if sent.is_judged && verdict.is_none() {
            state.undecided.push((sent.id, sent.kind));
        }
    }

    /// Decides about those of whose answer nobody has seen anything. Call it when all is quiet.
    pub(crate) fn settle(&self) {
        let mut state = self.state();
        for (id, kind) in std::mem::take(&mut state.undecided) {
            if state.arrived.contains_key(&id) {
                state.kinds.entry(kind).or_default().verdicts[0] += 1;
            } else {
                state.maybe += 1;
            }
        }
    }

    /// Something that must not happen has happened.
    pub(crate) fn violated(&self, class: &str, what: &str, case: u64) {
        let at = self.seconds();
        let mut state = self.state();
        let events = state.cases.get(&case).map_or_else(String::new, |case| {
            let events: Vec<&str> = case.events.iter().map(String::as_str).collect();
            format!(", {}\n      {}", case.what, events.join("\n      "))
        });
        let violation = format!("{class}: at {at:.3} s: {what}{events}");
        eprintln!("soak: {violation}");
        state.violations.push(violation);
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.state().violations.is_empty()
    }

    pub(crate) fn kinds(&self) -> BTreeMap<&'static str, Kind> {
        self.state().kinds.clone()
    }

    pub(crate) fn tallies(&self) -> BTreeMap<&'static str, Tally> {
        self.state().tallies.clone()
    }

    /// Requests that may have been judged or not: their clients left, or a drain ended.
    pub(crate) fn maybe(&self) -> u64 {
        self.state().maybe
    }

    /// How many requests have been sent.
    pub(crate) fn sent(&self) -> u64 {
        self.state().kinds.values().map(|kind| kind.sent).sum()
    }
}

/// The verdict that an answer shows: an index of [`VERDICTS`].
fn verdict(reply: &Reply) -> Option<usize> {
    match reply.origin() {
        Origin::Application => Some(0),
        Origin::Envoy => matches!(reply.status, 502..=504).then_some(0),
        Origin::Palisade => {
            let text = reply.text();
            if text.contains("urn:palisade:limited") || reply.status == 429 {
                Some(2)
            } else if text.contains("urn:palisade:challenge-required") {
                Some(1)
            } else {
                Some(3)
            }
        }
    }
}
