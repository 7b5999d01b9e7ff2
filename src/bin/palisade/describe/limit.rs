//! Limits in words.

use palisade::decision::{Action, Choices, Condition, Leaf, Mode, Signals};
use palisade::limits::{Count, Devices, DistinctBy, KeyPart, LimitPolicy, Mobile, OnSuccess};
use palisade::limits::{DistinctThreshold, Penalty, Refusals, Threshold, Wait};
use palisade::signals::Measure;
use palisade::time::Span;
use serde_json::Value;

use super::condition;

/// A limit as it reads: `account: 10 failures in 1h by account -> limit 429, then nothing for 30s, doubling up to 1h`.
pub(crate) fn limit(limit: &LimitPolicy) -> String {
    let rule = &limit.rule;
    let window = Span::new(limit.terms.window.get());
    let key: Vec<String> = limit.key.iter().map(|part| named(*part, limit)).collect();
    let mut said = format!(
        "{}: {} in {window} by {} -> {}",
        rule.name,
        count(limit),
        key.join(" and "),
        consequence(limit),
    );
    let mut more = |text: &str| {
        said.push_str(", ");
        said.push_str(text);
    };
    match limit.terms.penalty {
        Penalty::None => {}
        Penalty::For(wait) => more(&format!("then nothing for {}", span(wait))),
        Penalty::Growing { first, longest } => more(&format!(
            "then nothing for {}, doubling up to {}",
            span(first),
            span(longest)
        )),
    }
    if limit.terms.refusals == Refusals::Counted {
        more("and what is refused counts as well");
    }
    if limit.on_success == OnSuccess::Clear {
        more("forgotten after a success");
    }
    if limit.mobile == Mobile::Volume && limit.counts_networks() {
        more("mobile carriers included");
    }
    if let Some(when) = &limit.when {
        more(&format!("only where {}", condition(when)));
    }
    if rule.mode == Mode::Monitor {
        said.push_str(" (only monitored)");
    }
    said
}

fn consequence(limit: &LimitPolicy) -> String {
    let status = |usual: u16| limit.rule.status.unwrap_or(usual);
    match limit.rule.then {
        Action::Allow => "annotate".to_owned(),
        Action::StepUp => "step_up".to_owned(),
        Action::Limit => format!("limit {}", status(429)),
        then @ (Action::Challenge | Action::Deny) => format!("{} {}", then.name(), status(403)),
    }
}

fn span(wait: Wait) -> Span {
    Span::new(wait.get())
}

/// A part of a key, with what this limit takes for a subnet.
fn named(part: KeyPart, limit: &LimitPolicy) -> String {
    match limit.subnet {
        Some(lengths) if part == KeyPart::Subnet => {
            format!("subnet (/{}, of IPv6 /{})", lengths.v4(), lengths.v6())
        }
        _ => part.name().to_owned(),
    }
}

fn count(limit: &LimitPolicy) -> String {
    match &limit.count {
        Count::Attempts(choices) => thresholds(choices, Threshold::get, "attempts"),
        Count::Failures(choices) => thresholds(choices, Threshold::get, "failures"),
        Count::Successes(choices) => thresholds(choices, Threshold::get, "successes"),
        Count::Distinct(by, choices) => {
            let what = match by {
                DistinctBy::Agent => "different User-Agents".to_owned(),
                DistinctBy::Part(KeyPart::Address) => "different addresses".to_owned(),
                DistinctBy::Part(KeyPart::Country) => "different countries".to_owned(),
                DistinctBy::Part(KeyPart::Ja4) => "different TLS fingerprints".to_owned(),
                DistinctBy::Part(KeyPart::Subnet) => {
                    format!(
                        "different {}",
                        named(KeyPart::Subnet, limit).replacen("subnet", "subnets", 1)
                    )
                }
                DistinctBy::Part(part) => format!("different {}s", part.name()),
            };
            thresholds(choices, DistinctThreshold::get, &what)
        }
    }
}

/// `60 attempts (5 where tor, 20 where unknown)`.
fn thresholds<T: Copy>(choices: &Choices<T>, number: fn(T) -> u32, what: &str) -> String {
    let mut said = format!("{} {what}", number(choices.rest));
    if !choices.choices.is_empty() {
        let special = choices.choices.iter();
        let special: Vec<String> = special
            .map(|(when, limit)| format!("{} where {}", number(*limit), place(when)))
            .collect();
        said.push_str(&format!(" ({})", special.join(", ")));
    }
    said
}

/// A condition; the one for `risky` by that word.
fn place(when: &Condition) -> String {
    let parts = match when {
        Condition::Any(parts) => parts.as_slice(),
        _ => &[],
    };
    let flags = Signals::RISKY.map(|flag| Condition::Leaf(Leaf::Holds(flag.into())));
    match parts.strip_prefix(&flags[..]) {
        Some([Condition::Leaf(Leaf::Within(Measure::Score, _))]) => "risky".to_owned(),
        _ => condition(when),
    }
}

/// Whether a device that is known to an account has a counter of its own.
pub(crate) fn tells_devices(limit: &LimitPolicy) -> bool {
    limit.has(KeyPart::Account) && limit.devices == Devices::Separate
}

/// The places of an account: `form email or json /user/email or basic`.
pub(crate) fn account(places: &Value) -> String {
    let place = |place: &Value| match place {
        Value::Object(fields) => fields.iter().next().map(|(kind, name)| match name {
            Value::String(name) => format!("{kind} {name}"),
            other => format!("{kind} {other}"),
        }),
        Value::String(word) if word == "from_session" => {
            Some("whosever password step its session was used for".to_owned())
        }
        Value::String(word) if word == "from_known_session" => {
            Some("whosever password step its session was used for, which must be known".to_owned())
        }
        other => other.as_str().map(str::to_owned),
    };
    let places = places.as_array().into_iter().flatten();
    let places: Vec<String> = places.filter_map(place).collect();
    places.join(" or ")
}
