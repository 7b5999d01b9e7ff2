//! What the application answers to a request that has gone on.

use std::time::Duration;

use super::desk::{Bodies, Desk};
use super::wire::{Action, Buffer, HeaderMap, Wire};
use crate::host::Host;
use crate::message::HeaderBlock;
use crate::request::{Watch, Watched};
use crate::telemetry::Event;
use crate::time::Time;

/// An answer that is watched.
#[derive(Debug)]
pub(super) struct Watching {
    /// `None` when nothing more of it matters.
    watch: Option<Box<Watch>>,
    /// What the client gets with it.
    cookies: Vec<String>,
    /// Whether its headers are held back, until it is known whether a cookie is to be set.
    held: bool,
    /// How much of its body has been read.
    read: usize,
    /// When its headers were held back.
    since: Time,
}

/// How much of a body is held back at most: less than the buffers of careful Envoys, which would answer 500 if more were.
const MOST_HELD: usize = 16 << 10;
/// How long headers are held back at most.
const LONGEST_HELD: Duration = Duration::from_secs(1);

/// Types of bodies that come bit by bit for as long as they like.
const ENDLESS: [&[u8]; 4] = [
    b"text/event-stream",
    b"multipart/x-mixed-replace",
    b"application/grpc",
    b"application/x-ndjson",
];

/// Whether headers may be held back until something stands in such a body.
fn may_wait(headers: &HeaderBlock) -> bool {
    let is_endless = |value: &[u8]| {
        ENDLESS.iter().any(|kind| {
            let start = value.get(..kind.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(kind))
        })
    };
    !headers.lines("content-type").any(is_endless)
}

impl Watching {
    pub(super) fn new(watch: Option<Box<Watch>>, cookies: Vec<String>) -> Self {
        Self {
            watch,
            cookies,
            held: false,
            read: 0,
            since: Time::default(),
        }
    }

    pub(super) fn headers(
        &mut self,
        end_of_stream: bool,
        desk: &Desk<'_, impl Host + Wire>,
    ) -> Action {
        for cookie in std::mem::take(&mut self.cookies) {
            if desk
                .host
                .add_header(HeaderMap::Response, b"set-cookie", cookie.as_bytes())
                .is_err()
            {
                desk.host.meter(Event::HostRefused);
            }
        }
        let Some(watch) = self.watch.take() else {
            return Action::Continue;
        };
        let Ok(headers) = desk.host.headers(HeaderMap::Response).map(HeaderBlock::new) else {
            watch.cut_off(desk.engine, &desk.host);
            return Action::Continue;
        };
        let watched = watch.headers(&headers, end_of_stream, desk.engine, &desk.host);
        let action = self.go_on(watched, desk);
        if let Some(watch) = &self.watch {
            // Where held headers keep the body from coming, this would be for ever.
            self.held = *desk.bodies == Bodies::WithHead
                && watch.may_set_cookie(desk.engine)
                && may_wait(&headers);
            self.since = desk.host.now();
        }
        if self.held { Action::Pause } else { action }
    }

    pub(super) fn body(
        &mut self,
        size: usize,
        end_of_stream: bool,
        desk: &Desk<'_, impl Host + Wire>,
    ) -> Action {
        let Some(watch) = self.watch.take() else {
            return Action::Continue;
        };
        let wanted = watch.wants(desk.engine);
        if wanted == 0 && !end_of_stream {
            self.watch = Some(watch);
            self.held = false;
            return Action::Continue;
        }
        // What is held back is kept by the host, and told as a whole again and again.
        let start = if self.held { self.read } else { 0 };
        let more = match wanted.min(size.saturating_sub(start)) {
            0 => Vec::new(),
            length => desk
                .host
                .buffer(Buffer::ResponseBody, start, length)
                .unwrap_or_default(),
        };
        self.read = start.saturating_add(more.len());
        let watched = watch.body(&more, end_of_stream, desk.engine, &desk.host);
        self.go_on(watched, desk)
    }

    pub(super) fn trailers(&mut self, desk: &Desk<'_, impl Host + Wire>) -> Action {
        if let Some(watch) = self.watch.take() {
            let trailers = desk
                .host
                .headers(HeaderMap::ResponseTrailers)
                .unwrap_or_default();
            let trailers = HeaderBlock::new(trailers);
            let cookie = watch.trailers(&trailers, desk.engine, &desk.host);
            self.set_cookie(cookie, desk);
        }
        Action::Continue
    }

    /// Whether its headers are held back.
    pub(super) const fn is_held(&self) -> bool {
        self.held
    }

    /// Lets its headers go on that have been held back for long enough, though no more of its body has come.
    pub(super) fn tick(&mut self, host: &(impl Host + Wire)) {
        if self.held && host.now().waited(&mut self.since) >= LONGEST_HELD {
            self.held = false;
            if host.resume_response().is_err() {
                host.meter(Event::HostRefused);
            }
        }
    }

    /// The answer will not come any more.
    pub(super) fn cut_off(self, desk: &Desk<'_, impl Host + Wire>) {
        if let Some(watch) = self.watch {
            watch.cut_off(desk.engine, &desk.host);
        }
    }

    fn go_on(&mut self, watched: Watched, desk: &Desk<'_, impl Host + Wire>) -> Action {
        match watched {
            Watched::Done(cookie) => {
                self.set_cookie(cookie, desk);
                self.held = false;
                Action::Continue
            }
            Watched::Continues(watch) => {
                self.held &= watch.may_set_cookie(desk.engine)
                    && self.read < MOST_HELD
                    && desk.host.now().waited(&mut self.since) < LONGEST_HELD;
                self.watch = Some(watch);
                if self.held {
                    Action::Pause
                } else {
                    Action::Continue
                }
            }
        }
    }

    /// Once the headers have gone to the client, no cookie can be set any more.
    fn set_cookie(&self, cookie: Option<String>, desk: &Desk<'_, impl Host + Wire>) {
        if let Some(cookie) = cookie {
            let set = desk
                .host
                .add_header(HeaderMap::Response, b"set-cookie", cookie.as_bytes());
            desk.host.meter(match set {
                Ok(()) => Event::DeviceSet,
                Err(_) => Event::DeviceTooLate,
            });
        }
    }
}
