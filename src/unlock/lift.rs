//! What a link lifts.

use crate::address::ClientAddress;
use crate::identity::account::Account;
use crate::limits::{CounterKey, Window};
use crate::time::Time;

/// What a link lifts: the locks of these accounts, as they are counted here and by the fleet.
#[derive(Debug)]
pub(crate) struct Lift {
    /// Whose link it is.
    pub(crate) client: Option<ClientAddress>,
    /// The accounts, each with the device of its own that may have locked itself out.
    pub(crate) owners: Vec<(Account, Option<Vec<u8>>)>,
    /// What the fleet counts of them.
    pub(crate) shared: Vec<(CounterKey, Window)>,
    /// When the link came.
    pub(crate) at: Time,
}
