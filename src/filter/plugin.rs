//! Contexts and callbacks: which request belongs to which configuration, and who waits.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::abi;
use super::contexts::Contexts;
use super::host::EnvoyHost;
use super::logger;
use super::metrics::{Definitions, Metrics};
use super::root::Root;
use super::stream::{Stream, Worker};
use super::wire::{Buffer, HeaderMap};
use crate::breach::Range;
use crate::callout::{self, Body, CallToken, Ended, Response, StreamId};
use crate::config;
use crate::host::Host as _;
use crate::intelligence::Knowledge;
use crate::intelligence::cache::LocalLevels;
use crate::message::HeaderBlock;
use crate::random;
use crate::request::{Action, Engine, Event, Woken};
use crate::store::{Expected, Store};
use crate::telemetry::{self, Meter as _, build};
use crate::time::Time;

/// How long a callback does something for one request after the other; then it is the turn of those that have nothing
/// to do with them, and the next tick goes on.
const TURN: Duration = Duration::from_micros(500);

/// What several requests have waited for.
enum Told {
    /// What is known of their address.
    Knowledge(Knowledge),
    /// What the service of ranges knows behind the prefix of their passwords, if it has told.
    Range(Option<Rc<Range>>),
}

/// One VM: the configurations it runs, and the requests that are under way.
#[derive(Default)]
struct Plugin {
    /// A configuration update adds a root while the streams of the old one drain.
    roots: Contexts<Root>,
    streams: Contexts<Stream>,
    /// Requests that have been told what they and others have waited for, and for which nothing has been done yet:
    /// thousands may have waited for one lookup.
    told: VecDeque<(u32, Told)>,
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
            let host = EnvoyHost::new(&metrics, None);
            let seed = shared_seed(&namespace, &host);
            host.meter(telemetry::Event::Build);
            host.meter(telemetry::Event::Configured(abi::now()));
            log::info!(
                "palisade {}: {} routes are protected as {namespace:?}",
                build::described(),
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
                // The first survey.
                root.hurry();
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
    let fresh = random::bytes();
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
    run: impl FnOnce(&mut Stream, &mut Worker<'_, EnvoyHost<'_>>) -> Action,
) -> Action {
    let action = with(|plugin| {
        let stream = plugin.streams.get_mut(&context)?;
        let root = plugin.roots.get_mut(&stream.root)?;
        let action = root.worker().map(|mut worker| run(stream, &mut worker));
        root.follow(context, stream);
        action
    });
    action.unwrap_or(Action::Continue)
}

/// Tells a stream what comes of its answer, if that matters: to most requests it does not, and three callbacks come. A
/// header that no client gets matters to all of them.
fn with_answer(context: u32, event: Event<'_>) -> Action {
    let is_head = matches!(event, Event::Answer { .. });
    let matters = with(|plugin| {
        let stream = plugin.streams.get(&context)?;
        if !is_head || !stream.request.is_settled() {
            return Some(!stream.request.is_settled());
        }
        let engine = plugin.roots.get(&stream.root)?.engine.as_ref()?;
        Some(engine.policy().identity.account_header.is_some())
    });
    match matters {
        Some(true) => with_stream(context, |stream, worker| stream.is_answered(event, worker)),
        _ => Action::Continue,
    }
}

pub(super) fn on_request_headers(context: u32, ends: bool) -> Action {
    with_stream(context, |stream, worker| {
        let headers = abi::headers(HeaderMap::Request).map(HeaderBlock::new);
        let event = headers
            .as_ref()
            .map_or(Event::Unreadable, |headers| Event::Head {
                headers,
                ends,
                stream: StreamId(context),
            });
        stream.comes(event, worker)
    })
}

pub(super) fn on_request_body(context: u32, size: usize, ends: bool) -> Action {
    with_stream(context, |stream, worker| {
        stream.comes(Event::Body { size, ends }, worker)
    })
}

pub(super) fn on_request_trailers(context: u32) -> Action {
    with_stream(context, |stream, worker| {
        stream.comes(Event::Trailers, worker)
    })
}

pub(super) fn on_response_headers(context: u32, ends: bool) -> Action {
    with_answer(context, Event::Answer { ends })
}

pub(super) fn on_response_body(context: u32, size: usize, ends: bool) -> Action {
    with_answer(context, Event::AnswerBody { size, ends })
}

pub(super) fn on_response_trailers(context: u32) -> Action {
    with_answer(context, Event::AnswerTrailers)
}

pub(super) fn on_http_call_response(root: u32, token: u32, header_count: usize, body_size: usize) {
    with(|plugin| {
        let token = CallToken(token);
        let Some(worker) = plugin.roots.get_mut(&root).and_then(Root::worker) else {
            return;
        };
        let Some(most) = worker.engine.answer_limit(token) else {
            return;
        };
        let start = worker.host.now();
        // One byte more than what is allowed, to see that it is too much. Without headers the call was reset, and there
        // is nothing to read (docs/design/abi.md).
        let body = match body_size.min(most.saturating_add(1)) {
            size if size > 0 && header_count > 0 => {
                abi::buffer(Buffer::CallResponseBody, size).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let speaks = worker.engine.speaks_for_itself(token, &body);
        let headers = match header_count {
            0 => None,
            _ if speaks => Some(HeaderBlock::default()),
            _ => abi::headers(HeaderMap::CallResponse)
                .ok()
                .map(HeaderBlock::new),
        };
        let ended = headers.as_ref().map_or(Ended::Reset, |headers| {
            Ended::Answered(Response {
                status: match speaks {
                    true => Some(callout::OK),
                    false => callout::status(headers),
                },
                retry_after: headers.lines("retry-after").next(),
                body: match body_size > body.len() {
                    true => Body::TooLarge,
                    false => Body::bounded(&body, most),
                },
            })
        });
        let woken = worker.engine.call_ended(token, ended, &worker.host);
        plugin.wake(woken, start);
        plugin.go_on(start);
        let is_left = !plugin.told.is_empty();
        if let Some(root) = plugin.roots.get_mut(&root) {
            if is_left {
                root.hurry();
            } else if !root.is_idle() {
                root.watch();
            }
        }
    });
}

pub(super) fn on_tick(root: u32) {
    with(|plugin| {
        let Some(state) = plugin.roots.get_mut(&root) else {
            return;
        };
        let start = abi::now();
        let due = state.readings.due(start);
        let woken = state
            .worker_at(start)
            .map(|worker| worker.engine.tick(&worker.host))
            .unwrap_or_default();
        for woken in woken {
            plugin.wake(woken, start);
        }
        plugin.go_on(start);
        plugin.look_after(root, due, start);
        let is_left = !plugin.told.is_empty();
        if let Some(state) = plugin.roots.get_mut(&root) {
            match is_left {
                true => state.hurry(),
                false => state.calm(),
            }
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
        if let Some(mut worker) = root.worker() {
            stream.happens(Event::Over, &mut worker);
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
        now: Time,
        act: impl FnOnce(&mut Stream, &mut Worker<'_, EnvoyHost<'_>>),
    ) {
        let Some(stream) = self.streams.get_mut(&context) else {
            return;
        };
        let Some(root) = self.roots.get_mut(&stream.root) else {
            return;
        };
        // For a stream that has gone this fails and leaves the one before effective: act on none then.
        if let Some(mut worker) = root.worker_at(now)
            && abi::set_effective_context(context).is_ok()
        {
            act(stream, &mut worker);
            root.follow(context, stream);
        }
    }

    /// Lets the requests go on, or refuses them, that waited for a call; those that waited for a lookup as soon as it
    /// is their turn.
    fn wake(&mut self, woken: Woken<'_>, now: Time) {
        match woken {
            Woken::Nobody => {}
            Woken::Called(StreamId(id), response) => {
                self.act_on(id, now, |stream, worker| {
                    stream.happens(Event::Called(response), worker)
                });
            }
            Woken::Ranged(waiters, range) => {
                let waiters = waiters.into_iter();
                self.told
                    .extend(waiters.map(|StreamId(id)| (id, Told::Range(range.clone()))));
            }
            Woken::Lookup(waiters, knowledge, lines) => {
                for line in lines {
                    log::warn!("{line}");
                }
                let waiters = waiters.into_iter();
                self.told
                    .extend(waiters.map(|StreamId(id)| (id, Told::Knowledge(knowledge))));
            }
        }
    }

    /// Tells requests what they have waited for, as many as there is time for in a callback that began at `start`.
    fn go_on(&mut self, start: Time) {
        let mut now = start;
        while let Some((id, told)) = self.told.pop_front() {
            let event = match &told {
                Told::Knowledge(knowledge) => Event::LookedUp(*knowledge),
                Told::Range(range) => Event::Ranged(range.as_deref()),
            };
            self.act_on(id, now, |stream, worker| stream.happens(event, worker));
            now = abi::now();
            if now.since(start) >= TURN {
                break;
            }
        }
    }

    /// Looks whether these requests still have to wait, or their answers, as far as there is time for in a callback
    /// that began at `start`.
    fn look_after(&mut self, root: u32, mut due: Vec<u32>, start: Time) {
        let (mut done, mut now) = (0, start);
        while let Some(&context) = due.get(done) {
            done = done.saturating_add(1);
            self.act_on(context, now, |stream, worker| {
                stream.happens(Event::Tick, worker)
            });
            if let Some(stream) = self.streams.get_mut(&context) {
                stream.attended = stream.request.is_bounded();
                if let Some(root) = self.roots.get_mut(&root).filter(|_| stream.attended) {
                    root.readings.keep(context);
                }
            }
            now = abi::now();
            if now.since(start) >= TURN {
                break;
            }
        }
        due.drain(..done);
        if let Some(root) = self.roots.get_mut(&root).filter(|_| !due.is_empty()) {
            root.readings.put_off(due);
        }
    }
}
