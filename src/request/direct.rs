//! Requests that are answered here without being judged: unlock links, and those for a challenge alone.

use super::assessment::Assessment;
use super::engine::Engine;
use crate::agent::Agent;
use crate::challenge::{Answers, ChallengeKind, json_reply};
use crate::host::Host;
use crate::message::{self, HeaderBlock, RequestHead};
use crate::principal::Principal;
use crate::reply::LocalReply;
use crate::session::is_embedded;
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

    /// The answer to a request for a challenge alone, for widgets in the application's own forms.
    pub(super) fn endpoint(
        &mut self,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Option<LocalReply> {
        let query = self.challenger.endpoint_query(head.path, head.method)?;
        if is_embedded(head) {
            let error = "{\"error\":\"a challenge is fetched and not embedded\"}";
            return Some(json_reply(403, error.to_owned()));
        }
        let name = query
            .split(|byte| *byte == b'&')
            .find_map(|pair| pair.strip_prefix(b"route="));
        let route = name.and_then(|name| self.policy.route_named(name));
        let challenge = route.and_then(|route| {
            let now = host.now();
            let guard = self.guard_of(route)?;
            let subject = self.passer_by(guard, head, headers, host);
            let knowledge = self.ahead(&subject, now, host);
            let assessment = Assessment::of(&self.policy, subject, knowledge);
            if assessment.subject.guard.asks == ChallengeKind::Captcha {
                // Work is only given out while captchas cannot be verified.
                return None;
            }
            host.meter(Event::ChallengeIssued);
            let client = assessment.client(&self.policy);
            let challenge = self
                .challenger
                .issue(client, &Answers::default(), now, host);
            Some(challenge.json())
        });
        let (status, body) = match challenge {
            Some(challenge) => (200, challenge),
            None => (
                404,
                "{\"error\":\"no route of this name asks for a proof of work\"}".to_owned(),
            ),
        };
        Some(json_reply(status, body))
    }
}
