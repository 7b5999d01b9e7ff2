//! The headers that tell the application what the filter saw.

use crate::json::FromJson;

/// A header behind `x-palisade-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Annotation {
    /// `allow` or `step_up`.
    Verdict,
    /// All the others in one dictionary of structured fields (RFC 9651).
    Context,
    /// The reason code.
    Reason,
    /// 0 to 100.
    Score,
    /// The signals that hold, separated by commas.
    Signals,
    /// The number of the autonomous system.
    Asn,
    /// What kind of organisation runs the network.
    AsnType,
    /// The share of logins from the autonomous system that fail, where the route asks for it.
    AsnFailureRate,
    /// What connects the client to the Internet.
    Connection,
    /// Two letters.
    Country,
    /// The TLS fingerprint.
    Ja4,
    /// How far and how fast the client must have travelled since the last successful login.
    Travel,
    /// About how often the password was seen in breaches, where the route asks for it.
    PasswordBreaches,
    /// `offer` where the request logs in by a password, on a route that offers passkeys.
    Passkey,
    /// The operator's lists that hold the client.
    Lists,
    /// The limits that the request exceeds.
    Limits,
    /// The reference id of this request.
    Ref,
}

impl Annotation {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Verdict,
        Self::Context,
        Self::Reason,
        Self::Score,
        Self::Signals,
        Self::Asn,
        Self::AsnType,
        Self::AsnFailureRate,
        Self::Connection,
        Self::Country,
        Self::Ja4,
        Self::Travel,
        Self::PasswordBreaches,
        Self::Passkey,
        Self::Lists,
        Self::Limits,
        Self::Ref,
    ];

    /// What is told unless the operator says otherwise: each header is a host call.
    pub const USUAL: [Self; 2] = [Self::Verdict, Self::Context];

    /// The name of the request header.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::Verdict => "x-palisade-verdict",
            Self::Context => "x-palisade-context",
            Self::Reason => "x-palisade-reason",
            Self::Score => "x-palisade-score",
            Self::Signals => "x-palisade-signals",
            Self::Asn => "x-palisade-asn",
            Self::AsnType => "x-palisade-asn-type",
            Self::AsnFailureRate => "x-palisade-asn-failure-rate",
            Self::Connection => "x-palisade-connection",
            Self::Country => "x-palisade-country",
            Self::Ja4 => "x-palisade-ja4",
            Self::Travel => "x-palisade-travel",
            Self::PasswordBreaches => "x-palisade-password-breaches",
            Self::Passkey => "x-palisade-passkey",
            Self::Lists => "x-palisade-lists",
            Self::Limits => "x-palisade-limits",
            Self::Ref => "x-palisade-ref",
        }
    }
}
