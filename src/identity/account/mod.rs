//! Whose account a request is about.
//!
//! Everything the operator named is read, and everything that some application may take for it: two values that are not
//! the same account are a [`AccountError::Conflict`], and what cannot be read is a lack of its own. So nobody
//! makes the filter count another account than the one the application checks, at most none; what then happens the
//! operator decides.
//!
//! It takes two steps, since the body comes after the head: [`AccountSources::read_head`], then
//! [`HeadReading::conclude`].

mod body_pattern;
mod content;
mod declared;
mod error;
mod form;
mod gathering;
mod head;
mod mark;
mod multipart;
mod normalised;
mod parameters;
mod source;
#[cfg(test)]
mod testing;
mod texts;

use content::{Charset, Content};
pub use declared::{BodyCharset, BodyKind, Declared};
pub(crate) use gathering::Gather;
use gathering::Gathering;
use texts::Writing;

use super::cookie;
use super::field::FieldName;
use super::json_pointer::{Found, JsonPointer};
use crate::message::HeaderBlock;

pub use body_pattern::{BodyPattern, NoBodyPattern};
pub use error::AccountError;
pub use mark::AccountMark;
pub use normalised::{
    Account, CountryCode, DialPrefix, Distinction, NoPattern, Normalisation, Pattern, PhoneFormat,
};
pub use source::AccountSource;

/// Where the account of a request stands, on one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSources {
    places: Places,
    normalisation: Normalisation,
    session: SessionUse,
}

/// What the accounts that a session has been used for are to its requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionUse {
    /// Nothing.
    #[default]
    None,
    /// Theirs, beside those that they name.
    Joined,
    /// The same; and a request of a session of which nothing is known has no account, whatever it names.
    Required,
}

/// Places in a request, all of which are read, and the names under which frameworks that merge the parameters of a
/// request find the same in another place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    named: Vec<AccountSource>,
    merged: Vec<FieldName>,
    /// How bodies are read, where that does not follow from their heads.
    declared: Declared,
}

/// The accounts that a request is about: one, unless some reader may find another one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    first: Account,
    others: Vec<Account>,
    /// How many attempts are made at each, where that is not one at one of them.
    attempts: Vec<u32>,
    /// Whether some reader may find none of them.
    is_vague: bool,
}

impl Candidates {
    /// How many attempts the request makes at each of them, in their order; none where it makes one at one of them.
    #[must_use]
    pub fn attempts(&self) -> &[u32] {
        &self.attempts
    }

    /// Whether some reader may find none of them, so that a success may be somebody else's.
    #[must_use]
    pub const fn is_vague(&self) -> bool {
        self.is_vague
    }

    /// The account, if no reader may find another one or none.
    #[must_use]
    pub fn certain(&self) -> Option<&Account> {
        let is_one = self.others.is_empty() && self.attempts.is_empty() && !self.is_vague;
        is_one.then_some(&self.first)
    }

    /// Every account that some reader may find, none twice. The first is the one that is written as clients write it,
    /// if any is.
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl IntoIterator for Candidates {
    type Item = Account;
    type IntoIter = std::iter::Chain<std::iter::Once<Account>, std::vec::IntoIter<Account>>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self.first).chain(self.others)
    }
}

/// What the head of a request says about the account, and whether its body must be read.
#[derive(Clone, Debug)]
pub struct HeadReading {
    gathered: Gathering,
    plan: Plan,
    session: SessionUse,
}

/// How the body is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    kind: PlanKind,
    /// How patterns are sought in it, where any are.
    texts: Option<Result<Writing, AccountError>>,
}

#[derive(Clone, Debug)]
enum PlanKind {
    /// No source is in the body.
    Unneeded,
    /// The body is to be read so.
    Read(Content),
    /// If there is a body, it cannot be read.
    Refused(AccountError),
}

/// Whether the body must be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyNeed {
    /// No. Whether there is one still matters to [`HeadReading::conclude`].
    None,
    /// Up to the limit.
    Needed,
}

/// The body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyBytes<'b> {
    /// There is none.
    Absent,
    /// All of it.
    Whole(&'b [u8]),
    /// There is one, and it is larger than the limit; or it was not read because [`HeadReading::body`] did not ask for
    /// it.
    TooLarge,
    /// There is one, and it has not come in time.
    Late,
}

impl Places {
    /// These places alone: what is no account, but a token that is verified, may well be missed by being written oddly.
    pub(crate) const fn new(named: Vec<AccountSource>) -> Self {
        Self {
            named,
            merged: Vec::new(),
            declared: Declared::AS_THE_HEAD_SAYS,
        }
    }

