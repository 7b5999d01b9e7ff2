//! One run for each set of defences: none, each alone, some together, all.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use palisade::response::LoginResult;
use palisade::scenario::Scenario;
use palisade::time::Time;
use serde_json::Value;

use super::attacker;
use super::crew::{self, Worker};
use super::figures::Figures;
use super::parts::{self, Part};
use super::progress::Progress;
use super::proxy::Proxy;
use super::run::{Run, START, none_taken};
use super::site::{Asked, Line, Reply, Site, Step};
use super::sources::Tested;
use super::world::Native;
use crate::lone::SharedMemory;

/// Defences that are run together, and how they are called.
struct Set {
    name: String,
    tree: Value,
}

/// What came of a set.
pub(super) struct Result {
    /// The defences.
    pub(super) name: String,
    /// The figures, or why there are none.
    pub(super) figures: std::result::Result<Figures, String>,
    /// How long it took.
    pub(super) took: Duration,
}

/// The runs of a scenario.
pub(super) struct Plan<'s> {
    pub(super) name: &'s str,
    pub(super) scenario: &'s Scenario,
    tested: &'s Tested,
    lines: [Line; 3],
    host: &'s str,
    /// The Envoy to which the requests go, instead of an engine in this process.
    through: Option<SocketAddr>,
    /// How many workers run each set together.
    workers: u16,
    sets: Vec<Set>,
}

