//! Who a request is about: the account that it names and the sessions that it belongs to.
//!
//! Both leave this module only as something to hash.

pub mod account;
mod field;
mod json_pointer;
mod percent;
pub mod session;
mod token;
mod unicode;

pub use field::FieldName;
pub use json_pointer::{JsonPointer, NoPointer};
