use crate::limits::{Threshold, Window};

/// The share of failed logins per autonomous system, as it is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsnFailures {
    /// How far it looks back.
    pub window: Window,
    /// With fewer answers it is not known.
    pub min_samples: Threshold,
}

impl AsnFailures {
    /// How many failures of one network or one account count in a window, and how many successes: a tenth of the least number of
    /// samples, so that none of them moves a rate by more than ten points.
    #[must_use]
    pub fn share(self) -> Threshold {
        Threshold::new(self.min_samples.get() / 10).unwrap_or(self.min_samples)
    }
}
