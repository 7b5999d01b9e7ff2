//! What is known of an address, against a real Envoy: providers, sources, cache, failures, configuration, counters.

mod audit;
mod cache;
mod clocks;
mod configuration;
mod connections;
mod counters;
mod failures;
mod flight;
mod memory;
mod providers;
mod restraint;
mod scene;
mod secrecy;
mod shares;
mod sources;
mod update;
