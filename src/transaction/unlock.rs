//! Unlock links: whoever holds a signed token lifts the lock of one account.

use std::borrow::Cow;

use super::counting::Who;
use super::engine::Engine;
use super::outcome::Outcome;
use crate::agent::Agent;
use crate::decision::Signals;
use crate::device::KnownDevices;
use crate::host::Host;
use crate::limits::Window;
use crate::message::{self, HeaderBlock, RequestHead};
use crate::policy::Policy;
use crate::reply::LocalReply;
use crate::telemetry::{Event, UnlockResult};
use crate::unlock::Unlock;

impl Engine {
    /// The answer to a request that is an unlock link; `None` for all others.
    pub(super) fn unlock(
        &mut self,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Option<Outcome> {
        let links = self.policy.unlock.as_ref()?;
        let (path, query) = split(head.path);
        if path != links.path.as_bytes() || !matches!(head.method, b"GET" | b"POST") {
            return None;
        }
        let result = self.redeem(query, headers, host);
        host.meter(Event::Unlock(result));
        let links = self.policy.unlock.as_ref()?;
        let join = if links.redirect.contains('?') {
            '&'
        } else {
            '?'
        };
        let location = format!("{}{join}unlock={}", links.redirect, result.name());
        Some(Outcome::Answer(Box::new(LocalReply {
            status: 303,
            details: format!("palisade_unlock_{}", result.name()),
            headers: vec![
                ("location", Cow::Owned(location)),
                ("cache-control", Cow::Borrowed("no-store")),
                ("referrer-policy", Cow::Borrowed("no-referrer")),
            ],
            body: Vec::new(),
            grpc_status: None,
        })))
    }

    fn redeem(&self, query: &[u8], headers: &HeaderBlock, host: &impl Host) -> UnlockResult {
        let now = host.now();
        let Policy {
            unlock: Some(links),
            ..
        } = &self.policy
        else {
            return UnlockResult::Invalid;
        };
        // A token needs no escaping, so one that is escaped is none of ours.
        let mut tokens = query.split(|byte| *byte == b'&').filter_map(|pair| {
            pair.strip_prefix(links.parameter.as_bytes())?
                .strip_prefix(b"=")
        });
        let (Some(token), None) = (tokens.next(), tokens.next()) else {
            return UnlockResult::Invalid;
        };
        let unlock = match Unlock::verify(token, &links.keys, now) {
            Ok(unlock) => unlock,
            Err(crate::unlock::Refusal::Expired) => return UnlockResult::Expired,
            Err(_) => return UnlockResult::Invalid,
        };
        let account = self.policy.identity.normalisation.account(unlock.account());
        let Ok(account) = account else {
            return UnlockResult::Invalid;
        };
        let counting = &self.counting;
        let remembered = Window::new(Unlock::LONGEST);
        let nonce = unlock.nonce().as_bytes();
        let first = remembered
            .is_some_and(|window| counting.is_first_use("unlock", nonce, window, now, host));
        if !first {
            return UnlockResult::Used;
        }
        let who = Who {
            client: self.client(headers, host),
            signals: &Signals::NOTHING_KNOWN,
            account: Some(account.as_bytes()),
            owners: &[],
            is_sole: true,
            session: None,
            sessions: &[],
            device: None,
            all_devices: false,
            agent: Agent::default(),
        };
        counting.unlock(&self.policy, &who, now, host);
        // A device that is known may have locked itself out.
        let cookies = message::cookies(headers);
        let devices = self.policy.devices.as_ref();
        let cookies: Vec<(&[u8], &[u8])> = cookies.collect();
        for realm in self.policy.realms() {
            let cookies = cookies.iter().copied();
            let find = |devices: &KnownDevices| devices.find((realm, &account), cookies, now).ok();
            let Some(device) = devices.and_then(find) else {
                continue;
            };
            let who = Who {
                device: Some(device.id.bytes()),
                ..who
            };
            counting.unlock(&self.policy, &who, now, host);
            counting.unlock(&self.policy, &who.on_any_device(), now, host);
        }
        UnlockResult::Done
    }
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let at = path.iter().position(|byte| *byte == b'?');
    let (path, query) = path.split_at(at.unwrap_or(path.len()));
    (path, query.strip_prefix(b"?").unwrap_or_default())
}
