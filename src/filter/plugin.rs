//! Contexts and callbacks: which request belongs to which configuration, and who waits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::abi::{self, Action, Buffer, HeaderMap};
use super::host::{EnvoyHost, random};
use super::logger;
use super::metrics::{Definitions, Metrics};
use super::root::{Desk, Root};
use super::stream::Stream;
use crate::challenge::captcha;
use crate::config;
use crate::intelligence::cache::LocalLevels;
use crate::intelligence::provider::{Body, Response};
use crate::intelligence::{Arrival, CallToken, GRACE, StreamId};
use crate::message::HeaderBlock;
use crate::store::{Expected, Store};
use crate::transaction::Engine;

/// By the number of a context, which the host chooses, one after the other: no client can make them collide, so that none of the many
/// look-ups of a request needs a keyed hash.
type Contexts<T> = HashMap<u32, T, BuildHasherDefault<Scattered>>;

/// A number times an odd one (Knuth's multiplicative hashing, with 2^64 by the golden ratio).
#[derive(Default)]
struct Scattered(u64);

impl Hasher for Scattered {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// One VM: the configurations it runs, and the requests that are under way.
#[derive(Default)]
struct Plugin {
    /// A configuration update adds a root while the streams of the old one drain.
    roots: Contexts<Root>,
    streams: Contexts<Stream>,
    /// What all of them know of addresses.
    levels: LocalLevels,
    /// The metrics that the host knows.
    definitions: Definitions,
}

thread_local! {
    static PLUGIN: RefCell<Plugin> = RefCell::default();
}

/// The host never calls back while it is called, but for memory; so the plugin is always free. If it ever were
/// not, the callback does nothing and says so.
fn with<R: Default>(run: impl FnOnce(&mut Plugin) -> R) -> R {
    PLUGIN.with(|plugin| match plugin.try_borrow_mut() {
        Ok(mut plugin) => run(&mut plugin),
        Err(_) => {
            abi::log(
                log::Level::Error,
                "palisade: a callback came inside another one; please report this",
            );
            R::default()
        }
    })
}

pub(super) fn on_configure(root: u32, size: usize) -> bool {
    logger::install();
    let bytes = match size {
        0 => Vec::new(),
        size => abi::buffer(Buffer::PluginConfiguration, size).unwrap_or_default(),
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "here the VM's environment becomes an argument"
    )]
    let environment = |name: &str| std::env::var(name).ok();
    match config::load(&bytes, &environment) {
        Ok(policy) => {
            let metrics =
                with(|plugin| Metrics::define(policy.catalogue(), &mut plugin.definitions));
            let namespace = namespace();
            let host = EnvoyHost { metrics: &metrics };
            let seed = shared_seed(&namespace, &host);
            log::info!(
                "palisade {} ({}): {} routes are protected as {namespace:?}",
                env!("CARGO_PKG_VERSION"),
                option_env!("PALISADE_REVISION").unwrap_or("unknown revision"),
                policy.protections.len(),
            );
            with(|plugin| {
                let engine = Engine::beside(&mut plugin.levels, policy, &namespace, seed);
                let root = plugin.roots.entry(root).or_default();
                root.engine = Some(engine);
                root.metrics = metrics;
                true
            })
        }
        Err(errors) => {
            log::error!("palisade: the configuration is refused; what was in force before stays");
            for error in &errors.0 {
                log::error!("palisade: configuration: {error}");
            }
            false
        }
    }
}

/// Plugins of different names share nothing.
fn namespace() -> String {
    let name = abi::property(b"plugin_name").unwrap_or_default();
    let name: String = String::from_utf8_lossy(&name).chars().take(64).collect();
    if name.is_empty() {
        "default".to_owned()
    } else {
        name
    }
}

/// The key of what workers share: the first worker makes it.
fn shared_seed(namespace: &str, store: &impl Store) -> [u8; 16] {
    let key = format!("palisade/{namespace}/seed").into_bytes();
    let stored = || store.get(&key)?.0.first_chunk::<16>().copied();
    let fresh = random();
    stored().unwrap_or_else(
        || match store.compare_and_set(&key, &fresh, Expected::Absent) {
            Ok(()) => fresh,
            Err(_) => stored().unwrap_or(fresh),
        },
    )
}

pub(super) fn on_context_create(context: u32, parent: u32) {
    with(|plugin| {
        if parent == 0 {
            plugin.roots.entry(context).or_default();
        } else {
            plugin.streams.insert(context, Stream::new(parent));
        }
    });
}

