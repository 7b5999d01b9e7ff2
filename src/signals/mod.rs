//! Every signal, declared once: what it is called, what it weighs, and what it means.
//!
//! The declaration is `table.rs`. The conditions of rules, the weights of the score, the JSON Schema, the annotations,
//! the metrics, the words of `palisade check` and the tables of the documents follow from it, or are held to it by a
//! test. What a request shows of each signal is [`crate::decision::Signals`].

#[macro_use]
mod declare;
mod annotation;
mod facts;
mod table;
mod truth;

pub use annotation::Annotation;
pub use facts::{Facts, Numbered};
pub use table::{AgentSignal, ClientSignal, Flag, Measure, Membership, Scale};
pub use truth::Truth;

const FLAGS: usize = Flag::ALL.len();
const AGENTS: usize = AgentSignal::ALL.len();
const CLIENT: usize = ClientSignal::ALL.len();

/// The flags of an address.
pub type Flags = Facts<Flag>;

/// What a request's User-Agent says.
pub type AgentFacts = Facts<AgentSignal>;

/// A signal that holds or does not. By its name alone it is a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// What the provider says of the address.
    Flag(Flag),
    /// What the User-Agent says.
    Agent(AgentSignal),
    /// What we know of the client ourselves.
    Client(ClientSignal),
}

/// A signal that can add to the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// It adds its weight where it holds.
    Fact(Fact),
    /// It adds its weight where it is 100, and as much less below.
    Measure(Measure),
}

impl Fact {
    /// How many there are.
    pub const COUNT: usize = FLAGS.saturating_add(AGENTS).saturating_add(CLIENT);

    /// All of them, in the order of their numbers.
    #[expect(
        clippy::indexing_slicing,
        reason = "the compiler evaluates it, and refuses a place that there is not"
    )]
    pub const ALL: [Self; Self::COUNT] = {
        let mut all = [Self::Flag(Flag::ALL[0]); Self::COUNT];
        let mut next = 0;
        while next < Self::COUNT {
            all[next] = match (next.checked_sub(FLAGS), next.checked_sub(FLAGS + AGENTS)) {
                (_, Some(client)) => Self::Client(ClientSignal::ALL[client]),
                (Some(agent), None) => Self::Agent(AgentSignal::ALL[agent]),
                (None, None) => Self::Flag(Flag::ALL[next]),
            };
            next += 1;
        }
        all
    };

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub fn number(self) -> usize {
        let (before, number) = match self {
            Self::Flag(signal) => (0, signal.number()),
            Self::Agent(signal) => (FLAGS, signal.number()),
            Self::Client(signal) => (FLAGS.saturating_add(AGENTS), signal.number()),
        };
        usize::from(number).saturating_add(before)
    }

    /// The name in configuration, annotations and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flag(signal) => signal.name(),
            Self::Agent(signal) => signal.name(),
            Self::Client(signal) => signal.name(),
        }
    }

    /// The fact of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.name() == name)
    }

    /// What it adds to the score unless the operator says otherwise; `None` when it cannot add anything.
    #[must_use]
    pub const fn weight(self) -> Option<i16> {
        match self {
            Self::Flag(signal) => signal.weight(),
            Self::Agent(signal) => signal.weight(),
            Self::Client(signal) => signal.weight(),
        }
    }
}

impl AgentFacts {
    /// With what is known of whether the address is a crawler's: a claim is verified or not as far as that goes.
    #[must_use]
    pub fn checked(mut self, is_crawler: Truth) -> Self {
        let claimed = Truth::from(self.get(AgentSignal::CrawlerClaimed));
        let verified = claimed.min(is_crawler);
        let unverified = claimed.min(!is_crawler);
        self.put(AgentSignal::CrawlerVerified, verified.into());
        self.put(AgentSignal::CrawlerUnverified, unverified.into());
        self
    }
}

impl From<Flag> for Fact {
    fn from(flag: Flag) -> Self {
        Self::Flag(flag)
    }
}

impl Signal {
    /// Those that can add something, in order.
    #[must_use]
    pub fn weighed() -> Vec<Self> {
        let facts = Fact::ALL.into_iter().map(Self::Fact);
        let measures = Measure::ALL.into_iter().map(Self::Measure);
        let all = facts.chain(measures);
        all.filter(|signal| signal.weight().is_some()).collect()
    }

    /// The one of this name that can add something.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::weighed().into_iter();
        all.find(|signal| signal.name() == name)
    }

    /// The name in configuration, annotations and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fact(fact) => fact.name(),
            Self::Measure(measure) => measure.name(),
        }
    }

    /// What it adds to the score unless the operator says otherwise; `None` when it cannot add anything.
    #[must_use]
    pub const fn weight(self) -> Option<i16> {
        match self {
            Self::Fact(fact) => fact.weight(),
            Self::Measure(measure) => measure.weight(),
        }
    }

    /// What it is, as a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Fact(Fact::Flag(signal)) => signal.sentence(),
            Self::Fact(Fact::Agent(signal)) => signal.sentence(),
            Self::Fact(Fact::Client(signal)) => signal.sentence(),
            Self::Measure(measure) => measure.sentence(),
        }
    }

    /// What is to be known of its weight; often empty.
    #[must_use]
    pub const fn note(self) -> &'static str {
        match self {
            Self::Fact(Fact::Flag(signal)) => signal.note(),
            Self::Fact(Fact::Agent(signal)) => signal.note(),
            Self::Fact(Fact::Client(signal)) => signal.note(),
            Self::Measure(measure) => measure.note(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_number_and_a_name_of_its_own() {
        for (number, fact) in Fact::ALL.into_iter().enumerate() {
            assert_eq!(fact.number(), number);
            assert_eq!(Fact::from_name(fact.name()), Some(fact));
        }
        assert_eq!(Fact::from_name("agent"), None);
    }

    #[test]
    fn no_two_signals_have_one_name() {
        let facts = Fact::ALL.into_iter().map(Fact::name);
        let measures = Measure::ALL.map(Measure::name);
        let memberships = Membership::ALL.map(Membership::name);
        let names: Vec<&str> = facts.chain(measures).chain(memberships).collect();
        for (place, name) in names.iter().enumerate() {
            assert!(!names[..place].contains(name), "{name}");
        }
    }

    #[test]
    fn a_default_weight_is_from_minus_100_to_100() {
        for signal in Signal::weighed() {
            let weight = signal.weight().expect("weighed");
            assert!((-100..=100).contains(&weight), "{signal:?}");
        }
    }

    #[test]
    fn a_measure_that_weighs_is_a_share() {
        for measure in Measure::ALL {
            let is_share = measure.scale() == Scale::Hundred;
            assert!(measure.weight().is_none() || is_share, "{measure:?}");
        }
    }
}
