//! What is counted, and how many go through.

use std::str::FromStr;

use crate::config::check;
use crate::config::compile::conditions;
use crate::config::lists::Lists;
use crate::config::raw::RawCondition;
use crate::config::text::Textual;
use crate::decision::{Choices, Condition, Leaf, ScaleRange, Signals};
use crate::json::{FromJson, Json, Mistakes, Node, Place};
use crate::limits::{Count, DistinctBy, DistinctThreshold, KeyPart, Threshold};
use crate::signals::{ClientSignal, Fact};

const UNKNOWN: Fact = Fact::Client(ClientSignal::Unknown);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawCount {
    /// Requests.
    Attempts,
    /// Requests that the application's response shows to have failed.
    Failures,
    /// Requests that the application's response shows to have succeeded.
    Successes,
    /// Different accounts, addresses and so on.
    Distinct(DistinctBy),
}

impl FromStr for RawCount {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use KeyPart::{Account, Address, Asn, Country, Ja4, Session, Subnet};
        let part = |part| Self::Distinct(DistinctBy::Part(part));
        Ok(match text {
            "attempts" => Self::Attempts,
            "failures" => Self::Failures,
            "successes" => Self::Successes,
            "distinct(account)" => part(Account),
            "distinct(address)" => part(Address),
            "distinct(subnet)" => part(Subnet),
            "distinct(asn)" => part(Asn),
            "distinct(country)" => part(Country),
            "distinct(session)" => part(Session),
            "distinct(ja4)" => part(Ja4),
            "distinct(agent)" => Self::Distinct(DistinctBy::Agent),
            _ => return Err(Self::EXPECTED),
        })
    }
}

impl Textual for RawCount {
    const EXPECTED: &'static str = "attempts, failures, successes, or distinct(..) of account, address, subnet, asn, country, session, agent or ja4";
    const PATTERN: &'static str = r"^(attempts|failures|successes|distinct\((account|address|subnet|asn|country|session|agent|ja4)\))$";
}

/// How many go through.
#[derive(Clone, Debug)]
pub enum RawThresholds {
    /// So many.
    One(u32),
    /// By what is known of the address.
    ByReputation(RawByReputation),
    /// By conditions; the first that holds decides.
    ByCondition(Vec<RawChoice>),
}

/// How many go through, by what is known of the address. Risky is: vpn, proxy, residential_proxy, tor, hosting, abuse,
/// or a score from 50.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawByReputation {
    /// Of addresses that are not risky.
    pub clean: u32,
    /// Of risky addresses.
    pub risky: u32,
    /// Of addresses that are unknown; default as for clean ones.
    #[serde(default)]
    pub unknown: Option<u32>,
}

/// How many go through where a condition holds.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawChoice {
    /// When; the last one has none.
    #[serde(default)]
    pub when: Option<RawCondition>,
    /// So many.
    pub limit: u32,
}

impl FromJson for RawThresholds {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match (node.value, node.whole().map(u64::try_from)) {
            // What does not fit is refused with all others that are too large.
            (_, Some(Ok(number))) => Some(Self::One(u32::try_from(number).unwrap_or(u32::MAX))),
            (Json::Object(_), _) => FromJson::from_json(node, mistakes).map(Self::ByReputation),
            (Json::List(_), _) => FromJson::from_json(node, mistakes).map(Self::ByCondition),
            _ => node.expected(
                "a number, an object with clean and risky, or a list of choices with when and limit",
                mistakes,
            ),
        }
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawThresholds {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Thresholds".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let by_reputation = generator.subschema_for::<RawByReputation>();
        let choice = generator.subschema_for::<RawChoice>();
        schemars::json_schema!({
            "description": "How many go through: a number, one per reputation, or one per condition",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": crate::limits::Threshold::MAX },
                by_reputation,
                { "type": "array", "minItems": 1, "items": choice },
            ],
        })
    }
}

