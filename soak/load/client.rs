//! Clients that may be slow, and may leave at each stage.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Http2, Request, text};

/// No request waits longer: lookup, body and application together have less.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A kept connection that ends so soon had ended before.
const ALREADY_CLOSED: Duration = Duration::from_millis(5);

/// How a client behaves. Over HTTP/2 a body comes whole, and who leaves resets the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Sends all, and awaits the answer.
    Patient,
    /// Sends the body in so many pieces, with such pauses.
    Slow { pieces: usize, pause: Duration },
    /// Leaves when half of the body has been sent, or of the head where there is no body.
    LeavesInBody,
    /// Leaves when all has been sent, so long afterwards.
    LeavesWaiting(Duration),
    /// Leaves at the first byte of the answer.
    LeavesInAnswer,
}

/// Who has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    Application,
    Palisade,
    Envoy,
}

/// An answer, whole or cut off behind its head.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) is_cut: bool,
    /// Whether more came than one answer.
    pub(crate) has_more: bool,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.iter();
        let found = lines.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn origin(&self) -> Origin {
        let location = self.header("location").unwrap_or_default();
        if self.header("x-soak-application").is_some() {
            Origin::Application
        } else if self.header("x-palisade-ref").is_some() || location.contains("unlock=") {
            Origin::Palisade
        } else {
            Origin::Envoy
        }
    }

    pub(crate) fn text(&self) -> String {
        text(&self.body)
    }

    /// The `name=value` of a cookie that is set and whose name begins so.
    pub(crate) fn cookie(&self, prefix: &str) -> Option<String> {
        let lines = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        let mut pairs = lines.filter_map(|(_, line)| line.split(';').next());
        pairs
            .find(|pair| pair.starts_with(prefix))
            .map(str::to_owned)
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Reply(Reply),
    /// The connection or stream ended without an answer.
    Closed,
    /// Nothing came within [`DEADLINE`].
    Hung,
    /// The client has left as it was told to.
    Left,
}

impl Outcome {
    pub(crate) const fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Reply(reply) => Some(reply),
            _ => None,
        }
    }

    /// The status, 0 where there is none.
    pub(crate) fn status(&self) -> u16 {
        self.reply().map_or(0, |reply| reply.status)
    }

    pub(crate) fn origin(&self) -> Option<Origin> {
        self.reply().map(Reply::origin)
    }
}

/// A connection, opened when it is needed.
pub(crate) enum Wire {
    One(SocketAddr, Option<TcpStream>),
    Two(SocketAddr, Option<Http2>),
}

impl Wire {
    pub(crate) const fn http1(address: SocketAddr) -> Self {
        Self::One(address, None)
    }

    pub(crate) const fn http2(address: SocketAddr) -> Self {
        Self::Two(address, None)
    }

    /// Another one to the same place, of the same protocol.
    pub(crate) const fn another(&self) -> Self {
        match self {
            Self::One(address, _) => Self::http1(*address),
            Self::Two(address, _) => Self::http2(*address),
        }
    }

    /// Sends a request and awaits what becomes of it.
    pub(crate) async fn exchange(&mut self, request: &Request, manner: Manner) -> Outcome {
        match self {
            Self::One(address, kept) => {
                let bytes = request.to_http1();
                if let Some(stream) = kept.take() {
                    let since = Instant::now();
                    let (outcome, stream) = http1(stream, &bytes, manner).await;
                    // What the server had closed before the request came is opened again, as every client does.
                    let was_closed =
                        matches!(outcome, Outcome::Closed) && since.elapsed() < ALREADY_CLOSED;
                    if !was_closed {
                        *kept = stream;
                        return outcome;
                    }
                }
                let Ok(stream) = TcpStream::connect(*address).await else {
                    return Outcome::Closed;
                };
                let _ = stream.set_nodelay(true);
                let (outcome, stream) = http1(stream, &bytes, manner).await;
                *kept = stream;
                outcome
            }
            Self::Two(address, kept) => {
                if let Some(http2) = kept.take() {
                    // Opened again where the server had closed it: a listener that drains does.
                    if let Some(outcome) = two(&http2, request, manner).await {
                        *kept = matches!(outcome, Outcome::Reply(_)).then_some(http2);
                        return outcome;
                    }
                }
                let http2 = Http2::open(*address).await;
                let outcome = two(&http2, request, manner).await;
                let outcome = outcome.unwrap_or(Outcome::Closed);
                *kept = matches!(outcome, Outcome::Reply(_)).then_some(http2);
                outcome
            }
        }
    }

    /// Sends bytes that need not be a request.
    pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> Outcome {
        match TcpStream::connect(address).await {
            Ok(stream) => http1(stream, bytes, Manner::Patient).await.0,
            Err(_) => Outcome::Closed,
        }
    }
}

