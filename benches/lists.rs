//! What lists of autonomous systems cost a request, and a start: `cargo bench --bench lists`, part of `make bench`.
//!
//! The linear scan beside them is what makes the times comparable from machine to machine.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::expect_used,
    reason = "a developer's tool on figures of its own: it may stop with a message"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use palisade::address::{CidrSet, ClientAddress};
use palisade::config::{self};
use palisade::decision::ListIndex;
use palisade::intelligence::{Asn, AsnSet};
use palisade::policy::{List, Lists};

/// So many lists share the entries.
const LISTS: usize = 8;
const ROUNDS: usize = 21;
const ROUND: Duration = Duration::from_millis(20);

fn main() {
    // `cargo test --all-targets` runs this too, but asks for no figures.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("a benchmark: cargo bench --bench lists");
        return;
    }
    println!("autonomous systems on {LISTS} lists: which of them hold a client");
    println!(
        "{:>8} {:>14} {:>16} {:>16} {:>14} {:>10}",
        "entries", "ns a request", "a search a list", "a linear scan", "load ms", "JSON KiB"
    );
    for entries in [0, 1_000, 100_000] {
        print(entries);
    }
}

/// The numbers of one list: every third there is, in turn, in no order.
fn numbers(list: usize, entries: usize) -> Vec<u32> {
    let own = (list..entries).step_by(LISTS);
    let mut numbers: Vec<u32> = own
        .filter_map(|place| u32::try_from(1 + 3 * place).ok())
        .collect();
    numbers.sort_unstable_by_key(|number| number.wrapping_mul(2_654_435_761));
    numbers
}

fn print(entries: usize) {
    let written: Vec<Vec<u32>> = (0..LISTS).map(|list| numbers(list, entries)).collect();
    let sets: Vec<AsnSet> = written
        .iter()
        .map(|numbers| {
            AsnSet::new(
                numbers
                    .iter()
                    .filter_map(|number| Asn::new(*number))
                    .map(Into::into),
            )
        })
        .collect();
    let lists = sets.iter().enumerate().map(|(place, asns)| List {
        crawlers: false,
        index: ListIndex::new(place).expect("few"),
        name: format!("list_{place}"),
        cidrs: CidrSet::default(),
        asns: asns.clone(),
    });
    let lists = Lists::new(lists.collect());
    let client = ClientAddress::parse(b"11.0.0.1").expect("an address");
    let range = u32::try_from(3 * entries + 3).expect("small");
    let at_once = nanoseconds(range, |asn| {
        lists.memberships(Some(client), Some(asn)).held().count()
    });
    let each = nanoseconds(range, |asn| {
        sets.iter().filter(|set| set.contains(asn)).count()
    });
    let scan = nanoseconds(range, |asn| {
        let holds = |numbers: &&Vec<u32>| numbers.iter().any(|number| *number == asn.get());
        written.iter().filter(holds).count()
    });
    let configuration = configuration(&written);
    let load = median(|| {
        let started = Instant::now();
        black_box(config::load(configuration.as_bytes(), &|_| None).expect("valid"));
        started.elapsed()
    });
    println!(
        "{entries:>8} {at_once:>14.1} {each:>16.1} {scan:>16.1} {:>14.2} {:>10}",
        load.as_secs_f64() * 1_000.0,
        configuration.len() / 1_024,
    );
}

/// A configuration with these lists.
fn configuration(written: &[Vec<u32>]) -> String {
    let lists = written
        .iter()
        .enumerate()
        .filter(|(_, numbers)| !numbers.is_empty());
    let lists: Vec<String> = lists
        .map(|(place, numbers)| format!(r#"{{"name":"list_{place}","asns":{numbers:?}}}"#))
        .collect();
    format!(
        r#"{{"lists":[{}],"routes":[{{"name":"login","match":{{"path":"/login"}}}}]}}"#,
        lists.join(",")
    )
}

/// What a question costs, asked about numbers in no order.
fn nanoseconds(range: u32, ask: impl Fn(Asn) -> usize) -> f64 {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Asn::new(1 + (state >> 8) % range).unwrap_or(Asn::MIN)
    };
    let mut asked = 1_u32;
    while time(asked, &mut next, &ask) < ROUND && asked < 1 << 24 {
        asked *= 2;
    }
    let round = median(|| time(asked, &mut next, &ask));
    round.as_secs_f64() * 1e9 / f64::from(asked)
}

fn time(asked: u32, next: &mut impl FnMut() -> Asn, ask: &impl Fn(Asn) -> usize) -> Duration {
    let started = Instant::now();
    for _ in 0..asked {
        black_box(ask(black_box(next())));
    }
    started.elapsed()
}

fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..ROUNDS).map(|_| measure()).collect();
    all.sort_unstable();
    all.get(ROUNDS / 2).copied().unwrap_or_default()
}
