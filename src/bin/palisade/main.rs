//! The command line: checks and explains a configuration before Envoy gets it, and makes unlock tokens.

mod check;
mod documents;
mod unlock;
mod words;
mod yaml;

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use palisade::config::Configuration;

const USAGE: &str = "\
palisade: checks and explains configurations of the Palisade filter, and makes unlock tokens

  palisade check FILE [--env NAME=VALUE]...   what a configuration does, or everything that is wrong with it
                                              FILE: the bare configuration (YAML or JSON), an Envoy bootstrap,
                                              an Istio WasmPlugin or an Envoy Gateway EnvoyExtensionPolicy
  palisade schema                             the JSON Schema of the configuration
  palisade unlock --account NAME [OPTION]...  a token that lifts the lock of one account, once
                                              --valid 1h                how long it is good, up to 6d
                                              --key-env PALISADE_KEY    the environment variable with the signing key
                                              --url PREFIX              what is printed before the token
  palisade help                               this

Status: 0 when all is well, 1 when a configuration is refused or no token can be made, 2 when the call itself is wrong.
";

/// The status of a call that is wrong itself.
const WRONG_CALL: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["schema"] => schema(),
        ["help" | "--help" | "-h"] => {
            say(USAGE.trim_end());
            ExitCode::SUCCESS
        }
        ["check", file, rest @ ..] => match environment(rest) {
            Ok(environment) => check::run(file, &environment),
            Err(problem) => wrong_call(&problem),
        },
        ["unlock", rest @ ..] => match unlock::Call::read(rest) {
            Ok(call) => call.run(),
            Err(problem) => wrong_call(&problem),
        },
        ["check"] => wrong_call("check wants a file"),
        [] => wrong_call("a command is missing"),
        [other, ..] => wrong_call(&format!("there is no command {other:?}")),
    }
}

/// Writes a line to the standard output. Whoever closed it (`| head`) wants no more of it.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn wrong_call(problem: &str) -> ExitCode {
    eprintln!("palisade: {problem}\n\n{USAGE}");
    ExitCode::from(WRONG_CALL)
}

/// Reads `--env NAME=VALUE` as often as it stands there.
fn environment(words: &[&str]) -> Result<Vec<(String, String)>, String> {
    let mut variables = Vec::new();
    let mut left = words.iter();
    while let Some(word) = left.next() {
        let pair = match *word {
            "--env" => left.next().and_then(|pair| pair.split_once('=')),
            other => return Err(format!("there is no option {other:?}")),
        };
        let (name, value) = pair.ok_or("--env wants NAME=VALUE")?;
        variables.push((name.to_owned(), value.to_owned()));
    }
    Ok(variables)
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
