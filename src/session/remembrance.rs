//! Whose password steps a session has been used for.

use crate::device::Pledge;
use crate::fields::{put, take};
use crate::identity::account::AccountMark;
use crate::records::{Kind, PAYLOAD, Priority, Record};

/// Whose password steps a session has been used for: no name, but what stands for each account in counters.
///
/// It only grows, by [`Self::merged`], until it is forgotten as a whole: whoever logs in to an account of his own
/// beside another one is still counted for both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Remembrance {
    /// One account.
    Sole {
        account: AccountMark,
        /// Whether its password was right for certain.
        is_certain: bool,
        /// What makes a device known to it after the last step, unless nobody knows for which spelling of it.
        pledge: Option<Pledge>,
    },
    /// Two to six.
    Several(Vec<AccountMark>),
    /// More than it holds.
    TooMany,
}

impl Remembrance {
    /// How many accounts one session is kept with.
    pub(crate) const MOST: usize = 6;

    /// All accounts, where it holds them.
    pub(crate) fn accounts(&self) -> &[AccountMark] {
        match self {
            Self::Sole { account, .. } => std::slice::from_ref(account),
            Self::Several(accounts) => accounts,
            Self::TooMany => &[],
        }
    }

    /// Of these, of which none is there twice; of one alone, it is not certain yet.
    pub(crate) fn of(accounts: Vec<AccountMark>, pledge: Option<Pledge>) -> Option<Self> {
        Some(match accounts.as_slice() {
            [] => return None,
            [account] => Self::Sole {
                account: *account,
                is_certain: false,
                pledge,
            },
            several if several.len() <= Self::MOST => Self::Several(accounts),
            _ => Self::TooMany,
        })
    }

    /// The same, where the password was right if there is one account alone.
    pub(crate) const fn certain(mut self) -> Self {
        if let Self::Sole { is_certain, .. } = &mut self {
            *is_certain = true;
        }
        self
    }

    /// What both remember.
    #[inline(never)]
    pub(crate) fn merged(&self, other: &Self) -> Self {
        if let (
            Self::Sole {
                account,
                is_certain,
                pledge,
            },
            Self::Sole {
                account: another,
                is_certain: certain,
                pledge: promise,
            },
        ) = (self, other)
            && account == another
        {
            return Self::Sole {
                account: *account,
                is_certain: *is_certain || *certain,
                // Another spelling may be another account to the application.
                pledge: pledge.filter(|own| Some(*own) == *promise),
            };
        }
        if *self == Self::TooMany || *other == Self::TooMany {
            return Self::TooMany;
        }
        let mut accounts = self.accounts().to_vec();
        for account in other.accounts() {
            if !accounts.contains(account) {
                accounts.push(*account);
            }
        }
        Self::of(accounts, None).unwrap_or(Self::TooMany)
    }
}

/// How many there are, 255 for too many, and whether one alone is certain (1) and has a pledge (2); then the accounts,
/// and behind one alone its pledge.
impl Record for Remembrance {
    const KIND: Kind = Kind::Remembrance;

    /// Who has no right password pushes out nobody who has one.
    fn priority(&self) -> Priority {
        match self {
            Self::Sole {
                is_certain: false, ..
            } => Priority::Ordinary,
            _ => Priority::Important,
        }
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let mut bytes = [0; PAYLOAD];
        let mut rest = bytes.as_mut_slice();
        let count = match self {
            Self::TooMany => u8::MAX,
            own => u8::try_from(own.accounts().len()).unwrap_or(u8::MAX),
        };
        let (flags, pledge) = match self {
            Self::Sole {
                is_certain, pledge, ..
            } => (
                u8::from(*is_certain) | u8::from(pledge.is_some()) << 1,
                *pledge,
            ),
            _ => (0, None),
        };
        put(&mut rest, [count, flags]);
        for account in self.accounts() {
            put(&mut rest, account.bytes());
        }
        if let Some(pledge) = pledge {
            put(&mut rest, pledge.to_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let [count, flags] = take(&mut rest)?;
        match usize::from(count) {
            1 => Some(Self::Sole {
                account: AccountMark::of_bytes(take(&mut rest)?),
                is_certain: flags & 1 != 0,
                pledge: match flags & 2 {
                    0 => None,
                    _ => Some(Pledge::of_bytes(take(&mut rest)?)),
                },
            }),
            count if (2..=Self::MOST).contains(&count) => {
                let mut accounts = Vec::with_capacity(count);
                for _ in 0..count {
                    accounts.push(AccountMark::of_bytes(take(&mut rest)?));
                }
                Some(Self::Several(accounts))
            }
            // What is none of ours says nothing that anybody could be better off by.
            _ => Some(Self::TooMany),
        }
    }
}
