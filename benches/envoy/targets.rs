//! What a request of each kind should cost at most. `docs/design/price.md` says how far each is reached.

/// Names of variants, and thousands of instructions that they may add to the same Envoy without a filter.
pub(crate) const INSTRUCTIONS: [(&str, f64); 6] = [
    ("unprotected route", 25.0),
    ("protected, cached allow, annotated", 57.0),
    ("protected, cached deny", 78.0),
    ("protected, 1 limit", 74.0),
    ("protected, 4 limits", 118.0),
    ("protected, 4 limits, failed login", 165.0),
];
