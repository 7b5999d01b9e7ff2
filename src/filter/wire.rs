//! What is done in the host for one request. What the core asks of it is [`Host`](crate::host::Host); this is what
//! carries out its effects.

#[cfg(target_arch = "wasm32")]
use crate::request::Action;

/// A status other than `Ok`, as the host gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status(pub(super) u32);

pub(super) type HostResult<T> = Result<T, Status>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderMap {
    Request = 0,
    RequestTrailers = 1,
    Response = 2,
    ResponseTrailers = 3,
    CallResponse = 6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Buffer {
    RequestBody = 0,
    ResponseBody = 1,
    CallResponseBody = 4,
    PluginConfiguration = 7,
}

/// The ABI's number of what a callback tells the host to do with the stream.
#[cfg(target_arch = "wasm32")]
pub(super) const fn number(action: Action) -> u32 {
    match action {
        Action::Continue => 0,
        Action::Pause => 1,
        Action::Hold => 2,
    }
}

/// The stream of the moment, as the host has it.
pub(super) trait Wire {
    /// All headers, in the ABI's serialised form.
    fn headers(&self, map: HeaderMap) -> HostResult<Vec<u8>>;

    /// Adds one line to the headers.
    fn add_header(&self, map: HeaderMap, name: &[u8], value: &[u8]) -> HostResult<()>;

    /// Removes all lines of this name.
    fn remove_header(&self, map: HeaderMap, name: &[u8]) -> HostResult<()>;

    /// Sets filter state.
    fn set_property(&self, name: &[u8], value: &[u8]) -> HostResult<()>;

    /// Answers the stream. `grpc_status` -1 is "none".
    fn send_local_response(
        &self,
        status: u16,
        details: &str,
        headers: &[u8],
        body: &[u8],
        grpc_status: i32,
    ) -> HostResult<()>;

    /// Lets the paused request go on.
    fn resume_request(&self) -> HostResult<()>;

    /// Lets the answer go on whose headers are held back.
    fn resume_response(&self) -> HostResult<()>;
}
