//! What an answer says of a login.

/// What a response says of the login that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoginResult {
    /// It was refused.
    Failure,
    /// It was accepted.
    Success,
    /// It was right, and is not over: the application asks for more, such as a code.
    NextStep,
    /// The application has locked the account, and looks at no password.
    Locked,
    /// None of these: an error of the application, or a page of something else.
    Neither,
    /// Nobody can tell: a sign could stand in what cannot be read, or what the application made of it never came.
    Unreadable,
    /// The request certainly reached nobody who could have accepted or refused it.
    Undelivered,
}

impl LoginResult {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Failure,
        Self::Success,
        Self::NextStep,
        Self::Locked,
        Self::Neither,
        Self::Unreadable,
        Self::Undelivered,
    ];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Success => "success",
            Self::NextStep => "next_step",
            Self::Locked => "locked",
            Self::Neither => "neither",
            Self::Unreadable => "unreadable",
            Self::Undelivered => "undelivered",
        }
    }
}
