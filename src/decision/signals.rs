//! What a request shows of each signal.

use super::{FailureRate, ListSet, TravelSignal};
use crate::breach::BreachSignal;
use crate::fingerprint::Ja4;
use crate::intelligence::{Reputation, Score};
use crate::signals::{AgentFacts, ClientSignal, Fact, Flag, Measure, Truth};

/// Everything that rules are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signals {
    /// What is known of the address.
    pub reputation: Reputation,
    /// The score of it all; `None` when nothing is known, or not yet.
    pub score: Option<Score>,
    /// The operator's lists.
    pub lists: ListSet,
    /// The share of logins from the client's autonomous system that fail; `None` when it is not known or nobody asks.
    pub asn_failure_rate: Option<FailureRate>,
    /// What the User-Agent says, where the route asks.
    pub agent: AgentFacts,
    /// The fingerprint of the client's ClientHello; `None` without TLS, over HTTP/3, and where nobody asks.
    pub ja4: Option<Ja4>,
    /// What is known of its password, where the route asks.
    pub breach: BreachSignal,
    /// Whether the address is a private or reserved one, of which nobody knows anything.
    pub private: bool,
    /// Whether nothing is known of the address. `Truth::Unknown` as long as somebody can still be asked.
    pub unknown: Truth,
    /// How the client must have travelled since the last successful login.
    pub travel: TravelSignal,
}

impl Signals {
    /// The flags that speak against an address: it hides who uses it, or is known for abuse.
    pub const RISKY: [Flag; 6] = [
        Flag::Vpn,
        Flag::Proxy,
        Flag::ResidentialProxy,
        Flag::Tor,
        Flag::Hosting,
        Flag::Abuse,
    ];
    /// Of an address of which nothing is known.
    pub const NOTHING_KNOWN: Self = Self {
        reputation: Reputation::NOTHING,
        score: None,
        lists: ListSet::EMPTY,
        asn_failure_rate: None,
        agent: AgentFacts::UNKNOWN,
        ja4: None,
        breach: BreachSignal::NotAsked,
        private: false,
        unknown: Truth::True,
        travel: TravelSignal::Unknown,
    };

    /// What is known by the address alone. Nobody knows of the lists, of what the client says it is, nor of what it or
    /// others have done. The score is to be found out anew.
    #[must_use]
    pub const fn of_address(self) -> Self {
        Self {
            score: None,
            lists: ListSet::OPEN,
            asn_failure_rate: None,
            agent: AgentFacts::UNKNOWN,
            ja4: None,
            breach: BreachSignal::NotAsked,
            travel: TravelSignal::Unknown,
            ..self
        }
    }

    /// Whether a fact holds.
    #[must_use]
    pub fn truth(&self, fact: Fact) -> Truth {
        match fact {
            Fact::Flag(flag) => self.reputation.flags.get(flag).into(),
            Fact::Agent(signal) => self.agent.get(signal).into(),
            Fact::Client(ClientSignal::Private) => self.private.into(),
            Fact::Client(ClientSignal::Unknown) => self.unknown,
            Fact::Client(ClientSignal::BreachedPassword) => self.breach.is_breached(),
            Fact::Client(ClientSignal::PasswordUnknown) => self.breach.is_unknown(),
            Fact::Client(ClientSignal::ImpossibleTravel) => {
                self.travel.travel().map(|travel| travel.impossible).into()
            }
        }
    }

    /// The facts that hold, in order.
    pub fn held(&self) -> impl Iterator<Item = Fact> {
        Fact::ALL
            .into_iter()
            .filter(|fact| self.truth(*fact) == Truth::True)
    }

    /// What a measure is; `None` when it is not known or nobody asks.
    #[must_use]
    pub fn number(&self, measure: Measure) -> Option<u32> {
        let travel = self.travel.travel();
        match measure {
            Measure::Score => self.score.map(|score| score.get().into()),
            Measure::AsnFailureRate => self.asn_failure_rate.map(|rate| rate.get().into()),
            Measure::TravelSpeed => travel.map(|travel| travel.speed),
            Measure::PasswordBreaches => self.breach.about(),
            Measure::TravelKm => travel.map(|travel| travel.km.into()),
        }
    }

    /// What is known of all measures, in order.
    pub fn numbers(&self) -> impl Iterator<Item = (Measure, u32)> {
        let all = Measure::ALL.into_iter();
        all.filter_map(|measure| Some((measure, self.number(measure)?)))
    }

    /// The score from which an address is risky.
    pub const RISKY_SCORE: u8 = 50;

    /// Whether anything speaks against the address.
    #[must_use]
    pub fn is_risky(&self) -> bool {
        let flags = &self.reputation.flags;
        let held = Self::RISKY
            .into_iter()
            .any(|flag| flags.get(flag) == Some(true));
        held || self
            .score
            .is_some_and(|score| score.get() >= Self::RISKY_SCORE)
    }
}
