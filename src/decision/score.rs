use super::{AgentSignal, MAX_LISTS, Signals};
use crate::intelligence::{Flag, Score};

/// What each signal adds to the score, from -100 to 100.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights {
    flags: [i16; Flag::ALL.len()],
    lists: Vec<i16>,
    agent: [i16; AgentSignal::ALL.len()],
    unknown: i16,
    impossible_travel: i16,
    asn_failure_rate: i16,
}

impl Default for Weights {
    /// Two weak signals together, a VPN that is also an abuser, reach the denial at 80; one alone
    /// stays in the challenge between 50 and 79. Many people share a mobile address, so that counts in its favour. What a
    /// User-Agent says weighs nothing: only the operator knows whether programs are welcome.
    fn default() -> Self {
        let mut weights = Self {
            flags: [0; Flag::ALL.len()],
            lists: Vec::new(),
            agent: [0; AgentSignal::ALL.len()],
            unknown: 0,
            impossible_travel: 0,
            asn_failure_rate: 0,
        };
        for (flag, weight) in Self::DEFAULT_FLAGS {
            weights.set_flag(flag, weight);
        }
        weights
    }
}

impl Weights {
    /// The weights that hold unless the configuration says otherwise.
    pub const DEFAULT_FLAGS: [(Flag, i16); 9] = [
        (Flag::Vpn, 35),
        (Flag::Proxy, 35),
        (Flag::Tor, 90),
        (Flag::Relay, 10),
        (Flag::ResidentialProxy, 50),
        (Flag::Hosting, 40),
        (Flag::Mobile, -20),
        (Flag::Abuse, 80),
        (Flag::Crawler, 0),
    ];

    /// Changes the weight of a flag.
    pub fn set_flag(&mut self, flag: Flag, weight: i16) {
        for (each, slot) in Flag::ALL.into_iter().zip(&mut self.flags) {
            if each == flag {
                *slot = weight;
            }
        }
    }

    /// Sets what a signal of the User-Agent adds.
    pub fn set_agent(&mut self, signal: AgentSignal, weight: i16) {
        if let Some(slot) = self.agent.get_mut(usize::from(signal.number())) {
            *slot = weight;
        }
    }

    /// The signals of the User-Agent that add something.
    pub fn weighty_agents(&self) -> impl Iterator<Item = AgentSignal> {
        let weights = AgentSignal::ALL.into_iter().zip(self.agent);
        weights
            .filter(|(_, weight)| *weight != 0)
            .map(|(signal, _)| signal)
    }

    /// Sets what the lists add, in their order; those beyond the last add nothing.
    pub fn set_lists(&mut self, weights: Vec<i16>) {
        self.lists = weights;
        self.lists.truncate(MAX_LISTS);
    }

    /// Sets what an address adds of which nothing is known.
    pub const fn set_unknown(&mut self, weight: i16) {
        self.unknown = weight;
    }

    /// Sets what impossible travel adds.
    pub const fn set_impossible_travel(&mut self, weight: i16) {
        self.impossible_travel = weight;
    }

    /// Whether impossible travel changes the score.
    #[must_use]
    pub const fn weigh_travel(&self) -> bool {
        self.impossible_travel != 0
    }

    /// Sets what an autonomous system adds whose logins all fail; with a lower rate, it adds as much less.
    pub const fn set_asn_failure_rate(&mut self, weight: i16) {
        self.asn_failure_rate = weight;
    }

    /// The score: what the provider says or the sum of the weights of all signals that hold, whichever
    /// is higher, between 0 and 100. `None` when nothing is known and nothing weighs.
    #[must_use]
    pub fn score(&self, signals: &Signals) -> Option<Score> {
        self.sum(signals, 0)
    }

    /// The same of somebody who has travelled faster than possible.
    #[must_use]
    pub fn score_of_impossible(&self, signals: &Signals) -> Option<Score> {
        self.sum(signals, self.impossible_travel.into())
    }

    fn sum(&self, signals: &Signals, more: i64) -> Option<Score> {
        let reputation = &signals.reputation;
        let agent: i64 = signals
            .agent
            .held()
            .filter_map(|signal| self.agent.get(usize::from(signal.number())))
            .map(|weight| i64::from(*weight))
            .sum();
        let unknown = reputation.is_unknown();
        let lists: i64 = signals
            .lists
            .held()
            .filter_map(|list| self.lists.get(list.get()))
            .map(|weight| i64::from(*weight))
            .sum();
        let rate = signals
            .asn_failure_rate
            .map_or(0, |rate| i64::from(rate.get()));
        let failing = rate.saturating_mul(self.asn_failure_rate.into()) / 100;
        if unknown && self.unknown == 0 && [lists, agent, more, failing] == [0; 4] {
            return None;
        }
        let flags: i64 = Flag::ALL
            .into_iter()
            .zip(self.flags)
            .filter(|(flag, _)| reputation.flags.get(*flag) == Some(true))
            .map(|(_, weight)| i64::from(weight))
            .sum();
        let unknown = if unknown { i64::from(self.unknown) } else { 0 };
        let sum = [lists, agent, unknown, more, failing]
            .into_iter()
            .fold(flags, i64::saturating_add);
        Some(Score::clamped(sum).max(reputation.score.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AgentFacts, FailureRate, ListIndex, Truth};
    use super::*;

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
        assert_eq!((weights.weigh_travel(), score(&weights)), (false, Some(35)));
        weights.set_impossible_travel(40);
        assert_eq!((weights.weigh_travel(), score(&weights)), (true, Some(75)));
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
        weights.set_unknown(25);
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
        weights.set_asn_failure_rate(40);
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
        weights.set_asn_failure_rate(-20);
        assert_eq!(score(&weights, &failing(100, &[Flag::Vpn])), Some(15));
    }

    #[test]
    fn what_an_agent_says_weighs_where_the_operator_says_so() {
        let mut weights = Weights::default();
        let mut agent = AgentFacts::UNKNOWN;
        for signal in AgentSignal::ALL {
            agent.put(signal, Truth::True);
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
        weights.set_agent(AgentSignal::Scripted, 30);
        weights.set_agent(AgentSignal::CrawlerVerified, -10);
        let weighty: Vec<_> = weights.weighty_agents().collect();
        assert_eq!(
            weighty,
            [AgentSignal::Scripted, AgentSignal::CrawlerVerified]
        );
        assert_eq!(score(&weights, None, agent), Some(20));
        assert_eq!(score(&weights, Some(&[Flag::Vpn]), agent), Some(55));
        agent.put(AgentSignal::Scripted, Truth::Unknown);
        assert_eq!(score(&weights, Some(&[Flag::Vpn]), agent), Some(25));
    }
}
