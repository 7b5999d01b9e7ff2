//! What became of passwords, as the values of labels.

use super::label::labels;

results! {
    /// What was found out about the password of a request.
    PasswordResult {
        /// It was seen in breaches often enough to count.
        Breached = "breached",
        /// It was not, or not often enough.
        Clean = "clean",
        /// The request has none.
        None = "none",
        /// It cannot be read for certain.
        Unclear = "unclear",
        /// The service has not told.
        Unknown = "unknown",
    }

    /// How the service of ranges was asked.
    RangeResult {
        /// It told.
        Answered = "answered",
        /// It had told before.
        Cached = "cached",
        /// It took too long.
        Timeout = "timeout",
        /// The connection broke.
        Reset = "reset",
        /// There was nobody to ask.
        Unreachable = "unreachable",
        /// It wants to be asked less: 429.
        Limited = "limited",
        /// It answered another 4xx, or a status that is no answer.
        Refused = "refused",
        /// It failed: 5xx.
        Failed = "failed",
        /// It answered more than is read.
        TooLarge = "too_large",
        /// It answered something else than a range, or only a part of one.
        Malformed = "malformed",
        /// Too many ask at once.
        TooMany = "too_many",
        /// The breaker was open, so that nobody was asked.
        Spared = "spared",
    }

    /// What became of the headers for the answer to a success.
    SuccessResult {
        /// The answer has them.
        Told = "told",
        /// Its headers had gone before its body showed the success.
        TooLate = "too_late",
    }
}
