use std::cell::Cell;
use std::time::Duration;

use super::abi;
use super::metrics::Metrics;
use super::wire::{Buffer, HeaderMap, HostResult, Status, Wire};
use crate::callout::CallError;
use crate::callout::HttpRequest;
use crate::callout::{CallToken, Caller};
use crate::host::{Exchange, HeadLine, Host};
use crate::message::{HeaderBlock, serialise};
use crate::random;
use crate::response::Origin;
use crate::store::{Expected, Store, StoreError};
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// The core's host, on the effective stream of the moment.
pub(super) struct EnvoyHost<'m> {
    metrics: &'m Metrics,
    /// The time, once it has been asked for.
    now: Cell<Option<Time>>,
}

impl<'m> EnvoyHost<'m> {
    /// For one thing that is done in one callback: to all of that it is the same moment, and the clock is asked once,
    /// if the moment is not known already.
    pub(super) fn new(metrics: &'m Metrics, now: Option<Time>) -> Self {
        let now = Cell::new(now);
        Self { metrics, now }
    }
}

impl Store for EnvoyHost<'_> {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        abi::shared_data(key).ok()
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        let cas = match expected {
            // A version that no value has: the host takes it for a missing key only, which makes it "create if absent".
            Expected::Absent => u32::MAX,
            Expected::Version(version) => version,
        };
        abi::set_shared_data(key, value, cas).map_err(|status| match status {
            Status::CAS_MISMATCH => StoreError::Conflict,
            _ => StoreError::Unavailable,
        })
    }
}

impl Caller for EnvoyHost<'_> {
    fn call(
        &self,
        cluster: &str,
        request: &HttpRequest,
        timeout: Duration,
    ) -> Result<CallToken, CallError> {
        let pseudo = [
            (":method", request.method),
            (":path", request.path.as_str()),
            (":authority", request.authority.as_str()),
        ];
        let more = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let headers = serialise(
            pseudo
                .into_iter()
                .chain(more)
                .map(|(name, value)| (name.as_bytes(), value.as_bytes())),
        );
        // 0 would mean "no time-out" to the host.
        let milliseconds = u32::try_from(timeout.as_millis())
            .unwrap_or(u32::MAX)
            .max(1);
        abi::http_call(cluster, &headers, &request.body, milliseconds)
            .map(CallToken)
            .map_err(|status| match status {
                Status::BAD_ARGUMENT => CallError::DispatchFailed,
                _ => CallError::NoHealthyHost,
            })
    }
}

impl Meter for EnvoyHost<'_> {
    fn meter(&self, event: Event) {
        self.metrics.meter(event);
    }
}

impl Host for EnvoyHost<'_> {
    fn now(&self) -> Time {
        let now = self.now.get().unwrap_or_else(abi::now);
        self.now.set(Some(now));
        now
    }

    fn peer_address(&self) -> Option<Vec<u8>> {
        abi::property(b"source\0address").ok()
    }

    fn filter_state(&self, name: &str) -> Option<Vec<u8>> {
        let path = [b"filter_state\0", name.as_bytes()].concat();
        abi::property(&path).ok()
    }

    fn head_line(&self, line: HeadLine) -> Option<Vec<u8>> {
        abi::property(match line {
            HeadLine::Id => b"request\0id",
            HeadLine::Method => b"request\0method",
            HeadLine::Host => b"request\0host",
        })
        .ok()
    }

    fn origin(&self) -> Origin {
        let details = abi::property(b"response\0code_details").unwrap_or_default();
        // Nothing else need be known of nearly every answer.
        if details == b"via_upstream" {
            return Origin::Application;
        }
        let number = |path: &[u8]| {
            let bytes = abi::property(path).ok()?;
            Some(u64::from_le_bytes(*bytes.first_chunk()?))
        };
        let status = number(b"response\0code").and_then(|status| u16::try_from(status).ok());
        Origin::of(&details, status, number(b"upstream\0request_attempt_count"))
    }

    fn random(&self) -> [u8; 16] {
        random::bytes()
    }

    fn profile(&self) -> Option<Vec<u8>> {
        abi::property(b"xds\0route_metadata\0filter_metadata\0palisade\0profile")
            .ok()
            .filter(|name| !name.is_empty())
    }
}

impl Exchange for EnvoyHost<'_> {
    fn request_size(&self) -> Option<u64> {
        abi::request_size()
    }

    fn request_body(&self, start: usize, length: usize) -> Option<Vec<u8>> {
        abi::buffer_from(Buffer::RequestBody, start, length).ok()
    }

    fn answer(&self) -> Option<HeaderBlock> {
        abi::headers(HeaderMap::Response).ok().map(HeaderBlock::new)
    }

    fn answer_body(&self, start: usize, length: usize) -> Option<Vec<u8>> {
        abi::buffer_from(Buffer::ResponseBody, start, length).ok()
    }

    fn answer_trailers(&self) -> Option<HeaderBlock> {
        abi::headers(HeaderMap::ResponseTrailers)
            .ok()
            .map(HeaderBlock::new)
    }
}

impl Wire for EnvoyHost<'_> {
    fn headers(&self, map: HeaderMap) -> HostResult<Vec<u8>> {
        abi::headers(map)
    }

    fn add_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> HostResult<()> {
        abi::add_header(map, name, value)
    }

    fn remove_header(&self, map: HeaderMap, name: &[u8]) -> HostResult<()> {
        abi::remove_header(map, name)
    }

    fn set_property(&self, name: &[u8], value: &[u8]) -> HostResult<()> {
        abi::set_property(name, value)
    }

    fn send_local_response(
        &self,
        status: u16,
        details: &str,
        headers: &[u8],
        body: &[u8],
        grpc_status: i32,
    ) -> HostResult<()> {
        abi::send_local_response(status, details, headers, body, grpc_status)
    }

    fn resume_request(&self) -> HostResult<()> {
        abi::resume_request()
    }

    fn resume_response(&self) -> HostResult<()> {
        abi::resume_response()
    }
}
