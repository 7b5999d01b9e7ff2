//! Unlock links, which are answered without being judged.

use super::engine::Engine;
use crate::agent::Agent;
use crate::host::Host;
use crate::message::{self, HeaderBlock, RequestHead};
use crate::principal::Principal;
use crate::reply::LocalReply;
use crate::telemetry::{Event, UnlockResult};

impl Engine {
    /// The answer to a request that is an unlock link; `None` for all others.
    pub(super) fn unlock(
        &mut self,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Option<LocalReply> {
        let links = self.links.as_ref()?;
        let query = links.query(head)?;
        let now = host.now();
        let result = match links.redeem(query, now, host) {
            Err(result) => result,
            Ok(account) => {
                let principal = Principal {
                    client: self.client(headers, host),
                    owners: &[],
                    attempts: 1,
                    is_sole: true,
                    sessions: &[],
                    agent: Agent::default(),
                };
                let cookies: Vec<(&[u8], &[u8])> = message::cookies(headers).collect();
                for account in self.all_names(account, now, host) {
                    self.limits.unlock(principal, (&account, None), now, host);
                    // A device that is known may have locked itself out.
                    let Some(devices) = &self.devices else {
                        continue;
                    };
                    for realm in self.policy.realms() {
                        let cookies = cookies.iter().copied();
                        let device = devices.find_silently((realm, &account), cookies, now, host);
                        if let Some(device) = device {
                            let of_it = (&account, Some(&device.id.bytes()[..]));
                            self.limits.unlock(principal, of_it, now, host);
                        }
                    }
                }
                UnlockResult::Done
            }
        };
        host.meter(Event::Unlock(result));
        Some(links.answer(result))
    }
}
