//! What the filter reads. This alone knows its interfaces.

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use palisade::identity::account::{
    Account, AccountError, AccountSource, AccountSources, BodyBytes, Normalisation,
};
use palisade::identity::session::{Session, SessionSource, SessionSources};
use palisade::identity::{FieldName, JsonPointer};
use palisade::message::{HeaderBlock, RequestHead, serialise};
use palisade::route::{
    Asked, Case as LetterCase, Methods, PathPattern, RouteIndex, RouteMatch, RouteTable,
};
use palisade::signals::Truth;

use super::place::{COOKIE, Case, Field, Place, ROUTES, SEGMENT};
use super::request::{Request, shown};

/// What the filter reads in a request.
pub(crate) enum Reading {
    /// The accounts that it counts: one, or all candidates.
    Accounts(Vec<Account>),
    Sessions(Vec<Session>),
    /// The routes by which it judges.
    Routes(Vec<&'static str>),
    /// Nothing, as if the request named none.
    Missing,
    /// It refuses, or counts all such requests as one.
    Refused(&'static str),
}

impl Reading {
    /// Whether the filter reads what a framework reads as `text`; `None` for a text that names nobody.
    ///
    /// A session is what an application once gave away. Who has it, and means no harm, sends it in the plain way;
    /// what the filter reads then is that session. A text that cannot be sent so is no session.
    pub(crate) fn includes(&self, place: Place, text: &[u8]) -> Option<bool> {
        let account = |text: &[u8]| match Normalisation::default().account(text) {
            Err(AccountError::Missing) => None,
            other => Some(other.ok()),
        };
        match self {
            Self::Refused(_) => Some(true),
            Self::Routes(routes) => Some(routes.iter().any(|route| route.as_bytes() == text)),
            Self::Sessions(sessions) => {
                let honest = plain(place, text)?;
                let Self::Sessions(own) = session(sessions_in(place), &honest) else {
                    return None;
                };
                // Where the application decodes what it wrote encoded, the session is the decoded text.
                let decoded = sessions.iter().any(|session| session.as_bytes() == text);
                Some(decoded || own.iter().all(|own| sessions.contains(own)))
            }
            Self::Accounts(accounts) if place == Place::Cookie => {
                let honest = plain(place, text)?;
                let Self::Accounts(own) = self::account(vec![cookie()], &honest) else {
                    return None;
                };
                let decoded =
                    matches!(account(text), Some(Some(account)) if accounts.contains(&account));
                Some(decoded || own.iter().all(|own| accounts.contains(own)))
            }
            Self::Missing if place == Place::Cookie => plain(place, text).map(|_| false),
            Self::Accounts(accounts) => account(text)
                .map(|account| account.is_some_and(|account| accounts.contains(&account))),
            Self::Missing => account(text).map(|_| false),
        }
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        let list = |texts: Vec<&[u8]>| {
            texts
                .into_iter()
                .map(shown)
                .collect::<Vec<_>>()
                .join(" or ")
        };
        match self {
            Self::Accounts(accounts) => list(accounts.iter().map(Account::as_bytes).collect()),
            Self::Sessions(sessions) if sessions.is_empty() => "no session".to_owned(),
            Self::Sessions(sessions) => list(sessions.iter().map(Session::as_bytes).collect()),
            Self::Routes(routes) if routes.is_empty() => "no route".to_owned(),
            Self::Routes(routes) => routes.join(" or "),
            Self::Missing => "missing".to_owned(),
            Self::Refused(why) => (*why).to_owned(),
        }
    }
}

/// What the filter alone must do with an honest request: why it does not, if so.
pub(crate) fn harm(case: &Case, readings: &[Reading]) -> Option<String> {
    let expected = case.honest.as_deref()?;
    let wrong = readings.iter().find(|reading| {
        matches!(reading, Reading::Refused(_) | Reading::Missing)
            || reading.includes(case.place, expected) != Some(true)
    });
    wrong.map(Reading::shown)
}

/// All that the filter reads for a case: a cookie is read as an account too.
pub(crate) fn read(case: &Case, ignores_case: bool) -> Vec<Reading> {
    let field = || FieldName::new(case.field.name());
    let json = || AccountSource::Json(pointer(case.field));
    let accounts = |sources| vec![account(sources, &case.request)];
    let sessions = || session(sessions_in(case.place), &case.request);
    match case.place {
        Place::Form => accounts(vec![AccountSource::Form(field())]),
        Place::Multipart => accounts(vec![AccountSource::Multipart(field())]),
        Place::Json => accounts(vec![json()]),
        Place::Body => accounts(vec![
            AccountSource::Form(field()),
            AccountSource::Multipart(field()),
            json(),
        ]),
        Place::Query => accounts(vec![AccountSource::Query(field())]),
        Place::Basic => accounts(vec![AccountSource::Basic]),
        Place::Segment => accounts(
            NonZeroUsize::new(SEGMENT)
                .map(|number| AccountSource::PathSegment(number, Some(FieldName::new("name"))))
                .into_iter()
                .collect(),
        ),
        Place::Cookie => vec![sessions(), account(vec![cookie()], &case.request)],
        Place::Bearer => vec![sessions()],
        Place::Route => vec![route(&case.request, ignores_case)],
    }
}

fn cookie() -> AccountSource {
    AccountSource::Cookie(FieldName::new(COOKIE))
}

fn sessions_in(place: Place) -> Vec<SessionSource> {
    match place {
        Place::Cookie => vec![SessionSource::Cookie(FieldName::new(COOKIE))],
        _ => vec![SessionSource::Bearer],
    }
}

/// The request in which an honest client sends this session; `None` if that is not possible.
fn plain(place: Place, text: &[u8]) -> Option<Request> {
    let octets: &[u8] = match place {
        // RFC 6265, 4.1.1.
        Place::Cookie => b"!#$%&'()*+-./:<=>?@[]^_`{|}~",
        // RFC 6750, 2.1.
        _ => b"-._~+/=",
    };
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || octets.contains(byte);
    if text.is_empty() || !text.iter().all(fits) {
        return None;
    }
    let request = Request::new("GET", "/account");
    Some(match place {
        Place::Cookie => request.header("cookie", [COOKIE.as_bytes(), b"=", text].concat()),
        _ => request.header("authorization", [b"Bearer ", text].concat()),
    })
}

fn pointer(field: Field) -> JsonPointer {
    field.pointer().parse().expect("a pointer")
}

fn block(request: &Request) -> HeaderBlock {
    let length = request.body.as_ref().map(|body| body.len().to_string());
    let pseudo = [
        (&b":method"[..], request.method.as_bytes()),
        (b":path", &request.target),
        (b":authority", b"example.com"),
    ];
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_slice()));
    let length = length
        .as_ref()
        .map(|length| (&b"content-length"[..], length.as_bytes()));
    let lines: Vec<_> = pseudo.into_iter().chain(headers).chain(length).collect();
    HeaderBlock::new(serialise(lines.into_iter()))
}

