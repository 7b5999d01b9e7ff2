//! Who is counted, as keyed hashes: no address, account or session stands in shared memory.

use std::hash::Hasher;
use std::num::NonZeroU64;

use siphasher::sip::SipHasher13;

use crate::fields::{copy, put};
use crate::identity::account::{Account, AccountMark};

/// Makes keys, with a secret that all workers share.
///
/// SipHash-1-3 with a secret key (Aumasson and Bernstein, 2012): who does not know the key can neither choose names
/// that fall together nor tell from shared memory who was counted.
#[derive(Clone)]
pub struct Keys([u8; 16]);

/// What is counted, whatever number of it is too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LimitId(u64);

/// Where counters stand. All counters of one home stand in the same stored value, so that one read and one write serve
/// all limits of a request that share a home (for example the client's subnet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bucket(u64);

/// One counter: a limit and whom it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CounterKey {
    bucket: Bucket,
    tag: NonZeroU64,
}

/// One of the values that a [`super::Distinct`] tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueHash(u64);

/// What a hash is made for, so that no two uses ever hash the same bytes.
const LIMIT: u8 = 1;
const HOME: u8 = 2;
const COUNTER: u8 = 3;
const VALUE: u8 = 4;
const RECORD: u8 = 5;
const MARK: u8 = 6;
const ACCOUNT: u8 = 7;
const TOLD: u8 = 8;
const FLEET: u8 = 9;

impl Keys {
    /// Keys made with `secret`, the same in all workers. A new secret makes all counters start clean.
    #[must_use]
    pub const fn new(secret: [u8; 16]) -> Self {
        Self(secret)
    }

    /// What the limit called `name` counts: with other `parameters` (window, what is counted and by what) it is
    /// something else, whose counters start clean. Numbers with which counters are compared belong to none of them: a
    /// stricter limit forgives nothing.
    #[must_use]
    pub fn limit(&self, name: &str, parameters: &[&[u8]]) -> LimitId {
        let parts = std::iter::once(name.as_bytes()).chain(parameters.iter().copied());
        LimitId(self.hash(LIMIT, 0, parts))
    }

    /// The home of what belongs to `parts`.
    ///
    /// A stored value holds [`super::WAYS`] counters: choose the parts so that few live counters share a home.
    #[must_use]
    pub fn bucket<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> Bucket {
        Bucket(self.hash(HOME, 0, parts.into_iter()))
    }

    /// The counter of `limit` for `parts` (an address prefix, an ASN, the hash of an account ...), in the order in
    /// which the limit names them. The same parts must always come with the same home.
    #[must_use]
    pub fn counter<'p>(
        &self,
        limit: LimitId,
        bucket: Bucket,
        parts: impl IntoIterator<Item = &'p [u8]>,
    ) -> CounterKey {
        let mut hash = self.counter_hash(limit);
        for part in parts {
            hash.part(part);
        }
        CounterKey::of(hash, bucket)
    }

    /// What the counter of `limit` is made of, part by part: see [`CounterKey::of`].
    pub(super) fn counter_hash(&self, limit: LimitId) -> KeyHash {
        KeyHash::new(self, COUNTER, limit.0)
    }

    /// What a home is made of, part by part: see [`Bucket::of`].
    pub(super) fn bucket_hash(&self) -> KeyHash {
        KeyHash::new(self, HOME, 0)
    }

    /// The counter of `limit` for `parts`, in a home of its own.
    #[must_use]
    pub fn lone_counter(&self, limit: LimitId, parts: &[&[u8]]) -> CounterKey {
        let CounterKey { tag, .. } = self.counter(limit, Bucket(0), parts.iter().copied());
        CounterKey {
            bucket: Bucket(tag.get()),
            tag,
        }
    }

    /// A value that `counter` is to tell from others. Which values collide differs from counter to counter.
    #[must_use]
    pub fn value(&self, counter: CounterKey, parts: &[&[u8]]) -> ValueHash {
        ValueHash(self.hash(VALUE, counter.tag.get(), parts.iter().copied()))
    }

    /// The name under which [`crate::records`] keep something of `parts`.
    pub(crate) fn record<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> NonZeroU64 {
        let hash = self.hash(RECORD, 0, parts.into_iter());
        NonZeroU64::new(hash).unwrap_or(NonZeroU64::MIN)
    }

    /// What stands for an account in counters, whether a request names it or its session remembers it.
    #[must_use]
    pub fn account(&self, account: &Account) -> AccountMark {
        account
            .remembered_mark()
            .unwrap_or_else(|| self.named(account.as_bytes()))
    }

    /// What stands for an account that the application itself calls so, within a realm: no name does.
    #[must_use]
    pub fn told(&self, realm: &str, account: &[u8]) -> AccountMark {
        mark(self.hash(TOLD, 0, [realm.as_bytes(), account].into_iter()))
    }

    /// What stands for `bytes` where they need not be kept: the same in all workers.
    #[must_use]
    pub fn mark(&self, bytes: &[u8]) -> u64 {
        self.hash(MARK, 0, [bytes].iter().copied())
    }

    /// The name of a counter of the fleet: `part` of what belongs to `owner` in the step of this number.
    #[must_use]
    pub(crate) fn fleet(&self, owner: u64, part: u8, step: u64) -> u64 {
        let step = step.to_le_bytes();
        self.hash(FLEET, owner, [&[part][..], &step].into_iter())
    }

    /// What stands for an account that is named.
    #[inline(never)]
    fn named(&self, name: &[u8]) -> AccountMark {
        mark(self.hash(ACCOUNT, 0, std::iter::once(name)))
    }

    /// Every part stands behind its length, so that `["ab", "c"]` and `["a", "bc"]` differ.
    fn hash<'p>(&self, domain: u8, scope: u64, parts: impl Iterator<Item = &'p [u8]>) -> u64 {
        let mut hash = KeyHash::new(self, domain, scope);
        for part in parts {
            hash.part(part);
        }
        hash.finish()
    }
}

