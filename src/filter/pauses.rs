//! How long each callback holds its worker: what [`plugin`] answers, timed by the host's clock.
//!
//! Of the feature `pauses` alone, for `cargo bench --bench pauses`; what ships has none of it. Each callback is counted
//! in a counter of its name and its time, `palisade_pauses.on_tick.120`, in microseconds rounded up to five significant
//! bits. Whatever is longer than all before it in this VM is logged to the nanosecond. What the host does to enter the
//! VM and to leave it is not in the time; what it does while the filter calls it is.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::abi::{self, MetricKind};
use super::plugin;
use crate::request::Action;

thread_local! {
    /// The host's numbers of the counters so far.
    static COUNTERS: RefCell<HashMap<(&'static str, u64), u32>> = RefCell::default();
}

/// Answers a callback and counts how long that took.
fn timed<R>(
    callback: &'static str,
    longest: &Cell<u64>,
    detail: usize,
    answer: impl FnOnce() -> R,
) -> R {
    let start = abi::now();
    let answered = answer();
    let nanoseconds = u64::try_from(abi::now().since(start).as_nanos()).unwrap_or(u64::MAX);
    if nanoseconds > longest.get() {
        longest.set(nanoseconds);
        let line = format!("palisade: longest pause: {callback} {nanoseconds} {detail}");
        abi::log(log::Level::Warn, &line);
    }
    count(callback, rounded_up(nanoseconds.div_ceil(1_000)));
    answered
}

fn count(callback: &'static str, microseconds: u64) {
    COUNTERS.with_borrow_mut(|counters| {
        let known = counters.get(&(callback, microseconds)).copied();
        let counter = known.or_else(|| {
            let name = format!("palisade_pauses.{callback}.{microseconds}");
            let id = abi::define_metric(MetricKind::Counter, &name).ok()?;
            counters.insert((callback, microseconds), id);
            Some(id)
        });
        if let Some(id) = counter {
            abi::increment_metric(id, 1);
        }
    });
}

/// The number with all but its five highest bits rounded up, so that there are few different ones.
const fn rounded_up(number: u64) -> u64 {
    let kept = 5;
    let bits = u64::BITS.saturating_sub(number.leading_zeros());
    let step = 1_u64 << bits.saturating_sub(kept);
    number.div_ceil(step).saturating_mul(step)
}

/// Each callback of the same name in [`plugin`], timed. The second argument of some is how many bytes there are, which
/// the log tells.
macro_rules! time {
    ($($callback:ident($($name:ident: $kind:ty),*) of $detail:expr => $answer:ty;)+) => {
        $(pub(super) fn $callback($($name: $kind),*) -> $answer {
            thread_local! {
                static LONGEST: Cell<u64> = const { Cell::new(0) };
            }
            LONGEST.with(|longest| {
                timed(stringify!($callback), longest, $detail, || plugin::$callback($($name),*))
            })
        })+
    };
}

time! {
    on_configure(root: u32, size: usize) of size => bool;
    on_context_create(context: u32, parent: u32) of 0 => ();
    on_request_headers(context: u32, ends: bool) of 0 => Action;
    on_request_body(context: u32, size: usize, ends: bool) of size => Action;
    on_request_trailers(context: u32) of 0 => Action;
    on_response_headers(context: u32, ends: bool) of 0 => Action;
    on_response_body(context: u32, size: usize, ends: bool) of size => Action;
    on_response_trailers(context: u32) of 0 => Action;
    on_http_call_response(root: u32, token: u32, header_count: usize, body_size: usize) of body_size => ();
    on_tick(root: u32) of 0 => ();
    on_delete(context: u32) of 0 => ();
}
