//! Limits: what the operator wrote -> what the request path runs on.

mod thresholds;

use std::fmt::Display;

use super::lists::Lists;
use super::{check_name, check_not_empty, codes, conditions, identity, mode};
use crate::address::PrefixLengths;
use crate::config::error::ConfigErrors;
use crate::config::raw::{
    Configuration, RawBlock, RawBlockText, RawCount, RawCounters, RawDevices, RawDistinct,
    RawGrowing, RawKeyPart, RawLimit, RawLimitAction, RawMobile, RawOnSuccess, RawSubnet,
    RawUncounted,
};
use crate::config::text::Text;
use crate::decision::{Action, Condition, LimitRule};
use crate::limits::{Count, Devices, KeyPart, LimitPolicy, Mobile, OnSuccess, Told};
use crate::limits::{
    DistinctThreshold, Penalty, Refusals, Terms, Threshold, Uncounted, Wait, Window,
};
use crate::reply::Status;
use crate::store::Budget;
use crate::time::Span;
use thresholds::choices;

/// The most limits a configuration may have.
const MOST: usize = 256;

/// The smallest and the largest memory of all counters, in bytes.
const MEMORY: std::ops::RangeInclusive<usize> = (64 << 10)..=(1 << 30);

pub(super) fn compile(
    raw: &Configuration,
    lists: &Lists,
    errors: &mut ConfigErrors,
) -> Vec<LimitPolicy> {
    if raw.limits.len() > MOST {
        errors.add(
            "limits",
            Some(format!("{} limits", raw.limits.len())),
            format_args!("expected at most {MOST}"),
        );
    }
    let sessions = &raw.identity.session;
    let otherwise = raw.identity.subnet;
    let mut limits: Vec<LimitPolicy> = Vec::new();
    for (index, raw) in raw.limits.iter().enumerate().take(MOST) {
        let path = format!("limits[{index}]");
        check_name(&format!("{path}.name"), &raw.name, errors);
        if limits.iter().any(|other| other.rule.name == raw.name) {
            errors.add(
                format_args!("{path}.name"),
                Some(format!("{:?}", raw.name)),
                "expected a name that no other limit has",
            );
        }
        let Some(mut limit) = limit(raw, lists, &path, errors) else {
            continue;
        };
        limit.subnet = subnet(raw, &limit, otherwise, &path, errors);
        if limit.tells_sessions() && sessions.is_none() {
            errors.add(
                &path,
                None,
                "this counts sessions; expected where they stand, such as [{\"cookie\": \"sid\"}], in identity.session",
            );
        }
        match &raw.codes {
            Some(codes) => limits.extend(codes::compile(codes, limit, &path, errors)),
            None => limits.push(limit),
        }
    }
    limits
}

/// The memory of all counters.
pub(super) fn budget(raw: &RawCounters, errors: &mut ConfigErrors) -> Budget {
    let Some(Text(size)) = raw.memory else {
        return Budget::COUNTERS;
    };
    let bytes = u64::try_from(size.0).ok();
    match bytes.and_then(Budget::new) {
        Some(budget) if MEMORY.contains(&size.0) => budget,
        _ => {
            errors.add(
                "counters.memory",
                Some(format!("{} bytes", size.0)),
                "expected 64KiB to 1GiB",
            );
            Budget::COUNTERS
        }
    }
}

