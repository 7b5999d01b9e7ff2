//! What the User-Agent of a request says, and whether others of its subnet say the same.

use super::engine::Engine;
use super::subject::Subject;
use crate::agent::Agent;
use crate::agent::AgentUse;
use crate::decision::{AgentFacts, AgentSignal, ListSet, Signals, Truth};
use crate::host::Host;
use crate::intelligence::{Flag, Knowledge, Reputation};
use crate::message::HeaderBlock;
use crate::policy::{Guard, Policy};
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// What a request's User-Agent says, as far as its route asks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SeenAgent {
    /// What is known of it so far.
    pub(super) facts: AgentFacts,
    /// What tells it from others, where they are counted.
    mark: Option<u64>,
}

impl Engine {
    /// Reads the User-Agent, if the route asks what it says.
    pub(super) fn see_agent(&self, guard: &Guard, headers: &HeaderBlock) -> SeenAgent {
        if guard.agent == AgentUse::Nothing {
            return SeenAgent::default();
        }
        let agent = Agent::read(headers);
        SeenAgent {
            facts: agent.signals().into(),
            mark: (guard.agent == AgentUse::Counted)
                .then(|| self.counting.mark(&agent.canonical())),
        }
    }

    /// Counts the request where it matters how many different agents its subnet has. Once for each.
    pub(super) fn count_agent(
        &self,
        subject: &mut Subject,
        knowledge: Knowledge,
        now: Time,
        host: &impl Host,
    ) {
        let (Some(mark), Some(client)) = (subject.agent.mark, subject.client) else {
            return;
        };
        let uniform = self.policy.uniform;
        let applies = match uniform.everywhere {
            true => Some(true),
            false => knowledge.reputation().or(subject.geoip).is_shared(),
        };
        let truth = match applies {
            Some(true) => self.counting.is_uniform(uniform, client, mark, now, host),
            Some(false) => Truth::False,
            None => Truth::Unknown,
        };
        subject.agent.facts.put(AgentSignal::Uniform, truth);
    }
}

/// With what is known of the address.
pub(super) fn facts(
    policy: &Policy,
    subject: &Subject,
    reputation: &Reputation,
    lists: ListSet,
) -> AgentFacts {
    let facts = subject.agent.facts;
    if facts == AgentFacts::UNKNOWN {
        return facts;
    }
    let is_crawler = Truth::from(reputation.flags.get(Flag::Crawler));
    facts.checked(is_crawler.max(policy.lists.is_crawler(lists)))
}

/// Counts what agents say.
pub(super) fn count(signals: &Signals, host: &impl Meter) {
    for signal in signals.agent.held() {
        host.meter(Event::Agent(signal));
    }
}
