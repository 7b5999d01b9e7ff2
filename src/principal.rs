//! Who a request comes from and is about: what all stages have in common.

use crate::address::ClientAddress;
use crate::agent::Agent;
use crate::device::Device;
use crate::identity::account::Account;
use crate::identity::session::Session;

/// An account, and the device from which it has been used before.
#[derive(Debug)]
pub(crate) struct Owner {
    /// The account.
    pub(crate) account: Account,
    /// A device that is known to it.
    pub(crate) device: Option<Device>,
}

/// Who a request comes from and is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Principal<'p> {
    /// The address, where the host tells it.
    pub(crate) client: Option<ClientAddress>,
    /// All accounts that the request may be about.
    pub(crate) owners: &'p [Owner],
    /// Whether it is about one of them for certain.
    pub(crate) is_sole: bool,
    /// All sessions that it may belong to.
    pub(crate) sessions: &'p [Session],
    /// What the client says it is.
    pub(crate) agent: Agent<'p>,
}
