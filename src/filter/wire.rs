//! What one request asks of the host. The core's [`Host`](crate::request::Host) judges; this one carries out.

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

/// What a callback tells the host to do with the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Action {
    #[default]
    Continue,
    /// It waits. Of a body the host keeps what has come, tells it as a whole again and again, and answers 413 if it is more than it keeps.
    Pause,
    /// It waits. Of a body the host tells each piece once, and takes no more from the client than it keeps.
    Hold,
}

impl Action {
    /// The ABI's number.
    #[cfg(target_arch = "wasm32")]
    pub(super) const fn number(self) -> u32 {
        match self {
            Self::Continue => 0,
            Self::Pause => 1,
            Self::Hold => 2,
        }
    }
}

/// The stream of the moment, as the host has it.
pub(super) trait Wire {
    /// How many bytes of the request have been received so far, with an estimate for its head.
    fn request_size(&self) -> Option<u64>;

    /// At most `length` bytes of a buffer behind its first `start`.
    fn buffer(&self, kind: Buffer, start: usize, length: usize) -> HostResult<Vec<u8>>;

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
