//! The proxy-wasm ABI 0.2.1: every call to the host, and every one from it.
//!
//! This is the one file with `unsafe`. Why it does not go through the `proxy-wasm` crate stands in
//! `docs/design/abi.md`. Every call here is fallible, and no status makes it panic.
//!
//! Reference: the proxy-wasm specification, ABI version 0.2.1.
#![allow(
    unsafe_code,
    reason = "host calls cross the boundary of the VM; nothing else may"
)]

use std::alloc::Layout;
use std::ptr::null_mut;

use super::wire::{Buffer, HeaderMap, HostResult, Status};
use crate::time::Time;

mod host {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub(super) fn proxy_log(level: u32, data: *const u8, size: usize) -> u32;
        pub(super) fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
        pub(super) fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
        pub(super) fn proxy_get_buffer_bytes(
            kind: u32,
            start: usize,
            size: usize,
            data: *mut *mut u8,
            length: *mut usize,
        ) -> u32;
        pub(super) fn proxy_get_header_map_pairs(
            map: u32,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(super) fn proxy_add_header_map_value(
            map: u32,
            name: *const u8,
            name_size: usize,
            value: *const u8,
            value_size: usize,
        ) -> u32;
        pub(super) fn proxy_remove_header_map_value(
            map: u32,
            name: *const u8,
            name_size: usize,
        ) -> u32;
        pub(super) fn proxy_get_property(
            path: *const u8,
            path_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(super) fn proxy_set_property(
            path: *const u8,
            path_size: usize,
            data: *const u8,
            size: usize,
        ) -> u32;
        pub(super) fn proxy_get_shared_data(
            key: *const u8,
            key_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
            cas: *mut u32,
        ) -> u32;
        pub(super) fn proxy_set_shared_data(
            key: *const u8,
            key_size: usize,
            data: *const u8,
            size: usize,
            cas: u32,
        ) -> u32;
        pub(super) fn proxy_http_call(
            cluster: *const u8,
            cluster_size: usize,
            headers: *const u8,
            headers_size: usize,
            body: *const u8,
            body_size: usize,
            trailers: *const u8,
            trailers_size: usize,
            timeout_milliseconds: u32,
            token: *mut u32,
        ) -> u32;
        pub(super) fn proxy_send_local_response(
            status: u32,
            details: *const u8,
            details_size: usize,
            body: *const u8,
            body_size: usize,
            headers: *const u8,
            headers_size: usize,
            grpc_status: i32,
        ) -> u32;
        pub(super) fn proxy_continue_stream(stream: u32) -> u32;
        pub(super) fn proxy_set_effective_context(context: u32) -> u32;
        pub(super) fn proxy_define_metric(
            kind: u32,
            name: *const u8,
            name_size: usize,
            id: *mut u32,
        ) -> u32;
        pub(super) fn proxy_increment_metric(id: u32, by: i64) -> u32;
        pub(super) fn proxy_record_metric(id: u32, value: u64) -> u32;
    }
}

impl Status {
    pub(crate) const BAD_ARGUMENT: Self = Self(2);
    pub(crate) const CAS_MISMATCH: Self = Self(8);
}

const fn check(status: u32) -> HostResult<()> {
    match status {
        0 => Ok(()),
        other => Err(Status(other)),
    }
}

/// Takes over a buffer that the host filled through [`proxy_on_memory_allocate`].
fn received(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> HostResult<Vec<u8>> {
    let mut data: *mut u8 = null_mut();
    let mut size: usize = 0;
    check(call(&raw mut data, &raw mut size))?;
    if data.is_null() || size == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the host asked `proxy_on_memory_allocate` for exactly `size` bytes, which came from
    // the global allocator with alignment 1, filled them, and keeps no reference.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

#[derive(Clone, Copy)]
pub(crate) enum MetricKind {
    Counter = 0,
    Gauge = 1,
    Histogram = 2,
}

#[expect(
    clippy::as_conversions,
    reason = "the discriminants are the ABI's numbers"
)]
mod calls {
    use super::*;

    pub(crate) fn log(level: log::Level, text: &str) {
        let level = match level {
            log::Level::Trace => 0,
            log::Level::Debug => 1,
            log::Level::Info => 2,
            log::Level::Warn => 3,
            log::Level::Error => 4,
        };
        // SAFETY: pointer and length are those of a live slice. A log line that the host refuses is dropped.
        let _ = unsafe { host::proxy_log(level, text.as_ptr(), text.len()) };
    }

