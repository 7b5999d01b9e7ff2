//! What one network can have done for it, however much it makes up.

use std::time::Duration;

use super::Host;
use super::engine::Engine;
use crate::address::{ClientAddress, PrefixLengths};
use crate::limits::Window;
use crate::time::Time;

/// How far back is counted.
const MEMORY: Duration = Duration::from_secs(600);

/// The smallest networks that are counted by themselves, but for wider ones of the operator: whoever rents a server has a whole /48 of
/// IPv6, which is 65,536 subnets.
fn site(subnet: PrefixLengths) -> PrefixLengths {
    let (v4, v6) = (subnet.v4().min(24), subnet.v6().min(48));
    PrefixLengths::new(v4, v6).unwrap_or(subnet)
}

impl Engine {
    /// Counts that the client's network wants something done, and tells whether it has had fewer than `most` within ten minutes.
    pub(super) fn has_share(
        &self,
        purpose: &str,
        most: u32,
        client: Option<ClientAddress>,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let (Some(client), Some(window)) = (client, Window::new(MEMORY)) else {
            return true;
        };
        let site = client.prefix(site(self.policy.identity.subnet)).to_bytes();
        let counting = &self.counting;
        counting.repetition(purpose, &site, window, now, host) < most
    }
}
