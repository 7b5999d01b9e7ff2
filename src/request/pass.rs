//! What the application, the client and the logs are told of a request.

use std::borrow::Cow;

use crate::reply::LocalReply;

/// A request that goes on, and what is told about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Whether it carries anything under our prefix, which must go first.
    pub strip: bool,
    /// Whether the application is to answer without compression, because its answer must be read.
    pub plain_answer: bool,
    /// Whether it carries headers that let the client choose what its answer looks like, which must not go on.
    pub unsteered: bool,
    /// The line of cookies that goes on in the place of the client's, where revoked sessions were taken out of it.
    pub request_cookies: Option<Vec<u8>>,
    /// Values of `set-cookie` lines for the client.
    pub cookies: Vec<String>,
    /// Request headers to add.
    pub headers: Vec<Line>,
    /// Filter state for access logs.
    pub state: Option<String>,
    /// The audit line of a request that would have been refused, unless there were too many.
    pub audit: Option<String>,
}

/// A request that is refused, and what is told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whether it carries anything under our prefix, which must not reach the access log either.
    pub strip: bool,
    /// What the client is told.
    pub reply: LocalReply,
    /// Filter state for access logs.
    pub state: String,
    /// The audit line, unless there were too many.
    pub audit: Option<String>,
}

/// A request header that is ours: its name, and the value.
pub type Line = (&'static str, Cow<'static, str>);
