//! A call to a service over a cluster of Envoy's, and what comes of it.

use std::fmt;
use std::time::Duration;

use crate::message::HeaderBlock;

/// A request that is ready to be sent. It may carry a key, so `Debug` shows neither path, header values nor body.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Host name and perhaps port.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// Further headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for a `GET`.
    pub body: Vec<u8>,
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

/// What a service has answered.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The status; `None` when there is none that can be read.
    pub status: Option<u16>,
    /// The value of `Retry-After`.
    pub retry_after: Option<&'a [u8]>,
    /// The body.
    pub body: Body<'a>,
}

/// The status of who has answered.
pub const OK: u16 = 200;

/// The status in the headers of an answer. To a gRPC call Envoy itself answers 200, and says by `grpc-status` that
/// nobody was reached, or not in time: that is 503, as for all other calls.
#[must_use]
pub fn status(headers: &HeaderBlock) -> Option<u16> {
    const UNAVAILABLE: u16 = 14;
    let number = |name| {
        let text = headers.lines(name).next()?;
        std::str::from_utf8(text).ok()?.parse::<u16>().ok()
    };
    match (number(":status"), number("grpc-status")) {
        (Some(OK), Some(UNAVAILABLE)) => Some(503),
        (status, _) => status,
    }
}

/// The body of a response.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// It exceeds what the filter is willing to read.
    TooLarge,
}

impl<'a> Body<'a> {
    /// The body, unless it is longer than `max_bytes`.
    #[must_use]
    pub const fn bounded(bytes: &'a [u8], max_bytes: usize) -> Self {
        if bytes.len() > max_bytes {
            Self::TooLarge
        } else {
            Self::Whole(bytes)
        }
    }
}

/// How a call has ended.
#[derive(Clone, Copy, Debug)]
pub enum Ended<'a> {
    /// The service has answered.
    Answered(Response<'a>),
    /// The host has ended it without an answer.
    Reset,
    /// The host should have ended it long ago.
    Overdue,
}

impl<'a> Ended<'a> {
    /// What the service has answered, if it has.
    #[must_use]
    pub const fn response(self) -> Option<Response<'a>> {
        match self {
            Self::Answered(response) => Some(response),
            Self::Reset | Self::Overdue => None,
        }
    }
}

/// The host's number of a stream (one request).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(pub u32);

/// The host's number of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallToken(pub u32);

/// Why a call could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The host does not know the cluster, or refuses the request.
    DispatchFailed,
    /// The cluster has no host that is healthy.
    NoHealthyHost,
}

/// Sends requests of the filter itself on their way.
pub trait Caller {
    /// Starts an asynchronous call that ends, with an answer or without, after `timeout` at the latest.
    ///
    /// # Errors
    /// When it could not be made; then it does not end either.
    fn call(
        &self,
        cluster: &str,
        request: &HttpRequest,
        timeout: Duration,
    ) -> Result<CallToken, CallError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::serialise;

    #[test]
    fn a_grpc_call_that_reaches_nobody_has_the_status_of_other_calls() {
        for (lines, expected) in [
            (&[(":status", "200")][..], Some(200)),
            (&[(":status", "200"), ("grpc-status", "14")], Some(503)),
            (&[(":status", "200"), ("grpc-status", "2")], Some(200)),
            (&[(":status", "504"), ("grpc-status", "14")], Some(504)),
            (&[(":status", "x")], None),
            (&[("grpc-status", "14")], None),
        ] {
            let lines = lines
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            assert_eq!(status(&HeaderBlock::new(serialise(lines))), expected);
        }
    }
}
