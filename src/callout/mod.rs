//! Requests that the filter itself sends to services, over a cluster of Envoy's.

mod template;

use std::fmt;

pub(crate) use template::{
    Placeholder, Template, authority, header_name, header_value, percent_encode,
};

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
