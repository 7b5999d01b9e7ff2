//! How a verdict is carried out.

use super::{Stage, Stream};
use crate::filter::body::Head;
use crate::filter::watching::Watching;
use crate::filter::wire::{Action, HeaderMap, HostResult, Wire};
use crate::host::Host;
use crate::message::{HeaderBlock, has_prefix, is_conditional, serialise};
use crate::reply::LocalReply;
use crate::request::{HEADER_PREFIX, Outcome, Pass, Refused, State, Watch};
use crate::telemetry::Event;

impl Stream {
    /// Carries out the outcome of a request, whose head may have gone on before.
    pub(super) fn conclude(
        &mut self,
        outcome: Outcome,
        head: Head,
        host: &(impl Host + Wire),
    ) -> Action {
        match (outcome, head) {
            (Outcome::Pass(pass, watch), Head::Gone) => {
                put_state(&pass.state, host);
                self.watch(watch, pass.cookies);
                Action::Continue
            }
            (outcome, _) => self.finish(outcome, host),
        }
    }

    /// Goes on; the answer gets these cookies.
    fn watch(&mut self, watch: Option<Box<Watch>>, cookies: Vec<String>) {
        self.stage = match watch.is_some() || !cookies.is_empty() {
            true => Stage::Watching(Watching::new(watch, cookies)),
            false => Stage::Open,
        };
    }

    /// Carries out the outcome, in the headers callback or later.
    pub(super) fn finish(&mut self, outcome: Outcome, host: &(impl Host + Wire)) -> Action {
        let changed = match outcome {
            Outcome::Unprotected { strip: false } => return Action::Continue,
            Outcome::Unprotected { strip: true } => strip(HeaderMap::Request, host),
            Outcome::Pass(pass, watch) => {
                let carried = carry(&pass, host);
                self.watch(watch, pass.cookies);
                carried
            }
            Outcome::Answer(reply) => return self.answer(&reply, host),
            Outcome::Refuse(refused) => return self.refuse(*refused, host),
        };
        match changed {
            Ok(()) => Action::Continue,
            // Forged headers must not reach the application, whatever the host's reason.
            Err(_) => self.unreadable(host),
        }
    }

    /// Answers a request that cannot be judged, because the host does not hand over or take back its headers.
    pub(in crate::filter) fn unreadable(&mut self, host: &(impl Host + Wire)) -> Action {
        host.meter(Event::HostRefused);
        self.answer(&LocalReply::unreadable(), host)
    }

    fn refuse(&mut self, refused: Refused, host: &(impl Host + Wire)) -> Action {
        if refused.strip && strip(HeaderMap::Request, host).is_err() {
            host.meter(Event::HostRefused);
        }
        put_state(&refused.state, host);
        if let Some(line) = &refused.audit {
            log::warn!("{line}");
        }
        self.answer(&refused.reply, host)
    }

    fn answer(&mut self, reply: &LocalReply, host: &(impl Host + Wire)) -> Action {
        self.stage = Stage::Answered;
        let headers = reply
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let grpc_status = reply
            .grpc_status
            .and_then(|status| i32::try_from(status.code()).ok())
            .unwrap_or(-1);
        let sent = host.send_local_response(
            reply.status,
            &reply.details,
            &serialise(headers),
            &reply.body,
            grpc_status,
        );
        if sent.is_err() {
            host.meter(Event::HostRefused);
        }
        Action::Pause
    }
}

/// Each header is written by a call of its own: counted with the benchmark, writing the whole map back in one call
/// cost three times as many instructions as six lines. Envoy matches the route again once in either case.
pub(super) fn carry(pass: &Pass, host: &impl Wire) -> HostResult<()> {
    put_state(&pass.state, host);
    if pass.strip {
        strip(HeaderMap::Request, host)?;
    }
    if pass.unconditional {
        remove(HeaderMap::Request, host, is_conditional)?;
    }
    if let Some(line) = &pass.request_cookies {
        host.remove_header(HeaderMap::Request, b"cookie")?;
        if !line.is_empty() {
            host.add_header(HeaderMap::Request, b"cookie", line)?;
        }
    }
    if pass.plain_answer {
        host.remove_header(HeaderMap::Request, b"accept-encoding")?;
    }
    pass.headers.iter().try_for_each(|(name, value)| {
        host.add_header(HeaderMap::Request, name.as_bytes(), value.as_bytes())
    })
}

/// Removes everything that stands under our prefix, whoever wrote it.
pub(super) fn strip(map: HeaderMap, host: &impl Wire) -> HostResult<()> {
    remove(map, host, |name| has_prefix(name, HEADER_PREFIX.as_bytes()))
}

/// Removes every header that is one of these.
fn remove(map: HeaderMap, host: &impl Wire, is_one: impl Fn(&[u8]) -> bool) -> HostResult<()> {
    let headers = HeaderBlock::new(host.headers(map)?);
    let found = headers.iter().map(|(name, _)| name);
    // Of several lines of one name the first call removes all; the others find none, which is no error.
    for name in found.filter(|name| is_one(name)) {
        host.remove_header(map, name)?;
    }
    Ok(())
}

/// A value that the access log does not get is not worth a request.
pub(super) fn put_state(state: &[State], host: &impl Wire) {
    for (name, value) in state {
        let _ = host.set_property(name.as_bytes(), value.as_bytes());
    }
}
