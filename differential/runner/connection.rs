//! One connection to a framework's server.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::request::Request;

/// No server needs so long for what the runner sends.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a server says.
pub(crate) enum Said {
    /// What it read.
    Answer(Value),
    /// It refuses the request: with a status, or by closing the connection.
    Refused,
}

/// A connection that is made when it is needed.
pub(crate) struct Connection {
    port: u16,
    authority: String,
    open: Option<BufReader<TcpStream>>,
}

impl Connection {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            authority: format!("127.0.0.1:{port}"),
            open: None,
        }
    }

    /// Asks the server.
    ///
    /// # Errors
    /// When it cannot be reached, does not answer in time, or answers what is no answer.
    pub(crate) fn ask(&mut self, request: &Request) -> io::Result<Said> {
        let bytes = request.to_bytes(&self.authority);
        // A connection that was kept may be closed in the meantime; that is no answer to this request.
        if let Some(kept) = self.open.take() {
            match exchange(kept, &bytes) {
                Ok(reply) => return self.take(reply),
                Err(error)
                    if error.kind() == io::ErrorKind::TimedOut
                        || error.kind() == io::ErrorKind::WouldBlock =>
                {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        match exchange(BufReader::new(stream), &bytes) {
            Ok(reply) => self.take(reply),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
                ) =>
            {
                Err(error)
            }
            Err(_) => Ok(Said::Refused),
        }
    }

    fn take(&mut self, reply: Reply) -> io::Result<Said> {
        self.open = reply.kept;
        // A redirect (of a trailing slash) reads nothing yet, and what the client asks for next is judged anew.
        // Nor does an answer without a body, which frameworks give to OPTIONS.
        if reply.status != 200 || reply.body.is_empty() {
            return Ok(Said::Refused);
        }
        serde_json::from_slice(&reply.body)
            .map(Said::Answer)
            .map_err(|error| {
                let body = String::from_utf8_lossy(&reply.body).into_owned();
                io::Error::other(format!("an answer that is no JSON ({error}): {body}"))
            })
    }
}

struct Reply {
    status: u16,
    body: Vec<u8>,
    kept: Option<BufReader<TcpStream>>,
}

fn exchange(mut stream: BufReader<TcpStream>, request: &[u8]) -> io::Result<Reply> {
    // A server that refuses the head may close before it has read the body, and have answered all the same.
    let written = stream.get_mut().write_all(request);
    let mut line = String::new();
    let status = loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let status = line
            .split(' ')
            .nth(1)
            .and_then(|status| status.trim().parse().ok());
        match status.ok_or_else(|| io::Error::other("no status"))? {
            100..=199 => while read_header(&mut stream)?.is_some() {},
            status => break status,
        }
    };
    let (mut length, mut is_chunked, mut is_kept) = (None, false, line.starts_with("HTTP/1.1"));
    while let Some((name, value)) = read_header(&mut stream)? {
        match name.as_str() {
            "content-length" => length = value.parse().ok(),
            "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => is_kept = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if is_chunked {
        read_chunks(&mut stream, &mut body)?;
    } else if let Some(length) = length {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
    } else {
        is_kept = false;
        stream.read_to_end(&mut body)?;
    }
    Ok(Reply {
        status,
        body,
        kept: (is_kept && written.is_ok()).then_some(stream),
    })
}

fn read_header(stream: &mut impl BufRead) -> io::Result<Option<(String, String)>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let line = String::from_utf8_lossy(&line);
    let line = line.trim_end();
    if line.is_empty() {
        return Ok(None);
    }
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    Ok(Some((name.to_ascii_lowercase(), value.trim().to_owned())))
}

fn read_chunks(stream: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(io::Error::other)?;
        if size == 0 {
            while read_header(stream)?.is_some() {}
            return Ok(());
        }
        let start = body.len();
        body.resize(start + size, 0);
        stream.read_exact(&mut body[start..])?;
        line.clear();
        stream.read_line(&mut line)?;
    }
}
