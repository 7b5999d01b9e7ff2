use crate::reply::LocalReply;

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is none of ours and goes on; what it carries under our prefix must go.
    Unprotected {
        /// Whether it carries anything under our prefix.
        strip: bool,
    },
    /// It was judged and goes on.
    Pass(Pass),
    /// It is refused.
    Refuse(Box<Refused>),
}

/// A request that goes on, and what is told about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Request headers to set; whatever else stands under our prefix is removed.
    pub headers: Vec<(&'static str, String)>,
    /// Filter state for access logs: name behind `wasm.palisade.`, and value.
    pub state: Vec<(&'static str, String)>,
}

/// A request that is refused, and what is told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What the client is told.
    pub reply: LocalReply,
    /// Filter state for access logs.
    pub state: Vec<(&'static str, String)>,
    /// The audit line, unless there were too many.
    pub audit: Option<String>,
}
