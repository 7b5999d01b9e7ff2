//! What was found out on a session's first request.

use crate::address::Prefix;
use crate::fields::{put, take};
use crate::intelligence::{Asn, Knowledge, Reputation, UnknownReason};
use crate::limits::Keys;
use crate::records::{Kind, Life, PAYLOAD, Priority, Record, RecordKey};
use crate::time::Time;

/// Where a request of a session comes from, as far as that is known without asking anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A keyed hash that differs from session to session: shared memory neither tells an address, nor which sessions
    /// have the same.
    prefix: u64,
    asn: Option<Asn>,
}

impl Origin {
    /// The origin of a request: the prefix under which its address is looked up, and its autonomous system if Envoy's
    /// geoip filter tells it. Always take `asn` from the same place: two databases need not agree. `fingerprint` names
    /// how answers are read: what was read in another way is as good as from elsewhere.
    #[must_use]
    pub fn new(
        keys: &Keys,
        key: RecordKey,
        prefix: Prefix,
        asn: Option<Asn>,
        fingerprint: u64,
    ) -> Self {
        let session = key.get().get().to_le_bytes();
        let reading = fingerprint.to_le_bytes();
        let parts: [&[u8]; 4] = [b"origin", &session, &prefix.to_bytes(), &reading];
        let prefix = RecordKey::new(keys, &parts);
        Self {
            prefix: prefix.get().get(),
            asn,
        }
    }

    /// Whether both are one network. An autonomous system that only one of them knows says nothing.
    fn is_same_as(&self, other: &Self) -> bool {
        let same_asn = self.asn.zip(other.asn).is_none_or(|(one, two)| one == two);
        self.prefix == other.prefix && same_asn
    }
}

/// What was found out about the network that a session came from, and when.
///
/// It is good for that network alone: a session that comes from elsewhere is judged again, so that no session makes an
/// address any better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    reputation: Reputation,
    origin: Origin,
    /// Seconds since the epoch.
    made: u32,
}

impl Judgement {
    /// What is to be kept of `knowledge`; `None` when nobody answered, for then it has to be asked again.
    #[must_use]
    pub fn new(knowledge: Knowledge, origin: Origin, now: Time) -> Option<Self> {
        match knowledge {
            Knowledge::Known(reputation)
            | Knowledge::Lacking(reputation, UnknownReason::Nothing) => Some(Self {
                reputation,
                origin,
                made: now.seconds(),
            }),
            Knowledge::Lacking(..) => None,
        }
    }

    /// What it says, if it is good for a request from `origin`: it was made for the same network, less than `max_age`
    /// ago. One that was made that far ahead is as good as old: a clock was set back.
    #[must_use]
    pub fn good_for(&self, origin: &Origin, now: Time, max_age: Life) -> Option<Knowledge> {
        let age = now.seconds().abs_diff(self.made);
        let is_good = age < max_age.seconds() && self.origin.is_same_as(origin);
        is_good.then_some(if self.reputation.is_unknown() {
            Knowledge::Lacking(self.reputation, UnknownReason::Nothing)
        } else {
            Knowledge::Known(self.reputation)
        })
    }
}

/// Reputation 16, prefix 8, ASN 4, time 4.
impl Record for Judgement {
    const KIND: Kind = Kind::Judgement;

    fn priority(&self) -> Priority {
        Priority::Ordinary
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        let mut bytes = [0; PAYLOAD];
        let mut rest = bytes.as_mut_slice();
        put(&mut rest, self.reputation.to_bytes());
        put(&mut rest, self.origin.prefix.to_le_bytes());
        put(&mut rest, self.origin.asn.map_or(0, Asn::get).to_le_bytes());
        put(&mut rest, self.made.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; PAYLOAD]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        Some(Self {
            reputation: Reputation::from_bytes(take(&mut rest)?),
            origin: Origin {
                prefix: u64::from_le_bytes(take(&mut rest)?),
                asn: Asn::new(u32::from_le_bytes(take(&mut rest)?)),
            },
            made: u32::from_le_bytes(take(&mut rest)?),
        })
    }
}
