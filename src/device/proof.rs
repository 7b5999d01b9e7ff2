//! That a provisional device has logged in.

use std::time::Duration;

use super::DeviceId;
use crate::host::Host;
use crate::limits::Keys;
use crate::records::{Kind, Life, PAYLOAD, Priority, Record, RecordKey, Table};
use crate::store::{Budget, Fill};
use crate::time::Time;

/// What is known of the logins of provisional devices.
///
/// They have a table of their own: only who logs in gets into it, and an account with few new devices a day, so whoever
/// floods other records pushes nobody out.
#[derive(Debug)]
pub(super) struct Proofs {
    table: Table,
    keys: Keys,
}

/// That a device has logged in. Its account is what its cookie is signed for.
struct Proof;

impl Record for Proof {
    const KIND: Kind = Kind::DeviceProof;

    fn priority(&self) -> Priority {
        Priority::Ordinary
    }

    fn encode(&self) -> [u8; PAYLOAD] {
        [0; PAYLOAD]
    }

    fn decode(_: &[u8; PAYLOAD]) -> Option<Self> {
        Some(Self)
    }
}

impl Proofs {
    pub(super) fn new(namespace: &str, keys: Keys) -> Self {
        Self {
            table: Table::new(&format!("{namespace}/devices"), Budget::DEVICES),
            keys,
        }
    }

    /// How full their table is.
    pub(super) fn fill(&self, start: u64, now: Time, host: &impl Host) -> Fill {
        self.table.fill(start, now, host)
    }

    /// Whether it has logged in.
    pub(super) fn has(&self, device: DeviceId, now: Time, host: &impl Host) -> bool {
        let proof: Option<Proof> = self.table.get(self.key(device), now, host);
        proof.is_some()
    }

    /// It has logged in: it is known for so long, but not longer than records are kept.
    pub(super) fn put(
        &self,
        device: DeviceId,
        lifetime: Duration,
        now: Time,
        host: &impl Host,
    ) -> bool {
        let life = Life::clamped(lifetime);
        let written = self.table.put(self.key(device), &Proof, life, now, host);
        written.is_done()
    }

    fn key(&self, device: DeviceId) -> RecordKey {
        RecordKey::new(&self.keys, &[b"device", device.bytes()])
    }
}
