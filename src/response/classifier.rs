use super::fit::Fit;
use super::signs::Signs;
use crate::message::HeaderBlock;

/// What a response says of the login that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoginResult {
    /// It was refused.
    Failure,
    /// It was accepted.
    Success,
    /// Neither: an error of the application, or a step in between.
    Neither,
    /// Nobody can tell: a sign could stand in what cannot be read, or what the application made of it never came.
    Unreadable,
    /// The request certainly reached nobody who could have accepted or refused it.
    Undelivered,
}

impl LoginResult {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Failure,
        Self::Success,
        Self::Neither,
        Self::Unreadable,
        Self::Undelivered,
    ];

    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Success => "success",
            Self::Neither => "neither",
            Self::Unreadable => "unreadable",
            Self::Undelivered => "undelivered",
        }
    }
}

/// Tells failures from successes.
#[derive(Clone, Debug, PartialEq)]
pub struct Classifier {
    failure: Signs,
    success: Signs,
    rest: Rest,
}

/// What an answer is that shows neither a failure nor a success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// Neither.
    #[default]
    Neither,
    /// A failure: the operator has named what a success looks like, and no failure.
    Failure,
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
}

/// What was found of one side's signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    head: Fit,
    body: Fit,
    grpc: Fit,
}

/// Where the gRPC status of a response stands.
enum GrpcStatus {
    /// It is no gRPC response.
    None,
    /// In the headers.
    Known(u32),
    /// In the trailers.
    InTrailers,
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
            rest: Rest::Neither,
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

    /// Whether any sign stands in bodies: else [`Classified::NeedsBody`] never comes.
    #[must_use]
    pub fn reads_bodies(&self) -> bool {
        !self.failure.body.is_empty() || !self.success.body.is_empty()
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
        let find = |signs: &Signs| {
            let by_status = status.is_some_and(|status| signs.has_status(status));
            let by_header = || {
                !signs.headers.is_empty()
                    && headers
                        .iter()
                        .any(|(name, value)| signs.has_header(name, value))
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
        Partial {
            failure: find(&self.failure),
            success: find(&self.success),
        }
        .classified()
    }

    /// Reads an answer of Envoy's own, by its head alone: it may be a refusal, as of `basic_auth`, and is never a success. Where it is neither,
    /// as after a time-out, nobody knows what the application made of the request.
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
        let find = |signs: &Signs| {
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
        let partial = Partial {
            failure: find(&self.failure),
            success: find(&self.success),
        };
        partial.cut_off()
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

    /// Reads the trailers, which end the stream, behind this body. That is not looked at if the trailers alone were needed.
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

    fn sides<'a>(&'a mut self, classifier: &'a Classifier) -> [(&'a mut Found, &'a Signs); 2] {
        [
            (&mut self.failure, &classifier.failure),
            (&mut self.success, &classifier.success),
        ]
    }

    /// Failure wins over success, so success decides nothing before failure is out of the question.
    fn classified(self) -> Classified {
        let known = match (self.failure.any(), self.success.any()) {
            (Fit::Yes, _) => LoginResult::Failure,
            (Fit::Pending, _) => return self.needs_more(),
            (Fit::Unreadable, _) => LoginResult::Unreadable,
            (Fit::No, Fit::Yes) => LoginResult::Success,
            (Fit::No, Fit::Pending) => return self.needs_more(),
            (Fit::No, Fit::Unreadable) => LoginResult::Unreadable,
            (Fit::No, Fit::No) => LoginResult::Neither,
        };
        Classified::Known(known)
    }

    /// The body, if it can still change anything: it comes before the trailers.
    fn needs_more(self) -> Classified {
        let by_body = |found: Found| found.body == Fit::Pending && found.any() == Fit::Pending;
        if by_body(self.failure) || by_body(self.success) {
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

/// The lines of a response's head that are looked at for every classifier.
#[derive(Default)]
struct Head {
    status: Option<u16>,
    is_grpc: bool,
    grpc_status: Option<u32>,
    /// It is compressed, or a part from somewhere in the middle.
    hides_body: bool,
}

impl Head {
    fn read(headers: &HeaderBlock) -> Self {
        let mut head = Self::default();
        for (name, value) in headers.iter() {
            if name == b":status" {
                head.status = number(value).and_then(|status| u16::try_from(status).ok());
            } else if name.eq_ignore_ascii_case(b"content-type") {
                head.is_grpc |= is_grpc(value);
            } else if name.eq_ignore_ascii_case(b"grpc-status") {
                head.grpc_status = head.grpc_status.or(Some(grpc_status(value)));
            } else if name.eq_ignore_ascii_case(b"content-encoding") {
                head.hides_body |= value
                    .split(|byte| *byte == b',')
                    .map(<[u8]>::trim_ascii)
                    .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"));
            }
        }
        head.hides_body |= head.status == Some(206);
        head
    }

    /// The HTTP status, unless it is the 200 that every gRPC response has.
    fn telling_status(&self) -> Option<u16> {
        self.status
            .filter(|status| !(self.is_grpc && *status == 200))
    }

    /// A response of another status than 200 comes from something in between, and clients make a gRPC status of it.
    fn grpc_status(&self) -> GrpcStatus {
        match (self.is_grpc, self.grpc_status, self.status) {
            (false, _, _) => GrpcStatus::None,
            (true, Some(status), _) => GrpcStatus::Known(status),
            (true, None, Some(200)) => GrpcStatus::InTrailers,
            (true, None, Some(401)) => GrpcStatus::Known(16),
            (true, None, Some(403)) => GrpcStatus::Known(7),
            (true, None, _) => GrpcStatus::Known(UNKNOWN),
        }
    }
}

/// `application/grpc`, `application/grpc+proto`, `application/grpc-web`. The last has its status in the body, so it ends [`Fit::Unreadable`]
/// unless Envoy's own filter has translated it before.
fn is_grpc(content_type: &[u8]) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let (start, rest) = content_type
        .split_at_checked(GRPC.len())
        .unwrap_or_default();
    start.eq_ignore_ascii_case(GRPC) && rest.first().is_none_or(|byte| b"+-; \t".contains(byte))
}

/// gRPC's `UNKNOWN`, which clients take for a status that is none.
const UNKNOWN: u32 = 2;

fn grpc_status(value: &[u8]) -> u32 {
    number(value).unwrap_or(UNKNOWN)
}

fn number(value: &[u8]) -> Option<u32> {
    let digits = value.trim_ascii();
    if digits.len() > 9 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
