//! Where clients leave a solution, and how programs are told to.

use std::sync::LazyLock;

use serde::Serialize;

use super::captcha::{Site, TOKEN_HEADER};
use super::proof::Challenge;
use super::{Ask, cookie};
use crate::identity::FieldName;
use crate::identity::account::{AccountError, AccountSource, BodyBytes, BodyNeed, Gather, Places};
use crate::message::HeaderBlock;

/// The request header in which a program answers a challenge.
pub const SOLUTION_HEADER: &str = "x-palisade-solution";
/// The cookie in which the page's script answers it; over TLS with the prefix `__Host-`.
pub const SOLUTION_COOKIE: &str = "palisade-solution";
/// The field of a form in which ALTCHA's widget answers it.
pub const SOLUTION_FIELD: &str = "altcha";

/// The same in a JSON document.
const SOLUTION_POINTER: &str = "/altcha";

/// Most solutions of one request that are read.
const MAX_READ: usize = 24;

/// The payloads that a request brings, at most twenty-four: first those that nobody else can set for a client, in the
/// lines of [`SOLUTION_HEADER`] and in the form's field, then those in `cookie` lines, of one name the outermost first.
/// Empty ones are left out.
pub fn payloads<'a>(
    header: impl IntoIterator<Item = &'a [u8]>,
    cookies: impl IntoIterator<Item = &'a [u8]>,
    field: Option<&'a [u8]>,
) -> impl Iterator<Item = &'a [u8]> {
    let names = cookie::names_of_script(SOLUTION_COOKIE).into_iter();
    let cookies: Vec<&[u8]> = cookies.into_iter().collect();
    let of_name = move |name: String| {
        cookie::from_both_ends(cookie::values(cookies.iter().copied(), &name).collect())
    };
    header
        .into_iter()
        .chain(field)
        .chain(names.flat_map(of_name))
        .map(<[u8]>::trim_ascii)
        .filter(|payload| !payload.is_empty())
        .take(MAX_READ)
}

/// Whether the body may hold what ALTCHA's widget leaves: a form of either kind, or a JSON document.
#[must_use]
pub fn may_stand_in_body(head: &HeaderBlock) -> bool {
    PLACES.read_head(head, &mut First::default()).body() == BodyNeed::Needed
}

/// What ALTCHA's widget left in the body: in the field [`SOLUTION_FIELD`] of a form, or in the member of that name of a
/// JSON document. The first one counts. Linear in the size of the body.
#[must_use]
pub fn field(head: &HeaderBlock, body: BodyBytes<'_>) -> Option<Vec<u8>> {
    let mut first = First::default();
    let plan = PLACES.read_head(head, &mut first);
    PLACES.read_body(&plan, body, &mut first);
    first.0
}

/// Where in a body a solution may stand.
static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let name = || FieldName::new(SOLUTION_FIELD);
    let member = SOLUTION_POINTER.parse().ok().map(AccountSource::Json);
    let forms = [
        AccountSource::Form(name()),
        AccountSource::Multipart(name()),
    ];
    Places::new(forms.into_iter().chain(member).collect())
});

/// The first value.
#[derive(Debug, Default)]
struct First(Option<Vec<u8>>);

impl Gather for First {
    fn value(&mut self, raw: &[u8]) {
        if self.0.is_none() && !raw.is_empty() {
            self.0 = Some(raw.to_vec());
        }
    }

    /// What cannot be read holds no solution.
    fn refuse(&mut self, _: AccountError) {}

    fn candidate(&mut self, _: &[u8]) {}

    fn hint(&mut self, _: AccountError) {}
}

/// What a problem document (RFC 9457) has beside the standard members, so that a program can go on: solve `altcha` or
/// have a person solve `captcha`, and send the same request again with what comes of it in the header that `answer_in`
/// names.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum ProblemMembers<'a> {
    /// A proof of work.
    Work {
        /// What is to be solved.
        altcha: &'a Challenge,
        /// The header.
        answer_in: &'static str,
        /// Seconds since the Unix epoch.
        expires: u32,
    },
    /// A captcha.
    Captcha {
        /// Where.
        captcha: Site<'a>,
        /// The header.
        answer_in: &'static str,
    },
}

impl<'a> From<Ask<'a>> for ProblemMembers<'a> {
    fn from(ask: Ask<'a>) -> Self {
        match ask {
            Ask::Work(challenge) => Self::Work {
                altcha: challenge,
                answer_in: SOLUTION_HEADER,
                expires: challenge.expires(),
            },
            Ask::Captcha(captcha) => Self::Captcha {
                captcha: captcha.site(),
                answer_in: TOKEN_HEADER,
            },
        }
    }
}

impl ProblemMembers<'_> {
    /// The same as names and texts, for formats that know nothing else; `altcha` and `captcha` are JSON.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Work {
                altcha,
                answer_in,
                expires,
            } => vec![
                ("altcha", altcha.json()),
                ("answer_in", (*answer_in).to_owned()),
                ("expires", expires.to_string()),
            ],
            Self::Captcha { captcha, answer_in } => vec![
                (
                    "captcha",
                    serde_json::to_string(captcha).unwrap_or_default(),
                ),
                ("answer_in", (*answer_in).to_owned()),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::proof::{Challenge, Randomness, Scope};
    use super::super::{Difficulty, Network};
    use super::*;
    use crate::signing::SigningKeys;
    use crate::time::Time;

    #[test]
    fn solutions_are_found_wherever_they_are_left_up_to_a_number() {
        let cookies = [
            &b"a=1; palisade-solution=c2; palisade-solution=c3; palisade-solution="[..],
            b"palisade-solution=c1; __Host-palisade-solution=own",
        ];
        let found = |header: &[&'static [u8]], field| -> Vec<&[u8]> {
            payloads(header.iter().copied(), cookies, field).collect()
        };
        assert_eq!(
            found(&[b" h "], Some(b"f")),
            [&b"h"[..], b"f", b"own", b"c1", b"c2", b"c3"]
        );
        assert_eq!(found(&[], None), [&b"own"[..], b"c1", b"c2", b"c3"]);
        let many = [&b"1"[..]; 100];
        assert_eq!(found(&many, None).len(), MAX_READ);
    }

    #[test]
    fn a_program_is_told_what_to_solve_and_where_to_answer() {
        let challenge = Challenge::issue(
            Scope {
                network: Network::Anywhere,
                route: "login",
                substitutes: false,
            },
            Difficulty::MIN,
            Duration::from_secs(60),
            Time::from_secs(1_800_000_000),
            Randomness([1; 20]),
            &SigningKeys::derived([7; 16]),
        );
        let members =
            serde_json::to_value(ProblemMembers::from(Ask::Work(&challenge))).expect("JSON");
        assert_eq!(members["answer_in"], "x-palisade-solution");
        assert_eq!(members["expires"], 1_800_000_060);
        assert_eq!(members["altcha"].to_string().len(), challenge.json().len());
        assert_eq!(members.as_object().map(serde_json::Map::len), Some(3));
    }
}
