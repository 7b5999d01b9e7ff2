//! Conditions, compiled.

pub(super) mod conditions;
