//! Which result an answer shows, by the signs of each.

use super::fit::Fit;
use super::head::{GrpcStatus, Head, grpc_status};
use super::joint::JointResult;
use super::result::LoginResult;
use super::signs::{Side, Signs};
use crate::message::HeaderBlock;

/// Tells failures, successes and what is between them apart.
///
/// Of several results whose signs an answer has, the worst for the client counts: a lock or a failure, then a next
/// step, then a success.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    failure: Signs,
    success: Signs,
    next_step: Signs,
    locked: Signs,
    counts_locked: bool,
    rest: Rest,
}

/// What an answer is that shows no result, to a request that writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// None.
    #[default]
    Neither,
    /// A failure: the operator has named what a success looks like, and no failure.
    Failure,
    /// A failure, and what cannot be read as well: the operator says so.
    Otherwise,
}

/// What is known after a part of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classified {
    /// The result; nothing more need be read.
    Known(LoginResult),
    /// The body decides: [`Classifier::body`], and if trailers come first, [`Classifier::trailers`].
    NeedsBody(Partial),
    /// The trailers decide: [`Classifier::trailers`].
    NeedsTrailers(Partial),
}

impl Classified {
    /// Whether it is a success, or can still become one.
    #[must_use]
    pub(crate) fn may_succeed(&self) -> bool {
        match self {
            Self::Known(result) => *result == LoginResult::Success,
            Self::NeedsBody(partial) | Self::NeedsTrailers(partial) => {
                matches!(partial.success.any(), Fit::Yes | Fit::Pending)
            }
        }
    }
}

/// How what has come of a body relates to all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// More may come.
    Open,
    /// More may come, and nobody looks at it.
    Bounded,
    /// That is all.
    Whole,
}

/// What the headers said, to be kept until the rest comes. If the stream ends without it, [`Partial::cut_off`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    failure: Found,
    success: Found,
    next_step: Found,
    locked: Found,
    counts_locked: bool,
}

/// What was found of one side's signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    head: Fit,
    body: Fit,
    grpc: Fit,
}

impl Default for Classifier {
    fn default() -> Self {
        Self::new(Signs::default_failure(), Signs::default_success())
    }
}

impl Classifier {
    /// A classifier by these signs.
    #[must_use]
    pub const fn new(failure: Signs, success: Signs) -> Self {
        Self {
            failure,
            success,
            next_step: Signs::NONE,
            locked: Signs::NONE,
            counts_locked: true,
            rest: Rest::Neither,
        }
    }

    /// The same, which knows a right step that is not the last one by these signs.
    #[must_use]
    #[inline(never)]
    pub fn with_next_step(self, next_step: Signs) -> Self {
        Self { next_step, ..self }
    }

    /// The same, which knows the application's own lock by these signs; whether it `counts` as a failure. Where it does
    /// not, a sign of failure beats one of the lock: else whoever has the page show one would guess for nothing.
    #[must_use]
    #[inline(never)]
    pub fn with_lock(self, locked: Signs, counts: bool) -> Self {
        Self {
            locked,
            counts_locked: counts,
            ..self
        }
    }

    /// The same, where answers that show neither are this.
    #[must_use]
    pub fn with_rest(self, rest: Rest) -> Self {
        Self { rest, ..self }
    }

    /// What answers are that show neither.
    #[must_use]
    pub const fn rest(&self) -> Rest {
        self.rest
    }

    /// Whether it knows steps that are not the last one.
    #[must_use]
    pub fn knows_steps(&self) -> bool {
        self.next_step != Signs::NONE
    }

    /// Whether the application's own lock counts as a failure, if it is known by any sign.
    #[must_use]
    pub fn counts_lock(&self) -> Option<bool> {
        (self.locked != Signs::NONE).then_some(self.counts_locked)
    }

