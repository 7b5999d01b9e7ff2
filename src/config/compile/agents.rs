//! What is asked of User-Agents, and where.

use std::time::Duration;

use super::provider::{span, within};
use crate::agent::{AgentUse, Uniform};
use crate::config::error::ConfigErrors;
use crate::config::raw::{RawUniform, RawUniformNetworks};
use crate::decision::{AgentSignal, Choices, Condition, Leaf, Weights};
use crate::limits::{Count, LimitPolicy};
use crate::limits::{DistinctThreshold, Threshold, Window};
use crate::policy::Protection;

pub(super) fn uniform(raw: &RawUniform, errors: &mut ConfigErrors) -> Option<Uniform> {
    let path = |field: &str| format!("agents.uniform.{field}");
    let requests = within(
        &path("requests"),
        raw.requests.unwrap_or(50),
        2..=100_000,
        "requests",
        errors,
    );
    let agents = within(
        &path("agents"),
        raw.agents.unwrap_or(2),
        1..=50,
        "agents",
        errors,
    );
    let window = span(
        &path("window"),
        raw.window,
        Duration::from_secs(600),
        Duration::from_secs(10)..=Duration::from_secs(86_400),
        errors,
    );
    if requests <= agents {
        errors.add(
            path("requests"),
            Some(requests.to_string()),
            format_args!("expected more than agents ({agents}): else every subnet is uniform"),
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
        Condition::Leaf(Leaf::Agent(signal)) => of_signal(*signal),
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
