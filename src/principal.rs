//! Who a request comes from and is about: what all stages have in common.

use crate::address::ClientAddress;
use crate::agent::Agent;
use crate::device::{Device, Pledge};
use crate::identity::account::Account;
use crate::identity::session::Session;

/// An account, and the device from which it has been used before.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// The account.
    pub(crate) account: Account,
    /// The name that the request has for it, where the application has said which account that is.
    pub(crate) name: Option<Account>,
    /// A device that is known to it.
    pub(crate) device: Option<Device>,
    /// What makes a device known to it, where only its session remembers it.
    pub(crate) pledge: Option<Pledge>,
    /// How many attempts the request makes at it.
    pub(crate) attempts: u32,
}

impl Owner {
    /// The account by the name that the request has for it.
    pub(crate) fn name(&self) -> &Account {
        self.name.as_ref().unwrap_or(&self.account)
    }

    /// Whether the request itself names it, and not only its session.
    pub(crate) const fn is_named(&self) -> bool {
        self.name.is_some() || self.account.remembered_mark().is_none()
    }
}

/// Who a request comes from and is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Principal<'p> {
    /// The address, where the host tells it.
    pub(crate) client: Option<ClientAddress>,
    /// All accounts that the request may be about.
    pub(crate) owners: &'p [Owner],
    /// How many attempts it makes, at all accounts together.
    pub(crate) attempts: u32,
    /// Whether it is about one of them for certain, and makes one attempt.
    pub(crate) is_sole: bool,
    /// All sessions that it may belong to.
    pub(crate) sessions: &'p [Session],
    /// What the client says it is.
    pub(crate) agent: Agent<'p>,
}
