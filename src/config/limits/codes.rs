//! Limits on two-factor codes: refused when guessing them succeeds too often.

use std::num::{NonZeroU8, NonZeroU32};
use std::time::Duration;

use crate::config::text::Text;
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::{
    Codes, Count, Devices, Guessing, KeyPart, Lifetime, LimitPolicy, Pace, Penalty,
};
use crate::time::Span;

/// What two-factor codes look like.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCodes {
    /// How many characters a code has.
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 64)))]
    pub length: u32,
    /// How many characters there are to choose from; default 10, digits.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 2, max = 1_000)))]
    pub alphabet: Option<u32>,
    /// How long a code holds, 30s to 10m; default 5m.
    #[serde(default)]
    pub lifetime: Option<Text<Span>>,
    /// How many codes are accepted at one moment; default 1. An authenticator app with one step of tolerance has 3.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 100)))]
    pub valid_at_once: Option<u32>,
    /// Guessing may succeed once in so many days of one account under attack; default 10000.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1)))]
    pub one_in: Option<u32>,
}

const MINUTE: Duration = Duration::from_secs(60);

/// The limit `by_account` with its companion: the same for one session, so that one session cannot try the codes of
/// many accounts. Known devices have no counter of their own: each would be one more to guess with.
pub(super) fn compile(
    raw: &RawCodes,
    mut by_account: LimitPolicy,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Vec<LimitPolicy> {
    by_account.devices = Devices::Together;
    if by_account.rule.then.lets_through() || by_account.when.is_some() {
        mistakes.add(at, &"what goes on in spite of the limit may guess without end; beside codes expected a `then` \
            that refuses, and no `when`");
    }
    by_account.guessing = guessing(raw, &by_account, &at.field("codes"), mistakes);
    let mut by_session = by_account.clone();
    by_session.key = vec![KeyPart::Session];
    by_session.rule.name.push_str("_session");
    by_session.rule.tells_quota = false;
    by_session.guessing = None;
    vec![by_account, by_session]
}

/// How likely guessing is; too likely is an error.
fn guessing(
    raw: &RawCodes,
    limit: &LimitPolicy,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Guessing> {
    let mut number = |field: &str, number: u32, least: u32, most: u32| {
        let fits = (least..=most).contains(&number);
        if !fits {
            mistakes.add(
                &at.field(field),
                &format_args!("expected {least} to {most}"),
            );
        }
        NonZeroU32::new(number).filter(|_| fits)
    };
    let length =
        number("length", raw.length, 1, 64).and_then(|length| NonZeroU8::try_from(length).ok());
    let alphabet = number("alphabet", raw.alphabet.unwrap_or(10), 2, 1_000);
    let valid_at_once = number("valid_at_once", raw.valid_at_once.unwrap_or(1), 1, 100);
    let one_in = number("one_in", raw.one_in.unwrap_or(10_000), 1, u32::MAX);
    let span = raw
        .lifetime
        .map_or(MINUTE.saturating_mul(5), |span| span.0.get());
    let lifetime = Lifetime::new(span);
    let lifetime = mistakes.require(
        &at.field("lifetime"),
        lifetime,
        &"expected 30s to 10m: who waits longer for a code asks for a new one",
    );
    let parts = (length, alphabet, valid_at_once, one_in, lifetime);
    let (Some(length), Some(alphabet), Some(valid_at_once), Some(one_in), Some(lifetime)) = parts
    else {
        return None;
    };
    let codes = Codes {
        length,
        alphabet,
        lifetime,
        valid_at_once,
    };
    let (thresholds, failures) = match &limit.count {
        Count::Attempts(choices) => (choices, false),
        Count::Failures(choices) => (choices, true),
        Count::Successes(_) | Count::Distinct(..) => {
            mistakes.add(at, &"expected to count attempts or failures");
            return None;
        }
    };
    let most = thresholds.values().max()?;
    let block = match limit.terms.penalty {
        Penalty::For(wait) | Penalty::Growing { first: wait, .. } if failures => Some(wait),
        _ => None,
    };
    let guessing: Guessing = codes.guessing(Pace {
        limit: most,
        window: limit.terms.window,
        block,
    });
    if guessing.probability > 1.0 / f64::from(one_in.get()) {
        mistakes.add(at, &format_args!(
                "guessing one account's code succeeds too often: {guessing}; expected at most 1 in {one_in} a day: \
                 lower the limit, lengthen the window or the code"
            ));
    }
    Some(guessing)
}
