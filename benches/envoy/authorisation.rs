//! A service that Envoy asks about every request and that lets each one through: no service could do less.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use crate::Result;

/// What it answers to everything.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nx-verdict: allow\r\ncontent-length: 0\r\n\r\n";

/// Serves on this socket until the process ends, on the core of who called.
pub(crate) fn serve(socket: &Path) -> Result<()> {
    let listener = UnixListener::bind(socket)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || converse(stream));
        }
    });
    Ok(())
}

/// Answers request after request, each without a body, until Envoy closes the connection.
fn converse(mut stream: UnixStream) {
    let mut received = Vec::new();
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        received.extend_from_slice(&buffer[..count]);
        if received.ends_with(b"\r\n\r\n") {
            received.clear();
            if stream.write_all(ANSWER).is_err() {
                return;
            }
        }
    }
}
