//! All requests of one place, to one framework.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::compare::{self, Difference, Verdict};
use super::connection::Connection;
use super::envoy;
use super::filter;
use super::generate;
use super::place::{Case, Place};
use super::shrink;

const CONNECTIONS: usize = 4;

/// A request that is read differently.
pub(crate) struct Found {
    pub(crate) case: Case,
    pub(crate) difference: Difference,
}

/// How the requests of one framework and place came out.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) requests: u64,
    pub(crate) honest: u64,
    /// Those in which the framework reads anything at all.
    pub(crate) read: u64,
    pub(crate) equal: u64,
    pub(crate) refused: u64,
    /// By Envoy or the framework.
    pub(crate) rejected: u64,
    pub(crate) different: u64,
    pub(crate) honest_refused: u64,
    /// The smallest requests that are read differently, none twice.
    pub(crate) found: Vec<Found>,
    /// Honest requests that are refused, and what the filter says.
    pub(crate) harmed: Vec<(Case, String)>,
}

/// What is compared, and how much.
pub(crate) struct Run<'r> {
    pub(crate) port: u16,
    /// Whether the framework's routes do not regard letter case, and the filter is told so.
    pub(crate) ignores_case: bool,
    pub(crate) place: Place,
    pub(crate) requests: u64,
    pub(crate) seed: u64,
    pub(crate) shrink: usize,
    /// Told how many are done.
    pub(crate) progress: &'r (dyn Fn(u64) + Sync),
}

impl Run<'_> {
    /// Asks for all of them.
    ///
    /// # Errors
    /// When the server does not answer as the protocol asks.
    pub(crate) fn all(&self) -> Result<Row, String> {
        let next = AtomicU64::new(0);
        let stop = AtomicBool::new(false);
        let shared: Mutex<(Row, Vec<Case>)> = Mutex::default();
        let failure: Mutex<Option<String>> = Mutex::default();
        thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| {
                    let mut connection = Connection::new(self.port);
                    let (mut row, mut different) = (Row::default(), Vec::new());
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= self.requests || stop.load(Ordering::Relaxed) {
                            break;
                        }
                        if number.is_multiple_of(500) {
                            (self.progress)(number);
                        }
                        if let Err(error) =
                            self.one(number, &mut connection, &mut row, &mut different)
                        {
                            stop.store(true, Ordering::Relaxed);
                            *failure.lock().expect("no panic") = Some(error);
                            break;
                        }
                    }
                    let mut shared = shared.lock().expect("no panic");
                    shared.0.add(row);
                    shared.1.append(&mut different);
                });
            }
        });
        if let Some(failure) = failure.into_inner().expect("no panic") {
            return Err(failure);
        }
        let (mut row, different) = shared.into_inner().expect("no panic");
        row.harmed.sort_by_key(|(case, _)| case.request.size());
        row.found = self.smallest(different);
        Ok(row)
    }

    fn one(
        &self,
        number: u64,
        connection: &mut Connection,
        row: &mut Row,
        different: &mut Vec<Case>,
    ) -> Result<(), String> {
        let mut case = generate::case(self.seed, self.place, number);
        row.requests += 1;
        row.honest += u64::from(case.honest.is_some());
        let Some(forwarded) = envoy::forwarded(&case.request) else {
            if case.honest.is_some() {
                row.honest_refused += 1;
                row.harmed.push((case, "refused by Envoy".to_owned()));
            }
            row.rejected += 1;
            return Ok(());
        };
        case.request = forwarded;
        let readings = filter::read(&case, self.ignores_case);
        let said = connection
            .ask(&case.request)
            .map_err(|error| format!("{error}, for {}", case.request))?;
        if let Some(why) = filter::harm(&case, &readings) {
            row.honest_refused += 1;
            row.harmed.push((case.clone(), why));
        }
        match compare::compare(&case, &readings, &said) {
            Verdict::Equal { reads } => {
                row.equal += 1;
                row.read += u64::from(reads);
            }
            Verdict::Refused => row.refused += 1,
            Verdict::Rejected => row.rejected += 1,
            Verdict::Different(_) => {
                row.different += 1;
                different.push(case);
            }
        }
        Ok(())
    }

    /// Some of them as small as they can be: half of those that are small already, half of all.
    fn smallest(&self, mut different: Vec<Case>) -> Vec<Found> {
        different.sort_by_key(|case| case.request.size());
        let half = self.shrink / 2;
        let step = different
            .len()
            .checked_div(self.shrink - half)
            .unwrap_or(1)
            .max(1);
        let small = different.iter().take(half);
        let spread = different.iter().skip(half).step_by(step);
        let mut connection = Connection::new(self.port);
        let mut found: BTreeMap<String, Found> = BTreeMap::new();
        for case in small.chain(spread) {
            let Some(original) = self.ask(&mut connection, case).into_iter().next() else {
                continue;
            };
            // What it is about must stay what it is about.
            let mut differs = |smaller: &Case| {
                envoy::forwarded(&smaller.request).as_ref() == Some(&smaller.request)
                    && self
                        .ask(&mut connection, smaller)
                        .iter()
                        .any(|difference| difference.read == original.read)
            };
            let case = shrink::shrink(case, &mut differs);
            if let Some(difference) = self
                .ask(&mut connection, &case)
                .into_iter()
                .find(|difference| difference.read == original.read)
            {
                found
                    .entry(generate::anonymous(&case.request.to_string()))
                    .or_insert(Found { case, difference });
            }
        }
        let mut found: Vec<Found> = found.into_values().collect();
        found.sort_by_key(|found| found.case.request.size());
        found
    }

    fn ask(&self, connection: &mut Connection, case: &Case) -> Vec<Difference> {
        let readings = filter::read(case, self.ignores_case);
        match connection.ask(&case.request) {
            Ok(said) => match compare::compare(case, &readings, &said) {
                Verdict::Different(differences) => differences,
                _ => Vec::new(),
            },
            Err(_) => Vec::new(),
        }
    }
}

impl Row {
    fn add(&mut self, mut other: Self) {
        self.requests += other.requests;
        self.honest += other.honest;
        self.read += other.read;
        self.equal += other.equal;
        self.refused += other.refused;
        self.rejected += other.rejected;
        self.different += other.different;
        self.honest_refused += other.honest_refused;
        self.harmed.append(&mut other.harmed);
    }
}
