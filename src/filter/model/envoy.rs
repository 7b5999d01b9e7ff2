//! One stream of Envoy's, as the filter sees it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::callout::CallError;
use crate::callout::HttpRequest;
use crate::callout::{CallToken, Caller};
use crate::fake_host::FakeHost;
use crate::filter::wire::{HeaderMap, HostResult, Status, Wire};
use crate::host::{Exchange, HeadLine, Host};
use crate::message::{HeaderBlock, serialise};
use crate::response::Origin;
use crate::store::{Expected, Store, StoreError};
use crate::telemetry::{Event, Meter};
use crate::time::Time;

/// What it has, and what it was told.
#[derive(Default)]
pub(super) struct Envoy {
    pub(super) host: FakeHost,
    /// How many bytes have been received, with the head.
    pub(super) size: Cell<u64>,
    /// What the filter may read of the body.
    pub(super) visible: RefCell<Vec<u8>>,
    pub(super) reply: Cell<Option<u16>>,
    pub(super) resumed: Cell<bool>,
}

impl Exchange for &Envoy {
    fn request_size(&self) -> Option<u64> {
        Some(self.size.get())
    }

    fn request_body(&self, start: usize, length: usize) -> Option<Vec<u8>> {
        let visible = self.visible.borrow();
        let end = visible.len().min(start + length);
        visible.get(start..end).map(<[u8]>::to_vec)
    }

    fn answer(&self) -> Option<HeaderBlock> {
        let lines: [(&[u8], &[u8]); 1] = [(b":status", b"200")];
        Some(HeaderBlock::new(serialise(lines.into_iter())))
    }

    fn answer_body(&self, _: usize, _: usize) -> Option<Vec<u8>> {
        None
    }

    fn answer_trailers(&self) -> Option<HeaderBlock> {
        None
    }
}

impl Wire for &Envoy {
    fn headers(&self, _: HeaderMap) -> HostResult<Vec<u8>> {
        Ok(serialise(std::iter::empty()))
    }

    fn add_header(&self, _: HeaderMap, _: &[u8], _: &[u8]) -> HostResult<()> {
        Ok(())
    }

    fn remove_header(&self, _: HeaderMap, _: &[u8]) -> HostResult<()> {
        Ok(())
    }

    fn set_property(&self, _: &[u8], _: &[u8]) -> HostResult<()> {
        Ok(())
    }

    fn send_local_response(
        &self,
        status: u16,
        _: &str,
        _: &[u8],
        _: &[u8],
        _: i32,
    ) -> HostResult<()> {
        assert_eq!(self.reply.replace(Some(status)), None, "answered once");
        Ok(())
    }

    fn resume_response(&self) -> HostResult<()> {
        Err(Status(2))
    }

    fn resume_request(&self) -> HostResult<()> {
        assert!(!self.resumed.replace(true), "resumed once");
        Ok(())
    }
}

impl Store for &Envoy {
    fn get(&self, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        self.host.get(key)
    }

    fn compare_and_set(
        &self,
        key: &[u8],
        value: &[u8],
        expected: Expected,
    ) -> Result<(), StoreError> {
        self.host.compare_and_set(key, value, expected)
    }
}

impl Caller for &Envoy {
    fn call(
        &self,
        cluster: &str,
        request: &HttpRequest,
        timeout: Duration,
    ) -> Result<CallToken, CallError> {
        self.host.call(cluster, request, timeout)
    }
}

impl Meter for &Envoy {
    fn meter(&self, event: Event) {
        self.host.meter(event);
    }
}

impl Host for &Envoy {
    fn now(&self) -> Time {
        self.host.now()
    }

    fn peer_address(&self) -> Option<Vec<u8>> {
        self.host.peer_address()
    }

    fn profile(&self) -> Option<Vec<u8>> {
        self.host.profile()
    }

    fn filter_state(&self, name: &str) -> Option<Vec<u8>> {
        self.host.filter_state(name)
    }

    fn head_line(&self, line: HeadLine) -> Option<Vec<u8>> {
        self.host.head_line(line)
    }

    fn origin(&self) -> Origin {
        self.host.origin()
    }

    fn random(&self) -> [u8; 16] {
        self.host.random()
    }
}
