//! `palisade simulate`: what a policy does against an attack, found out by the filter's own engine on a virtual clock.
//!
//! | module | is |
//! |---|---|
//! | `sources` | scenarios and policies: those that ship, and files |
//! | `parts` | the defences of a policy, each by itself |
//! | `site` | the simulated application |
//! | `world`, `proxy` | who is asked: the engine in this process, or a real Envoy |
//! | `browser` | what a client keeps, and how it solves a challenge |
//! | `attacker`, `agenda`, `run` | who comes when, and what follows |
//! | `crew` | several workers on one scenario |
//! | `figures` | what is counted |
//! | `plan` | one run for each set of defences |
//! | `report` | the table as text, JSON and HTML |

mod agenda;
mod attacker;
mod browser;
mod crew;
mod figures;
mod parts;
mod plan;
mod progress;
mod proxy;
mod report;
mod run;
mod site;
mod sources;
mod world;

use std::net::SocketAddr;
use std::process::ExitCode;

use palisade::scenario::Scenario;

use crate::interrupt;
use crate::say;
use plan::{Plan, Result as Row};
use progress::Progress;
use report::Report;
use site::Line;
use sources::{Source, Tested};

/// What the call says.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// Names of scenarios that ship, or files (YAML or JSON); without one, what ships is listed
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Your own policy, in any file that `check` reads; without it, one that ships with every defence in it
    #[arg(long, value_name = "FILE")]
    policy: Option<String>,
    /// Runs only the whole policy, and no defence alone
    #[arg(long)]
    whole: bool,
    /// Simulates all that a scenario names, and no sample of it
    #[arg(long, conflicts_with = "sample")]
    full: bool,
    /// Simulates one in so many of attempts, addresses, accounts and people
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    sample: Option<u32>,
    /// Everything that is left to chance follows from this number
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// What a thousand lookups cost, to show what the lookups cost
    #[arg(long, value_name = "AMOUNT", value_parser = price)]
    price: Option<f64>,
    /// Writes a page with the tables and curves to this file
    #[arg(long, value_name = "FILE")]
    html: Option<String>,
    /// Writes the curves of each scenario as a picture (SVG) into this folder
    #[arg(long, value_name = "FOLDER")]
    svg: Option<String>,
    /// Prints the figures as JSON
    #[arg(long)]
    json: bool,
    /// Prints the JSON Schema of scenarios
    #[arg(long, exclusive = true)]
    schema: bool,
    /// Prints a scenario that ships, to write your own from it
    #[arg(long, value_name = "NAME", exclusive = true)]
    show: Option<String>,
    /// How many runs go on side by side; default one for each core
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// How many workers run the whole policy together on counters that they share, as those of an Envoy do; who of two
    /// comes first is then left to them, so that figures differ by a few from run to run
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 1,
        requires = "whole",
        conflicts_with = "through"
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: u16,
    /// Sends the requests to an Envoy with this policy on this machine, for the whole policy. It must take the client's
    /// address from x-forwarded-for, and its application answer what x-simulated-answer says
    #[arg(long, value_name = "ADDRESS:PORT", requires = "policy", value_parser = proxy::loopback)]
    through: Option<SocketAddr>,
    /// The request that logs in, for your own policy
    #[arg(long, value_name = "METHOD PATH", default_value = "POST /login", value_parser = site::line)]
    login: Line,
    /// The request that brings a second factor's code, for your own policy
    #[arg(long, value_name = "METHOD PATH", default_value = "POST /login/code", value_parser = site::line)]
    code: Line,
    /// The request that has a mail sent, for your own policy
    #[arg(long, value_name = "METHOD PATH", default_value = "POST /password-reset", value_parser = site::line)]
    reset: Line,
    /// The host of those requests
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    host: String,
    /// A variable of the VM's environment, as often as there are some
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = crate::environment::variable)]
    environment: Vec<(String, String)>,
}

