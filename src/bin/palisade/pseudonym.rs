//! `palisade pseudonym`: what stands in logs for an account.

use std::process::ExitCode;

use palisade::config;
use palisade::request::pseudonym;

use crate::environment::Environment;
use crate::{documents, say};

/// What the call says. The signing keys come from the environment, since others can see the words of a call.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The configuration, in any file that `check` reads
    file: String,
    /// The account, as somebody would write it
    #[arg(allow_hyphen_values = true)]
    name: String,
}

impl Call {
    /// Prints one pseudonym for each signing key, that of the current one first.
    pub(crate) fn run(&self) -> ExitCode {
        match self.pseudonyms() {
            Ok(pseudonyms) => {
                for pseudonym in pseudonyms {
                    say(pseudonym);
                }
                ExitCode::SUCCESS
            }
            Err(problem) => {
                eprintln!("palisade: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn pseudonyms(&self) -> Result<Vec<String>, String> {
        let file = self.file.as_str();
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{file}: cannot be read: {error}"))?;
        let found = documents::find(file, &text).map_err(|error| format!("{file}: {error}"))?;
        let tree = &found.first().ok_or("there is no configuration in it")?.tree;
        let names = tree
            .get("signing_keys_env")
            .and_then(|names| names.as_array());
        let names = names.into_iter().flatten().filter_map(|name| name.as_str());
        let given = names.map(|name| match std::env::var(name) {
            Ok(key) => Ok((name.to_owned(), key)),
            Err(_) => Err(format!(
                "expected the signing key in the environment variable {name:?}, as Envoy has it"
            )),
        });
        let given: Vec<(String, String)> = given.collect::<Result<_, _>>()?;
        let environment = Environment::new(&given);
        let variable = |name: &str| Some(environment.get(name));
        let policy = config::load(tree.to_string().as_bytes(), &variable).map_err(|errors| {
            format!("{file}: refused; `palisade check {file}` says why: {errors}")
        })?;
        let keys = policy.challenges.keys.as_ref().ok_or_else(|| {
            format!("{file}: there is no signing_keys_env, and without a key logs name no account; set it")
        })?;
        let account = policy.identity.normalisation.account(self.name.as_bytes());
        let account = account.map_err(|error| {
            format!("no request can name this account: account_{}", error.name())
        })?;
        Ok(keys.iter().map(|key| pseudonym(&account, key)).collect())
    }
}