    /// Whether any sign stands in bodies: else [`Classified::NeedsBody`] never comes.
    #[must_use]
    pub fn reads_bodies(&self) -> bool {
        let sides = [&self.failure, &self.success, &self.next_step, &self.locked];
        sides.iter().any(|signs| !signs.body.is_empty())
    }

    /// What follows from what an answer shows, to a request that `writes` or not: whoever only looks at the page of a
    /// login has not failed.
    #[must_use]
    pub(crate) const fn conclude(&self, shown: LoginResult, writes: bool) -> JointResult {
        let fails = match (shown, self.rest) {
            (LoginResult::Failure, _) => true,
            (LoginResult::Neither, Rest::Failure | Rest::Otherwise)
            | (LoginResult::Unreadable, Rest::Otherwise) => writes,
            _ => false,
        };
        let strictest = if fails { LoginResult::Failure } else { shown };
        JointResult {
            strictest,
            may_succeed: matches!(shown, LoginResult::Success | LoginResult::Unreadable),
            may_advance: !matches!(
                shown,
                LoginResult::Failure | LoginResult::Locked | LoginResult::Undelivered
            ),
            counts: fails || matches!(shown, LoginResult::Locked) && self.counts_locked,
        }
    }

    /// What is found of all signs, each side by itself.
    fn find(&self, find: impl Fn(&Signs, Side) -> Found) -> Partial {
        Partial {
            failure: find(&self.failure, Side::Refuses),
            success: find(&self.success, Side::Grants),
            next_step: find(&self.next_step, Side::Grants),
            locked: find(&self.locked, Side::Refuses),
            counts_locked: self.counts_locked,
        }
    }

    /// Reads the headers; `end_of_stream` if nothing follows them.
    #[must_use]
    pub fn headers(&self, headers: &HeaderBlock, end_of_stream: bool) -> Classified {
        let head = Head::read(headers);
        let grpc = match head.grpc_status() {
            GrpcStatus::InTrailers if end_of_stream => Err(Fit::Unreadable),
            GrpcStatus::InTrailers => Err(Fit::Pending),
            GrpcStatus::None => Err(Fit::No),
            GrpcStatus::Known(status) => Ok(status),
        };
        let status = head.telling_status();
        let find = |signs: &Signs, side: Side| {
            let by_status = status.is_some_and(|status| signs.has_status(status));
            let by_header = || {
                !signs.headers.is_empty()
                    && headers
                        .iter()
                        .any(|(name, value)| signs.has_header(name, value, side))
            };
            Found {
                head: Fit::from(by_status || by_header()),
                body: match () {
                    () if signs.body.is_empty() => Fit::No,
                    () if end_of_stream => signs.in_body(b"", true),
                    () if head.hides_body => Fit::Unreadable,
                    () => Fit::Pending,
                },
                grpc: match grpc {
                    _ if signs.grpc_statuses.is_empty() => Fit::No,
                    Ok(status) => signs.has_grpc_status(status),
                    Err(fit) => fit,
                },
            }
        };
        self.find(find).classified()
    }

    /// Reads an answer of Envoy's own, by its head alone: it may be a refusal, as of `basic_auth`, and is never a
    /// success. Where it is neither, as after a time-out, nobody knows what the application made of the request.
    #[must_use]
    pub fn local(&self, headers: &HeaderBlock) -> LoginResult {
        match self.headers(headers, true) {
            Classified::Known(LoginResult::Failure) => LoginResult::Failure,
            _ => LoginResult::Unreadable,
        }
    }

    /// Reads an answer of which nothing but the status is known.
    #[must_use]
    pub fn status(&self, status: u16) -> LoginResult {
        let find = |signs: &Signs, _| {
            let hidden = !signs.headers.is_empty() || !signs.body.is_empty();
            Found {
                head: match signs.has_status(status) {
                    true => Fit::Yes,
                    false if hidden => Fit::Unreadable,
                    false => Fit::No,
                },
                body: Fit::No,
                grpc: Fit::No,
            }
        };
        self.find(find).cut_off()
    }

