//! What the core asks of its host, apart from a request's head.

use crate::address::ClientAddress;
use crate::callout::Caller;
use crate::intelligence::{Asking, Knowledge};
use crate::message::HeaderBlock;
use crate::response::Origin;
use crate::store::Store;
use crate::telemetry::Meter;
use crate::time::Time;

/// A line of the request's head that logs show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadLine {
    /// `x-request-id`, by which the operator finds the request elsewhere.
    Id,
    /// The method.
    Method,
    /// The host.
    Host,
}

/// The whole border between the core and the host.
pub trait Host: Store + Caller + Meter {
    /// The time.
    fn now(&self) -> Time;

    /// The address from which Envoy thinks that the request comes, as it writes it.
    fn peer_address(&self) -> Option<Vec<u8>>;

    /// The profile that Envoy's route metadata names.
    fn profile(&self) -> Option<Vec<u8>>;

    /// What the host knows of an address by itself, however it is asked. Tools have databases of their own; Envoy knows
    /// nothing.
    fn known(&self, _: ClientAddress, _: Asking) -> Option<Knowledge> {
        None
    }

    /// What an earlier filter of the chain has left for the request under this name.
    fn filter_state(&self, name: &str) -> Option<Vec<u8>>;

    /// A line of the request's head, as the host has it at this moment.
    fn head_line(&self, line: HeadLine) -> Option<Vec<u8>>;

    /// Where the response of the moment comes from.
    fn origin(&self) -> Origin;

    /// Bytes that nobody can foretell.
    fn random(&self) -> [u8; 16];
}

/// The stream of the moment, as far as the host tells what has come of it.
pub trait Exchange: Host {
    /// How many bytes of the request have been received so far, with an estimate for its head.
    fn request_size(&self) -> Option<u64>;

    /// At most `length` bytes of the request's body, behind the first `start` of what the host keeps.
    fn request_body(&self, start: usize, length: usize) -> Option<Vec<u8>>;

    /// The headers of the answer.
    fn answer(&self) -> Option<HeaderBlock>;

    /// At most `length` bytes of the answer's body, behind the first `start` of what the host keeps.
    fn answer_body(&self, start: usize, length: usize) -> Option<Vec<u8>>;

    /// The trailers of the answer.
    fn answer_trailers(&self) -> Option<HeaderBlock>;
}
