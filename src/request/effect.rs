//! What happens to a request, and what the host is told to do.

use super::pass::{Line, Pass, Refused};
use crate::breach::Range;
use crate::callout::{Response, StreamId};
use crate::intelligence::Knowledge;
use crate::message::HeaderBlock;
use crate::reply::LocalReply;

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub enum Event<'e> {
    /// Its head has come; nothing follows it if it `ends` the request.
    Head {
        /// The head.
        headers: &'e HeaderBlock,
        /// Whether it ends the request.
        ends: bool,
        /// The number of the stream, by which it is found again.
        stream: StreamId,
    },
    /// The host tells so many bytes of its body.
    Body {
        /// How many.
        size: usize,
        /// Whether they end the request.
        ends: bool,
    },
    /// Its trailers have come, which end it.
    Trailers,
    /// The lookup of its address has ended.
    LookedUp(Knowledge),
    /// The call about it that it waits for has ended, with an answer or without.
    Called(Option<Response<'e>>),
    /// The service of ranges has told of the prefix of its password; `None` if it has not.
    Ranged(Option<&'e Range>),
    /// Time has passed.
    Tick,
    /// The headers of its answer have come.
    Answer {
        /// Whether they end the answer.
        ends: bool,
    },
    /// The host tells so many bytes of the answer's body.
    AnswerBody {
        /// How many.
        size: usize,
        /// Whether they end the answer.
        ends: bool,
    },
    /// The trailers of its answer have come, which end it.
    AnswerTrailers,
    /// The host does not hand over or take back what it must: its head, or what the last effect has changed of it.
    Unreadable,
    /// The request is over.
    Over,
}

/// What a callback tells the host to do with what has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// It goes on, and so does what was held back before it.
    Continue,
    /// It waits. Of a body the host keeps what has come, tells it as a whole again and again, and answers 413 if it is
    /// more than it keeps.
    #[default]
    Pause,
    /// It waits. Of a body the host tells each piece once, and takes no more from the client than it keeps.
    Hold,
}

/// What becomes of the request in the host.
#[derive(Clone, Debug)]
pub enum Change {
    /// What stands under our prefix is removed from its head.
    Strip,
    /// Its head goes on with what is told about it.
    Pass(Box<Pass>),
    /// It is answered, without having been judged.
    Reply(Box<LocalReply>),
    /// It is refused.
    Refuse(Box<Refused>),
}

/// What the host is told to do after an [`Event`]. What it does not do of it is told as [`Event::Unreadable`], where
/// that matters.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// What is done with what has come.
    pub action: Action,
    /// What becomes of the request.
    pub change: Option<Change>,
    /// Filter state, of a request whose head has gone on before.
    pub state: Option<String>,
    /// A line for the audit log.
    pub audit: Option<String>,
    /// Values of `set-cookie` lines for its answer.
    pub cookies: Vec<String>,
    /// The value of the `set-cookie` line that makes the client a known device.
    pub device: Option<String>,
    /// Other lines for its answer.
    pub lines: Vec<Line>,
    /// Headers of the answer that are no client's business, or not the application's.
    pub hides: Vec<String>,
    /// Whether the answer goes on whose headers are held back.
    pub releases_answer: bool,
}

impl Effect {
    /// Nothing but this.
    pub(super) fn of(action: Action) -> Self {
        Self {
            action,
            ..Self::default()
        }
    }

    /// It goes on with this change.
    pub(super) fn going_on(change: Change) -> Self {
        Self {
            action: Action::Continue,
            change: Some(change),
            ..Self::default()
        }
    }

    /// It is answered here.
    pub(super) fn ending(change: Change) -> Self {
        Self {
            change: Some(change),
            ..Self::default()
        }
    }
}
