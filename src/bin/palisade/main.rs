//! The command line: checks and explains a configuration before Envoy gets it, and makes unlock tokens.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod check;
mod describe;
mod documents;
mod environment;
mod explain;
mod finding;
mod init;
mod interrupt;
mod lone;
mod markup;
mod pseudonym;
mod render;
mod replay;
mod rewrite;
mod shipped;
mod simulate;
mod unlock;
mod why;
mod yaml;

use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;
use palisade::config::Configuration;

/// Makes, checks and explains configurations of the Palisade filter, and makes unlock tokens.
#[derive(Debug, Parser)]
#[command(
    version = palisade::telemetry::build::described(),
    after_help = "Status: 0 when all is well, 1 when a configuration is refused or no token can be made, \
                  2 when the call itself is wrong."
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what a configuration does, or everything that is wrong with it
    Check(check::Call),
    /// Says what becomes of one request, step by step, by the filter's own engine
    Explain(Box<explain::Call>),
    /// Writes a policy for your stack or application, from flags or, on a terminal, a few questions
    Init(init::Call),
    /// Puts a policy into the file in which Envoy, Istio or Envoy Gateway wants it
    Render(render::Call),
    /// Says what a policy would have done with yesterday's access log, by the filter's own engine
    Replay(Box<replay::Call>),
    /// Prints the JSON Schema of the configuration
    Schema,
    /// Prints what stands in logs for an account
    Pseudonym(pseudonym::Call),
    /// Shows what each defence does against an attack, by the filter's own engine on a virtual clock
    Simulate(Box<simulate::Call>),
    /// Prints a token that lifts the lock of one account, once
    Unlock(unlock::Call),
    /// Says what became of the request with a reference, and what would change it, from logs
    Why(why::Call),
    /// Prints what a shell needs to complete this command line
    Completions {
        /// The shell that is to complete it
        shell: Shell,
    },
    /// Prints the manual page, or writes one for each command
    Man {
        /// The folder into which the pages are written, palisade.1 and palisade-check.1 and so on
        folder: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    match CommandLine::parse().command {
        Command::Check(call) => call.run(),
        Command::Explain(call) => call.run(),
        Command::Init(call) => call.run(),
        Command::Render(call) => call.run(),
        Command::Replay(call) => call.run(),
        Command::Schema => schema(),
        Command::Pseudonym(call) => call.run(),
        Command::Simulate(call) => call.run(),
        Command::Unlock(call) => call.run(),
        Command::Why(call) => call.run(),
        Command::Completions { shell } => completions(shell),
        Command::Man { folder } => manual(folder.as_deref()),
    }
}

/// Writes a line to the standard output. Whoever closed it (`| head`) wants no more of it.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The text of a file; `-` is the standard input.
pub(crate) fn read(file: &str) -> std::io::Result<String> {
    if file != "-" {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn schema() -> ExitCode {
    let schema = schemars::schema_for!(Configuration);
    match serde_json::to_string_pretty(&schema) {
        Ok(text) => {
            say(text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("palisade: the schema cannot be written: {error}");
            ExitCode::FAILURE
        }
    }
}

fn completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut CommandLine::command(), "palisade", &mut script);
    let _ = std::io::stdout().write_all(&script);
    ExitCode::SUCCESS
}

/// The pages of the manual, for the whole and for each command.
fn manual(folder: Option<&Path>) -> ExitCode {
    let command = CommandLine::command();
    let written = match folder {
        Some(folder) => clap_mangen::generate_to(command, folder),
        None => clap_mangen::Man::new(command).render(&mut std::io::stdout()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let folder = folder.map_or("the standard output".into(), Path::to_string_lossy);
            eprintln!("palisade: the manual cannot be written to {folder}: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What clap can only find out when it runs: names that stand there twice, defaults that are refused.
    #[test]
    fn the_command_line_is_declared_without_contradiction() {
        CommandLine::command().debug_assert();
    }
}
