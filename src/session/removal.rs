//! Taking revoked sessions out of a request that has others as well.
//!
//! Another host of the site can have a browser send cookies of any name beside the application's own, so a stranger's
//! revoked session must not refuse somebody else's request, and must not reach the application behind one that is not
//! revoked. So it is taken out, and the rest is judged.

use super::stage::{Caller, Known, Sessions};
use crate::host::Host;
use crate::identity::session::{MAX_SESSIONS, Session, SessionSources};
use crate::message::{HeaderBlock, cookie_pairs};
use crate::time::Time;

/// Most cookies of a request in which sessions are looked for one by one: more than browsers keep for a site.
const MOST: usize = 256;

/// Where cookies have more readings than anybody looks at, those go that have more than so many, then fewer: an honest
/// one has one or two.
const READINGS: [usize; 3] = [4, 2, 1];

/// A cookie, and the sessions that some reader may find in it alone.
type Cookie<'h> = (&'h [u8], Vec<Session>);

impl Sessions {
    /// Takes denied sessions out of the cookies, if others remain and none of those is denied. Otherwise the request is
    /// refused as a whole: `known` then says whether that goes for every session that it has.
    pub(super) fn take_out_revoked(
        &self,
        caller: Caller,
        sessions: &mut Vec<Session>,
        known: &mut Known,
        headers: &HeaderBlock,
        now: Time,
        host: &impl Host,
    ) {
        if known.distrust.is_some_and(|distrust| distrust.is_all) {
            return;
        }
        let sources = &self.sources;
        let Some(mut cookies) = cookies(sources, headers) else {
            return;
        };
        let mut found: Vec<Session> = known.revoked.iter().map(|(_, one)| one.clone()).collect();
        if sessions.iter().any(Session::is_unreadable) {
            thin_out(&mut cookies);
        }
        // Of all cookies together others may be read than of each, as of parts that some readers join: then only those
        // of its very name stay.
        for is_last in [false, true] {
            cookies.retain(|(pair, own)| {
                let is_plain = own.is_empty() || sources.names_cookie(pair);
                (is_plain || !is_last) && !own.iter().any(|one| found.contains(one))
            });
            let line = line(&cookies);
            let remaining = sources.read(&with_cookies(headers, &line));
            if remaining.is_empty() {
                if let Some(distrust) = &mut known.distrust {
                    distrust.is_all = !known.revoked.is_empty();
                }
                return;
            }
            let mut rest = self.look(caller, &remaining, now, host);
            if !rest.is_denied() {
                rest.cookies = Some(line);
                *known = rest;
                *sessions = remaining;
                return;
            }
            found = rest
                .revoked
                .into_iter()
                .map(|(_, session)| session)
                .collect();
        }
    }
}

/// The cookies of a request; `None` if there are too many to look at.
fn cookies<'h>(sources: &SessionSources, headers: &'h HeaderBlock) -> Option<Vec<Cookie<'h>>> {
    let pairs = cookie_pairs(headers.lines("cookie"))
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty());
    let pairs: Vec<&[u8]> = pairs.take(MOST.saturating_add(1)).collect();
    let of_one = |pair| {
        let head = HeaderBlock::of(std::iter::once((&b"cookie"[..], pair)));
        (pair, sources.read(&head))
    };
    (pairs.len() <= MOST).then(|| pairs.into_iter().map(of_one).collect())
}

/// Leaves no more sessions than are read of a request, if cookies with few readings are no more than that.
fn thin_out(cookies: &mut Vec<Cookie<'_>>) {
    for most in READINGS {
        cookies.retain(|(_, own)| own.len() <= most && !own.iter().any(Session::is_unreadable));
        let all: usize = cookies.iter().map(|(_, own)| own.len()).sum();
        if all <= MAX_SESSIONS {
            return;
        }
    }
}

fn line(cookies: &[Cookie<'_>]) -> Vec<u8> {
    let pairs: Vec<&[u8]> = cookies.iter().map(|(pair, _)| *pair).collect();
    pairs.join(&b"; "[..])
}

/// The head with this line in the place of all its cookies.
fn with_cookies(headers: &HeaderBlock, line: &[u8]) -> HeaderBlock {
    let others = headers
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case(b"cookie"));
    let lines: Vec<(&[u8], &[u8])> = others
        .chain(std::iter::once((&b"cookie"[..], line)))
        .collect();
    HeaderBlock::of(lines.into_iter())
}
