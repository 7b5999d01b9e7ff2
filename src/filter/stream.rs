//! One request in the host: what happens to it goes to the core, and what the core wants of it is carried out.

use super::wire::{HeaderMap, HostResult, Wire};
use crate::host::Exchange;
use crate::message::{HeaderBlock, has_prefix, serialise, steers_answer};
use crate::reply::LocalReply;
use crate::request::{
    Action, Change, Effect, Engine, Event, FILTER_STATE, HEADER_PREFIX, Pass, Refused, Request,
};
use crate::telemetry::Event as Metric;

/// One request.
#[derive(Debug)]
pub(super) struct Stream {
    /// The root context whose configuration it runs under.
    pub(super) root: u32,
    pub(super) request: Request,
    /// Whether the host has been told to wait, and not yet to go on.
    paused: bool,
    /// Whether somebody looks after it while a bound holds.
    pub(super) attended: bool,
}

/// What a callback works with.
pub(super) struct Worker<'r, H> {
    pub(super) engine: &'r mut Engine,
    pub(super) host: H,
}

impl Stream {
    pub(super) fn new(root: u32) -> Self {
        Self {
            root,
            request: Request::default(),
            paused: false,
            attended: false,
        }
    }

    /// Something comes of the request, in the callback of that.
    pub(super) fn comes<H: Exchange + Wire>(
        &mut self,
        event: Event<'_>,
        worker: &mut Worker<'_, H>,
    ) -> Action {
        // Some applications make headers of what stands in trailers.
        let event = match event {
            Event::Trailers if strip(HeaderMap::RequestTrailers, &worker.host).is_err() => {
                Event::Unreadable
            }
            event => event,
        };
        let action = self.run(event, worker);
        self.paused = action != Action::Continue;
        action
    }

    /// Something comes of its answer, in the callback of that.
    pub(super) fn is_answered<H: Exchange + Wire>(
        &mut self,
        event: Event<'_>,
        worker: &mut Worker<'_, H>,
    ) -> Action {
        self.run(event, worker)
    }

    /// Something happens outside its own callbacks: the host waits for a call to go on.
    pub(super) fn happens<H: Exchange + Wire>(
        &mut self,
        event: Event<'_>,
        worker: &mut Worker<'_, H>,
    ) {
        if !self.request.is_settled()
            && self.run(event, worker) == Action::Continue
            && std::mem::take(&mut self.paused)
            && worker.host.resume_request().is_err()
        {
            worker.host.meter(Metric::HostRefused);
        }
    }

    fn run<H: Exchange + Wire>(&mut self, event: Event<'_>, worker: &mut Worker<'_, H>) -> Action {
        let effect = self.request.on_event(event, worker.engine, &worker.host);
        let action = effect.action;
        match carry_out(effect, &worker.host) {
            Ok(()) => action,
            // Forged headers must not reach the application, whatever the host's reason.
            Err(_) => {
                let effect = self
                    .request
                    .on_event(Event::Unreadable, worker.engine, &worker.host);
                let action = effect.action;
                let _ = carry_out(effect, &worker.host);
                action
            }
        }
    }
}

/// Does what the core wants of the host.
fn carry_out(effect: Effect, host: &(impl Exchange + Wire)) -> HostResult<()> {
    put_state(effect.state.as_deref(), host);
    if let Some(line) = &effect.audit {
        log::warn!("{line}");
    }
    let changed = match &effect.change {
        None => Ok(()),
        Some(Change::Strip) => strip(HeaderMap::Request, host),
        Some(Change::Pass(pass)) => carry(pass, host),
        Some(Change::Reply(reply)) => {
            answer(reply, host);
            Ok(())
        }
        Some(Change::Refuse(refused)) => {
            refuse(refused, host);
            Ok(())
        }
    };
    // Where the answer is ours, there is none of the application's any more.
    let replied = matches!(effect.change, Some(Change::Reply(_) | Change::Refuse(_)));
    for name in effect.hides.iter().filter(|_| !replied) {
        let hidden = host.remove_header(HeaderMap::Response, name.as_bytes());
        if hidden.is_err() {
            host.meter(Metric::HostRefused);
        }
    }
    let set_cookie =
        |value: &str| host.add_header(HeaderMap::Response, b"set-cookie", value.as_bytes());
    for cookie in &effect.cookies {
        if set_cookie(cookie).is_err() {
            host.meter(Metric::HostRefused);
        }
    }
    for (name, value) in &effect.lines {
        let told = host
            .remove_header(HeaderMap::Response, name.as_bytes())
            .and_then(|()| host.add_header(HeaderMap::Response, name.as_bytes(), value.as_bytes()));
        if told.is_err() {
            host.meter(Metric::HostRefused);
        }
    }
    if let Some(cookie) = &effect.device {
        // Once the headers have gone to the client, no cookie can be set any more.
        host.meter(match set_cookie(cookie) {
            Ok(()) => Metric::DeviceSet,
            Err(_) => Metric::DeviceTooLate,
        });
    }
    if effect.releases_answer && host.resume_response().is_err() {
        host.meter(Metric::HostRefused);
    }
    changed
}

fn refuse(refused: &Refused, host: &(impl Exchange + Wire)) {
    if refused.strip && strip(HeaderMap::Request, host).is_err() {
        host.meter(Metric::HostRefused);
    }
    put_state(Some(&refused.state), host);
    answer(&refused.reply, host);
}

fn answer(reply: &LocalReply, host: &(impl Exchange + Wire)) {
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
        host.meter(Metric::HostRefused);
    }
}

/// Each header is written by a call of its own: counted with the benchmark, writing the whole map back in one call
/// cost three times as many instructions as six lines. Envoy matches the route again once in either case.
fn carry(pass: &Pass, host: &impl Wire) -> HostResult<()> {
    put_state(pass.state.as_deref(), host);
    if pass.strip {
        strip(HeaderMap::Request, host)?;
    }
    if pass.unsteered {
        remove(HeaderMap::Request, host, steers_answer)?;
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
    remove(map, host, |name, _| {
        has_prefix(name, HEADER_PREFIX.as_bytes())
    })
}

/// Removes every header that is one of these.
fn remove(
    map: HeaderMap,
    host: &impl Wire,
    is_one: impl Fn(&[u8], &[u8]) -> bool,
) -> HostResult<()> {
    let headers = HeaderBlock::new(host.headers(map)?);
    let found = headers.iter().filter(|(name, value)| is_one(name, value));
    // Of several lines of one name the first call removes all; the others find none, which is no error.
    for (name, _) in found {
        host.remove_header(map, name)?;
    }
    Ok(())
}

/// A value that the access log does not get is not worth a request.
fn put_state(state: Option<&str>, host: &impl Wire) {
    if let Some(state) = state {
        let _ = host.set_property(FILTER_STATE.as_bytes(), state.as_bytes());
    }
}