fn limit(
    raw: &RawLimit,
    lists: &Lists,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<LimitPolicy> {
    let key = key(raw, path, errors);
    let then = action(raw.then);
    if then.lets_through() && (raw.status.is_some() || raw.message.is_some()) {
        errors.add(
            path,
            None,
            "status and message are for refusals, but `then` lets the request through",
        );
    }
    if let Some(status) = raw.status
        && Status::new(status).is_none()
    {
        errors.add(
            format_args!("{path}.status"),
            Some(status.to_string()),
            "expected 400 to 599",
        );
    }
    let window = in_range(
        Window::new(raw.window.0.get()),
        raw.window,
        format_args!("{path}.window"),
        "1s to 30d",
        errors,
    );
    let penalty = penalty(raw.block_for.as_ref(), &format!("{path}.block_for"), errors);
    let count = count(raw, lists, path, errors);
    let when = raw
        .when
        .as_ref()
        .map(|when| conditions::compile(when, lists, &format!("{path}.when"), errors));
    if let (Some(Some(when)), Some(count)) = (&when, &count) {
        unreachable_choices(count, when, path, errors);
    }
    let on_success = on_success(raw, &key, path, errors);
    let has = |part| key.contains(&part);
    let (account, session) = (has(KeyPart::Account), has(KeyPart::Session));
    let uncounted = match raw.on_uncounted {
        Some(RawUncounted::Allow) => Uncounted::Allow,
        Some(RawUncounted::Refuse) => Uncounted::Refuse,
        None if account || session => Uncounted::Refuse,
        None => Uncounted::Allow,
    };
    if matches!(count, Some(Count::Distinct(Told::Part(part), _)) if has(part)) {
        errors.add(
            format_args!("{path}.count"),
            None,
            "this part stands in the key as well, so that there is only ever one of it; expected another one",
        );
    }
    Some(LimitPolicy {
        family: raw.name.clone(),
        rule: LimitRule {
            name: raw.name.clone(),
            then,
            mode: mode(raw.mode),
            message: raw.message.clone(),
            status: raw.status,
            tells_quota: !account,
        },
        count: count?,
        subnet: None,
        terms: Terms {
            window: window?,
            penalty: penalty?,
            refusals: if raw.count_refused {
                Refusals::Counted
            } else {
                Refusals::Ignored
            },
            uncounted,
        },
        key,
        when: match when {
            None => None,
            Some(compiled) => Some(compiled?),
        },
        mobile: match raw.mobile {
            RawMobile::Evidence => Mobile::Evidence,
            RawMobile::Volume => Mobile::Volume,
        },
        on_success,
        devices: match raw.devices {
            RawDevices::Separate => Devices::Separate,
            RawDevices::Together => Devices::Together,
        },
        guessing: None,
    })
}

/// Which addresses are one subnet for this limit, if it says so.
fn subnet(
    raw: &RawLimit,
    limit: &LimitPolicy,
    otherwise: RawSubnet,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<PrefixLengths> {
    let own = raw.subnet?;
    let path = format!("{path}.subnet");
    if !limit.tells_subnets() {
        let problem = "expected subnet in the key, or distinct(subnet) to be counted: this limit knows no subnets";
        errors.add(path, None, problem);
    } else if own.ipv4.is_none() && own.ipv6.is_none() {
        errors.add(
            path,
            Some("{}".to_owned()),
            "expected ipv4 or ipv6, a number of bits each",
        );
    } else {
        return Some(identity::subnet(own, otherwise, &path, errors));
    }
    None
}

/// The parts in a fixed order, so that the order in which they are written means nothing.
fn key(raw: &RawLimit, path: &str, errors: &mut ConfigErrors) -> Vec<KeyPart> {
    let path = format!("{path}.key");
    if raw.codes.is_some() {
        if raw.key.is_some() {
            errors.add(
                path,
                None,
                "expected no key beside codes: they are counted by account, and by session",
            );
        }
        return vec![KeyPart::Account];
    }
    let Some(raw) = &raw.key else {
        errors.add(
            path,
            None,
            "expected who is counted, such as [subnet] or [account]",
        );
        return Vec::new();
    };
    check_not_empty(&path, raw, "part", errors);
    let mut key: Vec<KeyPart> = Vec::new();
    for part in raw {
        let part = key_part(*part);
        match key.binary_search(&part) {
            Ok(_) => errors.add(
                &path,
                Some(part.name().to_owned()),
                "expected each part once",
            ),
            Err(place) => key.insert(place, part),
        }
    }
    key
}

const fn key_part(raw: RawKeyPart) -> KeyPart {
    match raw {
        RawKeyPart::Address => KeyPart::Address,
        RawKeyPart::Subnet => KeyPart::Subnet,
        RawKeyPart::Asn => KeyPart::Asn,
        RawKeyPart::Country => KeyPart::Country,
        RawKeyPart::Route => KeyPart::Route,
        RawKeyPart::Account => KeyPart::Account,
        RawKeyPart::Session => KeyPart::Session,
    }
}

const fn action(raw: RawLimitAction) -> Action {
    match raw {
        RawLimitAction::Annotate => Action::Allow,
        RawLimitAction::StepUp => Action::StepUp,
        RawLimitAction::Challenge => Action::Challenge,
        RawLimitAction::Limit => Action::Limit,
        RawLimitAction::Deny => Action::Deny,
    }
}

fn on_success(raw: &RawLimit, key: &[KeyPart], path: &str, errors: &mut ConfigErrors) -> OnSuccess {
    if raw.on_success == RawOnSuccess::Keep {
        return OnSuccess::Keep;
    }
    let network = key.contains(&KeyPart::Subnet) || key.contains(&KeyPart::Address);
    if !(key.contains(&KeyPart::Account) && network) {
        errors.add(
            format_args!("{path}.on_success"),
            Some("\"clear\"".to_owned()),
            "expected a key with account and with subnet or address: else whoever logs in forgives the attempts of everybody else",
        );
    }
    OnSuccess::Clear
}

/// Refuses thresholds for what the limit does not apply to.
fn unreachable_choices(count: &Count, when: &Condition, path: &str, errors: &mut ConfigErrors) {
    let conditions: Vec<&Condition> = match count {
        Count::Attempts(choices) | Count::Failures(choices) | Count::Successes(choices) => {
            choices.conditions().collect()
        }
        Count::Distinct(_, choices) => choices.conditions().collect(),
    };
    for (index, condition) in conditions.into_iter().enumerate() {
        if condition.excludes(when) {
            errors.add(
                format_args!("{path}.limit[{index}].when"),
                None,
                "this choice is never reached: the limit's own `when` excludes it; expected another condition, or none",
            );
        }
    }
}

fn count(raw: &RawLimit, lists: &Lists, path: &str, errors: &mut ConfigErrors) -> Option<Count> {
    let told = raw.count.map_or(RawCount::Attempts, |count| count.0);
    if let RawCount::Distinct(told) = told {
        let thresholds = choices(
            raw,
            lists,
            path,
            (DistinctThreshold::new, DistinctThreshold::MAX),
            errors,
        );
        let told = match told {
            RawDistinct::Part(part) => Told::Part(key_part(part)),
            RawDistinct::Agent => Told::Agent,
        };
        return thresholds.map(|thresholds| Count::Distinct(told, thresholds));
    }
    let thresholds = choices(raw, lists, path, (Threshold::new, Threshold::MAX), errors)?;
    Some(match told {
        RawCount::Failures => Count::Failures(thresholds),
        RawCount::Successes => Count::Successes(thresholds),
        RawCount::Attempts | RawCount::Distinct(_) => Count::Attempts(thresholds),
    })
}

fn penalty(raw: Option<&RawBlock>, path: &str, errors: &mut ConfigErrors) -> Option<Penalty> {
    let mut wait = |path: &str, span: Text<Span>| {
        let wait = Wait::new(span.0.get());
        in_range(wait, span, path, "1s to 30d", errors)
    };
    match raw {
        None => Some(Penalty::None),
        Some(RawBlock::For(RawBlockText::Time(span))) => wait(path, *span).map(Penalty::For),
        Some(RawBlock::For(RawBlockText::Word(_))) => Some(Penalty::GROWING),
        Some(RawBlock::Growing(RawGrowing { first, longest })) => {
            let Penalty::Growing {
                first: default_first,
                longest: default_longest,
            } = Penalty::GROWING
            else {
                return None;
            };
            let first = first.map_or(Some(default_first), |span| {
                wait(&format!("{path}.first"), span)
            })?;
            let longest = longest.map_or(Some(default_longest), |span| {
                wait(&format!("{path}.longest"), span)
            })?;
            if longest < first {
                errors.add(
                    format_args!("{path}.longest"),
                    Some(format!("{}s", longest.get().as_secs())),
                    "expected no less than `first`",
                );
            }
            Some(Penalty::Growing { first, longest })
        }
    }
}

/// What was made of a span, or an error.
fn in_range<T>(
    made: Option<T>,
    span: Text<Span>,
    path: impl Display,
    range: &str,
    errors: &mut ConfigErrors,
) -> Option<T> {
    if made.is_none() {
        errors.add(
            path,
            Some(span.0.to_string()),
            format_args!("expected {range}"),
        );
    }
    made
}
