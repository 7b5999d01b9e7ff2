//! The load: people, attackers, faults and reloads, all at once.
//!
//! What is checked, and how:
//!
//! - guesses at one account, session or network that reach the application, in a window that outlasts the run:
//!   never one more than the limit, checked at each arrival; exactly the limit in the end, less by no more than the
//!   requests in doubt.
//! - what certainly reached nobody: no connection, or a client that left before its body told the account: given
//!   back by limits on failures; an attempt is one all the same.
//! - requests in doubt: the client left, or a drain or a broken connection ended them on the way: an inequality:
//!   the filter must count what it cannot know.
//! - a reload with a new threshold: counts go on: in the end exactly the larger of what had got in before and what
//!   the new one allows.
//! - unlock links, solutions, tokens of captchas, each sent several times at once: exactly one is good.
//! - a revoked session: refused from then on, from everywhere.
//! - honest people: never refused, challenged at most, and then let in by the answer.
//! - each request: one answer before [`client::DEADLINE`].
//! - the metrics: of each verdict exactly those requests whose answer shows it, and at most those besides whose
//!   answer nobody has seen.
//! - memory: the line through the samples after the warm-up does not rise beyond a bound.
//! - traps, new VMs, verdicts that Envoy refused: none.
//!
//! The seed and the number of a scene choose what it does. How they interleave is up to the machine.

mod attackers;
pub(crate) mod client;
mod faults;
pub(crate) mod memory;
pub(crate) mod model;
mod once;
mod options;
mod people;
mod policy;
#[path = "../../differential/runner/random.rs"]
mod random;
mod reloads;
pub(crate) mod report;
mod waves;
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinSet, LocalSet};

use crate::support::{Envoy, Request, http1};
use memory::{Memory, Sample};
use model::Model;
pub(crate) use options::Options;
use people::Person;
use policy::{ATTEMPTS, CODE, Knobs, LOGIN, NETWORK, SESSION};
pub(crate) use report::Report;
use waves::Wave;
use world::World;

/// So many scenes are under way at once, at most.
const SCENES: usize = 40;

/// Runs the load for its time, or until something is violated.
pub(crate) async fn run(options: Options) -> Report {
    LocalSet::new().run_until(drive(options)).await
}

