//! The only code that knows the host: the ABI, and what connects it to the core.

mod abi;
mod host;
mod logger;
mod metrics;
mod plugin;
mod root;
mod stream;
mod watching;
