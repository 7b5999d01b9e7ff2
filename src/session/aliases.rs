//! Names of accounts that the application has told apart from its accounts: which account it has for a name.

use super::Remembrance;
use super::steps::{keep, kept};
use crate::host::Host;
use crate::identity::account::{Account, AccountMark};
use crate::limits::Keys;
use crate::records::{Life, RecordKey, Table};
use crate::store::{Budget, Fill};
use crate::time::Time;

/// Which account the application has for a name, within a realm: keyed hashes alone, in memory of a fixed size.
///
/// What is forgotten costs no more than one more answer that is held back: the application tells it anew.
#[derive(Debug)]
pub(crate) struct Aliases {
    table: Table,
    keys: Keys,
}

impl Aliases {
    /// The most accounts that one answer tells: more of them are told by none that knows what it says.
    pub(crate) const MOST: usize = Remembrance::MOST;

    /// What is known in `namespace`; `seed` keys what workers share.
    pub(crate) fn new(namespace: &str, seed: [u8; 16]) -> Self {
        Self {
            table: Table::new(&format!("{namespace}/names"), Budget::RECORDS),
            keys: Keys::new(seed),
        }
    }

    /// How full its table is.
    pub(crate) fn fill(&self, start: u64, now: Time, host: &impl Host) -> Fill {
        self.table.fill(start, now, host)
    }

    /// What stands for the account that an answer calls `value`. No name that a request has stands for the same: who
    /// takes the number of somebody's account for a name has nothing of that account.
    pub(crate) fn told(&self, realm: &str, value: &[u8]) -> AccountMark {
        self.keys.told(realm, value)
    }

    fn key(&self, realm: &str, name: &Account) -> RecordKey {
        let name = self.keys.account(name);
        RecordKey::new(&self.keys, &[b"name", realm.as_bytes(), name.as_bytes()])
    }

    /// The accounts of this name, as far as they have been told; at most [`Self::MOST`].
    pub(crate) fn of(
        &self,
        realm: &str,
        name: &Account,
        now: Time,
        host: &impl Host,
    ) -> Vec<AccountMark> {
        let kept = kept(&self.table, self.key(realm, name), now, host);
        kept.map_or_else(Vec::new, |kept| kept.accounts().to_vec())
    }

    fn names_key(&self, realm: &str, account: AccountMark) -> RecordKey {
        let parts = [b"names".as_slice(), realm.as_bytes(), account.as_bytes()];
        RecordKey::new(&self.keys, &parts)
    }

    /// The names that have been used for this account lately; none where they were more than are kept.
    pub(crate) fn names_of(
        &self,
        realm: &str,
        account: AccountMark,
        now: Time,
        host: &impl Host,
    ) -> Vec<AccountMark> {
        let key = self.names_key(realm, account);
        let kept = kept(&self.table, key, now, host);
        kept.map_or_else(Vec::new, |kept| kept.accounts().to_vec())
    }

    /// Keeps that these are the accounts of this name, whatever was told before: the application may have given the
    /// name to somebody else.
    pub(crate) fn learn(
        &self,
        (realm, name): (&str, &Account),
        accounts: &[AccountMark],
        now: Time,
        host: &impl Host,
    ) {
        let Some(own) = Remembrance::of(accounts.to_vec(), None) else {
            return;
        };
        let life = Life::clamped(Life::LONGEST);
        let _ = keep(
            &self.table,
            (self.key(realm, name), &own, false),
            life,
            now,
            host,
        );
        let Some(name) = Remembrance::of(vec![self.keys.account(name)], None) else {
            return;
        };
        for account in accounts {
            let key = self.names_key(realm, *account);
            let _ = keep(&self.table, (key, &name, true), life, now, host);
        }
    }
}
