//! How many go through: a number, one per reputation, or one per condition.

use crate::config::compile::lists::Lists;
use crate::config::compile::{check_not_empty, conditions};
use crate::config::error::ConfigErrors;
use crate::config::raw::{RawLimit, RawThresholds};
use crate::decision::{Choices, Condition, Leaf, ScaleRange, Signals};
use crate::signals::{ClientSignal, Fact};

const UNKNOWN: Fact = Fact::Client(ClientSignal::Unknown);

/// The thresholds; `make` makes one of a number up to the one beside it.
pub(super) fn choices<T>(
    raw: &RawLimit,
    lists: &Lists,
    path: &str,
    (make, most): (fn(u32) -> Option<T>, u32),
    errors: &mut ConfigErrors,
) -> Option<Choices<T>> {
    let path = format!("{path}.limit");
    let threshold = |path: &str, number: u32, errors: &mut ConfigErrors| {
        let threshold = make(number);
        if threshold.is_none() {
            errors.add(
                path,
                Some(number.to_string()),
                format_args!("expected 1 to {most}"),
            );
        }
        threshold
    };
    match &raw.limit {
        RawThresholds::One(number) => Some(Choices {
            choices: Vec::new(),
            rest: threshold(&path, *number, errors)?,
        }),
        RawThresholds::ByReputation(by) => {
            let clean = threshold(&format!("{path}.clean"), by.clean, errors);
            let risky_one = threshold(&format!("{path}.risky"), by.risky, errors);
            let mut choices = vec![(risky(), risky_one?)];
            if let Some(number) = by.unknown {
                let unknown = threshold(&format!("{path}.unknown"), number, errors);
                choices.push((Condition::Leaf(Leaf::Holds(UNKNOWN)), unknown?));
            }
            Some(Choices {
                choices,
                rest: clean?,
            })
        }
        RawThresholds::ByCondition(raw) => {
            let Some((last, first)) = raw.split_last() else {
                check_not_empty(&path, raw, "choice", errors);
                return None;
            };
            let mut choices = Vec::new();
            for (index, choice) in first.iter().enumerate() {
                let path = format!("{path}[{index}]");
                let limit = threshold(&format!("{path}.limit"), choice.limit, errors);
                let Some(when) = &choice.when else {
                    errors.add(path, None, "expected `when`: only the last one has none");
                    continue;
                };
                let when = conditions::compile(when, lists, &format!("{path}.when"), errors);
                if let Some(when) = &when
                    && choices.iter().any(|(earlier, _)| earlier == when)
                {
                    errors.add(
                        format!("{path}.when"),
                        None,
                        "this choice is never reached: an earlier one has the same condition; expected another one, or none",
                    );
                }
                choices.extend(when.zip(limit));
            }
            let place = format!("{path}[{}]", first.len());
            if last.when.is_some() {
                errors.add(
                    &place,
                    None,
                    "expected no `when`: the last one is for whatever is left",
                );
            }
            let rest = threshold(&format!("{place}.limit"), last.limit, errors);
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
    let leaves = Signals::RISKY
        .map(|flag| Leaf::Holds(flag.into()))
        .into_iter();
    let leaves = leaves.chain(score.map(Leaf::score));
    Condition::Any(leaves.map(Condition::Leaf).collect())
}