    pub(crate) fn now() -> Time {
        let mut nanos: u64 = 0;
        // SAFETY: the pointer is to a live local.
        let _ = unsafe { host::proxy_get_current_time_nanoseconds(&raw mut nanos) };
        Time::from_nanos(nanos)
    }

    /// 0 stops the ticks.
    pub(crate) fn set_tick_period(milliseconds: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        check(unsafe { host::proxy_set_tick_period_milliseconds(milliseconds) })
    }

    /// At most `limit` bytes of a buffer.
    pub(crate) fn buffer(kind: Buffer, limit: usize) -> HostResult<Vec<u8>> {
        buffer_from(kind, 0, limit)
    }

    /// At most `limit` bytes of a buffer behind its first `start`.
    pub(crate) fn buffer_from(kind: Buffer, start: usize, limit: usize) -> HostResult<Vec<u8>> {
        // SAFETY: the pointers are to live locals of `received`.
        received(|data, size| unsafe {
            host::proxy_get_buffer_bytes(kind as u32, start, limit, data, size)
        })
    }

    /// All headers, in the ABI's serialised form (see `message::HeaderBlock`).
    pub(crate) fn headers(map: HeaderMap) -> HostResult<Vec<u8>> {
        // SAFETY: as in `buffer`.
        received(|data, size| unsafe { host::proxy_get_header_map_pairs(map as u32, data, size) })
    }

    /// Adds one line to the headers.
    pub(crate) fn add_header(map: HeaderMap, name: &[u8], value: &[u8]) -> HostResult<()> {
        // SAFETY: pointers and lengths are those of live slices.
        check(unsafe {
            host::proxy_add_header_map_value(
                map as u32,
                name.as_ptr(),
                name.len(),
                value.as_ptr(),
                value.len(),
            )
        })
    }

    /// Removes all lines of this name.
    pub(crate) fn remove_header(map: HeaderMap, name: &[u8]) -> HostResult<()> {
        // SAFETY: pointer and length are those of a live slice.
        check(unsafe { host::proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
    }

    /// A property; its path's segments are joined by NUL bytes.
    pub(crate) fn property(path: &[u8]) -> HostResult<Vec<u8>> {
        // SAFETY: a live slice, and the live locals of `received`.
        received(|data, size| unsafe {
            host::proxy_get_property(path.as_ptr(), path.len(), data, size)
        })
    }

    /// How many bytes of the request the host has received so far, with an estimate for its head.
    pub(crate) fn request_size() -> Option<u64> {
        let size = property(b"request\0total_size").ok()?;
        size.try_into().ok().map(u64::from_le_bytes)
    }

    /// Sets filter state: the host puts `wasm.` before the name.
    pub(crate) fn set_property(name: &[u8], value: &[u8]) -> HostResult<()> {
        // SAFETY: pointers and lengths are those of live slices.
        check(unsafe {
            host::proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len())
        })
    }

    pub(crate) fn shared_data(key: &[u8]) -> HostResult<(Vec<u8>, u32)> {
        let mut cas: u32 = 0;
        // SAFETY: a live slice, and live locals.
        let value = received(|data, size| unsafe {
            host::proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
        })?;
        Ok((value, cas))
    }

    /// `cas` 0 writes without condition.
    pub(crate) fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> HostResult<()> {
        // SAFETY: pointers and lengths are those of live slices.
        check(unsafe {
            host::proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas)
        })
    }

    /// Sends an HTTP request; the answer comes to `proxy_on_http_call_response` of the root.
    pub(crate) fn http_call(
        cluster: &str,
        headers: &[u8],
        body: &[u8],
        timeout_milliseconds: u32,
    ) -> HostResult<u32> {
        // An empty map, serialised: its count is zero.
        let trailers = [0_u8; 4];
        let mut token: u32 = 0;
        // SAFETY: pointers and lengths are those of live slices; the token is a live local.
        check(unsafe {
            host::proxy_http_call(
                cluster.as_ptr(),
                cluster.len(),
                headers.as_ptr(),
                headers.len(),
                body.as_ptr(),
                body.len(),
                trailers.as_ptr(),
                trailers.len(),
                timeout_milliseconds,
                &raw mut token,
            )
        })?;
        Ok(token)
    }

