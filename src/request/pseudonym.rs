//! What stands for an account in logs.

use crate::encoding::hex;
use crate::identity::account::Account;
use crate::signing::{Purpose, SigningKey};

/// How many bytes of the signature are shown: enough to tell every account of a site from the others.
const BYTES: usize = 8;

/// What stands for an account in logs: sixteen hexadecimal digits, which only whoever has the signing key can make of
/// a name, and nobody can make a name of.
#[must_use]
pub fn pseudonym(account: &Account, key: &SigningKey) -> String {
    let mac = key.sign(Purpose::Pseudonym, &[account.as_bytes()]);
    hex::encode(mac.first_chunk::<BYTES>().map_or(&[], |shown| &shown[..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::account::Normalisation;
    use crate::signing::SigningKeys;

    #[test]
    fn one_account_has_one_pseudonym_under_each_key_however_it_is_spelled() {
        let account = |text: &str| {
            Normalisation::default()
                .account(text.as_bytes())
                .expect("one")
        };
        let [one, other] = [[1; 16], [2; 16]].map(SigningKeys::derived);
        let of = |text, keys: &SigningKeys| pseudonym(&account(text), keys.current());
        let alice = of("alice@example.com", &one);
        assert_eq!(alice.len(), 2 * BYTES);
        assert_eq!(of(" Alice@EXAMPLE.com", &one), alice);
        assert_ne!(of("bob@example.com", &one), alice);
        assert_ne!(of("alice@example.com", &other), alice);
    }
}
