//! The client's address: reading, trust, prefixes, CIDR sets.
