//! Why a request is about no account that could be counted.

/// Why a request is about no account that could be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountError {
    /// No source says anything.
    Missing,
    /// Two values are not the same account, or something that no client writes may be the account to some reader.
    Conflict,
    /// There is a body that is of no configured kind, of several, or not in UTF-8.
    ContentType,
    /// The body has a content coding. It is not decoded: that would let a small request cost much.
    Encoded,
    /// The body is larger than the limit.
    TooLarge,
    /// The body has not come in time.
    Late,
    /// The body, the credentials or the path cannot be read, or not in the same way by all readers.
    Malformed,
    /// The account is not text: not UTF-8, or a list, an object, a fraction, a file.
    NotText,
    /// The account has more than 512 bytes.
    TooLong,
    /// The account does not look like one of the application's.
    NotAllowed,
    /// More attempts in one request than it may carry.
    Batch,
}

impl AccountError {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Missing,
        Self::Conflict,
        Self::ContentType,
        Self::Encoded,
        Self::TooLarge,
        Self::Late,
        Self::Malformed,
        Self::NotText,
        Self::TooLong,
        Self::NotAllowed,
        Self::Batch,
    ];

    /// Its name in metrics and reasons.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Conflict => "conflict",
            Self::ContentType => "content_type",
            Self::Encoded => "encoded",
            Self::TooLarge => "too_large",
            Self::Late => "late",
            Self::Malformed => "malformed",
            Self::NotText => "not_text",
            Self::TooLong => "too_long",
            Self::NotAllowed => "not_allowed",
            Self::Batch => "batch",
        }
    }
}
