//! `palisade unlock`: the token that lifts the lock of one account.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade::signing::{Secret, SigningKeys};
use palisade::time::Span;
use palisade::unlock::Unlock;

use crate::say;

/// What the call says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call<'w> {
    account: &'w str,
    valid: Duration,
    variable: &'w str,
    url: &'w str,
}

impl<'w> Call<'w> {
    /// A day less than the filter takes, for clocks that differ.
    const LONGEST: Duration = Unlock::LONGEST.saturating_sub(Duration::from_secs(86_400));

    /// Reads `--account NAME [--valid SPAN] [--key-env NAME] [--url PREFIX]`, in any order.
    ///
    /// # Errors
    /// What is wrong with the call.
    pub(crate) fn read(words: &[&'w str]) -> Result<Self, String> {
        let mut account = None;
        let mut valid = None;
        let mut variable = None;
        let mut url = None;
        let mut left = words.iter();
        while let Some(option) = left.next() {
            let place = match *option {
                "--account" => &mut account,
                "--valid" => &mut valid,
                "--key-env" => &mut variable,
                "--url" => &mut url,
                other => return Err(format!("there is no option {other:?}")),
            };
            let value = left
                .next()
                .ok_or_else(|| format!("{option} wants a value"))?;
            if place.replace(*value).is_some() {
                return Err(format!("{option} stands there twice"));
            }
        }
        Ok(Self {
            account: account.ok_or("unlock wants --account NAME")?,
            valid: valid.map_or(Ok(Duration::from_secs(3_600)), Self::valid)?,
            variable: variable.unwrap_or("PALISADE_KEY"),
            url: url.unwrap_or_default(),
        })
    }

    fn valid(text: &str) -> Result<Duration, String> {
        let span: Span = text
            .parse()
            .map_err(|error| format!("--valid wants {error}"))?;
        if (Duration::from_secs(1)..=Self::LONGEST).contains(&span.get()) {
            Ok(span.get())
        } else {
            let longest = Span::new(Self::LONGEST);
            Err(format!("--valid wants a duration from 1s to {longest}"))
        }
    }

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
        let variable = self.variable;
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
        let expiry = now.saturating_add(self.valid).as_secs();
        Unlock::new(self.account.as_bytes(), expiry, &nonce)
            .map(|unlock| unlock.token(&keys))
            .map_err(|error| format!("--account: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_a_default() {
        let call = Call {
            account: "alice",
            valid: Duration::from_secs(3_600),
            variable: "PALISADE_KEY",
            url: "",
        };
        assert_eq!(Call::read(&["--account", "alice"]), Ok(call));
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
            account: "--odd",
            valid: Duration::from_secs(1_800),
            variable: "KEY",
            url: "https://a.example/?unlock=",
        };
        assert_eq!(Call::read(&words), Ok(call));
    }
}
