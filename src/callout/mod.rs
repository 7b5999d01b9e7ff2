//! Requests that the filter itself sends to services, over a cluster of Envoy's.

mod call;
mod register;
mod template;

pub use call::{
    Body, CallError, CallToken, Caller, Ended, HttpRequest, OK, Response, StreamId, status,
};
pub use register::{Call, Calls, Purpose};

pub use template::Placeholder;
pub(crate) use template::{Template, authority, headers, path, percent_encode};
