//! `palisade replay`: what a policy would have done with the requests of access logs, by the filter's own engine.
//!
//! Bytes of files become lines (`input`), lines records (`format`, `record`), and those of protected routes wait until
//! all that began before them has come (`order`). Then the policy judges them (`judge`), as far as the log tells enough
//! (`blind`) and with what is known of their addresses (`known`). What comes of it is added up (`tally`) and told
//! (`report`).

mod blind;
mod fault;
mod format;
mod input;
mod judge;
mod known;
mod moment;
mod order;
mod progress;
mod record;
mod refused;
mod report;
mod run;
mod sketch;
mod tally;

use std::path::PathBuf;
use std::process::ExitCode;

use palisade::config;
use serde_json::Value;

use crate::documents;
use crate::environment::{Environment, variable};
use crate::interrupt;
use crate::say;
use format::{Format, Mapped, mapped};
use judge::Judge;
use known::{Databases, Listed, listed};
use refused::Refused;
use run::{End, Run};

/// What the call says.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The policy, in any file that `check` reads
    policy: String,
    /// Access logs in the order of time, plain or packed by gzip or zstd; `-` is the standard input
    #[arg(required = true, value_name = "LOG")]
    logs: Vec<String>,
    /// The format of the logs
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// Where a field stands in JSON or CSV, by name or column: account=user_name
    #[arg(long, value_name = "FIELD=NAME", value_parser = mapped)]
    map: Vec<Mapped>,
    /// What stands between columns
    #[arg(long, value_name = "CHARACTER", default_value = ",", value_parser = delimiter)]
    delimiter: u8,
    /// What is known of addresses, MMDB or JSON lines, as often as there are some: the first that knows something tells
    #[arg(long, value_name = "FILE")]
    reputation: Vec<PathBuf>,
    /// Networks of which one thing is known: vpn=vpn.txt
    #[arg(long, value_name = "FLAG=FILE", value_parser = listed)]
    list: Vec<Listed>,
    /// Takes no notice of what the filter itself has written into the log of what was known
    #[arg(long)]
    ignore_recorded: bool,
    /// Another policy, which is compared request by request
    #[arg(long, value_name = "POLICY")]
    against: Option<String>,
    /// Writes a page with charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Writes the summary to the standard output as one JSON document
    #[arg(long)]
    json: bool,
    /// Writes each refused request with its line and reason, as JSON lines
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Stops at the first line that cannot be read
    #[arg(long)]
    strict: bool,
    /// A variable of the VM's environment, as often as there are some
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
}

fn delimiter(text: &str) -> Result<u8, &'static str> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ if text == "\\t" => Ok(b'\t'),
        _ => Err("expected one character of ASCII, or \\t"),
    }
}

impl Call {
    /// Replays the logs and prints what came of it.
    pub(crate) fn run(&self) -> ExitCode {
        match self.replay() {
            Ok(status) => status,
            Err(problem) => {
                eprintln!("palisade: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn replay(&self) -> Result<ExitCode, String> {
        let judge = self.judge(&self.policy)?;
        let other = self.against.as_deref().map(|file| self.judge(file));
        let other = other.transpose()?;
        let (databases, wrong) = Databases::read(&self.reputation, &self.list);
        for problem in &wrong {
            eprintln!("palisade: {problem}");
        }
        if self.strict && !wrong.is_empty() {
            return Err("stopped, since --strict was asked for".to_owned());
        }
        let refused = self.refused.as_deref().map(Refused::create).transpose()?;
        let run = Run {
            judge,
            other: self.against.clone().zip(other),
            databases,
            uses_recorded: !self.ignore_recorded,
            refused,
            strict: self.strict,
        };
        let reader = format::Reader::new(self.format, self.delimiter, self.map.clone());
        let (mut summary, end) = run.over(&self.logs, reader)?;
        summary.policy.clone_from(&self.policy);
        if let Some(file) = &self.html {
            std::fs::write(file, report::page(&summary))
                .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?;
        }
        match self.json {
            true => say(serde_json::to_string_pretty(&summary).map_err(|error| error.to_string())?),
            false => {
                for line in report::lines(&summary) {
                    say(line);
                }
            }
        }
        match end {
            End::Whole => Ok(ExitCode::SUCCESS),
            End::Interrupted => Ok(ExitCode::from(interrupt::STATUS)),
            End::Refused(why) => Err(format!("{why}; stopped, since --strict was asked for")),
        }
    }

    /// The policy of a file.
    fn judge(&self, file: &str) -> Result<Judge, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{file}: cannot be read: {error}"))?;
        let found = documents::find(file, &text).map_err(|error| format!("{file}: {error}"))?;
        let first = found.into_iter().next();
        let tree: Value = first
            .ok_or_else(|| format!("{file}: there is no configuration in it"))?
            .tree;
        let environment = Environment::new(&self.environment);
        let variable = |name: &str| Some(environment.get(name));
        let policy = config::load(tree.to_string().as_bytes(), &variable).map_err(|errors| {
            let errors: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
            format!("{file}: refused\n  {}", errors.join("\n  "))
        })?;
        Ok(Judge::new(policy, tree))
    }
}