fn account(sources: Vec<AccountSource>, request: &Request) -> Reading {
    let sources = AccountSources::new(sources, Normalisation::default());
    let body = request
        .body
        .as_deref()
        .map_or(BodyBytes::Absent, BodyBytes::Whole);
    match sources.read_head(&block(request)).conclude(&sources, body) {
        Ok(accounts) => Reading::Accounts(accounts.iter().cloned().collect()),
        Err(AccountError::Missing) => Reading::Missing,
        Err(lack) => Reading::Refused(lack.name()),
    }
}

fn session(sources: Vec<SessionSource>, request: &Request) -> Reading {
    let sessions = SessionSources::new(sources).read(&block(request));
    if sessions.iter().any(Session::is_unreadable) {
        Reading::Refused("unreadable session")
    } else {
        Reading::Sessions(sessions)
    }
}

static TABLES: LazyLock<[RouteTable; 2]> =
    LazyLock::new(|| [LetterCase::Sensitive, LetterCase::Insensitive].map(table));

fn table(letter_case: LetterCase) -> RouteTable {
    let routes = ROUTES
        .iter()
        .enumerate()
        .map(|(place, (_, methods, glob))| {
            let matches = RouteMatch {
                methods: Methods::new(methods.iter().copied()).expect("methods"),
                hosts: Vec::new(),
                paths: vec![PathPattern::glob(glob, letter_case).expect("a glob")],
                content: None,
            };
            (RouteIndex::new(place), matches)
        });
    RouteTable::new(routes.collect())
}

fn route(request: &Request, ignores_case: bool) -> Reading {
    let block = block(request);
    let head = RequestHead::read(&block, b"x-palisade-");
    let table = &TABLES[usize::from(ignores_case)];
    let asked = Asked::read(&head, &block, request.body.is_none());
    let found = table.find(&asked, head.authority, head.path, &mut |_| Truth::Unknown);
    let routes = found.iter().flat_map(|found| found.routes.iter());
    Reading::Routes(routes.map(|route| ROUTES[route.get()].0).collect())
}
