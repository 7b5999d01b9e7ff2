//! Which sessions a request belongs to.

use std::fmt;

use super::cookie::{self, CookieValue};
use super::field::FieldName;
use super::json_pointer::{Found, JsonPointer};
use super::likeness::Essence;
use super::percent::{self, Plus};
use super::token::{self, Credentials, MAX_TOKEN};
use crate::address::HeaderName;
use crate::message::{HeaderBlock, ends_cookie, has_prefix, serialise};

/// How many sessions of one request are told apart. A browser may hold two cookies of one name, for two paths or
/// domains, and some reader may find another session in each.
pub const MAX_SESSIONS: usize = 16;

/// The last letter of so long a session tells nobody apart.
const LONG: usize = 40;
/// A text of so many letters and digits is one session's alone.
const UNGUESSABLE: usize = 16;

/// A place where the session of a request may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionSource {
    /// A cookie.
    Cookie(FieldName),
    /// The token of `authorization: Bearer`.
    Bearer,
    /// What the JWT of `authorization: Bearer` claims there, without trust.
    Claim(JsonPointer),
    /// A header.
    Header(HeaderName),
}

/// A session. It is never printed and only hashed.
#[derive(Clone)]
pub struct Session(Value);

#[derive(Clone)]
enum Value {
    /// What stands at the source, and what tells it from others.
    Known {
        written: Box<[u8]>,
        essence: Essence,
        /// Whether it is written as clients write it.
        is_plain: bool,
    },
    /// What no honest client sends. All requests that send it share this session.
    Unreadable,
}

impl Session {
    /// The session that is written so; `None` for what has no letter and no digit, which no application gives out.
    fn new(written: &[u8], is_plain: bool) -> Option<Self> {
        if written.len() > MAX_TOKEN {
            return Some(Self(Value::Unreadable));
        }
        // What is no ASCII is passed over by readers of base64, and some bits of the last letter are used by nobody.
        let mut text = token::essence(written).to_vec();
        text.retain(u8::is_ascii_alphanumeric);
        if text.len() >= LONG {
            text.pop();
        }
        let essence = Essence::of(&text);
        (!essence.is_empty()).then(|| {
            Self(Value::Known {
                written: written.into(),
                essence,
                is_plain,
            })
        })
    }

    /// The session that an answer tells in its body, as requests will bring it; `None` for what is none.
    #[must_use]
    pub fn told(text: &str) -> Option<Self> {
        Self::new(text.trim_ascii().as_bytes(), true)
    }

    /// Whether it may be revoked: what only some reader finds must be long enough that it is nobody else's by chance.
    #[must_use]
    pub fn is_revocable(&self) -> bool {
        match &self.0 {
            Value::Known {
                essence, is_plain, ..
            } => *is_plain || essence.as_str().len() >= UNGUESSABLE,
            Value::Unreadable => false,
        }
    }

    /// Whether it is the one that all who send what no honest client sends share: nobody knows which session the
    /// application finds in it.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        matches!(self.0, Value::Unreadable)
    }

    /// What is hashed: the letters and digits, whatever their case, of a JWT without its signature. Readers of base64
    /// pass over what is none, databases compare without case and accents, and ids that are told apart by nothing else
    /// do not occur.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Value::Known { essence, .. } => essence.as_str().as_bytes(),
            Value::Unreadable => b"",
        }
    }

    /// What stands in the request, as the application has given it out; of a bearer JWT without its signature.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        match &self.0 {
            Value::Known { written, .. } => written,
            Value::Unreadable => b"",
        }
    }
}

impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.is_unreadable() == other.is_unreadable() && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Session {}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session(..)")
    }
}

/// Where the sessions of a request stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionSources(Vec<SessionSource>);

impl SessionSources {
    /// These sources, in the operator's order.
    #[must_use]
    pub const fn new(sources: Vec<SessionSource>) -> Self {
        Self(sources)
    }

    /// Every session that the request may belong to, none twice, in the order of the sources: as clients write it, and
    /// as some reader may read what no client writes. None if no source says anything.
    ///
    /// A client may send several, and only the application knows which of them it takes. If one alone were counted,
    /// say the first, or a hash of all, a made-up cookie beside a stolen one would give the thief a fresh
    /// counter with each request. So each is counted, and a request is within a limit if all of its sessions are.
    ///
    /// Who sends more than sixteen, or one of more than 8 KiB, belongs to one session with all who do the same.
    #[must_use]
    pub fn read(&self, head: &HeaderBlock) -> Vec<Session> {
        let mut sessions = Sessions::default();
        for source in &self.0 {
            source.read(head, &mut sessions);
        }
        sessions.0
    }
}

