//! Whose account a request is about.
//!
//! Everything the operator named is read, and everything that some application may take for it: two values that are not
//! the same account are a [`AccountLack::Conflict`], and what cannot be read is a lack of its own. So nobody
//! makes the filter count another account than the one the application checks, at most none; what then happens the
//! operator decides.
//!
//! It takes two steps, since the body comes after the head: [`AccountSources::read_head`], then
//! [`HeadReading::conclude`].

mod content;
mod form;
mod gathering;
mod head;
mod multipart;
mod normalised;
mod parameters;
mod source;
#[cfg(test)]
mod testing;

use content::Content;
pub(crate) use gathering::Gather;
use gathering::Gathering;

use super::json_pointer::{Found, JsonPointer};
use crate::message::HeaderBlock;

pub use normalised::{Account, CountryCode, DialPrefix, Distinction, Normalisation, PhoneFormat};
pub use source::AccountSource;

/// Where the account of a request stands, on one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSources {
    places: Places,
    normalisation: Normalisation,
}

/// Places in a request, all of which are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places(Vec<AccountSource>);

/// What the head of a request says about the account, and whether its body must be read.
#[derive(Clone, Debug)]
pub struct HeadReading {
    gathered: Gathering,
    plan: Plan,
}

/// How the body is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Plan(PlanKind);

#[derive(Clone, Debug)]
enum PlanKind {
    /// No source is in the body.
    Unneeded,
    /// The body is to be read so.
    Read(Content),
    /// If there is a body, it cannot be read.
    Refused(AccountLack),
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
    /// There is one, and it is larger than the limit; or it was not read because [`HeadReading::body`] did not ask for it.
    TooLarge,
}

/// Why a request is about no account that could be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountLack {
    /// No source says anything.
    Missing,
    /// Two values are not the same account, or an application may read one value as another account.
    Conflict,
    /// There is a body that is of no configured kind, of several, or not in UTF-8.
    ContentType,
    /// The body has a content coding. It is not decoded: that would let a small request cost much.
    Encoded,
    /// The body is larger than the limit.
    TooLarge,
    /// The body, the credentials or the path cannot be read, or not in the same way by all readers.
    Malformed,
    /// The account is not text: not UTF-8, or a list, an object, a fraction, a file.
    NotText,
    /// The account has more than 512 bytes.
    TooLong,
}

impl AccountLack {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Missing,
        Self::Conflict,
        Self::ContentType,
        Self::Encoded,
        Self::TooLarge,
        Self::Malformed,
        Self::NotText,
        Self::TooLong,
    ];

    /// Its name in metrics and reasons.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Conflict => "conflict",
            Self::ContentType => "content_type",
            Self::Encoded => "encoded",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::NotText => "not_text",
            Self::TooLong => "too_long",
        }
    }
}

impl Places {
    pub(crate) const fn new(places: Vec<AccountSource>) -> Self {
        Self(places)
    }

    /// The names of the headers among them.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|place| match place {
            AccountSource::Header(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Reads those in the head.
    pub(crate) fn read_head(&self, head: &HeaderBlock, gather: &mut dyn Gather) -> Plan {
        for place in &self.0 {
            place.read_head(head, gather);
        }
        Plan(if !self.0.iter().any(AccountSource::is_in_body) {
            PlanKind::Unneeded
        } else {
            match content::read(head) {
                Err(lack) => PlanKind::Refused(lack),
                Ok(content) if self.0.iter().any(|place| place.reads(&content)) => {
                    PlanKind::Read(content)
                }
                Ok(_) => PlanKind::Refused(AccountLack::ContentType),
            }
        })
    }

    /// Reads those in the body. The time is linear in its size, for each place.
    pub(crate) fn read_body(&self, plan: &Plan, body: BodyBytes<'_>, gather: &mut dyn Gather) {
        match (&plan.0, body) {
            (PlanKind::Unneeded, _) | (_, BodyBytes::Absent | BodyBytes::Whole([])) => {}
            (PlanKind::Refused(lack), _) => gather.refuse(*lack),
            (PlanKind::Read(_), BodyBytes::TooLarge) => gather.refuse(AccountLack::TooLarge),
            (PlanKind::Read(content), BodyBytes::Whole(body)) => {
                for place in &self.0 {
                    place.read_body(body, content, gather);
                }
            }
        }
    }
}

impl Plan {
    /// Whether the body must be read.
    pub(crate) const fn body(&self) -> BodyNeed {
        match self.0 {
            PlanKind::Read(_) => BodyNeed::Needed,
            PlanKind::Unneeded | PlanKind::Refused(_) => BodyNeed::None,
        }
    }
}

impl AccountSources {
    /// These sources, all of which are read. Their order does not matter for the result.
    #[must_use]
    pub const fn new(sources: Vec<AccountSource>, normalisation: Normalisation) -> Self {
        Self {
            places: Places::new(sources),
            normalisation,
        }
    }

    /// Reads what stands in the head. The result borrows nothing from it.
    #[must_use]
    pub fn read_head(&self, head: &HeaderBlock) -> HeadReading {
        let mut gathered = Gathering::new(self.normalisation);
        let plan = self.places.read_head(head, &mut gathered);
        HeadReading { gathered, plan }
    }
}

impl HeadReading {
    /// Whether the body must be read.
    #[must_use]
    pub const fn body(&self) -> BodyNeed {
        self.plan.body()
    }

    /// The account. `sources` are those that read the head. The time is linear in the size of the body, for each source.
    ///
    /// # Errors
    /// Why there is none.
    pub fn conclude(
        self,
        sources: &AccountSources,
        body: BodyBytes<'_>,
    ) -> Result<Account, AccountLack> {
        let Self { mut gathered, plan } = self;
        sources.places.read_body(&plan, body, &mut gathered);
        gathered.result()
    }
}

#[cfg(test)]
mod tests;
