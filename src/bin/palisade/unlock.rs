//! `palisade unlock`: the token that lifts the lock of one account.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade::signing::{Secret, SigningKeys};
use palisade::time::Span;
use palisade::unlock::Unlock;

use serde_json::Value;

use crate::documents;
use crate::say;

/// A day less than the filter takes, for clocks that differ.
const LONGEST: Duration = Unlock::LONGEST.saturating_sub(Duration::from_secs(86_400));

/// What the call says.
#[derive(Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Call {
    /// The account, as the application writes it
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    account: String,
    /// How long the token is good, up to 6d
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = valid)]
    valid: Span,
    /// The environment variable with the signing key
    #[arg(long = "key-env", value_name = "NAME", default_value = "PALISADE_KEY")]
    variable: String,
    /// The configuration whose lock is lifted, in any file that `check` reads: it must have `unlock`
    #[arg(long, value_name = "FILE")]
    policy: Option<String>,
    /// What is printed before the token
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true
    )]
    url: String,
}

fn valid(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|error| format!("expected {error}"))?;
    if (Duration::from_secs(1)..=LONGEST).contains(&span.get()) {
        Ok(span)
    } else {
        let longest = Span::new(LONGEST);
        Err(format!("expected a duration from 1s to {longest}"))
    }
}

impl Call {
    /// Prints the token behind the URL.
    pub(crate) fn run(&self) -> ExitCode {
        match self.token() {
            Ok(token) => {
                say(format_args!("{}{token}", self.url));
                ExitCode::SUCCESS
            }
            Err(problem) => {
                eprintln!("palisade: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    /// The key comes from the environment, since others can see the words of a call.
    fn token(&self) -> Result<String, String> {
        if let Some(file) = &self.policy {
            has_links(file)?;
        }
        let variable = self.variable.as_str();
        let text = std::env::var(variable).map_err(|_| {
            format!("expected the signing key in the environment variable {variable:?}")
        })?;
        let secret = Secret::parse(&text).map_err(|error| format!("{variable}: {error}"))?;
        let keys = SigningKeys::new(&[secret]).map_err(|error| error.to_string())?;
        let now = SystemTime::UNIX_EPOCH
            .elapsed()
            .map_err(|_| "the clock of this machine is before 1970")?;
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| format!("this machine has no random bytes: {error}"))?;
        let nonce = URL_SAFE_NO_PAD.encode(random);
        let expiry = now.saturating_add(self.valid.get()).as_secs();
        Unlock::new(self.account.as_bytes(), expiry, &nonce)
            .map(|unlock| unlock.token(&keys))
            .map_err(|error| format!("--account: {error}"))
    }
}

/// Refuses a configuration in which no token lifts anything.
fn has_links(file: &str) -> Result<(), String> {
    let text = crate::read(file).map_err(|error| format!("{file}: cannot be read: {error}"))?;
    let found = documents::find(file, &text).map_err(|told| format!("{file}: {told}"))?;
    let lacks = |found: &documents::Found| found.tree.get("unlock").is_none_or(Value::is_null);
    match found.iter().find(|found| lacks(found)) {
        None => Ok(()),
        Some(_) => Err(format!(
            "{file}: this policy has no `unlock`, so no token lifts a lock; expected one such as unlock: {{ path: \
             /unlock, redirect: /login }}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::{Command, CommandLine};

    fn read(words: &[&str]) -> Option<Call> {
        let call = ["palisade", "unlock"].iter().chain(words);
        match CommandLine::try_parse_from(call).ok()?.command {
            Command::Unlock(call) => Some(call),
            _ => None,
        }
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let call = Call {
            account: "alice".to_owned(),
            valid: Span::new(Duration::from_secs(3_600)),
            variable: "PALISADE_KEY".to_owned(),
            policy: None,
            url: String::new(),
        };
        assert_eq!(read(&["--account", "alice"]), Some(call));
    }

    #[test]
    fn options_stand_in_any_order() {
        let words = [
            "--url",
            "https://a.example/?unlock=",
            "--valid",
            "30m",
            "--key-env",
            "KEY",
            "--account",
            "--odd",
        ];
        let call = Call {
            account: "--odd".to_owned(),
            valid: Span::new(Duration::from_secs(1_800)),
            variable: "KEY".to_owned(),
            policy: None,
            url: "https://a.example/?unlock=".to_owned(),
        };
        assert_eq!(read(&words), Some(call));
    }
}
