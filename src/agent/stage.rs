//! What the User-Agent of a request says, and whether a subnet on which there should be many different ones has very
//! few.

use super::{Agent, AgentUse, Uniform};
use crate::address::ClientAddress;
use crate::decision::{AgentFacts, AgentSignal, Truth};
use crate::fingerprint::Ja4;
use crate::host::Host;
use crate::limits::{
    Answer, Cause, Counters, Distinct, Limit, LimitId, LimitOutcome, Operation, Refusals, Terms,
    Uncounted,
};
use crate::message::HeaderBlock;
use crate::time::Time;

/// What a request's User-Agent says, as far as its route asks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SeenAgent {
    /// What is known of it so far.
    pub(crate) facts: AgentFacts,
    /// What tells it from others, where they are counted.
    mark: Option<u64>,
}

/// How User-Agents are read and counted: two counters for each subnet.
#[derive(Debug)]
pub(crate) struct Agents {
    settings: Uniform,
    counters: Counters,
    requests: LimitId,
    agents: LimitId,
}

impl Agents {
    /// The agents that are counted in these counters. With another window they are others, so that they start clean.
    pub(crate) fn new(settings: Uniform, counters: Counters) -> Self {
        let window = settings.window.get().as_nanos().to_be_bytes();
        let id = |kind: &[u8]| counters.keys().limit("agent_uniform", &[kind, &window]);
        Self {
            requests: id(b"own requests"),
            agents: id(b"own agents"),
            settings,
            counters,
        }
    }

    /// Reads the User-Agent, as far as the route asks what it says.
    pub(crate) fn see(
        &self,
        asked: AgentUse,
        headers: &HeaderBlock,
        ja4: Option<Ja4>,
    ) -> SeenAgent {
        if asked == AgentUse::Nothing {
            return SeenAgent::default();
        }
        let agent = Agent::read(headers);
        SeenAgent {
            facts: agent.signals(ja4),
            mark: (asked == AgentUse::Counted)
                .then(|| self.counters.keys().mark(&agent.canonical())),
        }
    }

    /// Counts the request where it matters how many different agents its subnet has; `is_shared` says whether many
    /// people are known to share its network. Once for each.
    pub(crate) fn count(
        &self,
        seen: &mut SeenAgent,
        client: Option<ClientAddress>,
        is_shared: impl FnOnce() -> Option<bool>,
        now: Time,
        host: &impl Host,
    ) {
        let (Some(mark), Some(client)) = (seen.mark, client) else {
            return;
        };
        let applies = match self.settings.everywhere {
            true => Some(true),
            false => is_shared(),
        };
        let truth = match applies {
            Some(true) => self.is_uniform(client, mark, now, host),
            Some(false) => Truth::False,
            None => Truth::Unknown,
        };
        seen.facts.put(AgentSignal::Uniform, truth.into());
    }

    /// Counts a request of the client's subnet, and tells whether very few different agents are behind those of late.
    fn is_uniform(&self, client: ClientAddress, mark: u64, now: Time, host: &impl Host) -> Truth {
        let settings = self.settings;
        // Where the counters of limits on the subnet stand.
        let (bucket, subnet) = self.counters.bucket_of_subnet(client);
        let keys = self.counters.keys();
        let key = |id| keys.counter(id, bucket, [&subnet[..]]);
        let (requests, agents) = (key(self.requests), key(self.agents));
        let terms = |window| Terms {
            // Agents beyond the few are to be remembered as well: else, when the first were forgotten, few would be
            // left.
            refusals: Refusals::Counted,
            uncounted: Uncounted::Allow,
            ..Terms::new(window)
        };
        let value = keys.value(agents, &[&mark.to_be_bytes()]);
        let operations: [Operation; 2] = [
            Limit::new(terms(settings.window)).record(requests, settings.requests),
            Distinct::new(terms(settings.memory))
                .see(agents, value, settings.agents)
                .monitored(),
        ];
        let answers = self.counters.run(&operations, now, host);
        let answer = |at: usize| answers.get(at).copied().flatten();
        match (answer(0), answer(1)) {
            (Some(requests), Some(agents)) if is_full(requests) => match agents.answer {
                Answer::Allowed(_) => Truth::True,
                _ if is_full(agents) => Truth::False,
                _ => Truth::Unknown,
            },
            _ => Truth::Unknown,
        }
    }
}

fn is_full(taken: LimitOutcome) -> bool {
    matches!(
        taken.answer,
        Answer::Refused {
            cause: Cause::Full | Cause::Blocked,
            ..
        }
    )
}
