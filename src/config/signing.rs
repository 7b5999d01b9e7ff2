//! The keys with which Palisade signs what it gives to clients.

use crate::config::check;
use crate::config::check::Environment;
use crate::json::{FromJson, Mistakes, Place};
use crate::signing::{Secret, SigningKeys, SigningKeysError};

/// Names of environment variables of the VM (`vm_config.environment_variables`) that hold secrets of 32 or more visible
/// ASCII characters. The first signs, all verify: to replace a secret, put the new one before the old one, and leave
/// out the old one when the longest that was signed with it has expired.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RawSigningKeys(
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 4)))] pub Vec<String>,
);

/// The keys in these variables.
pub(super) fn keys(
    raw: &RawSigningKeys,
    at: &Place<'_>,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<SigningKeys> {
    let mut secrets = Vec::with_capacity(raw.0.len());
    for (index, variable) in raw.0.iter().enumerate() {
        let at = &at.element(index);
        let value = check::variable(at, variable, environment, mistakes);
        secrets.extend(value.and_then(|value| mistakes.take(at, Secret::parse(&value))));
    }
    if secrets.len() < raw.0.len() {
        return None;
    }
    match SigningKeys::new(&secrets) {
        Ok(keys) => Some(keys),
        Err(error @ SigningKeysError::Same { first, second }) => {
            mistakes.add(
                &at.element(second),
                &format_args!("{error}; this is the same as signing_keys_env[{first}]"),
            );
            None
        }
        Err(error @ (SigningKeysError::None | SigningKeysError::TooMany)) => {
            mistakes.add(at, &error);
            None
        }
    }
}

/// The keys, where something needs them: `keys` is `Some(None)` when they are given and wrong, which has left an error.
pub(super) fn needed(
    keys: &Option<Option<SigningKeys>>,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<SigningKeys> {
    if keys.is_none() {
        mistakes.add(
            at,
            &"expected signing_keys_env as well: what is given to clients must be signed",
        );
    }
    keys.clone().flatten()
}

#[cfg(test)]
mod tests;
