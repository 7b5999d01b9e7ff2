//! Signals -> score.

use super::{MAX_LISTS, Signals};
use crate::intelligence::Score;
use crate::signals::{AgentSignal, ClientSignal, Fact, Flag, Measure, Signal, Truth};

/// Flags that describe one thing from several sides: a connection that hides where its user sits. A hosted VPN is often
/// called a proxy too.
const DISGUISES: [Flag; 5] = [
    Flag::Vpn,
    Flag::Proxy,
    Flag::Relay,
    Flag::ResidentialProxy,
    Flag::Hosting,
];

/// What disguises weigh together, at most, unless one alone weighs more: short of the denial at 80, since people stand
/// behind them.
const MOST_OF_DISGUISES: i64 = 75;

const IMPOSSIBLE: Fact = Fact::Client(ClientSignal::ImpossibleTravel);

/// What each signal adds to the score, from -100 to 100.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    facts: [i16; Fact::COUNT],
    measures: [i16; Measure::ALL.len()],
    lists: Vec<i16>,
}

impl Default for Weights {
    /// Two signals of different kinds together, a VPN that is also an abuser, reach the denial at 80; one alone stays
    /// in the challenge between 50 and 79. Many people share a mobile address, so that counts in its favour. What a
    /// User-Agent says weighs nothing: only the operator knows whether programs are welcome.
    fn default() -> Self {
        let mut weights = Self {
            facts: [0; Fact::COUNT],
            measures: [0; Measure::ALL.len()],
            lists: Vec::new(),
        };
        for signal in Signal::weighed() {
            weights.set(signal, signal.weight().unwrap_or_default());
        }
        weights
    }
}

impl Weights {
    /// Changes what a signal adds.
    pub fn set(&mut self, signal: Signal, weight: i16) {
        let slot = match signal {
            Signal::Fact(fact) => self.facts.get_mut(fact.number()),
            Signal::Measure(measure) => self.measures.get_mut(usize::from(measure.number())),
        };
        if let Some(slot) = slot {
            *slot = weight;
        }
    }

    /// What a signal adds.
    #[must_use]
    pub fn get(&self, signal: Signal) -> i16 {
        let weight = match signal {
            Signal::Fact(fact) => self.facts.get(fact.number()),
            Signal::Measure(measure) => self.measures.get(usize::from(measure.number())),
        };
        weight.copied().unwrap_or_default()
    }

    /// The signals of the User-Agent that add something.
    pub fn weighty_agents(&self) -> impl Iterator<Item = AgentSignal> {
        let weighs = |signal: &AgentSignal| self.of(Fact::Agent(*signal)) != 0;
        AgentSignal::ALL.into_iter().filter(weighs)
    }

    /// Sets what the lists add, in their order; those beyond the last add nothing.
    pub fn set_lists(&mut self, weights: Vec<i16>) {
        self.lists = weights;
        self.lists.truncate(MAX_LISTS);
    }

    /// The score: what the provider says or the sum of the weights of all signals that hold, whichever is higher,
    /// between 0 and 100. Of flags that describe one disguise, together at most [`MOST_OF_DISGUISES`]. `None` when
    /// nothing is known and nothing weighs.
    #[must_use]
    pub fn score(&self, signals: &Signals) -> Option<Score> {
        self.sum(signals, 0)
    }

    /// The same of somebody who has travelled faster than possible.
    #[must_use]
    pub fn score_of_impossible(&self, signals: &Signals) -> Option<Score> {
        self.sum(signals, self.of(IMPOSSIBLE))
    }

