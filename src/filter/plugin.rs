//! Contexts and callbacks: which request belongs to which configuration, and who waits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::abi::{self, Action, Buffer, HeaderMap};
use super::host::EnvoyHost;
use super::logger;
use super::metrics::Metrics;
use super::stream::Stream;
use crate::config;
use crate::intelligence::provider::{Body, Response};
use crate::intelligence::{Arrival, CallToken, StreamId};
use crate::message::HeaderBlock;
use crate::store::{Expected, Store};
use crate::telemetry::{Event, Meter};
use crate::transaction::{Engine, Progress};

/// How often overdue lookups are looked for while any is under way, in milliseconds.
const WATCH_PERIOD: u32 = 50;

/// One VM: the configurations it runs, and the requests that are under way.
#[derive(Default)]
struct Plugin {
    /// A configuration update adds a root while the streams of the old one drain.
    roots: HashMap<u32, Root>,
    streams: HashMap<u32, Stream>,
}

#[derive(Default)]
struct Root {
    engine: Option<Engine>,
    metrics: Metrics,
    /// Whether the host calls `on_tick`.
    watching: bool,
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
    let environment = |name: &str| std::env::var(name).ok();
    match config::load(&bytes, &environment) {
        Ok(policy) => {
            let metrics = Metrics::define(policy.catalogue());
            let namespace = namespace();
            let host = EnvoyHost { metrics: &metrics };
            let seed = shared_seed(&namespace, &host);
            log::info!(
                "palisade {} ({}): {} routes are protected as {namespace:?}",
                env!("CARGO_PKG_VERSION"),
                option_env!("PALISADE_REVISION").unwrap_or("unknown revision"),
                policy.protections.len(),
            );
            let engine = Engine::new(policy, &namespace, seed);
            with(|plugin| {
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
    let random = RandomState::new();
    let fresh =
        (u128::from(random.hash_one(0_u8)) << 64 | u128::from(random.hash_one(1_u8))).to_ne_bytes();
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

pub(super) fn on_request_headers(context: u32) -> Action {
    with(|plugin| {
        let Some(stream) = plugin.streams.get_mut(&context) else {
            return Action::Continue;
        };
        let Some(root) = plugin.roots.get_mut(&stream.root) else {
            return Action::Continue;
        };
        let Some(engine) = root.engine.as_mut() else {
            return Action::Continue;
        };
        let host = EnvoyHost {
            metrics: &root.metrics,
        };
        let Ok(headers) = abi::headers(HeaderMap::Request).map(HeaderBlock::new) else {
            return stream.unreadable(&host);
        };
        match engine.begin(&headers, StreamId(context), &host) {
            Progress::Done(outcome) => stream.finish(outcome, &host),
            Progress::Waits(waiting) => {
                if !root.watching {
                    root.watching = abi::set_tick_period(WATCH_PERIOD).is_ok();
                }
                stream.wait(*waiting)
            }
        }
    })
}

/// As long as no verdict has been reached, the body must wait as well: with `allow_on_headers_stop_iteration`,
/// `Continue` here would release the request unjudged.
pub(super) fn on_request_body(context: u32) -> Action {
    with(|plugin| {
        plugin
            .streams
            .get(&context)
            .map_or(Action::Continue, Stream::rest)
    })
}

/// The trailers wait like the body, and nothing under our prefix goes on in them.
pub(super) fn on_request_trailers(context: u32) -> Action {
    with(|plugin| {
        let Some(stream) = plugin.streams.get_mut(&context) else {
            return Action::Continue;
        };
        let Some(root) = plugin.roots.get(&stream.root) else {
            return Action::Continue;
        };
        let host = EnvoyHost {
            metrics: &root.metrics,
        };
        stream.trailers(&host)
    })
}

pub(super) fn on_http_call_response(root: u32, token: u32, header_count: usize, body_size: usize) {
    with(|plugin| {
        let Some(state) = plugin.roots.get_mut(&root) else {
            return;
        };
        let host = EnvoyHost {
            metrics: &state.metrics,
        };
        let Some(library) = state.engine.as_mut().and_then(Engine::library) else {
            return;
        };
        // Without headers the call was reset, and there is nothing to read (HOST.md, rule 2).
        let headers = match header_count {
            0 => None,
            _ => abi::headers(HeaderMap::CallResponse)
                .ok()
                .map(HeaderBlock::new),
        };
        let body = match body_size.min(library.read_limit()) {
            0 => Vec::new(),
            size => abi::buffer(Buffer::CallResponseBody, size).unwrap_or_default(),
        };
        let response = headers.as_ref().map(|headers| Response {
            status: headers.lines(":status").next().and_then(number),
            retry_after: headers.lines("retry-after").next(),
            body: match body_size > body.len() {
                true => Body::TooLarge,
                false => library.body(&body),
            },
        });
        let arrival = library.arrived(CallToken(token), response, abi::now(), &host);
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
        let host = EnvoyHost {
            metrics: &state.metrics,
        };
        let Some(library) = state.engine.as_mut().and_then(Engine::library) else {
            return;
        };
        let overdue = library.overdue(abi::now(), &host);
        if library.is_idle() && abi::set_tick_period(0).is_ok() {
            state.watching = false;
        }
        plugin.deliver(root, overdue);
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
        if stream.is_waiting()
            && let Some(root) = plugin.roots.get_mut(&stream.root)
            && let Some(library) = root.engine.as_mut().and_then(Engine::library)
        {
            library.forget(StreamId(context));
        }
    });
}

impl Root {
    /// Takes back what a gauge says of a configuration that is in force no more.
    fn retire(mut self) {
        let library = self.engine.as_mut().and_then(Engine::library);
        if library.is_some_and(|library| library.is_breaker_open()) {
            self.metrics.meter(Event::BreakerGone);
        }
    }
}

impl Plugin {
    /// Lets every request go on, or refuses it, that waited for these lookups.
    fn deliver(&mut self, root: u32, arrivals: Vec<Arrival>) {
        let Some(root) = self.roots.get_mut(&root) else {
            return;
        };
        let Some(engine) = root.engine.as_mut() else {
            return;
        };
        let host = EnvoyHost {
            metrics: &root.metrics,
        };
        for arrival in arrivals {
            for StreamId(id) in arrival.waiters {
                let Some(stream) = self.streams.get_mut(&id) else {
                    continue;
                };
                // For a stream that has gone this fails and leaves the one before effective: act on none then.
                if abi::set_effective_context(id).is_err() {
                    continue;
                }
                if let Some(waiting) = stream.take_waiting() {
                    let outcome = waiting.resume(arrival.knowledge, engine, &host);
                    stream.resume(outcome, &host);
                }
            }
        }
    }
}
