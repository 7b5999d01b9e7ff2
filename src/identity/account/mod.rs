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
use gathering::Gathering;

use super::json_pointer::{Found, JsonPointer};
use crate::message::HeaderBlock;

pub use normalised::{Account, Distinction, Normalisation};
pub use source::AccountSource;

/// Where the account of a request stands, on one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSources {
    sources: Vec<AccountSource>,
    normalisation: Normalisation,
}

/// What the head of a request says about the account, and whether its body must be read.
#[derive(Clone, Debug)]
pub struct HeadReading {
    gathered: Gathering,
    plan: Plan,
}

#[derive(Clone, Debug)]
enum Plan {
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

impl AccountSources {
    /// These sources, all of which are read. Their order does not matter for the result.
    #[must_use]
    pub const fn new(sources: Vec<AccountSource>, normalisation: Normalisation) -> Self {
        Self {
            sources,
            normalisation,
        }
    }

    /// Reads what stands in the head. The result borrows nothing from it.
    #[must_use]
    pub fn read_head(&self, head: &HeaderBlock) -> HeadReading {
        let mut gathered = Gathering::new(self.normalisation);
        for source in &self.sources {
            source.read_head(head, &mut gathered);
        }
        let plan = if !self.sources.iter().any(AccountSource::is_in_body) {
            Plan::Unneeded
        } else {
            match content::read(head) {
                Err(lack) => Plan::Refused(lack),
                Ok(content) if self.sources.iter().any(|source| source.reads(&content)) => {
                    Plan::Read(content)
                }
                Ok(_) => Plan::Refused(AccountLack::ContentType),
            }
        };
        HeadReading { gathered, plan }
    }
}

impl HeadReading {
    /// Whether the body must be read.
    #[must_use]
    pub const fn body(&self) -> BodyNeed {
        match self.plan {
            Plan::Read(_) => BodyNeed::Needed,
            Plan::Unneeded | Plan::Refused(_) => BodyNeed::None,
        }
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
        let mut gathered = self.gathered;
        match (self.plan, body) {
            (Plan::Unneeded, _) | (_, BodyBytes::Absent | BodyBytes::Whole([])) => {}
            (Plan::Refused(lack), _) => gathered.refuse(lack),
            (Plan::Read(_), BodyBytes::TooLarge) => gathered.refuse(AccountLack::TooLarge),
            (Plan::Read(content), BodyBytes::Whole(body)) => {
                for source in &sources.sources {
                    source.read_body(body, &content, &mut gathered);
                }
            }
        }
        gathered.result()
    }
}

#[cfg(test)]
mod tests;