    fn sum(&self, signals: &Signals, more: i64) -> Option<Score> {
        let reputation = &signals.reputation;
        let is_unknown = reputation.is_unknown();
        let (mut flags, mut agents, mut client) = (0_i64, 0_i64, 0_i64);
        let (mut disguises, mut most) = (0_i64, MOST_OF_DISGUISES);
        for (fact, weight) in Fact::ALL.into_iter().zip(self.facts) {
            let holds = match fact {
                // A failed lookup makes an address unknown, and says nothing against it.
                Fact::Client(ClientSignal::Unknown) => is_unknown,
                // What it adds is `more`.
                Fact::Client(ClientSignal::ImpossibleTravel) => false,
                fact => signals.truth(fact) == Truth::True,
            };
            let weight = i64::from(weight);
            let sum = match fact {
                Fact::Flag(flag) if DISGUISES.contains(&flag) => {
                    if holds {
                        most = most.max(weight);
                    }
                    &mut disguises
                }
                Fact::Flag(_) => &mut flags,
                Fact::Agent(_) => &mut agents,
                Fact::Client(_) => &mut client,
            };
            if holds {
                *sum = sum.saturating_add(weight);
            }
        }
        flags = flags.saturating_add(disguises.min(most));
        let mut measures = 0_i64;
        for (measure, weight) in Measure::ALL.into_iter().zip(self.measures) {
            let number = i64::from(signals.number(measure).unwrap_or_default());
            let share = number.saturating_mul(weight.into()) / 100;
            measures = measures.saturating_add(share);
        }
        let lists: i64 = signals
            .lists
            .held()
            .filter_map(|list| self.lists.get(list.get()))
            .map(|weight| i64::from(*weight))
            .sum();
        let parts = [flags, agents, client, measures, lists, more];
        if is_unknown && parts == [0; 6] {
            return None;
        }
        let sum = parts.into_iter().fold(0, i64::saturating_add);
        Some(Score::clamped(sum).max(reputation.score.unwrap_or_default()))
    }

