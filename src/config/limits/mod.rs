//! Limits: who is counted, what, and what follows.

mod block;
mod codes;
mod count;

use crate::address::PrefixLengths;
use crate::config::compile::conditions;
use crate::config::identity::{RawIdentity, RawSubnet};
use crate::config::limits::block::RawBlock;
use crate::config::limits::codes::RawCodes;
use crate::config::limits::count::{RawCount, RawThresholds};
use crate::config::lists::Lists;
use crate::config::raw::RawCondition;
use crate::config::text::{Size, Text};
use crate::config::{check, fleet, identity};
use crate::decision::{Action, LimitRule, Mode};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::{
    Count, Devices, DistinctBy, KeyPart, LimitPolicy, Mobile, OnSuccess, Refusals, Scope, Terms,
    Uncounted, Window,
};
use crate::reply::Status;
use crate::time::Span;

/// The memory of all counters, and what it costs.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCounters {
    /// The memory of all counters of all workers, 64KiB to 1GiB; default 32MiB, which holds 663,552 counters.
    #[serde(default)]
    pub memory: Option<Text<Size>>,
}

/// A limit: who is counted, what, and what follows. Routes name the limits that apply to them; a limit that several
/// routes name counts them together unless its key has `route`.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawLimit {
    /// Letters a-z, digits, `_` and `-`; the label in metrics and the reason code.
    pub name: String,
    /// Who is counted: one, or a combination. Left out only beside `codes`, which are counted by account, and by
    /// session as well.
    #[serde(default)]
    pub key: Option<Vec<KeyPart>>,
    /// Which addresses are one subnet for this limit, where it counts by or tells apart `subnet`; default as in
    /// `identity.subnet`.
    #[serde(default)]
    pub subnet: Option<RawSubnet>,
    /// What is counted; default `attempts`.
    #[serde(default)]
    pub count: Option<Text<RawCount>>,
    /// How many go through in a window: a number, one per reputation, or one per condition.
    pub limit: RawThresholds,
    /// How far back it looks, 1s to 30d.
    pub window: Text<Span>,
    /// What a request gets that is too many; default `limit`, a 429.
    #[serde(default)]
    pub then: RawLimitAction,
    /// Whether `then` also happens; default `enforce`.
    #[serde(default)]
    pub mode: Mode,
    /// The limit applies only where this holds; default always.
    #[serde(default)]
    pub when: Option<RawCondition>,
    /// Who counts: each proxy for itself (`local`), or all of them together (`fleet`); default `local`. `fleet` needs
    /// the section `fleet`.
    #[serde(default)]
    pub scope: Scope,
    /// Whether a request waits for what the fleet has counted, as long as `fleet.timeout`. Without that, what the fleet
    /// says binds the requests that come after its answer. Only with `scope: fleet`; default true.
    #[serde(default)]
    pub wait: Option<bool>,
    /// What follows a breach beside the refusal of what is too many: a time for which everything is refused, or waits
    /// that grow.
    #[serde(default)]
    pub block_for: Option<RawBlock>,
    /// Whether refused requests count as well, so that a client has to stop trying before it is let through again;
    /// default false.
    #[serde(default)]
    pub count_refused: bool,
    /// Whether volume alone may refuse a client of a mobile carrier; default `evidence`.
    #[serde(default)]
    pub mobile: Mobile,
    /// What a success does to what is counted; default `keep`. `clear` needs a key with the account and a network.
    #[serde(default)]
    pub on_success: OnSuccess,
    /// Whether devices that have logged in to the account before have a counter of their own; default `separate`.
    #[serde(default)]
    pub devices: Devices,
    /// What happens when a request cannot be counted because too many workers write at once; default `refuse` where the
    /// key has the account or the session, else `allow`.
    #[serde(default)]
    pub on_uncounted: Option<Uncounted>,
    /// What two-factor codes look like that are entered here. The configuration is refused when guessing them succeeds
    /// too often. In metrics, `NAME_session` is what counts by session.
    #[serde(default)]
    pub codes: Option<RawCodes>,
    /// What the client is told. Only for refusals; default a sentence that fits.
    #[serde(default)]
    pub message: Option<String>,
    /// The status, 400 to 599; default 429 for `limit`, else 403. Only for refusals.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 400, max = 599)))]
    pub status: Option<u16>,
}

/// What a request gets that is too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawLimitAction {
    /// It goes on; the application is told (`x-palisade-limits`).
    Annotate,
    /// It goes on, and the application is told to ask for a second factor.
    StepUp,
    /// The client has to prove something first.
    Challenge,
    /// 429, with `Retry-After` and the `RateLimit` fields unless the key has the account.
    #[default]
    Limit,
    /// 403.
    Deny,
}

/// The most limits a configuration may have.
const MOST: usize = 256;