fn price(text: &str) -> Result<f64, &'static str> {
    let price: Option<f64> = text.parse().ok();
    let price = price.filter(|price| price.is_finite() && *price >= 0.0);
    price.ok_or("expected an amount such as 0.5")
}

impl Call {
    /// Runs the scenarios and prints what came of them.
    pub(crate) fn run(&self) -> ExitCode {
        match self.simulate() {
            Ok(code) => code,
            Err(problem) => {
                eprintln!("{problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn simulate(&self) -> Result<ExitCode, String> {
        if self.schema {
            let schema = schemars::schema_for!(palisade::scenario::RawScenario);
            let text = serde_json::to_string_pretty(&schema);
            say(text.map_err(|error| format!("palisade: the schema cannot be written: {error}"))?);
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(name) = &self.show {
            say(sources::shipped(name)?.text.trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        if self.scenarios.is_empty() {
            say(sources::list());
            return Ok(ExitCode::SUCCESS);
        }
        let sources: Vec<Source> = self
            .scenarios
            .iter()
            .map(|name| sources::find(name))
            .collect::<Result<_, _>>()?;
        let scenarios: Vec<(String, Scenario)> = sources
            .into_iter()
            .map(|source| self.sampled(source))
            .collect();
        let tested = Tested::read(self.policy.as_deref(), &self.environment)?;
        let plans: Vec<Plan<'_>> = scenarios
            .iter()
            .map(|(name, scenario)| {
                let lines = [self.login.clone(), self.code.clone(), self.reset.clone()];
                Plan::new(
                    (name, scenario),
                    &tested,
                    (lines, &self.host),
                    (self.whole, self.through),
                )?
                .on_workers(self.workers)
            })
            .collect::<Result<_, _>>()?;
        let stopped = interrupt::heard();
        let stopped =
            stopped.map_err(|error| format!("palisade: Ctrl-C cannot be heard: {error}"))?;
        let total = plans.iter().map(Plan::size).sum();
        let progress = Progress::new(total, stopped);
        let threads = self.threads.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from),
            usize::from,
        );
        let mut reports = Vec::new();
        for plan in &plans {
            if progress.is_stopped() {
                break;
            }
            progress.name(plan.name);
            let rows: Vec<Row> = plan.run(self.seed, threads, &progress);
            reports.push(Report {
                name: plan.name,
                scenario: plan.scenario,
                rows,
                seed: self.seed,
                price: self.price,
            });
        }
        progress.end();
        self.tell(&reports)?;
        let failed = reports
            .iter()
            .flat_map(|report| &report.rows)
            .find_map(|row| row.figures.as_ref().err());
        match (failed, progress.is_stopped()) {
            (Some(problem), _) => Err(format!("palisade: {problem}")),
            (None, true) => Ok(ExitCode::from(interrupt::STATUS)),
            (None, false) => Ok(ExitCode::SUCCESS),
        }
    }

    /// The scenario, or the sample of it that is asked for.
    fn sampled(&self, source: Source) -> (String, Scenario) {
        let usual = source.scenario.sample;
        let one_in = match self.full {
            true => 1,
            false => self.sample.unwrap_or(usual),
        };
        (source.name, source.scenario.sampled(one_in))
    }

    fn tell(&self, reports: &[Report<'_>]) -> Result<(), String> {
        let unwritten = |file: &str, error: std::io::Error| {
            format!("palisade: {file} cannot be written: {error}")
        };
        if let Some(file) = &self.html {
            std::fs::write(file, report::html(reports)).map_err(|error| unwritten(file, error))?;
        }
        if let Some(folder) = &self.svg {
            std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, error))?;
            for report in reports {
                let file = format!("{folder}/{}.svg", report.name);
                std::fs::write(&file, report::svg(report))
                    .map_err(|error| unwritten(&file, error))?;
            }
        }
        match self.json {
            true => say(format_args!("{:#}", report::json(reports))),
            false => reports.iter().for_each(|report| say(report::text(report))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
