//! Several proxies that count together.

use std::time::Duration;

use crate::callout::authority;
use crate::config::text::Text;
use crate::config::{check, signing};
use crate::fleet::{DOMAIN, FleetPolicy, OnUnavailable};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::{Count, LimitPolicy, Scope};
use crate::signing::SigningKeys;
use crate::time::Span;

/// Envoy's rate limit service, in which all proxies count together what has `scope: fleet`. Needs `signing_keys_env`,
/// the same on all of them.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawFleet {
    /// The Envoy cluster of the service, with HTTP/2.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cluster: String,
    /// Host name of the service, and port if it is not the usual one; default `ratelimit`.
    #[serde(default)]
    pub authority: Option<String>,
    /// The `domain` in the service's configuration, 1 to 64 of a-z, 0-9, `_` and `-`; default `palisade`.
    #[serde(default)]
    pub domain: Option<String>,
    /// How long a request waits for the service, 1ms to 1s; default 20ms.
    #[serde(default)]
    pub timeout: Option<Text<Span>>,
    /// What happens to a request that the service does not count in time; default `local`.
    #[serde(default)]
    pub on_unavailable: OnUnavailable,
}

/// What is counted in one step of a limit of the fleet stands in 16 bits, and all devices of an account together have
/// four times as much as one.
const MOST: u32 = 15_000;

/// Compiles `fleet`; `limits` are those that may need it.
pub(super) fn compile(
    raw: Option<&RawFleet>,
    top: &Place<'_>,
    limits: &[LimitPolicy],
    keys: &Option<Option<SigningKeys>>,
    mistakes: &mut Mistakes<'_>,
) -> Option<FleetPolicy> {
    let at = &top.field("fleet");
    let Some(raw) = raw else {
        let shared = limits
            .iter()
            .position(|limit| limit.terms.scope == Scope::Fleet);
        if shared.is_some() {
            mistakes.add(
                &top.field("limits"),
                &"a limit has scope: fleet; expected a section fleet, such as fleet: {cluster: ratelimit}, which says who \
                counts for all proxies",
            );
        }
        return None;
    };
    check::cluster(&at.field("cluster"), &raw.cluster, mistakes);
    let host = authority(raw.authority.as_deref().unwrap_or("ratelimit"), "ratelimit");
    let host = mistakes.take(&at.field("authority"), host);
    let domain = raw.domain.as_deref().unwrap_or(DOMAIN);
    check::name(&at.field("domain"), domain, mistakes);
    let timeout = check::span(
        &at.field("timeout"),
        raw.timeout,
        Duration::from_millis(20),
        Duration::from_millis(1)..=Duration::from_secs(1),
        mistakes,
    );
    let keys = signing::needed(keys, at, mistakes);
    Some(FleetPolicy {
        cluster: raw.cluster.clone(),
        authority: host?,
        domain: domain.to_owned(),
        timeout,
        on_unavailable: raw.on_unavailable,
        keys: keys?,
    })
}

/// Looks whether a limit can be counted by the fleet, if it is to be.
pub(super) fn check_limit(
    (scope, has_wait): (Scope, bool),
    count: Option<&Count>,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) {
    if scope == Scope::Local {
        if has_wait {
            mistakes.add(
                &at.field("wait"),
                &"expected scope: fleet beside it: what each proxy counts for itself is known at once",
            );
        }
        return;
    }
    let highest = match count {
        Some(Count::Attempts(choices) | Count::Failures(choices) | Count::Successes(choices)) => {
            choices.values().map(|threshold| threshold.get()).max()
        }
        Some(Count::Distinct(..)) | None => None,
    };
    if highest.is_some_and(|highest| highest > MOST) {
        mistakes.add(
            &at.field("limit"),
            &format_args!("expected at most {MOST} with scope: fleet"),
        );
    }
}
