//! TLS fingerprints: what a client's ClientHello says of the library that wrote it.
//!
//! Envoy's TLS inspector computes JA4; here it is read, compared with what an operator lists, and held against the
//! User-Agent. Without TLS, over HTTP/3 and behind another end of TLS there is none, which is *unknown*.

mod ja4;
mod known;
mod source;

pub use ja4::{Ja4, Ja4Pattern};
pub(crate) use known::{Origin, origin};
pub use source::{FILTER_STATE, Ja4Source};