impl SessionSources {
    /// Whether this is a cookie of the very name of one of the sources, as clients write it.
    #[must_use]
    pub fn names_cookie(&self, pair: &[u8]) -> bool {
        self.0.iter().any(|source| match source {
            SessionSource::Cookie(name) => {
                let value = pair.strip_prefix(name.written().as_bytes());
                value.is_some_and(|value| value.starts_with(b"="))
            }
            SessionSource::Bearer | SessionSource::Claim(_) | SessionSource::Header(_) => false,
        })
    }

    /// The sessions that an answer gives out in cookies, as requests will bring them; not those that it ends.
    #[must_use]
    #[inline(never)]
    pub fn issued(&self, answer: &HeaderBlock) -> Vec<Session> {
        let mut sessions = Sessions::default();
        for line in answer.lines("set-cookie") {
            if ends_cookie(line) {
                continue;
            }
            let cookie = line.split(|byte| *byte == b';').next().unwrap_or_default();
            let head = HeaderBlock::new(serialise(std::iter::once((b"cookie".as_slice(), cookie))));
            let cookies = self.0.iter();
            for source in cookies.filter(|source| matches!(source, SessionSource::Cookie(_))) {
                source.read(&head, &mut sessions);
            }
        }
        sessions.0
    }
}

impl SessionSource {
    fn read(&self, head: &HeaderBlock, sessions: &mut Sessions) {
        match self {
            Self::Cookie(name) => {
                let mut add = |value: CookieValue<'_>| match value {
                    CookieValue::Plain(value) => sessions.add(&value),
                    CookieValue::Candidate(value) => sessions.add_candidate(&value),
                    CookieValue::TooMany => sessions.add_session(Session(Value::Unreadable)),
                };
                cookie::values(head, name, &mut add);
                cookie::in_path(head.target(), name, &mut add);
                cookie::in_query(head.query(), name, &mut add);
            }
            Self::Bearer => tokens(head, &mut |token| sessions.add_found(token)),
            Self::Claim(claim) => tokens(head, &mut |found| {
                let (Credentials::Plain(token) | Credentials::Candidate(token)) = found;
                // What is no JWT claims nothing, and one that claims no text neither.
                let _ = token::claims(token, claim, &mut |claimed| {
                    if let Found::Text(text) = claimed {
                        sessions.add_found(match found {
                            Credentials::Plain(_) => Credentials::Plain(text.as_bytes()),
                            Credentials::Candidate(_) => Credentials::Candidate(text.as_bytes()),
                        });
                    }
                });
            }),
            Self::Header(name) => {
                let name = name.as_str().as_bytes();
                for (key, value) in head.iter() {
                    if key.len() == name.len() && has_prefix(key, name) {
                        sessions.add(value.trim_ascii());
                    }
                }
            }
        }
    }
}

/// Tells every token that some reader may find, under whatever scheme and wherever a token may stand.
fn tokens(head: &HeaderBlock, tell: &mut dyn FnMut(Credentials<'_>)) {
    // Rails, and Django's REST framework, call the scheme `Token`.
    for scheme in ["bearer", "token"] {
        token::credentials(head, scheme, tell);
    }
    token::scattered(head, b"bearer", tell);
    // Where a token may stand as well (RFC 6750, 2.3).
    for pair in head.query().split(|byte| *byte == b'&') {
        let end = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = pair
            .split_at_checked(end.unwrap_or(pair.len()))
            .unwrap_or_default();
        let name = percent::decode(name, Plus::Space);
        if name.eq_ignore_ascii_case(b"access_token") {
            let value = value.get(1..).unwrap_or_default();
            tell(Credentials::Candidate(&percent::decode(value, Plus::Space)));
        }
    }
}

#[derive(Default)]
struct Sessions(Vec<Session>);

impl Sessions {
    fn add(&mut self, value: &[u8]) {
        if let Some(session) = Session::new(value, true) {
            self.add_session(session);
        }
    }

    fn add_candidate(&mut self, value: &[u8]) {
        if self.is_unreadable() {
            return;
        }
        if let Some(session) = Session::new(value, false) {
            self.add_session(session);
        }
    }

    fn add_found(&mut self, found: Credentials<'_>) {
        match found {
            Credentials::Plain(token) => self.add(token::essence(token)),
            Credentials::Candidate(token) => self.add_candidate(token::essence(token)),
        }
    }

    fn is_unreadable(&self) -> bool {
        self.0.first().is_some_and(Session::is_unreadable)
    }

    fn add_session(&mut self, session: Session) {
        let unreadable = Session(Value::Unreadable);
        if self.0.contains(&unreadable) || self.0.contains(&session) {
            return;
        }
        if session == unreadable || self.0.len() >= MAX_SESSIONS {
            self.0 = vec![unreadable];
        } else {
            self.0.push(session);
        }
    }
}

#[cfg(test)]
mod tests;
