//! What one network can have done for it, however much it makes up.

use super::counting::{Charge, Party, Share};
use super::engine::Engine;
use crate::address::ClientAddress;
use crate::host::Host;
use crate::time::Time;

impl Engine {
    /// Whom a share belongs to; `None` where the host tells no address.
    pub(super) fn party(&self, client: Option<ClientAddress>, unasked: bool) -> Option<Party> {
        client.map(|client| Party::new(client, self.policy.identity.subnet, unasked))
    }

    /// Takes one out of the share of `client`, if there is one. Whether it had anything left.
    pub(super) fn has_share(
        &self,
        share: Share,
        (client, unasked): (Option<ClientAddress>, bool),
        now: Time,
        host: &impl Host,
    ) -> bool {
        let party = self.party(client, unasked);
        party.is_none_or(|party| self.counting.charge(share, &party, now, host).is_some())
    }

    /// Gives back what was taken out of a share for nothing.
    pub(super) fn give_back(&self, charge: Option<Charge>, now: Time, host: &impl Host) {
        if let Some(charge) = charge {
            self.counting.give_back(&charge, now, host);
        }
    }
}
