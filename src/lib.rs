//! Palisade: a proxy-wasm filter that stops account takeover at the edge.
//!
//! Data flows one way, and the modules stand in that order:
//!
//! | module | turns | into |
//! |---|---|---|
//! | [`signals`] | the declaration of every signal | names, weights, conditions, schema and documents |
//! | [`message`] | the host's raw header block | a [`message::RequestHead`] |
//! | [`address`] | peer and forwarded headers | the client's [`address::ClientAddress`] |
//! | [`route`] | method, host, path | the protected route, if any |
//! | [`intelligence`] | an address | a [`intelligence::Reputation`] |
//! | [`agent`] | User-Agent and client hints | what speaks against them |
//! | [`fingerprint`] | the client's ClientHello, as Envoy tells it | what library wrote it |
//! | [`identity`] | head and body | the account and the sessions that a request is about |
//! | [`limits`] | what addresses, networks, accounts, sessions and devices do | counts across all workers |
//! | [`records`] | what is kept of sessions and accounts | what all workers find again |
//! | [`session`] | what was found out about a session | whether it is known, revoked, and told to the application |
//! | [`signing`] | what is given away | what is known again when it comes back |
//! | [`device`] | cookies | a [`device::Device`] that is known to an account |
//! | [`travel`] | two positions of one account | a [`travel::Travel`] and whether it is possible |
//! | [`unlock`] | a token | the permission to lift the lock of one account |
//! | [`decision`] | signals, and limits that are exceeded | a verdict |
//! | [`challenge`] | a client that is challenged | work for it, and the clearance that it earns |
//! | [`reply`] | a refusal | what the client is told |
//! | [`response`] | the application's response | whether a login failed or succeeded |
//! | [`request`] | one request | its life, as a state machine without I/O |
//!
//! [`config`] compiles what the operator wrote into a [`policy`], on which the others run, [`store`] is
//! the shared memory of all workers, and `filter` is the only module that knows the host.

// What clippy.toml says of calls, types and macros is for what is compiled into the filter: not for tests, nor for the
// schema of the command line.
#![cfg_attr(
    not(any(test, feature = "cli")),
    deny(
        clippy::disallowed_macros,
        clippy::disallowed_methods,
        clippy::disallowed_types
    )
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

pub mod address;
pub mod agent;
pub mod breach;
pub mod callout;
pub mod challenge;
pub mod config;
pub mod decision;
pub mod device;
mod encoding;
mod fields;
pub mod fingerprint;
pub mod fleet;
pub mod host;
pub mod identity;
pub mod intelligence;
mod json;
pub mod limits;
pub mod message;
pub mod nonempty;
pub mod policy;
mod principal;
pub mod random;
pub mod ranges;
pub mod records;
pub mod reply;
pub mod request;
pub mod response;
pub mod route;
#[cfg(feature = "cli")]
pub mod scenario;
pub mod session;
pub mod signals;
pub mod signing;
pub mod store;
pub mod telemetry;
pub mod template;
pub mod time;

pub mod travel;
pub mod unlock;

#[cfg(test)]
mod fake_host;
#[cfg(any(target_arch = "wasm32", test))]
mod filter;