    /// These places, and wherever else a framework may find a field of the same name.
    pub(crate) fn merged(named: Vec<AccountSource>) -> Self {
        let mut merged: Vec<FieldName> = Vec::new();
        for name in named.iter().filter_map(AccountSource::merged_name) {
            if !merged.contains(&name) {
                merged.push(name);
            }
        }
        Self {
            named,
            merged,
            declared: Declared::AS_THE_HEAD_SAYS,
        }
    }

    /// The same, in bodies that the application reads so.
    pub(crate) fn declaring(self, declared: Declared) -> Self {
        Self { declared, ..self }
    }

    /// The names of the headers among them.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter_map(|place| match place {
            AccountSource::Header(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Reads those in the head.
    pub(crate) fn read_head(&self, head: &HeaderBlock, gather: &mut dyn Gather) -> Plan {
        for place in &self.named {
            place.read_head(head, gather);
        }
        let query = head.query();
        if !query.is_empty() {
            let fields = self.fields(|place| match place {
                AccountSource::Query(name) => Some(name),
                _ => None,
            });
            form::read(query, Charset::Utf8, &fields, gather);
        }
        for name in &self.merged {
            let all = cookie::beside_fields(head, name, &mut |value| gather.candidate(&value));
            if all.is_none() {
                gather.doubt();
            }
        }
        let texts = self.patterns().next().map(|_| texts::writing(head));
        Plan {
            kind: self.plan(head),
            texts,
        }
    }

    fn patterns(&self) -> impl Iterator<Item = &BodyPattern> {
        self.named.iter().filter_map(|place| match place {
            AccountSource::BodyPattern(pattern) => Some(pattern),
            _ => None,
        })
    }

    fn plan(&self, head: &HeaderBlock) -> PlanKind {
        let stands_in_body = self.named.iter().any(AccountSource::is_in_body);
        if !stands_in_body && self.merged.is_empty() {
            return PlanKind::Unneeded;
        }
        match content::read(head, self.declared) {
            Ok(content) if self.named.iter().any(|place| place.reads(&content)) => {
                PlanKind::Read(content)
            }
            Ok(content) if !stands_in_body => PlanKind::Read(content),
            Ok(_) => PlanKind::Refused(AccountError::ContentType),
            Err(_) if !stands_in_body && !content::may_have_fields(head) => PlanKind::Unneeded,
            Err(error) => PlanKind::Refused(error),
        }
    }

    /// Reads those in the body. The time is linear in its size, for each place.
    pub(crate) fn read_body(&self, plan: &Plan, body: BodyBytes<'_>, gather: &mut dyn Gather) {
        match (&plan.texts, body) {
            (None, _) | (_, BodyBytes::Absent | BodyBytes::Whole([])) => {}
            (Some(Err(error)), _) => gather.refuse(*error),
            (Some(Ok(_)), BodyBytes::TooLarge) => gather.refuse(AccountError::TooLarge),
            (Some(Ok(_)), BodyBytes::Late) => gather.refuse(AccountError::Late),
            (Some(Ok(writing)), BodyBytes::Whole(body)) => {
                for pattern in self.patterns() {
                    pattern.read(body, *writing, gather);
                }
            }
        }
        match (&plan.kind, body) {
            (PlanKind::Unneeded, _) | (_, BodyBytes::Absent | BodyBytes::Whole([])) => {}
            (PlanKind::Refused(error), _) => gather.refuse(*error),
            (PlanKind::Read(_), BodyBytes::TooLarge) => gather.refuse(AccountError::TooLarge),
            (PlanKind::Read(_), BodyBytes::Late) => gather.refuse(AccountError::Late),
            (PlanKind::Read(content), BodyBytes::Whole(body)) => {
                if matches!(content, Content::Form(_)) && form::is_another_document(body) {
                    return gather.refuse(AccountError::Malformed);
                }
                self.read_content(body, content, gather);
            }
        }
    }

    fn read_content(&self, body: &[u8], content: &Content, gather: &mut dyn Gather) {
        match content {
            Content::Form(charset) => {
                let fields = self.fields(|place| match place {
                    AccountSource::Form(name) => Some(name),
                    _ => None,
                });
                form::read(body, *charset, &fields, gather);
            }
            Content::Multipart(boundary, charset) => {
                let fields = self.fields(|place| match place {
                    AccountSource::Multipart(name) => Some(name),
                    _ => None,
                });
                multipart::read(body, (boundary, *charset), &fields, gather);
            }
            Content::Json(charset) => {
                let named = self.named.iter().filter_map(|place| match place {
                    AccountSource::Json(pointer) => Some(pointer.clone()),
                    _ => None,
                });
                let mut pointers: Vec<JsonPointer> = named.collect();
                for pointer in self.merged.iter().map(JsonPointer::of_field) {
                    if !pointers.contains(&pointer) {
                        pointers.push(pointer);
                    }
                }
                // Where a document is all ASCII, its escapes are the same in every charset.
                let charset = match body.is_ascii() {
                    true => Charset::Utf8,
                    false => *charset,
                };
                for pointer in &pointers {
                    let read =
                        pointer.read(body, &mut |found| source::gather(found, charset, gather));
                    if read.is_err() {
                        return gather.refuse(AccountError::Malformed);
                    }
                }
            }
        }
    }

    /// The names of fields at one kind of place, and those that frameworks find there as well.
    fn fields<'p>(
        &'p self,
        of: impl Fn(&'p AccountSource) -> Option<&'p FieldName>,
    ) -> Vec<&'p FieldName> {
        let mut fields: Vec<&FieldName> = Vec::with_capacity(self.merged.len());
        for name in self.named.iter().filter_map(of).chain(&self.merged) {
            if !fields.contains(&name) {
                fields.push(name);
            }
        }
        fields
    }
}