    /// Answers the effective stream. `grpc_status` -1 is "none".
    pub(crate) fn send_local_response(
        status: u16,
        details: &str,
        headers: &[u8],
        body: &[u8],
        grpc_status: i32,
    ) -> HostResult<()> {
        // SAFETY: pointers and lengths are those of live slices.
        check(unsafe {
            host::proxy_send_local_response(
                u32::from(status),
                details.as_ptr(),
                details.len(),
                body.as_ptr(),
                body.len(),
                headers.as_ptr(),
                headers.len(),
                grpc_status,
            )
        })
    }

    /// Lets the effective stream's paused request go on.
    pub(crate) fn resume_request() -> HostResult<()> {
        // SAFETY: no pointers.
        check(unsafe { host::proxy_continue_stream(0) })
    }

    /// Lets the effective stream's answer go on, whose headers were held back.
    pub(crate) fn resume_response() -> HostResult<()> {
        // SAFETY: no pointers.
        check(unsafe { host::proxy_continue_stream(1) })
    }

    /// Makes later calls act on this stream. On an error the former one stays effective: check it.
    pub(crate) fn set_effective_context(context: u32) -> HostResult<()> {
        // SAFETY: no pointers.
        check(unsafe { host::proxy_set_effective_context(context) })
    }

    pub(crate) fn define_metric(kind: MetricKind, name: &str) -> HostResult<u32> {
        let mut id: u32 = 0;
        // SAFETY: a live slice and a live local.
        check(unsafe {
            host::proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &raw mut id)
        })?;
        Ok(id)
    }

    pub(crate) fn increment_metric(id: u32, by: i64) {
        // SAFETY: no pointers. A metric that the host refuses is not worth a request.
        let _ = unsafe { host::proxy_increment_metric(id, by) };
    }

    pub(crate) fn record_metric(id: u32, value: u64) {
        // SAFETY: as above.
        let _ = unsafe { host::proxy_record_metric(id, value) };
    }
}
pub(crate) use calls::*;

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// Memory for what the host hands over; null when there is none left, which fails that one call.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    match Layout::array::<u8>(size.max(1)) {
        // SAFETY: the layout is not of zero size.
        Ok(layout) => unsafe { std::alloc::alloc(layout) },
        Err(_) => null_mut(),
    }
}

/// The callbacks from the host, which a module answers. Only those that we need exist, because the host calls, and pays
/// for, each one that does.
///
/// A macro, so that this file knows nothing of who answers.
macro_rules! answer_callbacks {
    ($plugin:path) => {
        use $plugin as answers;

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_configure(root: u32, size: usize) -> u32 {
            u32::from(answers::on_configure(root, size))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_context_create(context: u32, parent: u32) {
            answers::on_context_create(context, parent);
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_headers(
            context: u32,
            _count: usize,
            end_of_stream: u32,
        ) -> u32 {
            $crate::filter::wire::number(answers::on_request_headers(context, end_of_stream != 0))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_body(context: u32, size: usize, end_of_stream: u32) -> u32 {
            $crate::filter::wire::number(answers::on_request_body(
                context,
                size,
                end_of_stream != 0,
            ))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_request_trailers(context: u32, _count: usize) -> u32 {
            $crate::filter::wire::number(answers::on_request_trailers(context))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_response_headers(
            context: u32,
            _count: usize,
            end_of_stream: u32,
        ) -> u32 {
            $crate::filter::wire::number(answers::on_response_headers(context, end_of_stream != 0))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_response_body(context: u32, size: usize, end_of_stream: u32) -> u32 {
            $crate::filter::wire::number(answers::on_response_body(
                context,
                size,
                end_of_stream != 0,
            ))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_response_trailers(context: u32, _count: usize) -> u32 {
            $crate::filter::wire::number(answers::on_response_trailers(context))
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_http_call_response(
            root: u32,
            token: u32,
            header_count: usize,
            body_size: usize,
            _trailer_count: usize,
        ) {
            answers::on_http_call_response(root, token, header_count, body_size);
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_tick(root: u32) {
            answers::on_tick(root);
        }

        #[unsafe(no_mangle)]
        extern "C" fn proxy_on_delete(context: u32) {
            answers::on_delete(context);
        }
    };
}
pub(super) use answer_callbacks;