/// Does something for a stream with the engine of its configuration.
fn with_stream<R: Default>(context: u32, run: impl FnOnce(&mut Stream, &mut Desk<'_>) -> R) -> R {
    with(|plugin| {
        let Some(stream) = plugin.streams.get_mut(&context) else {
            return R::default();
        };
        let Some(root) = plugin.roots.get_mut(&stream.root) else {
            return R::default();
        };
        let result = match root.desk() {
            Some(mut desk) => run(stream, &mut desk),
            None => R::default(),
        };
        root.follow(context, stream);
        result
    })
}

pub(super) fn on_request_headers(context: u32, end_of_stream: bool) -> Action {
    let waits = |stream: &Stream| stream.is_waiting() || stream.is_probing();
    let (action, waits, probes) = with_stream(context, |stream, desk| {
        let Ok(headers) = abi::headers(HeaderMap::Request).map(HeaderBlock::new) else {
            return (stream.unreadable(&desk.host), false, false);
        };
        let stream_id = StreamId(context);
        let progress = desk
            .engine
            .begin(&headers, end_of_stream, stream_id, &desk.host);
        let action = stream.begin(progress, desk);
        (action, waits(stream), stream.is_probing())
    });
    if waits {
        watch(context, probes);
    }
    action
}

/// Looks after a request that waits, by the host's ticks.
fn watch(context: u32, probes: bool) {
    with(|plugin| {
        let stream = plugin.streams.get(&context);
        if let Some(root) = stream.and_then(|stream| plugin.roots.get_mut(&stream.root)) {
            root.watch();
            if probes {
                root.probes.push(context);
            }
        }
    });
}

pub(super) fn on_request_body(context: u32, size: usize, end_of_stream: bool) -> Action {
    with_stream(context, |stream, desk| {
        stream.body(size, end_of_stream, desk)
    })
}

pub(super) fn on_request_trailers(context: u32) -> Action {
    with_stream(context, Stream::trailers)
}

pub(super) fn on_response_headers(context: u32, end_of_stream: bool) -> Action {
    with_stream(context, |stream, desk| {
        stream.watching().map_or(Action::Continue, |watching| {
            watching.headers(end_of_stream, desk)
        })
    })
}

pub(super) fn on_response_body(context: u32, size: usize, end_of_stream: bool) -> Action {
    with_stream(context, |stream, desk| {
        stream.watching().map_or(Action::Continue, |watching| {
            watching.body(size, end_of_stream, desk)
        })
    })
}

pub(super) fn on_response_trailers(context: u32) -> Action {
    with_stream(context, |stream, desk| {
        stream
            .watching()
            .map_or(Action::Continue, |watching| watching.trailers(desk))
    })
}

pub(super) fn on_http_call_response(root: u32, token: u32, header_count: usize, body_size: usize) {
    with(|plugin| {
        let token = CallToken(token);
        let Some(state) = plugin.roots.get_mut(&root) else {
            return;
        };
        // Without headers the call was reset, and there is nothing to read (HOST.md, rule 2).
        let headers = match header_count {
            0 => None,
            _ => abi::headers(HeaderMap::CallResponse)
                .ok()
                .map(HeaderBlock::new),
        };
        let verification = state.verifications.remove(&token);
        let most = match (verification, state.library()) {
            (Some(_), _) => captcha::MAX_ANSWER,
            (None, Some((library, _))) => library.max_response(),
            (None, None) => return,
        };
        // One byte more than what is allowed, to see that it is too much.
        let body = match body_size.min(most.saturating_add(1)) {
            0 => Vec::new(),
            size => abi::buffer(Buffer::CallResponseBody, size).unwrap_or_default(),
        };
        let response = headers.as_ref().map(|headers| Response {
            status: headers.lines(":status").next().and_then(number),
            retry_after: headers.lines("retry-after").next(),
            body: match body_size > body.len() {
                true => Body::TooLarge,
                false => Body::bounded(&body, most),
            },
        });
        if let Some(context) = verification {
            return plugin.deliver_verification(context, response);
        }
        let Some(desk) = state.desk() else {
            return;
        };
        let (engine, now) = (desk.engine, abi::now());
        let status = response.as_ref().and_then(|response| response.status);
        if engine.notice_answered(token, status, now, &desk.host) {
            return;
        }
        let library = engine.library();
        let arrival = library.and_then(|library| library.arrived(token, response, now, &desk.host));
        plugin.deliver(root, arrival.into_iter().collect());
    });
}

/// Reads a decimal number.
fn number(text: &[u8]) -> Option<u16> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

pub(super) fn on_tick(root: u32) {
    with(|plugin| {
        let Some(state) = plugin.roots.get_mut(&root) else {
            return;
        };
        let probes = std::mem::take(&mut state.probes);
        let (overdue, idle) = match state.library() {
            Some((library, host)) => (library.overdue(abi::now(), &host), library.is_idle()),
            None => (Vec::new(), true),
        };
        let late = plugin.late_verifications(root);
        let Some(state) = plugin.roots.get_mut(&root) else {
            return;
        };
        if let Some(desk) = state.desk() {
            desk.engine.send_notices(abi::now(), &desk.host);
        }
        if idle && state.is_idle() && abi::set_tick_period(0).is_ok() {
            state.watching = false;
        }
        plugin.end_probes(root, probes);
        plugin.deliver(root, overdue);
        for context in late {
            plugin.deliver_verification(context, None);
        }
    });
}

pub(super) fn on_delete(context: u32) {
    with(|plugin| {
        let Some(stream) = plugin.streams.remove(&context) else {
            if let Some(root) = plugin.roots.remove(&context) {
                root.retire();
            }
            return;
        };
        let Some(root) = plugin.roots.get_mut(&stream.root) else {
            return;
        };
        if stream.is_waiting()
            && let Some((library, _)) = root.library()
        {
            library.forget(StreamId(context));
        }
        if let Some(desk) = root.desk() {
            stream.end(&desk);
        }
    });
}

impl Plugin {
    /// Lets every request go on, or refuses it, that waited for these lookups.
    fn deliver(&mut self, root: u32, arrivals: Vec<Arrival>) {
        let mut probes = Vec::new();
        let mut verifying = Vec::new();
        let Some(root) = self.roots.get_mut(&root) else {
            return;
        };
        let Some(mut desk) = root.desk() else {
            return;
        };
        for arrival in arrivals {
            for line in desk
                .engine
                .learnt(arrival.prefix, arrival.knowledge, &desk.host)
            {
                log::warn!("{line}");
            }
            for StreamId(id) in arrival.waiters {
                let Some(stream) = self.streams.get_mut(&id) else {
                    continue;
                };
                // For a stream that has gone this fails and leaves the one before effective: act on none then.
                if abi::set_effective_context(id).is_err() {
                    continue;
                }
                if let Some(waiting) = stream.take_waiting() {
                    let step = waiting.resume(arrival.knowledge, desk.engine, &desk.host);
                    stream.looked_up(step, &mut desk);
                    if stream.is_probing() {
                        probes.push(id);
                    }
                    verifying.extend(stream.verifying().map(|(call, _)| (call, id)));
                }
            }
        }
        if !probes.is_empty() || !verifying.is_empty() || !root.is_idle() {
            root.probes.append(&mut probes);
            root.verifications.extend(verifying);
            root.watch();
        }
    }

    /// Lets the request of this context go on, or refuses it, that waited for a captcha's service.
    fn deliver_verification(&mut self, context: u32, response: Option<Response<'_>>) {
        let Some(stream) = self.streams.get_mut(&context) else {
            return;
        };
        let Some(root) = self.roots.get_mut(&stream.root) else {
            return;
        };
        let Some(mut desk) = root.desk() else {
            return;
        };
        if abi::set_effective_context(context).is_err() {
            return;
        }
        stream.verified(response, &mut desk);
        if stream.is_probing() {
            root.probes.push(context);
            root.watch();
        }
    }

    /// The requests whose captcha's service the host should have given up long ago. What the host has forgotten goes.
    fn late_verifications(&mut self, root: u32) -> Vec<u32> {
        let streams = &self.streams;
        let Some(root) = self.roots.get_mut(&root) else {
            return Vec::new();
        };
        let policy = root.engine.as_ref().map(Engine::policy);
        let timeout = policy.and_then(|policy| Some(policy.captcha.as_ref()?.timeout));
        let limit = timeout.unwrap_or_default().saturating_add(GRACE);
        let now = abi::now();
        let mut late = Vec::new();
        root.verifications.retain(|call, context| {
            let waits = streams.get(context).and_then(Stream::verifying);
            let since = waits.filter(|(own, _)| own == call).map(|(_, since)| since);
            let is_late = since.is_some_and(|since| now.since(since) > limit);
            late.extend(is_late.then_some(*context));
            since.is_some() && !is_late
        });
        late
    }

    /// Lets the heads go on of requests whose body has not come.
    fn end_probes(&mut self, root: u32, probes: Vec<u32>) {
        let Some(mut desk) = self.roots.get_mut(&root).and_then(Root::desk) else {
            return;
        };
        let mut verifying = Vec::new();
        for id in probes {
            let stream = self
                .streams
                .get_mut(&id)
                .filter(|stream| stream.is_probing());
            if let Some(stream) = stream
                && abi::set_effective_context(id).is_ok()
            {
                stream.end_probe(&mut desk);
                verifying.extend(stream.verifying().map(|(call, _)| (call, id)));
            }
        }
        if let Some(root) = self.roots.get_mut(&root)
            && !verifying.is_empty()
        {
            root.verifications.extend(verifying);
            root.watch();
        }
    }
}
