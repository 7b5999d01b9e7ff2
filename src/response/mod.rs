//! What the application's response says of a login: a failure, a success, a step between them, the application's own
//! lock, or nothing.
//!
//! An operator describes each result by [`Signs`]: statuses, headers, gRPC statuses, and what stands in the body. One
//! sign is enough, and the worse result wins, wherever its sign stands: a failure over a next step, and that over a
//! success. A [`Classifier`] reads no more of a response than it must: headers, then the body if a sign is about it,
//! then the trailers if a gRPC status is.
//!
//! What cannot be read (a compressed body, the rest of one that is cut or too long, what is not the JSON that it should
//! be, a stream that ends before its gRPC status) is [`LoginResult::Unreadable`] wherever it could have changed the
//! result, so that neither a client that asks for gzip nor one that hangs up early turns a failure into nothing.

mod classifier;
mod fit;
mod head;
mod joint;
mod json;
mod origin;
mod result;
mod signs;
mod status;

pub use crate::json::Pointer;
pub use classifier::{Classified, Classifier, Extent, Partial, Rest};
pub(crate) use joint::JointResult;
pub use json::{Scalar, Sought};
pub use origin::Origin;
pub use result::LoginResult;
pub use signs::{BodySign, HeaderSign, Signs, ValueMatch};
pub use status::StatusRange;

/// How much of a response's body is looked at for signs, in bytes, unless the operator says otherwise.
pub const BODY_LIMIT: usize = 64 << 10;

#[cfg(test)]
mod tests;
