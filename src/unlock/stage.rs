//! Unlock links: whoever holds a signed token lifts the lock of one account.

use std::borrow::Cow;

use super::{Refusal, Unlock, UnlockLinks};
use crate::host::Host;
use crate::identity::account::{Account, Normalisation};
use crate::limits::{Once, Window};
use crate::message::RequestHead;
use crate::reply::LocalReply;
use crate::telemetry::UnlockResult;
use crate::time::Time;

/// The links of one policy.
#[derive(Debug)]
pub(crate) struct Links {
    settings: UnlockLinks,
    /// Which spellings are one account.
    normalisation: Normalisation,
    once: Once,
}

impl Links {
    /// Links with these settings, each of which is good once.
    pub(crate) const fn new(
        settings: UnlockLinks,
        normalisation: Normalisation,
        once: Once,
    ) -> Self {
        Self {
            settings,
            normalisation,
            once,
        }
    }

    /// The query of a request that is a link; `None` for all others.
    pub(crate) fn query<'h>(&self, head: &RequestHead<'h>) -> Option<&'h [u8]> {
        let (path, query) = split(head.path);
        let is_link =
            path == self.settings.path.as_bytes() && matches!(head.method, b"GET" | b"POST");
        is_link.then_some(query)
    }

    /// The account whose lock is to be lifted, and the token, which is used up at this proxy.
    ///
    /// # Errors
    /// What is told instead.
    pub(crate) fn redeem(
        &self,
        query: &[u8],
        now: Time,
        host: &impl Host,
    ) -> Result<(Account, Unlock), UnlockResult> {
        // A token needs no escaping, so one that is escaped is none of ours.
        let mut tokens = query.split(|byte| *byte == b'&').filter_map(|pair| {
            pair.strip_prefix(self.settings.parameter.as_bytes())?
                .strip_prefix(b"=")
        });
        let (Some(token), None) = (tokens.next(), tokens.next()) else {
            return Err(UnlockResult::Invalid);
        };
        let unlock =
            Unlock::verify(token, &self.settings.keys, now).map_err(|refusal| match refusal {
                Refusal::Expired => UnlockResult::Expired,
                _ => UnlockResult::Invalid,
            })?;
        let account = self.normalisation.account(unlock.account());
        let account = account.map_err(|_| UnlockResult::Invalid)?;
        let remembered = Window::new(Unlock::LONGEST);
        let nonce = unlock.nonce().as_bytes();
        match remembered {
            Some(window) if self.once.is_first_use(("unlock", nonce, window), now, host) => {
                Ok((account, unlock))
            }
            _ => Err(UnlockResult::Used),
        }
    }

    /// Where the browser is sent then.
    pub(crate) fn answer(&self, result: UnlockResult) -> LocalReply {
        let redirect = &self.settings.redirect;
        let join = if redirect.contains('?') { '&' } else { '?' };
        let location = format!("{redirect}{join}unlock={}", result.name());
        LocalReply {
            status: 303,
            details: format!("palisade_unlock_{}", result.name()),
            headers: vec![
                ("location", Cow::Owned(location)),
                ("cache-control", Cow::Borrowed("no-store")),
                ("referrer-policy", Cow::Borrowed("no-referrer")),
            ],
            body: Vec::new(),
            grpc_status: None,
        }
    }
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let at = path.iter().position(|byte| *byte == b'?');
    let (path, query) = path.split_at(at.unwrap_or(path.len()));
    (path, query.strip_prefix(b"?").unwrap_or_default())
}
