//! Requests that the filter itself sends to services, over a cluster of Envoy's.

mod call;
mod register;
mod template;

pub use call::{Body, CallError, CallToken, Caller, Ended, HttpRequest, Response, StreamId};
pub use register::{Call, Calls, Purpose};

pub(crate) use template::{
    Placeholder, Template, authority, header_name, header_value, percent_encode,
};
