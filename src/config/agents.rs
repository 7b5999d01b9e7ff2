//! What is made of User-Agents, and where something is asked of them.

use std::time::Duration;

use crate::agent::{AgentUse, Uniform};
use crate::config::check;
use crate::config::text::Text;
use crate::decision::{Choices, Condition, Leaf, Weights};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::{Count, DistinctThreshold, LimitPolicy, Threshold, Window};
use crate::policy::Protection;
use crate::signals::{AgentSignal, Fact};
use crate::time::Span;

/// What is made of User-Agents.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAgents {
    /// When the signal `agent_uniform` holds.
    #[serde(default)]
    pub uniform: RawUniform,
}

/// When too few different agents come from a subnet on which there should be many.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawUniform {
    /// After so many requests of the subnet in the window, 2 to 100000; default 50. Before that nobody knows.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 2, max = 100_000)))]
    pub requests: Option<u32>,
    /// No more different agents than these, 1 to 50, and fewer than `requests`; default 2.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 50)))]
    pub agents: Option<u32>,
    /// How far back it looks, 10s to 24h; default 10m.
    #[serde(default)]
    pub window: Option<Text<Span>>,
    /// On which networks; default `mobile`.
    #[serde(default)]
    pub networks: RawUniformNetworks,
}

/// The networks on which there should be many different agents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawUniformNetworks {
    /// Those of mobile carriers, where many people share an address.
    #[default]
    Mobile,
    /// All.
    All,
}

/// Compiles `agents.uniform`.
pub(super) fn uniform(
    raw: &RawUniform,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Uniform> {
    let requests = check::within(
        &at.field("requests"),
        raw.requests.unwrap_or(50),
        2..=100_000,
        "requests",
        mistakes,
    );
    let agents = check::within(
        &at.field("agents"),
        raw.agents.unwrap_or(2),
        1..=50,
        "agents",
        mistakes,
    );
    let window = check::span(
        &at.field("window"),
        raw.window,
        Duration::from_secs(600),
        Duration::from_secs(10)..=Duration::from_secs(86_400),
        mistakes,
    );
    if requests <= agents {
        mistakes.add(
            &at.field("requests"),
            &format_args!("expected more than agents ({agents}): else every subnet is uniform"),
        );
    }
    Some(Uniform {
        requests: Threshold::new(requests)?,
        agents: DistinctThreshold::new(agents)?,
        window: Window::new(window)?,
        // A request is forgotten when it is at most 8/7 of the window old; a value not before one window of its own.
        memory: Window::new(window.saturating_add(window.checked_div(6).unwrap_or_default()))?,
        everywhere: raw.networks == RawUniformNetworks::All,
    })
}

/// Notes for each route what its rules, its limits and the score ask.
pub(super) fn note_use(protections: &mut [Protection], limits: &[LimitPolicy], weights: &Weights) {
    let weighty = weights.weighty_agents().map(of_signal).max();
    for protection in protections {
        let rules = protection.ruleset.rules.iter();
        let rules = rules.map(|rule| of_condition(&rule.when)).max();
        let own = protection.limits.iter();
        let own = own
            .filter_map(|index| limits.get(index.0))
            .map(of_limit)
            .max();
        let most = weighty.max(rules).max(own);
        protection.agent = most.unwrap_or_default();
    }
}

fn of_limit(limit: &LimitPolicy) -> AgentUse {
    fn of_choices<T>(choices: &Choices<T>) -> Option<AgentUse> {
        let conditions = choices.choices.iter();
        conditions
            .map(|(condition, _)| of_condition(condition))
            .max()
    }
    let thresholds = match &limit.count {
        Count::Attempts(choices) | Count::Failures(choices) | Count::Successes(choices) => {
            of_choices(choices)
        }
        Count::Distinct(_, choices) => of_choices(choices),
    };
    let when = limit.when.as_ref().map(of_condition);
    when.max(thresholds).unwrap_or_default()
}

fn of_condition(condition: &Condition) -> AgentUse {
    match condition {
        Condition::Leaf(Leaf::Holds(Fact::Agent(signal))) => of_signal(*signal),
        Condition::Leaf(_) => AgentUse::Nothing,
        Condition::Not(inner) => of_condition(inner),
        Condition::Any(parts) | Condition::All(parts) => {
            parts.iter().map(of_condition).max().unwrap_or_default()
        }
    }
}

const fn of_signal(signal: AgentSignal) -> AgentUse {
    match signal {
        AgentSignal::Uniform => AgentUse::Counted,
        _ => AgentUse::Read,
    }
}