    fn of(&self, fact: Fact) -> i64 {
        self.get(Signal::Fact(fact)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FailureRate, ListIndex};
    use super::*;
    use crate::signals::AgentFacts;

    const RATE: Signal = Signal::Measure(Measure::AsnFailureRate);

    fn signals(held: &[Flag]) -> Signals {
        let mut signals = Signals::NOTHING_KNOWN;
        for flag in Flag::ALL {
            signals
                .reputation
                .flags
                .put(flag, Some(held.contains(&flag)));
        }
        signals
    }

    fn score(held: &[Flag]) -> Option<u8> {
        let score = Weights::default().score(&signals(held));
        score.map(Score::get)
    }

    #[test]
    fn a_clean_address_scores_zero_and_an_unknown_one_has_no_score() {
        assert_eq!(score(&[]), Some(0));
        assert_eq!(Weights::default().score(&Signals::NOTHING_KNOWN), None);
    }

    #[test]
    fn weights_add_up_and_stay_between_0_and_100() {
        assert_eq!(score(&[Flag::Vpn]), Some(35));
        assert_eq!(score(&[Flag::Vpn, Flag::Proxy]), Some(70));
        assert_eq!(score(&[Flag::Vpn, Flag::Abuse, Flag::Hosting]), Some(100));
        assert_eq!(score(&[Flag::Mobile]), Some(0));
        assert_eq!(score(&[Flag::Mobile, Flag::Abuse]), Some(60));
    }

    #[test]
    fn disguises_alone_never_reach_a_denial() {
        assert_eq!(score(&DISGUISES), Some(75));
        assert_eq!(score(&[Flag::Vpn, Flag::Proxy, Flag::Hosting]), Some(75));
        assert_eq!(score(&[Flag::Vpn, Flag::Hosting, Flag::Abuse]), Some(100));
        let mut strict = Weights::default();
        strict.set(Signal::Fact(Flag::Vpn.into()), 90);
        let strict = strict.score(&signals(&[Flag::Vpn, Flag::Hosting]));
        assert_eq!(strict.map(Score::get), Some(90), "what one alone weighs");
    }

    #[test]
    fn the_providers_score_is_a_floor() {
        let mut signals = signals(&[Flag::Vpn]);
        signals.reputation.score = Some(Score::clamped(75));
        let score = Weights::default().score(&signals);
        assert_eq!(score.map(Score::get), Some(75));
    }

    #[test]
    fn impossible_travel_weighs_where_the_operator_says_so() {
        let mut weights = Weights::default();
        let vpn = signals(&[Flag::Vpn]);
        let score = |weights: &Weights| weights.score_of_impossible(&vpn).map(Score::get);
        assert_eq!(score(&weights), Some(35));
        weights.set(Signal::Fact(IMPOSSIBLE), 40);
        assert_eq!(score(&weights), Some(75));
        assert_eq!(weights.score(&vpn).map(Score::get), Some(35));
    }

    #[test]
    fn lists_and_the_unknown_weigh_where_the_operator_says_so() {
        let mut weights = Weights::default();
        weights.set_lists(vec![0, 30]);
        let mut nothing_known = Signals::NOTHING_KNOWN;
        nothing_known
            .lists
            .hold(ListIndex::new(1).expect("in range"));
        let known = Signals {
            lists: nothing_known.lists,
            ..signals(&[])
        };
        let score = |weights: &Weights, signals| weights.score(signals).map(Score::get);
        assert_eq!(score(&weights, &nothing_known), Some(30));
        weights.set(Signal::Fact(Fact::Client(ClientSignal::Unknown)), 25);
        assert_eq!(score(&weights, &nothing_known), Some(55));
        assert_eq!(score(&weights, &known), Some(30));
    }

    #[test]
    fn failing_logins_of_the_autonomous_system_weigh_by_their_share() {
        let mut weights = Weights::default();
        let failing = |failures, held: &[Flag]| Signals {
            asn_failure_rate: FailureRate::of(failures, 100 - failures, 50),
            ..signals(held)
        };
        let score = |weights: &Weights, signals: &Signals| weights.score(signals).map(Score::get);
        assert_eq!(
            score(&weights, &failing(90, &[])),
            Some(0),
            "unless told otherwise"
        );
        weights.set(RATE, 40);
        for (failures, expected) in [(0, 0), (50, 20), (99, 39), (100, 40)] {
            assert_eq!(score(&weights, &failing(failures, &[])), Some(expected));
        }
        assert_eq!(score(&weights, &failing(50, &[Flag::Vpn])), Some(55));
        assert_eq!(
            score(&weights, &signals(&[])),
            Some(0),
            "below the least number of samples"
        );
        let unknown = Signals {
            asn_failure_rate: FailureRate::of(50, 50, 50),
            ..Signals::NOTHING_KNOWN
        };
        assert_eq!(score(&weights, &unknown), Some(20));
        weights.set(RATE, -20);
        assert_eq!(score(&weights, &failing(100, &[Flag::Vpn])), Some(15));
    }

    #[test]
    fn what_an_agent_says_weighs_where_the_operator_says_so() {
        let mut weights = Weights::default();
        let mut agent = AgentFacts::UNKNOWN;
        for signal in AgentSignal::ALL {
            agent.put(signal, Some(true));
        }
        let with = |held: Option<&[Flag]>, agent| Signals {
            agent,
            ..held.map_or(Signals::NOTHING_KNOWN, signals)
        };
        let score = |weights: &Weights, held, agent| {
            let score = weights.score(&with(held, agent));
            score.map(Score::get)
        };
        assert_eq!(weights.weighty_agents().count(), 0);
        assert_eq!(score(&weights, None, agent), None);
        weights.set(Signal::Fact(Fact::Agent(AgentSignal::Scripted)), 30);
        weights.set(Signal::Fact(Fact::Agent(AgentSignal::CrawlerVerified)), -10);
        let weighty: Vec<_> = weights.weighty_agents().collect();
        assert_eq!(
            weighty,
            [AgentSignal::Scripted, AgentSignal::CrawlerVerified]
        );
        assert_eq!(score(&weights, None, agent), Some(20));
        assert_eq!(score(&weights, Some(&[Flag::Vpn]), agent), Some(55));
        agent.put(AgentSignal::Scripted, None);
        assert_eq!(score(&weights, Some(&[Flag::Vpn]), agent), Some(25));
    }
}
