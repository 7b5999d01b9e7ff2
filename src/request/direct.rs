//! Unlock links, which are answered without being judged.

use super::engine::Engine;
use crate::address::ClientAddress;
use crate::agent::Agent;
use crate::callout::{CallToken, Purpose, Response, StreamId};
use crate::fleet::{Beside, Redeemed, Spent};
use crate::host::Host;
use crate::limits::{News, Told, Window};
use crate::message::{self, HeaderBlock, RequestHead};
use crate::principal::Principal;
use crate::reply::LocalReply;
use crate::telemetry::{Event, UnlockResult};
use crate::time::Time;
use crate::unlock::{Lift, Unlock};

/// How far a request has come that is an unlock link.
#[derive(Debug)]
pub(super) enum Link {
    /// To its answer.
    Answered(LocalReply),
    /// To the service that counts for all proxies: it may have been used at another one.
    Asks(Box<Redeeming>),
}

/// An unlock link that waits for what the fleet says of it.
#[derive(Debug)]
pub struct Redeeming {
    lift: Lift,
    spent: Spent,
    call: CallToken,
    since: Time,
}

impl Redeeming {
    /// What the client is told, with what the fleet has answered; `None` when it has not.
    pub fn resume(
        self,
        response: Option<Response<'_>>,
        engine: &mut Engine,
        host: &impl Host,
    ) -> LocalReply {
        let result = engine.redeemed((&self.lift, self.spent), (response, self.since), host);
        engine.tell_unlock(result, host)
    }

    /// The client has gone: what its link lifts is lifted all the same.
    pub fn cut_off(self, engine: &mut Engine) {
        if let Some(fleet) = &mut engine.fleet {
            fleet.remember(self.call, Beside::Redeemed(Box::new(self.lift), self.spent));
        }
    }
}

impl Engine {
    /// What becomes of a request that is an unlock link; `None` for all others.
    pub(super) fn unlock(
        &mut self,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        stream: StreamId,
        host: &impl Host,
    ) -> Option<Link> {
        let links = self.links.as_ref()?;
        let query = links.query(head)?;
        let now = host.now();
        let result = match links.redeem(query, now, host) {
            Err(result) => result,
            Ok((account, token)) => {
                let mut lift = Lift {
                    client: self.client(headers, host),
                    owners: Vec::new(),
                    shared: Vec::new(),
                    at: now,
                };
                let cookies: Vec<(&[u8], &[u8])> = message::cookies(headers).collect();
                for account in self.all_names(account, now, host) {
                    lift.owners.push((account.clone(), None));
                    // A device that is known may have locked itself out.
                    let Some(devices) = &self.devices else {
                        continue;
                    };
                    for realm in self.policy.realms() {
                        let cookies = cookies.iter().copied();
                        let device = devices.find_silently((realm, &account), cookies, now, host);
                        let device = device.map(|device| device.id.bytes().to_vec());
                        lift.owners
                            .extend(device.map(|device| (account.clone(), Some(device))));
                    }
                }
                match self.ask_of_link(&mut lift, &token, stream, now, host) {
                    Some((spent, call)) => {
                        let redeeming = Redeeming {
                            lift,
                            spent,
                            call,
                            since: now,
                        };
                        return Some(Link::Asks(Box::new(redeeming)));
                    }
                    None => self.lift(&lift, now, host),
                }
                UnlockResult::Done
            }
        };
        Some(Link::Answered(self.tell_unlock(result, host)))
    }

    /// Asks the fleet, if there is one, whether a link has been used, and what is counted of what it lifts.
    fn ask_of_link(
        &mut self,
        lift: &mut Lift,
        token: &Unlock,
        stream: StreamId,
        now: Time,
        host: &impl Host,
    ) -> Option<(Spent, CallToken)> {
        let fleet = self.fleet.as_mut()?;
        for (account, device) in &lift.owners {
            let whose = (account, device.as_deref());
            let shared = self.limits.locked(principal(lift.client), whose);
            lift.shared.extend(shared);
        }
        let window = Window::new(Unlock::LONGEST)?;
        let spent = fleet.spent(("unlock", token.nonce().as_bytes(), window), now);
        let asked = (spent, lift.shared.as_slice());
        let call = fleet.redeem(Purpose::Count(stream), asked, &mut self.calls, now, host);
        call.map(|call| (spent, call))
    }

    /// Lifts what a link lifts, unless the fleet says that it has been used. A fleet that says nothing has nobody
    /// locked out for longer.
    pub(super) fn redeemed(
        &mut self,
        (lift, spent): (&Lift, Spent),
        answer: (Option<Response<'_>>, Time),
        host: &impl Host,
    ) -> UnlockResult {
        let now = host.now();
        let fleet = self.fleet.as_mut();
        let redeemed =
            fleet.and_then(|fleet| fleet.redeemed((spent, lift.shared.len()), answer, now, host));
        let sums = match redeemed {
            Some(Redeemed { is_spent: true, .. }) => return UnlockResult::Used,
            Some(Redeemed { sums, .. }) => sums,
            None => Vec::new(),
        };
        self.lift(lift, now, host);
        let told = lift.shared.iter().zip(sums);
        self.tell_fleet(
            told.map(|((key, window), sums)| Told {
                key: *key,
                window: *window,
                at: lift.at,
                news: News::Fewer(sums),
            })
            .collect(),
        );
        UnlockResult::Done
    }

    fn lift(&self, lift: &Lift, now: Time, host: &impl Host) {
        for (account, device) in &lift.owners {
            let whose = (account, device.as_deref());
            self.limits.unlock(principal(lift.client), whose, now, host);
        }
    }

    /// What the client is told of its link.
    fn tell_unlock(&self, result: UnlockResult, host: &impl Host) -> LocalReply {
        host.meter(Event::Unlock(result));
        let links = self.links.as_ref();
        links.map_or_else(LocalReply::unreadable, |links| links.answer(result))
    }
}

/// Who comes with a link: an address, from where locks are lifted as well.
fn principal(client: Option<ClientAddress>) -> Principal<'static> {
    Principal {
        client,
        owners: &[],
        attempts: 1,
        is_sole: true,
        sessions: &[],
        agent: Agent::default(),
    }
}
