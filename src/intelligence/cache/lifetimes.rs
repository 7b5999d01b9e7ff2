use std::time::Duration;

/// How long what is known is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Flags and score.
    pub flags: Duration,
    /// Network facts; at least as long as flags.
    pub network: Duration,
    /// An answer that said nothing.
    pub negative: Duration,
    /// After a failure, until the address is asked for again.
    pub failure: Duration,
    /// Flags beyond their lifetime, while they are asked for again.
    pub stale_while_revalidate: Duration,
    /// Flags beyond their lifetime, when the API fails.
    pub stale_if_error: Duration,
}

impl Lifetimes {
    /// All but network facts, at most.
    pub const LONGEST_FLAGS: Duration = Duration::from_secs(24 * 60 * 60);
    /// Network facts, at most.
    pub const LONGEST_NETWORK: Duration = Self::LONGEST_FLAGS.saturating_mul(30);
}

impl Default for Lifetimes {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            flags: Duration::from_secs(10 * MINUTE),
            network: Duration::from_secs(24 * 60 * MINUTE),
            negative: Duration::from_secs(5 * MINUTE),
            failure: Duration::from_secs(10),
            stale_while_revalidate: Duration::from_secs(5 * MINUTE),
            stale_if_error: Duration::from_secs(60 * MINUTE),
        }
    }
}

/// A span in whole seconds.
pub(super) fn seconds(span: Duration) -> u32 {
    u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
}
