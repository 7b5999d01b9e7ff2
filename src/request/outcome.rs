//! What becomes of a request.

use super::pass::{Pass, Refused};
use super::watch::Watch;
use crate::reply::LocalReply;

/// What becomes of a request.
#[derive(Debug)]
pub enum Outcome {
    /// It is none of ours and goes on; what it carries under our prefix must go.
    Unprotected {
        /// Whether it carries anything under our prefix.
        strip: bool,
    },
    /// It was judged and goes on; what the application answers may matter.
    Pass(Pass, Option<Box<Watch>>),
    /// It is answered here, without having been judged.
    Answer(Box<LocalReply>),
    /// It is refused.
    Refuse(Box<Refused>),
}
