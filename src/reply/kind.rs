//! What refusals are, in the words of HTTP, gRPC and problem documents.

/// An HTTP status that refuses: 400 to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Status(u16);

impl Status {
    /// 403, what a policy answers unless the operator says otherwise.
    pub const FORBIDDEN: Self = Self(403);

    /// The status, if it is one that refuses.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            400..=599 => Some(Self(code)),
            _ => None,
        }
    }

    /// The number, 400 to 599.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for Status {
    fn default() -> Self {
        Self::FORBIDDEN
    }
}

/// Why the request goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It is refused, whatever the client does.
    Denied,
    /// It is refused until the client has passed a challenge.
    ChallengeRequired,
    /// It is one too many: refused for now.
    Limited,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Denied, Self::ChallengeRequired, Self::Limited];

    /// What happened to the request, as in `palisade_denied_tor`.
    pub(super) const fn outcome(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::ChallengeRequired => "challenged",
            Self::Limited => "limited",
        }
    }

    /// The problem type of RFC 9457: an identifier that clients may compare and that never changes.
    pub(super) const fn problem_type(self) -> &'static str {
        match self {
            Self::Denied => "urn:palisade:denied",
            Self::ChallengeRequired => "urn:palisade:challenge-required",
            Self::Limited => "urn:palisade:limited",
        }
    }

    /// The value of the member `challenge` in JSON bodies.
    pub(super) const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::Denied | Self::Limited => None,
            Self::ChallengeRequired => Some("required"),
        }
    }

    /// The reason of `google.rpc.ErrorInfo`: an identifier that clients may compare and that never changes.
    pub(super) const fn grpc_reason(self) -> &'static str {
        match self {
            Self::Denied => "DENIED",
            Self::ChallengeRequired => "CHALLENGE_REQUIRED",
            Self::Limited => "LIMITED",
        }
    }

    /// The status that a gRPC client gets.
    #[must_use]
    pub const fn grpc_status(self) -> GrpcStatus {
        match self {
            Self::Denied => GrpcStatus::PermissionDenied,
            Self::ChallengeRequired => GrpcStatus::FailedPrecondition,
            Self::Limited => GrpcStatus::ResourceExhausted,
        }
    }
}

/// A gRPC status that refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrpcStatus {
    /// The client may not do this.
    PermissionDenied,
    /// The client must first do something else (pass a challenge) and must not just try again.
    /// Not `UNAUTHENTICATED`: interceptors answer that with a fresh token and another try, for ever.
    FailedPrecondition,
    /// The client has asked too often.
    ResourceExhausted,
}

impl GrpcStatus {
    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::PermissionDenied => 7,
            Self::FailedPrecondition => 9,
            Self::ResourceExhausted => 8,
        }
    }
}