/// Compiles `limits`.
pub(super) fn compile(
    raw: &[RawLimit],
    at: &Place<'_>,
    identity: &RawIdentity,
    lists: &Lists,
    mistakes: &mut Mistakes<'_>,
) -> Vec<LimitPolicy> {
    check::at_most(at, raw.len(), MOST, mistakes);
    let mut limits: Vec<LimitPolicy> = Vec::new();
    for (index, raw) in raw.iter().enumerate().take(MOST) {
        let at = &at.element(index);
        check::name(&at.field("name"), &raw.name, mistakes);
        if limits.iter().any(|other| other.rule.name == raw.name) {
            mistakes.add(
                &at.field("name"),
                &"expected a name that no other limit has",
            );
        }
        let Some(mut limit) = limit(raw, lists, at, mistakes) else {
            continue;
        };
        limit.subnet = subnet(raw, &limit, identity.subnet, &at.field("subnet"), mistakes);
        if limit.tells(KeyPart::Session) && identity.session.is_none() {
            mistakes.add(at, &"this counts sessions; expected where they stand, such as [{\"cookie\": \"sid\"}], in \
                identity.session");
        }
        match &raw.codes {
            Some(codes) => limits.extend(codes::compile(codes, limit, at, mistakes)),
            None => limits.push(limit),
        }
    }
    limits
}

fn limit(
    raw: &RawLimit,
    lists: &Lists,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<LimitPolicy> {
    let key = key(raw, at, mistakes);
    let then = action(raw.then);
    if then.lets_through() && (raw.status.is_some() || raw.message.is_some()) {
        mistakes.add(
            at,
            &"status and message are for refusals, but `then` lets the request through",
        );
    }
    if let Some(status) = raw.status
        && Status::new(status).is_none()
    {
        mistakes.add(&at.field("status"), &"expected 400 to 599");
    }
    let window = mistakes.require(
        &at.field("window"),
        Window::new(raw.window.0.get()),
        &"expected 1s to 30d",
    );
    let penalty = block::compile(raw.block_for.as_ref(), &at.field("block_for"), mistakes);
    let thresholds = &at.field("limit");
    let counted = raw.count.map_or(RawCount::Attempts, |count| count.0);
    let count = count::compile(counted, &raw.limit, lists, thresholds, mistakes);
    let when = raw
        .when
        .as_ref()
        .map(|when| conditions::compile(when, lists, &at.field("when"), mistakes));
    if let (Some(Some(when)), Some(count)) = (&when, &count) {
        count::refuse_unreachable(count, when, thresholds, mistakes);
    }
    fleet::check_limit(
        (raw.scope, raw.wait.is_some()),
        count.as_ref(),
        at,
        mistakes,
    );
    let on_success = on_success(raw, &key, at, mistakes);
    let has = |part| key.contains(&part);
    let (account, session) = (has(KeyPart::Account), has(KeyPart::Session));
    let uncounted = match raw.on_uncounted {
        Some(uncounted) => uncounted,
        None if account || session => Uncounted::Refuse,
        None => Uncounted::Allow,
    };
    if matches!(count, Some(Count::Distinct(DistinctBy::Part(part), _)) if has(part)) {
        mistakes.add(
            &at.field("count"),
            &"this part stands in the key as well, so that there is only ever one of it; \
            expected another one",
        );
    }
    Some(LimitPolicy {
        family: raw.name.clone(),
        rule: LimitRule {
            name: raw.name.clone(),
            then,
            mode: raw.mode,
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
            scope: raw.scope,
        },
        key,
        when: match when {
            None => None,
            Some(compiled) => Some(compiled?),
        },
        mobile: raw.mobile,
        on_success,
        devices: raw.devices,
        waits: raw.wait.unwrap_or(true),
        guessing: None,
    })
}

/// Which addresses are one subnet for this limit, if it says so.
fn subnet(
    raw: &RawLimit,
    limit: &LimitPolicy,
    otherwise: RawSubnet,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<PrefixLengths> {
    let own = raw.subnet?;
    if !limit.tells(KeyPart::Subnet) {
        let problem = "expected subnet in the key, or distinct(subnet) to be counted: this limit knows no subnets";
        mistakes.add(at, &problem);
    } else if own.ipv4.is_none() && own.ipv6.is_none() {
        mistakes.add(at, &"expected ipv4 or ipv6, a number of bits each");
    } else {
        return Some(identity::subnet(own, otherwise, at, mistakes));
    }
    None
}

/// The parts in a fixed order, so that the order in which they are written means nothing.
fn key(raw: &RawLimit, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Vec<KeyPart> {
    let at = &at.field("key");
    if raw.codes.is_some() {
        if raw.key.is_some() {
            mistakes.add(
                at,
                &"expected no key beside codes: they are counted by account, and by session",
            );
        }
        return vec![KeyPart::Account];
    }
    let Some(raw) = &raw.key else {
        mistakes.add(
            at,
            &"expected who is counted, such as [subnet] or [account]",
        );
        return Vec::new();
    };
    check::not_empty(at, raw, "part", mistakes);
    let mut key: Vec<KeyPart> = Vec::new();
    for part in raw {
        match key.binary_search(part) {
            Ok(_) => mistakes.add(at, &"expected each part once"),
            Err(place) => key.insert(place, *part),
        }
    }
    key
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

fn on_success(
    raw: &RawLimit,
    key: &[KeyPart],
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> OnSuccess {
    if raw.on_success == OnSuccess::Keep {
        return OnSuccess::Keep;
    }
    let network = key.contains(&KeyPart::Subnet) || key.contains(&KeyPart::Address);
    if !(key.contains(&KeyPart::Account) && network) {
        mistakes.add(
            &at.field("on_success"),
            &"expected a key with account and with subnet or address: else whoever \
            logs in forgives the attempts of everybody else",
        );
    }
    OnSuccess::Clear
}