impl<'s> Plan<'s> {
    /// Runs for each defence of the policy alone, for what the scenario wants together, for none and for all; with
    /// `whole`, or `through` an Envoy, for all alone.
    ///
    /// # Errors
    /// When the scenario names a defence that the policy that ships does not have, or when the application cannot be
    /// simulated for this policy.
    pub(super) fn new(
        (name, scenario): (&'s str, &'s Scenario),
        tested: &'s Tested,
        (lines, host): ([Line; 3], &'s str),
        (whole, through): (bool, Option<SocketAddr>),
    ) -> std::result::Result<Self, String> {
        let all = parts::parts(&tested.tree);
        let every: Vec<&Part> = all.iter().collect();
        let set = |name: &str, kept: &[&Part]| Set {
            name: name.to_owned(),
            tree: parts::only(&tested.tree, kept),
        };
        let mut sets = Vec::new();
        if !whole && through.is_none() {
            sets.push(set("none", &[]));
            sets.extend(all.iter().map(|part| set(part.name(), &[part])));
            for names in &scenario.together {
                let named = names
                    .iter()
                    .map(|name| all.iter().find(|part| part.name() == name).ok_or(name));
                match named.collect::<std::result::Result<Vec<&Part>, _>>() {
                    Ok(kept) => sets.push(set(&names.join(" + "), &kept)),
                    Err(unknown) if tested.ships => {
                        let known: Vec<&str> = all.iter().map(Part::name).collect();
                        return Err(format!(
                            "palisade: {name}: `together` names {unknown:?}; expected names of defences: {}",
                            known.join(", ")
                        ));
                    }
                    // It is about a defence that this policy does not have.
                    Err(_) => {}
                }
            }
        }
        sets.push(set("all", &every));
        let plan = Self {
            name,
            scenario,
            tested,
            lines,
            host,
            through,
            workers: 1,
            sets,
        };
        plan.probe()?;
        Ok(plan)
    }

    /// The same with so many workers for each set.
    ///
    /// # Errors
    /// When the scenario is none that several can run, and why.
    pub(super) fn on_workers(mut self, workers: u16) -> std::result::Result<Self, String> {
        if workers > 1 {
            attacker::divisible(self.scenario)
                .map_err(|problem| format!("palisade: {}: {problem}", self.name))?;
        }
        self.workers = workers;
        Ok(self)
    }

    /// Only the sets of these names.
    #[cfg(test)]
    pub(super) fn keep(&mut self, names: &[&str]) {
        self.sets.retain(|set| names.contains(&set.name.as_str()));
    }

    /// How many logins and attempts begin in all runs.
    pub(super) fn size(&self) -> u64 {
        let runs = u64::try_from(self.sets.len()).unwrap_or(u64::MAX);
        self.scenario.size().saturating_mul(runs)
    }

    fn native(
        &self,
        tree: &Value,
        at: Time,
        own: (u16, Arc<SharedMemory>),
    ) -> std::result::Result<Native, String> {
        let policy = self.tested.compile(tree)?;
        let site = Site::of(&policy, tree, self.lines.clone(), self.host)?;
        Ok(Native::beside(policy, site, at, own))
    }

    /// Whether the policy takes the application's answers for what they are.
    fn probe(&self) -> std::result::Result<(), String> {
        let Some(all) = self.sets.last() else {
            return Ok(());
        };
        for (reply, expected) in [
            (Reply::Right, LoginResult::Success),
            (Reply::Wrong, LoginResult::Failure),
        ] {
            let mut world = self.native(&all.tree, START, (0, Arc::default()))?;
            let seen = world.reads(Asked {
                at: START,
                from: std::net::Ipv4Addr::new(198, 18, 0, 1).into(),
                says: None,
                step: Step::Login,
                account: "somebody@example.com",
                session: "probe",
                agent: "Mozilla/5.0",
                solution: None,
                reply,
            });
            if let Some(seen) = seen.filter(|seen| *seen != expected) {
                return Err(format!(
                    "palisade: the policy reads the simulated answer to a {} password as {}; expected {}: write \
                     `success` and `failure` of the login's route with signs in `status` or `header`",
                    match reply {
                        Reply::Wrong => "wrong",
                        _ => "right",
                    },
                    seen.name(),
                    expected.name(),
                ));
            }
        }
        Ok(())
    }

    /// Runs all sets, some side by side, and returns what came of each in order.
    pub(super) fn run(&self, seed: u64, threads: usize, progress: &Progress) -> Vec<Result> {
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<(usize, Result)>> = Mutex::default();
        std::thread::scope(|scope| {
            for _ in 0..threads.min(self.sets.len()) {
                scope.spawn(|| {
                    while let Some(set) = {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        self.sets.get(number).map(|set| (number, set))
                    } {
                        let (number, set) = set;
                        if progress.is_stopped() {
                            break;
                        }
                        let begun = Instant::now();
                        let figures = self.run_set(set, seed, progress);
                        let result = Result {
                            name: set.name.clone(),
                            figures,
                            took: begun.elapsed(),
                        };
                        if let Ok(mut results) = results.lock() {
                            results.push((number, result));
                        }
                    }
                });
            }
        });
        let mut results = results.into_inner().unwrap_or_default();
        results.sort_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn run_set(
        &self,
        set: &Set,
        seed: u64,
        progress: &Progress,
    ) -> std::result::Result<Figures, String> {
        let remembers = ["device", "travel"]
            .iter()
            .any(|name| set.tree.get(name).is_some());
        let travels = set.tree.to_string().contains("travel");
        let past = remembers || travels;
        let failed = |problem| format!("{} alone: {problem}", set.name);
        let taken = none_taken(self.scenario);
        if let Some(address) = self.through {
            let policy = self.tested.compile(&set.tree).map_err(failed)?;
            let site = Site::of(&policy, &set.tree, self.lines.clone(), self.host)?;
            let world = Proxy::new(address, site);
            let alone = crew::workers(1).into_iter();
            let mut alone = alone.map(|worker| (worker, Arc::clone(&taken)));
            let own = alone.next().ok_or("nobody works")?;
            return Run::new(self.scenario, seed, world, own).run(past, progress);
        }
        let memory = Arc::<SharedMemory>::default();
        let run = |worker: Worker| {
            let own = (worker.number, Arc::clone(&memory));
            let world = self.native(&set.tree, START, own);
            let world = world.map_err(failed).inspect_err(|_| worker.leave())?;
            Run::new(self.scenario, seed, world, (worker, Arc::clone(&taken))).run(past, progress)
        };
        std::thread::scope(|scope| {
            let runs: Vec<_> = crew::workers(self.workers)
                .into_iter()
                .map(|worker| scope.spawn(|| run(worker)))
                .collect();
            runs.into_iter()
                .map(|run| run.join().map_err(|_| "a worker has died".to_owned())?)
                .reduce(|all, one| Ok(all?.with(&one?)))
                .unwrap_or_else(|| Err("nobody works".to_owned()))
        })
    }
}
