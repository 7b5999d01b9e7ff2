//! What the application's response says of a login: a failure, a success, or neither.
//!
//! An operator describes failures and successes by [`Signs`]: statuses, headers, gRPC statuses, and what stands in the first KiB of the body. One
//! sign is enough, and failure wins over success. A [`Classifier`] reads no more of a response than it must: headers, then the start of
//! the body if a sign is about it, then the trailers if a gRPC status is.
//!
//! What cannot be read (a compressed body, a stream that ends before its gRPC status) is [`LoginResult::Unreadable`] wherever it could have changed
//! the result, so that neither a client that asks for gzip nor one that hangs up early turns a failure into nothing.

mod classifier;
mod json;
mod origin;
mod signs;
mod status;

pub use classifier::{Classified, Classifier, LoginResult, Partial, Rest};
pub use json::{Pointer, Scalar};
pub use origin::Origin;
pub use signs::{BodySign, HeaderSign, Signs, ValueMatch};
pub use status::StatusRange;

/// How much of a response's body is looked at, in bytes.
pub const BODY_PREFIX: usize = 1_024;

#[cfg(test)]
mod tests;
