//! The only code that knows the host: the ABI, and what connects it to the core.
#![cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "natively only the model drives it")
)]

#[cfg(target_arch = "wasm32")]
mod abi;
#[cfg(target_arch = "wasm32")]
mod callbacks;
#[cfg(target_arch = "wasm32")]
mod host;
#[cfg(target_arch = "wasm32")]
mod logger;
#[cfg(target_arch = "wasm32")]
mod metrics;
#[cfg(target_arch = "wasm32")]
mod plugin;
#[cfg(target_arch = "wasm32")]
mod root;

// What follows carries out what the core wants, and knows the host by a trait, so that tests can drive it natively.
#[cfg(test)]
#[allow(clippy::panic_in_result_fn)]
mod model;
mod stream;
mod wire;
