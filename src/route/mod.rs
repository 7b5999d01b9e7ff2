//! Which requests are protected: normalised paths and the patterns that match them.
