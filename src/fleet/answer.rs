//! What of an answer of the service can be used.

use super::wire::{self, Counted};
use crate::callout::{Body, Response};
use crate::telemetry::FleetResult;

/// The frame that an answer holds.
pub(super) fn frame(response: Response<'_>) -> Result<&[u8], FleetResult> {
    match (response.status, response.body) {
        (Some(200), Body::Whole([])) => Err(FleetResult::Error),
        (Some(200), Body::Whole(frame)) => Ok(frame),
        (Some(200), Body::TooLarge) => Err(FleetResult::Unreadable),
        // By these, Envoy says that the time is over, or that it has reached nobody.
        (Some(504), _) => Err(FleetResult::Timeout),
        (Some(503), _) => Err(FleetResult::Unreachable),
        _ => Err(FleetResult::Status),
    }
}

/// The numbers that an answer to so many questions tells.
pub(super) fn read(
    response: Option<Response<'_>>,
    expected: usize,
) -> Result<Vec<u32>, FleetResult> {
    let frame = frame(response.ok_or(FleetResult::Reset)?)?;
    let statuses = wire::response(frame).ok_or(FleetResult::Unreadable)?;
    if statuses.len() != expected {
        return Err(FleetResult::Unreadable);
    }
    let known = statuses.iter().filter_map(|status| match status {
        Counted::Known(number) => Some(*number),
        Counted::Unconfigured => None,
    });
    let numbers: Vec<u32> = known.collect();
    match numbers.len() {
        all if all == expected => Ok(numbers),
        0 => Err(FleetResult::UnknownDomain),
        _ => Err(FleetResult::UnknownDescriptor),
    }
}