    /// Reads the body, of which this has come; nothing follows what is [`Extent::Whole`], no trailers either.
    ///
    /// It may be called again with more, with the partial result of any call before.
    #[must_use]
    pub fn body(&self, partial: Partial, first: &[u8], extent: Extent) -> Classified {
        let partial = self.with_body(partial, first, extent);
        match extent {
            Extent::Whole => Classified::Known(partial.cut_off()),
            Extent::Open | Extent::Bounded => partial.classified(),
        }
    }

    /// Reads the trailers, which end the stream, behind this body. That is not looked at if the trailers alone were
    /// needed.
    #[must_use]
    pub fn trailers(
        &self,
        partial: Partial,
        (first, extent): (&[u8], Extent),
        trailers: &HeaderBlock,
    ) -> LoginResult {
        let mut partial = self.with_body(partial, first, extent);
        if let Some(status) = trailers.lines("grpc-status").next().map(grpc_status) {
            for (found, signs) in partial.sides(self) {
                if found.grpc == Fit::Pending {
                    found.grpc = signs.has_grpc_status(status);
                }
            }
        }
        partial.cut_off()
    }

    fn with_body(&self, mut partial: Partial, first: &[u8], extent: Extent) -> Partial {
        for (found, signs) in partial.sides(self) {
            if found.body == Fit::Pending {
                found.body = match signs.in_body(first, extent == Extent::Whole) {
                    // It may stand where nobody looks.
                    Fit::Pending if extent == Extent::Bounded => Fit::Unreadable,
                    fit => fit,
                };
            }
        }
        partial
    }
}

impl Partial {
    /// The result when no more will come: the stream has ended, or broken off.
    #[must_use]
    pub fn cut_off(self) -> LoginResult {
        match self.classified() {
            Classified::Known(result) => result,
            Classified::NeedsBody(_) | Classified::NeedsTrailers(_) => LoginResult::Unreadable,
        }
    }

    fn sides<'a>(&'a mut self, classifier: &'a Classifier) -> [(&'a mut Found, &'a Signs); 4] {
        [
            (&mut self.failure, &classifier.failure),
            (&mut self.success, &classifier.success),
            (&mut self.next_step, &classifier.next_step),
            (&mut self.locked, &classifier.locked),
        ]
    }

    /// What is worse for the client decides first: nothing else does before it is out of the question.
    fn classified(self) -> Classified {
        let locked = (LoginResult::Locked, self.locked, self.counts_locked);
        let failure = (LoginResult::Failure, self.failure, true);
        let [first, second] = match self.counts_locked {
            true => [locked, failure],
            false => [failure, locked],
        };
        let next_step = (LoginResult::NextStep, self.next_step, false);
        let success = (LoginResult::Success, self.success, false);
        let mut shown = LoginResult::Neither;
        for (result, found, is_bad) in [first, second, next_step, success] {
            match found.any() {
                Fit::No => {}
                Fit::Unreadable => shown = LoginResult::Unreadable,
                // It may have been something worse.
                Fit::Yes | Fit::Pending if shown == LoginResult::Unreadable && !is_bad => break,
                Fit::Yes => return Classified::Known(result),
                Fit::Pending => return self.needs_more(),
            }
        }
        Classified::Known(shown)
    }

    /// The body, if it can still change anything: it comes before the trailers.
    fn needs_more(self) -> Classified {
        let by_body = |found: Found| found.body == Fit::Pending && found.any() == Fit::Pending;
        let sides = [self.failure, self.success, self.next_step, self.locked];
        if sides.into_iter().any(by_body) {
            Classified::NeedsBody(self)
        } else {
            Classified::NeedsTrailers(self)
        }
    }
}

impl Found {
    fn any(self) -> Fit {
        self.head.max(self.body).max(self.grpc)
    }
}