async fn drive(options: Options) -> Report {
    let world = Arc::new(World::new(options.seed, options.flag).await);
    let envoy = Envoy::start(&world.config(Knobs::FIRST)).await;
    let (address, admin, pid) = (envoy.address, envoy.admin, envoy.pid());
    let started = Instant::now();
    let end = started + options.time;
    let reloading = tokio::task::spawn_local(reload(
        Arc::clone(&world),
        envoy,
        end,
        options.reload,
        options.keep_going,
    ));
    let failing = tokio::spawn(fail(Arc::clone(&world)));
    let mut memory = Memory::default();
    let mut scenes = JoinSet::new();
    let (mut number, mut sampled, mut shown) = (0, started, started);
    let every = (options.time / 60).clamp(Duration::from_secs(1), Duration::from_secs(10));
    while Instant::now() < end && (world.model.is_sound() || options.keep_going) {
        while let Some(ended) = scenes.try_join_next() {
            joined(&world.model, ended);
        }
        let due = started.elapsed().as_secs_f64() * options.rate as f64;
        if scenes.len() < SCENES && (world.model.sent() as f64) < due {
            number += 1;
            scene(&mut scenes, &world, address, number);
        }
        if sampled.elapsed() >= every {
            sampled = Instant::now();
            let stats = stats(admin).await;
            check(&world.model, &stats);
            memory.take(sample(admin, pid, started).await);
        }
        if options.progress && shown.elapsed() > Duration::from_secs(30) {
            shown = Instant::now();
            let left = end.saturating_duration_since(shown).as_secs();
            let last = memory.last_resident() >> 20;
            println!("{} requests, {last} MiB, {left} s left", world.model.sent());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while let Some(ended) = scenes.join_next().await {
        joined(&world.model, ended);
    }
    failing.abort();
    world.servers.recover();
    let (envoy, reloads) = joined(&world.model, reloading.await).unzip();
    // What is under way without a client ends within the longest of our own deadlines.
    tokio::time::sleep(Duration::from_secs(4)).await;
    world.model.settle();
    memory.take(sample(admin, pid, started).await);
    let stats = stats(admin).await;
    check(&world.model, &stats);
    if let Some(envoy) = &envoy {
        read_log(&world.model, envoy);
    }
    let seconds = started.elapsed().as_secs();
    Report::new(
        &world.model,
        options.seed,
        seconds,
        reloads.unwrap_or(0),
        &stats,
        memory,
    )
}

/// Begins something, of which the seed and the number say what.
fn scene(scenes: &mut JoinSet<()>, world: &Arc<World>, address: SocketAddr, number: u64) {
    let choice = world.random(0, number).below(100);
    let world = Arc::clone(world);
    let mut wave = |of: policy::Limited| {
        scenes.spawn(Wave::new(&world, address, of, of.most, number).run());
    };
    match choice {
        0..8 => wave(ATTEMPTS),
        8..16 => wave(LOGIN),
        16..21 => wave(CODE),
        21..28 => wave(NETWORK),
        28..34 => wave(SESSION),
        34..60 => {
            scenes.spawn(Person::new(&world, address, number).run());
        }
        60..70 => {
            scenes.spawn(attackers::flood(world, address, number));
        }
        70..76 => {
            scenes.spawn(attackers::spelled(world, address, number));
        }
        76..82 => {
            scenes.spawn(attackers::malformed(world, address, number));
        }
        82..87 => {
            scenes.spawn(once::unlocks(world, address, number));
        }
        87..91 => {
            scenes.spawn(once::solution(world, address, number));
        }
        91..95 => {
            scenes.spawn(once::captcha(world, address, number));
        }
        _ => {
            scenes.spawn(once::revoked(world, address, number));
        }
    }
}

/// Lets servers fail in turn, and forgets what they have got.
async fn fail(world: Arc<World>) {
    let mut random = world.random(8, 0);
    loop {
        for _ in 0..2 + random.below(6) {
            tokio::time::sleep(Duration::from_secs(1)).await;
            world.servers.forget();
            world.captcha.backend.forget();
        }
        world.servers.change(&mut random);
    }
}

/// Changes the configuration again and again; gives Envoy back, and how often.
async fn reload(
    world: Arc<World>,
    mut envoy: Envoy,
    end: Instant,
    every: Duration,
    keeps_going: bool,
) -> (Envoy, u64) {
    let (mut knobs, mut number) = (Knobs::FIRST, 0);
    while Instant::now() + every < end && (world.model.is_sound() || keeps_going) {
        tokio::time::sleep(every).await;
        number += 1;
        knobs = reloads::reload(&world, &mut envoy, knobs, number).await;
    }
    (envoy, number)
}

/// What a task gives; one that has panicked is a violation.
fn joined<T>(model: &Model, ended: Result<T, JoinError>) -> Option<T> {
    if let Err(error) = &ended {
        model.violated("soak", &format!("{error}"), 0);
    }
    ended.ok()
}

async fn stats(admin: SocketAddr) -> BTreeMap<String, u64> {
    let stats = http1(admin, &Request::get("/stats")).await.text();
    let pairs = stats.lines().filter_map(|line| line.rsplit_once(": "));
    pairs
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

async fn sample(admin: SocketAddr, pid: u32, started: Instant) -> Sample {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        kilobytes.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    let memory = http1(admin, &Request::get("/memory")).await.json();
    Sample {
        seconds: started.elapsed().as_secs_f64(),
        resident: kilobytes.unwrap_or(0) * 1_024,
        allocated: memory["allocated"]
            .as_str()
            .and_then(|bytes| bytes.parse().ok())
            .unwrap_or(0),
    }
}

/// Counters of Envoy's that stay at 0.
fn check(model: &Model, stats: &BTreeMap<String, u64>) {
    let is_bad = |name: &str| name.contains("vm_reload") || name.ends_with("palisade_host_refused");
    for (name, count) in stats
        .iter()
        .filter(|(name, count)| is_bad(name) && **count > 0)
    {
        model.violated("filter", &format!("{name} is {count}"), 0);
    }
    if stats.is_empty() {
        model.violated("filter", "Envoy tells no metrics any more", 0);
    }
}

/// Nothing has trapped.
fn read_log(model: &Model, envoy: &Envoy) {
    const WORDS: [&str; 6] = [
        "RuntimeError",
        "Uncaught",
        "panicked",
        "please report",
        "[critical]",
        "VM failed",
    ];
    let log = envoy.log();
    for line in log
        .lines()
        .filter(|line| WORDS.iter().any(|word| line.contains(word)))
    {
        model.violated("filter", line, 0);
    }
}