const fn mark(hash: u64) -> AccountMark {
    let [a, b, c, d, e, f, ..] = hash.to_le_bytes();
    AccountMark::of_bytes([a, b, c, d, e, f])
}

/// A hash of several parts.
///
/// They are gathered first: the hasher takes one long piece three times as fast as many short ones.
pub(crate) struct KeyHash {
    hasher: SipHasher13,
    buffer: [u8; BUFFER],
    filled: usize,
}

/// What most keys are made of fits into so many bytes; so few are cleared without a call.
const BUFFER: usize = 64;

impl KeyHash {
    fn new(keys: &Keys, domain: u8, scope: u64) -> Self {
        let mut buffer = [0; BUFFER];
        let mut rest = buffer.as_mut_slice();
        put(&mut rest, [domain]);
        put(&mut rest, scope.to_le_bytes());
        Self {
            hasher: SipHasher13::new_with_key(&keys.0),
            filled: BUFFER.saturating_sub(rest.len()),
            buffer,
        }
    }

    /// Adds a part.
    pub(super) fn part(&mut self, part: &[u8]) {
        self.put(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        self.put(part);
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if self.filled.saturating_add(bytes.len()) > BUFFER {
            self.flush();
        }
        let end = self.filled.saturating_add(bytes.len());
        match self.buffer.get_mut(self.filled..end) {
            Some(place) => {
                copy(place, bytes);
                self.filled = end;
            }
            None => self.hasher.write(bytes),
        }
    }

    fn flush(&mut self) {
        self.hasher
            .write(self.buffer.get(..self.filled).unwrap_or_default());
        self.filled = 0;
    }

    fn finish(mut self) -> u64 {
        self.flush();
        self.hasher.finish()
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(secret)")
    }
}

impl Bucket {
    /// The home of these parts.
    pub(super) fn of(parts: KeyHash) -> Self {
        Self(parts.finish())
    }

    /// What chooses the stored value.
    pub(super) const fn hash(self) -> u64 {
        self.0
    }
}

impl CounterKey {
    /// The counter of these parts.
    pub(super) fn of(parts: KeyHash, bucket: Bucket) -> Self {
        Self {
            bucket,
            tag: NonZeroU64::new(parts.finish()).unwrap_or(NonZeroU64::MIN),
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn bucket(self) -> Bucket {
        self.bucket
    }

    /// What tells it from others, wherever it stands.
    #[must_use]
    pub(crate) const fn number(self) -> u64 {
        self.tag.get()
    }

    pub(super) const fn tag(self) -> NonZeroU64 {
        self.tag
    }
}

impl ValueHash {
    /// What tells it from others of its counter, and from those of others.
    #[must_use]
    pub(crate) const fn number(self) -> u64 {
        self.0
    }

    pub(super) const fn get(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> Keys {
        Keys::new([7; 16])
    }

    fn counter(keys: &Keys, limit: LimitId, parts: &[&[u8]]) -> CounterKey {
        let bucket = keys.bucket([b"home".as_slice()]);
        keys.counter(limit, bucket, parts.iter().copied())
    }

    #[test]
    fn a_limit_that_counts_something_else_counts_anew() {
        let keys = keys();
        let limit = |name, window: &[u8]| keys.limit(name, &[window, b"60"]);
        let key = |limit| counter(&keys, limit, &[b"192.0.2.0"]);
        assert_eq!(key(limit("login", b"1m")), key(limit("login", b"1m")));
        assert_ne!(key(limit("login", b"1m")), key(limit("login", b"2m")));
        assert_ne!(key(limit("login", b"1m")), key(limit("reset", b"1m")));
    }

    #[test]
    fn without_the_secret_nobody_can_tell_who_is_counted() {
        let (one, other) = (keys(), Keys::new([8; 16]));
        let key = |keys: &Keys| counter(keys, LimitId(1), &[b"alice"]);
        assert_ne!(key(&one), key(&other));
        assert_eq!(format!("{one:?}"), "Keys(secret)");
    }

    #[test]
    fn which_values_collide_differs_from_counter_to_counter() {
        let keys = keys();
        let value = |of: &[u8]| keys.value(counter(&keys, LimitId(1), &[of]), &[b"alice"]);
        assert_ne!(value(b"192.0.2.0"), value(b"198.51.100.0"));
    }

    proptest! {
        #[test]
        fn what_is_gathered_is_hashed_as_it_was_given(pieces in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..200), 0..8,
        )) {
            let mut gathered = KeyHash { hasher: SipHasher13::new_with_key(&[7; 16]), buffer: [0; BUFFER], filled: 0 };
            pieces.iter().for_each(|piece| gathered.put(piece));
            let mut hasher = SipHasher13::new_with_key(&[7; 16]);
            hasher.write(&pieces.concat());
            prop_assert_eq!(gathered.finish(), hasher.finish());
        }

        #[test]
        fn parts_that_are_cut_elsewhere_are_others(one: Vec<Vec<u8>>, other: Vec<Vec<u8>>) {
            let keys = keys();
            let key = |parts: &[Vec<u8>]| {
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                counter(&keys, LimitId(1), &parts)
            };
            prop_assert_eq!(one == other, key(&one) == key(&other));
            let (joined, cut) = (one.concat(), one.len() > 1);
            prop_assert!(!cut || key(&one) != key(&[joined]));
        }
    }
}
