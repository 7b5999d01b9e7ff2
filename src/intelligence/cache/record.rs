use crate::address::Prefix;
use crate::fields::take;
use crate::intelligence::Reputation;

/// What is kept of one prefix. Times are seconds since the epoch; 0 is "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub prefix: Prefix,
    /// What was answered.
    pub reputation: Reputation,
    /// Until when flags and score are fresh.
    pub flags_until: u32,
    /// Until when network facts are.
    pub network_until: u32,
    /// When the API, which failed, may be asked again.
    pub retry_at: u32,
}

impl Record {
    /// The size of an encoded record.
    pub const SIZE: usize = 45;

    /// Until when the record is of any use.
    #[must_use]
    pub fn of_use_until(&self) -> u32 {
        self.flags_until.max(self.network_until).max(self.retry_at)
    }

    /// Appends the record: prefix 17, reputation 16, times 12.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.prefix.to_bytes());
        bytes.extend_from_slice(&self.reputation.to_bytes());
        bytes.extend_from_slice(&self.flags_until.to_le_bytes());
        bytes.extend_from_slice(&self.network_until.to_le_bytes());
        bytes.extend_from_slice(&self.retry_at.to_le_bytes());
    }

    /// Reads a record; `None` when these are not the bytes of one.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        Some(Self {
            prefix: Prefix::from_bytes(take(&mut rest)?)?,
            reputation: Reputation::from_bytes(take(&mut rest)?),
            flags_until: u32::from_le_bytes(take(&mut rest)?),
            network_until: u32::from_le_bytes(take(&mut rest)?),
            retry_at: u32::from_le_bytes(take(&mut rest)?),
        })
    }
}
