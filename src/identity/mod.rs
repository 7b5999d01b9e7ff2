//! Who a request is about: the account that it names and the sessions that it belongs to.
//!
//! Both leave this module only as something to hash.

pub mod account;
pub mod content;
mod cookie;
mod field;
mod json_pointer;
mod likeness;
pub mod session;
mod token;
pub(crate) mod unicode;

pub use field::FieldName;
pub use json_pointer::{JsonPointer, NoPointer};

use std::time::Duration;

use crate::address::{HeaderName, PrefixLengths};
use crate::encoding::percent;
use account::{AccountSources, Normalisation};
use session::SessionSources;

/// Who is counted, as the operator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Where the account stands on routes that say nothing else; `None` where nobody asks for it.
    pub account: Option<AccountSources>,
    /// Which spellings are one account.
    pub normalisation: Normalisation,
    /// Where the sessions stand.
    pub session: SessionSources,
    /// The largest body that is read for an account, in bytes.
    pub body_limit: usize,
    /// How long a request waits for its body.
    pub body_timeout: Duration,
    /// In which header of its answers the application says whose account a login was about.
    pub account_header: Option<HeaderName>,
    /// Which addresses are one subnet.
    pub subnet: PrefixLengths,
}
