//! Whether a subnet on which there should be many different User-Agents has very few.

use super::{Counting, Part};
use crate::address::ClientAddress;
use crate::agent::Uniform;
use crate::decision::Truth;
use crate::host::Host;
use crate::limits::{
    Answer, Cause, Distinct, Keys, Limit, LimitId, Operation, Refusals, Taken, Terms, Uncounted,
};
use crate::time::Time;

/// The two counters of each subnet.
#[derive(Clone, Copy, Debug)]
pub(super) struct UniformIds {
    requests: LimitId,
    agents: LimitId,
}

impl UniformIds {
    /// With another window they are others, so that they start clean.
    pub(super) fn new(uniform: Uniform, keys: &Keys) -> Self {
        let window = uniform.window.get().as_nanos().to_be_bytes();
        let id = |kind: &[u8]| keys.limit("agent_uniform", &[kind, &window]);
        Self {
            requests: id(b"own requests"),
            agents: id(b"own agents"),
        }
    }
}

impl Counting {
    /// What tells an agent from others; nobody learns from it which one it is.
    pub(in crate::transaction) fn mark(&self, agent: &[u8]) -> u64 {
        self.keys.mark(agent)
    }

    /// Counts a request of the client's subnet, and tells whether very few different agents are behind those of late.
    pub(in crate::transaction) fn is_uniform(
        &self,
        uniform: Uniform,
        client: ClientAddress,
        mark: u64,
        now: Time,
        host: &impl Host,
    ) -> Truth {
        let subnet = Part::of(Some(client), self.subnet);
        // Where the counters of limits on the subnet stand.
        let home = self.keys.home([b"network".as_slice(), subnet.bytes()]);
        let key = |id| self.keys.counter(id, home, [subnet.bytes()]);
        let (requests, agents) = (key(self.uniform.requests), key(self.uniform.agents));
        let terms = |window| Terms {
            // Agents beyond the few are to be remembered as well: else, when the first were forgotten, few would be left.
            refusals: Refusals::Counted,
            uncounted: Uncounted::Allow,
            ..Terms::new(window)
        };
        let value = self.keys.value(agents, &[&mark.to_be_bytes()]);
        let operations: [Operation; 2] = [
            Limit::new(terms(uniform.window)).record(requests, uniform.requests),
            Distinct::new(terms(uniform.memory))
                .see(agents, value, uniform.agents)
                .monitored(),
        ];
        let answers = self.run(&operations, now, host);
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

fn is_full(taken: Taken) -> bool {
    matches!(
        taken.answer,
        Answer::Refused {
            cause: Cause::Full | Cause::Blocked,
            ..
        }
    )
}