/// What is counted, with its thresholds, which stand here.
pub(super) fn compile(
    counted: RawCount,
    thresholds: &RawThresholds,
    lists: &Lists,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Count> {
    if let RawCount::Distinct(by) = counted {
        let thresholds = choices(
            thresholds,
            lists,
            at,
            (DistinctThreshold::new, DistinctThreshold::MAX),
            mistakes,
        );
        return thresholds.map(|thresholds| Count::Distinct(by, thresholds));
    }
    let kind: (fn(u32) -> _, u32) = (Threshold::new, Threshold::MAX);
    let thresholds = choices(thresholds, lists, at, kind, mistakes)?;
    Some(match counted {
        RawCount::Failures => Count::Failures(thresholds),
        RawCount::Successes => Count::Successes(thresholds),
        RawCount::Attempts | RawCount::Distinct(_) => Count::Attempts(thresholds),
    })
}

/// Refuses thresholds for what the limit does not apply to.
pub(super) fn refuse_unreachable(
    count: &Count,
    when: &Condition,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) {
    let conditions: Vec<&Condition> = match count {
        Count::Attempts(choices) | Count::Failures(choices) | Count::Successes(choices) => {
            choices.conditions().collect()
        }
        Count::Distinct(_, choices) => choices.conditions().collect(),
    };
    for (index, condition) in conditions.into_iter().enumerate() {
        if condition.excludes(when) {
            mistakes.add(&at.element(index).field("when"), &"this choice is never reached: the limit's own `when` excludes it; expected another condition, or none");
        }
    }
}

/// The thresholds; `make` makes one of a number up to the one beside it.
fn choices<T>(
    raw: &RawThresholds,
    lists: &Lists,
    at: &Place<'_>,
    (make, most): (fn(u32) -> Option<T>, u32),
    mistakes: &mut Mistakes<'_>,
) -> Option<Choices<T>> {
    let threshold = |at: &Place<'_>, number: u32, mistakes: &mut Mistakes<'_>| {
        let sentence = format_args!("expected 1 to {most}");
        mistakes.require(at, make(number), &sentence)
    };
    match raw {
        RawThresholds::One(number) => Some(Choices {
            choices: Vec::new(),
            rest: threshold(at, *number, mistakes)?,
        }),
        RawThresholds::ByReputation(by) => {
            let clean = threshold(&at.field("clean"), by.clean, mistakes);
            let risky_one = threshold(&at.field("risky"), by.risky, mistakes);
            let mut choices = vec![(risky(), risky_one?)];
            if let Some(number) = by.unknown {
                let unknown = threshold(&at.field("unknown"), number, mistakes);
                choices.push((Condition::Leaf(Leaf::Holds(UNKNOWN)), unknown?));
            }
            Some(Choices {
                choices,
                rest: clean?,
            })
        }
        RawThresholds::ByCondition(raw) => {
            let Some((last, first)) = raw.split_last() else {
                check::not_empty(at, raw, "choice", mistakes);
                return None;
            };
            let mut choices = Vec::new();
            for (index, choice) in first.iter().enumerate() {
                let at = &at.element(index);
                let limit = threshold(&at.field("limit"), choice.limit, mistakes);
                let Some(when) = &choice.when else {
                    mistakes.add(at, &"expected `when`: only the last one has none");
                    continue;
                };
                let when = conditions::compile(when, lists, &at.field("when"), mistakes);
                if let Some(when) = &when
                    && choices.iter().any(|(earlier, _)| earlier == when)
                {
                    mistakes.add(&at.field("when"), &"this choice is never reached: an earlier one has the same condition; expected another one, or none");
                }
                choices.extend(when.zip(limit));
            }
            let place = &at.element(first.len());
            if last.when.is_some() {
                mistakes.add(
                    place,
                    &"expected no `when`: the last one is for whatever is left",
                );
            }
            let rest = threshold(&place.field("limit"), last.limit, mistakes);
            Some(Choices {
                choices,
                rest: rest?,
            })
        }
    }
}

/// [`Signals::is_risky`] as a condition.
fn risky() -> Condition {
    let score: Option<ScaleRange> = format!(">={}", Signals::RISKY_SCORE).parse().ok();
    let leaves = Signals::RISKY.map(|flag| Leaf::Holds(flag.into()));
    let leaves = leaves.into_iter().chain(score.map(Leaf::score));
    Condition::Any(leaves.map(Condition::Leaf).collect())
}
