//! Who is counted: where accounts and sessions stand in a request, and what is one network.

mod normalise;
pub(super) mod sources;

use std::time::Duration;

use crate::address::{HeaderName, PrefixLengths};
use crate::config::check;
use crate::config::identity::normalise::RawNormalise;
use crate::config::identity::sources::{RawAccountSource, RawSessionSource};
use crate::config::text::{Size, Text};
use crate::identity::Identity;
use crate::json::{FromJson, Mistakes, Place};
use crate::time::Span;

/// Who is counted: where accounts and sessions stand in a request, and what is one network.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawIdentity {
    /// Where the account stands, up to 8 places. All are read, and two that name different accounts are a conflict; so
    /// name only those that the application reads. A route may have its own.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub account: Option<Vec<RawAccountSource>>,
    /// Which spellings are one account.
    #[serde(default)]
    pub normalise: RawNormalise,
    /// Where the session stands, up to 8 places. All are read, and each session that is found is counted.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub session: Option<Vec<RawSessionSource>>,
    /// The largest body that is read for an account, 1KiB to 1MiB; default 64KiB.
    #[serde(default)]
    pub body_limit: Option<Text<Size>>,
    /// How long a request waits for a body that is read, 1s to 5m; default 1m. Then it is answered with 408.
    #[serde(default)]
    pub body_timeout: Option<Text<Span>>,
    /// The header in which the answers of the application name the account that a login was about, also a failed one:
    /// then all names of an account have one limit. It begins with `x-`, and no client ever gets it. Needs `realm` on
    /// every route that has accounts.
    #[serde(default)]
    pub account_header: Option<String>,
    /// Which addresses are one subnet.
    #[serde(default)]
    pub subnet: RawSubnet,
}

/// How many leading bits the addresses of one subnet share.
#[derive(Clone, Copy, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawSubnet {
    /// Of IPv4 addresses, 8 to 32; default 24.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 8, max = 32)))]
    pub ipv4: Option<u8>,
    /// Of IPv6 addresses, 16 to 128; default 64.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 16, max = 128)))]
    pub ipv6: Option<u8>,
}

/// Compiles what stands at `identity`.
pub(super) fn compile(raw: &RawIdentity, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Identity {
    let normalisation = normalise::compile(&raw.normalise, &at.field("normalise"), mistakes);
    let account = raw
        .account
        .as_ref()
        .map(|sources| sources::account(sources, &normalisation, &at.field("account"), mistakes));
    let session = raw
        .session
        .as_ref()
        .map(|sources| sources::session(sources, &at.field("session"), mistakes));
    let body_limit = raw.body_limit.map_or(Size(64 << 10), |size| size.0);
    if !(1 << 10..=1 << 20).contains(&body_limit.0) {
        mistakes.add(&at.field("body_limit"), &"expected 1KiB to 1MiB");
    }
    let body_timeout = check::span(
        &at.field("body_timeout"),
        raw.body_timeout,
        Duration::from_secs(60),
        Duration::from_secs(1)..=Duration::from_secs(300),
        mistakes,
    );
    Identity {
        account,
        normalisation,
        session: session.unwrap_or_default(),
        body_limit: body_limit.0,
        body_timeout,
        account_header: account_header(raw, at, mistakes),
        subnet: subnet(
            raw.subnet,
            RawSubnet::default(),
            &at.field("subnet"),
            mistakes,
        ),
    }
}

fn account_header(
    raw: &RawIdentity,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<HeaderName> {
    let at = &at.field("account_header");
    let name = mistakes.take(at, HeaderName::new(raw.account_header.as_deref()?))?;
    // It is taken out of every answer.
    let own = Some(name).filter(|name| name.as_str().starts_with("x-"));
    mistakes.require(
        at,
        own,
        &"expected a header that tells nothing else, whose name begins with x-, such as x-account",
    )
}

/// Which addresses are one subnet, as the object here says it; what it leaves out is as in `otherwise`.
pub(super) fn subnet(
    raw: RawSubnet,
    otherwise: RawSubnet,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> PrefixLengths {
    let mut length = |name: &str, own: Option<u8>, other: Option<u8>, usual, range| {
        let length = own.or(other).unwrap_or(usual);
        match own {
            Some(_) => check::within(&at.field(name), length, range, "bits", mistakes),
            None => length,
        }
    };
    let v4 = length("ipv4", raw.ipv4, otherwise.ipv4, 24, 8..=32);
    let v6 = length("ipv6", raw.ipv6, otherwise.ipv6, 64, 16..=128);
    // A length out of its range has left an error.
    PrefixLengths::new(v4, v6).unwrap_or_default()
}

#[cfg(test)]
mod tests;
