//! What the application and the access log are told.

/// What the application and the access log are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotations {
    /// The headers behind the prefix.
    pub headers: Vec<Annotation>,
    /// Whether filter state is set for access logs.
    pub filter_state: bool,
}

/// A header that tells the application something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annotation {
    /// What happened.
    Verdict,
    /// All the others in one header.
    Context,
    /// Why.
    Reason,
    /// 0 to 100.
    Score,
    /// The signals that hold.
    Signals,
    /// The autonomous system.
    Asn,
    /// Its type.
    AsnType,
    /// The share of its logins that fail.
    AsnFailureRate,
    /// What connects the client to the Internet.
    Connection,
    /// Two letters.
    Country,
    /// How far and how fast the client must have travelled.
    Travel,
    /// The lists that hold the client.
    Lists,
    /// The limits that the request exceeds.
    Limits,
    /// The reference id.
    Ref,
}

impl Annotation {
    /// All of them.
    pub const ALL: [Self; 14] = [
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
        Self::Travel,
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
            Self::Travel => "x-palisade-travel",
            Self::Lists => "x-palisade-lists",
            Self::Limits => "x-palisade-limits",
            Self::Ref => "x-palisade-ref",
        }
    }
}