impl Plan {
    /// Whether the body must be read.
    pub(crate) const fn body(&self) -> BodyNeed {
        match (&self.kind, &self.texts) {
            (PlanKind::Read(_), _) | (_, Some(Ok(_))) => BodyNeed::Needed,
            (PlanKind::Unneeded | PlanKind::Refused(_), _) => BodyNeed::None,
        }
    }

    /// Whether a body, if there is one, may say anything.
    pub(crate) const fn may_tell(&self) -> bool {
        self.texts.is_some() || !matches!(self.kind, PlanKind::Unneeded)
    }
}

impl AccountSources {
    /// These sources, all of which are read. Their order does not matter for the result.
    #[must_use]
    pub fn new(sources: Vec<AccountSource>, normalisation: Normalisation) -> Self {
        Self {
            places: Places::merged(sources),
            normalisation,
            session: SessionUse::None,
        }
    }

    /// The same, with this use of the accounts that the session of the request has been used for.
    #[must_use]
    pub fn with_session(self, session: SessionUse) -> Self {
        Self { session, ..self }
    }

    /// The same, of bodies that the application reads so.
    #[must_use]
    pub fn declaring(self, declared: Declared) -> Self {
        Self {
            places: self.places.declaring(declared),
            ..self
        }
    }

    /// Whether the accounts that its session has been used for are those of a request as well.
    #[must_use]
    pub const fn from_session(&self) -> bool {
        !matches!(self.session, SessionUse::None)
    }

    /// What they are to a request.
    pub(crate) const fn session(&self) -> SessionUse {
        self.session
    }

    /// Whether any place of a request names an account.
    #[must_use]
    pub fn name_accounts(&self) -> bool {
        !self.places.named.is_empty()
    }

    /// Reads what stands in the head. The result borrows nothing from it.
    #[must_use]
    pub fn read_head(&self, head: &HeaderBlock) -> HeadReading {
        let mut gathered = Gathering::new(self.normalisation.clone());
        let plan = self.places.read_head(head, &mut gathered);
        HeadReading {
            gathered,
            plan,
            session: self.session,
        }
    }
}

impl HeadReading {
    /// Whether the body must be read. That of a later step is, though it names no account: it may name another method,
    /// and then nobody has logged in.
    #[must_use]
    pub const fn body(&self) -> BodyNeed {
        match self.session {
            SessionUse::None => self.plan.body(),
            SessionUse::Joined | SessionUse::Required => BodyNeed::Needed,
        }
    }

    /// The accounts. `sources` are those that read the head. The time is linear in the size of the body, for each
    /// source.
    ///
    /// # Errors
    /// Why there is none.
    pub fn conclude(
        self,
        sources: &AccountSources,
        body: BodyBytes<'_>,
    ) -> Result<Candidates, AccountError> {
        let Self {
            mut gathered, plan, ..
        } = self;
        sources.places.read_body(&plan, body, &mut gathered);
        gathered.result()
    }
}

#[cfg(test)]
mod tests;
