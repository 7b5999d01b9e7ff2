//! Contexts and callbacks: which request belongs to which configuration, and who waits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::abi;
use super::host::{EnvoyHost, random};
use super::logger;
use super::metrics::{Definitions, Metrics};
use super::root::Root;
use super::stream::{Desk, Stream};
use super::wire::{Buffer, HeaderMap};
use crate::callout::{Body, CallToken, Ended, Response, StreamId};
use crate::config;
use crate::intelligence::cache::LocalLevels;
use crate::message::HeaderBlock;
use crate::request::{Action, Engine, Event, Woken};
use crate::store::{Expected, Store};

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
                let mut engine = Engine::beside(&mut plugin.levels, policy, &namespace, seed);
                let root = plugin.roots.entry(root).or_default();
                engine.bodies = root
                    .engine
                    .as_ref()
                    .map_or(engine.bodies, |before| before.bodies);
                root.engine = Some(engine);
                root.namespace = namespace;
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

/// Does something for a stream with the engine of its configuration; without one, it goes on.
fn with_stream(
    context: u32,
    run: impl FnOnce(&mut Stream, &mut Desk<'_, EnvoyHost<'_>>) -> Action,
) -> Action {
    let action = with(|plugin| {
        let stream = plugin.streams.get_mut(&context)?;
        let root = plugin.roots.get_mut(&stream.root)?;
        let action = root.desk().map(|mut desk| run(stream, &mut desk));
        root.follow(context, stream);
        action
    });
    action.unwrap_or(Action::Continue)
}

pub(super) fn on_request_headers(context: u32, ends: bool) -> Action {
    with_stream(context, |stream, desk| {
        let headers = abi::headers(HeaderMap::Request).map(HeaderBlock::new);
        let event = headers
            .as_ref()
            .map_or(Event::Unreadable, |headers| Event::Head {
                headers,
                ends,
                stream: StreamId(context),
            });
        stream.comes(event, desk)
    })
}

pub(super) fn on_request_body(context: u32, size: usize, ends: bool) -> Action {
    with_stream(context, |stream, desk| {
        stream.comes(Event::Body { size, ends }, desk)
    })
}

pub(super) fn on_request_trailers(context: u32) -> Action {
    with_stream(context, |stream, desk| stream.comes(Event::Trailers, desk))
}

pub(super) fn on_response_headers(context: u32, ends: bool) -> Action {
    with_stream(context, |stream, desk| {
        stream.is_answered(Event::Answer { ends }, desk)
    })
}

pub(super) fn on_response_body(context: u32, size: usize, ends: bool) -> Action {
    with_stream(context, |stream, desk| {
        stream.is_answered(Event::AnswerBody { size, ends }, desk)
    })
}

pub(super) fn on_response_trailers(context: u32) -> Action {
    with_stream(context, |stream, desk| {
        stream.is_answered(Event::AnswerTrailers, desk)
    })
}

pub(super) fn on_http_call_response(root: u32, token: u32, header_count: usize, body_size: usize) {
    with(|plugin| {
        let token = CallToken(token);
        let Some(state) = plugin.roots.get_mut(&root) else {
            return;
        };
        // Without headers the call was reset, and there is nothing to read (docs/design/abi.md).
        let headers = match header_count {
            0 => None,
            _ => abi::headers(HeaderMap::CallResponse)
                .ok()
                .map(HeaderBlock::new),
        };
        let Some(desk) = state.desk() else {
            return;
        };
        let Some(most) = desk.engine.answer_limit(token) else {
            return;
        };
        // One byte more than what is allowed, to see that it is too much.
        let body = match body_size.min(most.saturating_add(1)) {
            0 => Vec::new(),
            size => abi::buffer(Buffer::CallResponseBody, size).unwrap_or_default(),
        };
        let ended = headers.as_ref().map_or(Ended::Reset, |headers| {
            Ended::Answered(Response {
                status: headers.lines(":status").next().and_then(number),
                retry_after: headers.lines("retry-after").next(),
                body: match body_size > body.len() {
                    true => Body::TooLarge,
                    false => Body::bounded(&body, most),
                },
            })
        });
        let woken = desk.engine.call_ended(token, ended, &desk.host);
        plugin.wake(woken);
        if let Some(root) = plugin.roots.get_mut(&root)
            && !root.is_idle()
        {
            root.watch();
        }
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
        let due = state.readings.due(abi::now());
        let woken = state
            .desk()
            .map(|desk| desk.engine.tick(&desk.host))
            .unwrap_or_default();
        plugin.look_after(root, &due);
        for woken in woken {
            plugin.wake(woken);
        }
        if let Some(state) = plugin.roots.get_mut(&root) {
            state.calm();
        }
    });
}

pub(super) fn on_delete(context: u32) {
    with(|plugin| {
        let Some(mut stream) = plugin.streams.remove(&context) else {
            if let Some(root) = plugin.roots.remove(&context) {
                plugin.retire(root);
            }
            return;
        };
        let Some(root) = plugin.roots.get_mut(&stream.root) else {
            return;
        };
        if let Some(mut desk) = root.desk() {
            stream.happens(Event::Over, &mut desk);
        }
    });
}

impl Plugin {
    /// Ends a configuration. The newest one of the same plugin follows it.
    fn retire(&mut self, root: Root) {
        let others = self.roots.iter_mut();
        let heir = others
            .filter(|(_, other)| other.engine.is_some() && other.namespace == root.namespace)
            .max_by_key(|(id, _)| **id);
        let Some((id, heir)) = heir else {
            return root.retire(None);
        };
        root.retire(Some(heir));
        // The ticks are those of the effective context's root.
        if !heir.is_idle() && abi::set_effective_context(*id).is_ok() {
            heir.watch();
        }
    }

    /// Does something for a stream outside its own callbacks, where the host still has it.
    fn act_on(
        &mut self,
        context: u32,
        act: impl FnOnce(&mut Stream, &mut Desk<'_, EnvoyHost<'_>>),
    ) {
        let Some(stream) = self.streams.get_mut(&context) else {
            return;
        };
        let Some(root) = self.roots.get_mut(&stream.root) else {
            return;
        };
        // For a stream that has gone this fails and leaves the one before effective: act on none then.
        if let Some(mut desk) = root.desk()
            && abi::set_effective_context(context).is_ok()
        {
            act(stream, &mut desk);
            root.follow(context, stream);
        }
    }

    /// Lets the requests go on, or refuses them, that waited for a call.
    fn wake(&mut self, woken: Woken<'_>) {
        match woken {
            Woken::Nobody => {}
            Woken::Captcha(StreamId(id), response) => {
                self.act_on(id, |stream, desk| {
                    stream.happens(Event::Verified(response), desk)
                });
            }
            Woken::Lookup(waiters, knowledge, lines) => {
                for line in lines {
                    log::warn!("{line}");
                }
                for StreamId(id) in waiters {
                    self.act_on(id, |stream, desk| {
                        stream.happens(Event::LookedUp(knowledge), desk)
                    });
                }
            }
        }
    }

    /// Looks whether these requests still have to wait, or their answers.
    fn look_after(&mut self, root: u32, due: &[u32]) {
        for context in due {
            self.act_on(*context, |stream, desk| stream.happens(Event::Tick, desk));
            let Some(stream) = self.streams.get_mut(context) else {
                continue;
            };
            stream.attended = stream.request.is_bounded();
            if let Some(root) = self.roots.get_mut(&root).filter(|_| stream.attended) {
                root.readings.keep(*context);
            }
        }
    }
}