/// What became of a request over this connection; `None` where it was never sent, since the connection had ended.
async fn two(http2: &Http2, request: &Request, manner: Manner) -> Option<Outcome> {
    let exchange = http2.request(request);
    let response = match manner {
        Manner::LeavesWaiting(after) => match tokio::time::timeout(after, exchange).await {
            Ok(response) => response,
            Err(_) => return Some(Outcome::Left),
        },
        _ => exchange.await,
    };
    let response = match response {
        Ok(response) => response,
        Err(error) if error.is_canceled() => return None,
        Err(_) => return Some(Outcome::Closed),
    };
    let headers = response.headers.iter();
    Some(Outcome::Reply(Reply {
        status: response.status,
        headers: headers
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        body: response.body,
        is_cut: false,
        has_more: false,
    }))
}

/// One exchange over HTTP/1.1, and the connection if it can be used again.
async fn http1(
    mut stream: TcpStream,
    bytes: &[u8],
    manner: Manner,
) -> (Outcome, Option<TcpStream>) {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let head = head.map_or(bytes.len(), |end| end + 4);
    // Whoever is answered early need not be able to send the rest.
    match manner {
        Manner::Slow { pieces, pause } => {
            let _ = stream.write_all(&bytes[..head]).await;
            let size = (bytes.len() - head).div_ceil(pieces.max(1)).max(1);
            for piece in bytes[head..].chunks(size) {
                tokio::time::sleep(pause).await;
                if stream.write_all(piece).await.is_err() {
                    break;
                }
            }
        }
        Manner::LeavesInBody => {
            let half = if head < bytes.len() {
                head.midpoint(bytes.len())
            } else {
                head / 2
            };
            let _ = stream.write_all(&bytes[..half]).await;
            tokio::time::sleep(Duration::from_millis(40)).await;
            return (Outcome::Left, None);
        }
        _ => {
            let _ = stream.write_all(bytes).await;
        }
    }
    match manner {
        Manner::LeavesWaiting(after) => {
            tokio::time::sleep(after).await;
            return (Outcome::Left, None);
        }
        Manner::LeavesInAnswer => {
            let mut byte = [0];
            let _ = stream.read(&mut byte).await;
            return (Outcome::Left, None);
        }
        _ => {}
    }
    let is_head = bytes.starts_with(b"HEAD ");
    let Some(reply) = read(&mut stream, is_head).await else {
        return (Outcome::Closed, None);
    };
    let lasts = !reply.is_cut && reply.header("connection") != Some("close");
    (Outcome::Reply(reply), lasts.then_some(stream))
}

/// Reads an answer; `None` when its head does not come whole.
async fn read(stream: &mut TcpStream, is_head: bool) -> Option<Reply> {
    let mut unread = Vec::new();
    let (status, headers) = loop {
        let end = loop {
            if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            more(stream, &mut unread).await?;
        };
        let lines: Vec<u8> = unread.drain(..end + 4).collect();
        let lines = text(&lines);
        let mut lines = lines.trim_end().split("\r\n");
        let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
        let headers: Vec<_> = headers.collect();
        if status != 100 {
            break (status, headers);
        }
    };
    let mut reply = Reply {
        status,
        headers,
        body: Vec::new(),
        is_cut: false,
        has_more: false,
    };
    let rest = match (
        reply.header("content-length"),
        reply.header("transfer-encoding"),
    ) {
        _ if is_head || matches!(status, 204 | 304) => Some(unread),
        (Some(length), _) => {
            let length: usize = length.parse().ok()?;
            exactly(stream, unread, length, &mut reply.body).await
        }
        (None, Some("chunked")) => chunked(stream, unread, &mut reply.body).await,
        _ => {
            while more(stream, &mut unread).await.is_some() {}
            reply.body = unread;
            Some(Vec::new())
        }
    };
    reply.is_cut = rest.is_none();
    reply.has_more = rest.is_some_and(|rest| !rest.is_empty());
    Some(reply)
}

async fn more(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<()> {
    matches!(stream.read_buf(unread).await, Ok(1..)).then_some(())
}

/// Moves so many bytes into `body` and gives what came behind them.
async fn exactly(
    stream: &mut TcpStream,
    mut unread: Vec<u8>,
    length: usize,
    body: &mut Vec<u8>,
) -> Option<Vec<u8>> {
    while unread.len() < length {
        more(stream, &mut unread).await?;
    }
    body.extend(unread.drain(..length));
    Some(unread)
}

async fn chunked(
    stream: &mut TcpStream,
    mut unread: Vec<u8>,
    body: &mut Vec<u8>,
) -> Option<Vec<u8>> {
    loop {
        let end = loop {
            if let Some(end) = unread.windows(2).position(|pair| pair == b"\r\n") {
                break end;
            }
            more(stream, &mut unread).await?;
        };
        let line: Vec<u8> = unread.drain(..end + 2).collect();
        let size = usize::from_str_radix(text(&line).trim(), 16).ok()?;
        let mut chunk = Vec::new();
        unread = exactly(stream, unread, size + 2, &mut chunk).await?;
        if size == 0 {
            return Some(unread);
        }
        body.extend(&chunk[..size]);
    }
}
