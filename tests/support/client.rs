//! Clients: HTTP/1.1 byte by byte, and HTTP/2 with prior knowledge.

use super::backend::lines;
use super::{text, within};
use bytes::Bytes;
use http_body_util::channel::{Channel, Sender};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use std::convert::Infallible;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A request to send, for either protocol. Nothing is checked or encoded: it may be as bad as the test wants.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) method: String,
    pub(super) target: Vec<u8>,
    pub(super) headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    trailers: Vec<(String, String)>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: &str, target: impl AsRef<[u8]>) -> Self {
        Self {
            method: method.to_owned(),
            target: target.as_ref().to_vec(),
            headers: Vec::new(),
            body: Vec::new(),
            trailers: Vec::new(),
        }
    }

    /// A GET.
    pub fn get(target: impl AsRef<[u8]>) -> Self {
        Self::new("GET", target)
    }

    /// A POST, with an empty body until [`Request::body`].
    pub fn post(target: impl AsRef<[u8]>) -> Self {
        Self::new("POST", target)
    }

    /// Comes from this address, as the load balancer before Envoy tells it (the harness trusts one hop).
    pub fn client(self, address: &str) -> Self {
        self.header("x-forwarded-for", address)
    }

    /// One more header line. `host` replaces the default one.
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// Another value for a header.
    pub fn replace(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| key != name.as_bytes());
        self.header(name, value)
    }

    /// Another method.
    pub fn with_method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// The value of the first header line of this name.
    pub fn header_value(&self, name: &str) -> Option<String> {
        let mut lines = self.headers.iter();
        let line = lines.find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        line.map(|(_, value)| text(value))
    }

    /// The body so far.
    pub fn body_bytes(&self) -> &[u8] {
        &self.body
    }

    /// The body.
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// One more trailer line; over HTTP/1.1 the body is then sent in chunks.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The exact bytes over HTTP/1.1, with `host` and the body's length added when missing.
    pub fn to_http1(&self) -> Vec<u8> {
        let has = |name: &str| {
            self.headers
                .iter()
                .any(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()))
        };
        let framed = has("content-length") || has("transfer-encoding");
        let mut head = [
            self.method.as_bytes(),
            b" ",
            &self.target,
            b" HTTP/1.1\r\n".as_slice(),
        ]
        .concat();
        let mut line = |name: &[u8], value: &[u8]| {
            head.extend_from_slice(&[name, b": ", value, b"\r\n"].concat());
        };
        if !has("host") {
            line(b"host", b"shop.example");
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        let length = self.body.len();
        if !self.trailers.is_empty() {
            line(b"transfer-encoding", b"chunked");
            head.extend_from_slice(format!("\r\n{length:x}\r\n").as_bytes());
            head.extend_from_slice(&self.body);
            head.extend_from_slice(b"\r\n0\r\n");
            for (name, value) in &self.trailers {
                head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            head.extend_from_slice(b"\r\n");
            return head;
        }
        if !framed && (length > 0 || self.method == "POST") {
            line(b"content-length", length.to_string().as_bytes());
        }
        [&head, b"\r\n".as_slice(), &self.body].concat()
    }
}

/// A response, whole.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header lines in order, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body, chunks joined.
    pub body: Vec<u8>,
    /// The trailer lines.
    pub trailers: Vec<(String, Vec<u8>)>,
}

impl Response {
    /// The first value of this header or trailer (name in lower case).
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers
            .iter()
            .chain(&self.trailers)
            .find(|(key, _)| key == name)
            .map(|(_, value)| text(value))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        text(&self.body)
    }

    /// The body as JSON; panics when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }
}

/// Sends one request over a connection of its own and awaits the response.
pub async fn http1(address: SocketAddr, request: &Request) -> Response {
    Connection::open(address).await.request(request).await
}

/// One HTTP/1.1 connection, kept alive between requests.
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address))
            .await
            .unwrap_or_else(|error| panic!("connecting to {address}: {error}"));
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    /// Sends exactly these bytes.
    pub async fn send(&mut self, bytes: &[u8]) {
        within("Envoy to read", self.stream.write_all(bytes))
            .await
            .unwrap();
    }

    /// Sends a request and awaits its response.
    pub async fn request(&mut self, request: &Request) -> Response {
        self.send(&request.to_http1()).await;
        self.response(&request.method).await
    }

    /// Awaits the next response; `method` is that of its request, since the answer to a HEAD has no body.
    pub async fn response(&mut self, method: &str) -> Response {
        within("a response", self.read_response(method)).await
    }

    /// Awaits the head of the next response alone: its status and its lines.
    pub async fn response_head(&mut self) -> (String, Vec<(String, Vec<u8>)>) {
        within("the head of a response", async {
            (self.read_line().await, self.read_headers().await)
        })
        .await
    }

    /// Waits until the other side closes, and gives what came before that.
    pub async fn closed(mut self) -> Vec<u8> {
        within("the connection to be closed", async {
            while self.read_more().await {}
        })
        .await;
        self.unread
    }

    /// Reads more bytes; false at the end of the stream.
    async fn read_more(&mut self) -> bool {
        matches!(self.stream.read_buf(&mut self.unread).await, Ok(1..))
    }

    async fn read_response(&mut self, method: &str) -> Response {
        let status_line = self.read_line().await;
        let status: u16 = status_line
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("no status line: {status_line:?}"));
        let headers = self.read_headers().await;
        let mut response = Response {
            status,
            headers,
            body: Vec::new(),
            trailers: Vec::new(),
        };
        let header = |name| response.header(name);
        if status == 100 {
            return Box::pin(self.read_response(method)).await;
        }
        if method == "HEAD"
            || matches!(status, 101 | 204 | 304)
            || (method == "CONNECT" && status == 200)
        {
        } else if header("transfer-encoding").as_deref() == Some("chunked") {
            loop {
                let line = self.read_line().await;
                let size = usize::from_str_radix(line.trim(), 16)
                    .unwrap_or_else(|_| panic!("no chunk size: {line:?}"));
                if size == 0 {
                    response.trailers = self.read_headers().await;
                    break;
                }
                response.body.extend(self.read_exactly(size).await);
                self.read_line().await;
            }
        } else if let Some(length) = header("content-length") {
            response.body = self.read_exactly(length.parse().unwrap()).await;
        } else {
            while self.read_more().await {}
            response.body = std::mem::take(&mut self.unread);
        }
        response
    }

    async fn read_headers(&mut self) -> Vec<(String, Vec<u8>)> {
        let mut headers = Vec::new();
        loop {
            let line = self.read_line().await;
            let Some((name, value)) = line.split_once(':') else {
                assert!(line.is_empty(), "no header line: {line:?}");
                return headers;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().as_bytes().to_vec()));
        }
    }

    async fn read_line(&mut self) -> String {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\r\n") {
                let line: Vec<u8> = self.unread.drain(..end + 2).collect();
                return text(&line[..end]);
            }
            assert!(
                self.read_more().await,
                "closed in mid response, after {:?}",
                text(&self.unread)
            );
        }
    }

    async fn read_exactly(&mut self, length: usize) -> Vec<u8> {
        while self.unread.len() < length {
            assert!(
                self.read_more().await,
                "closed after {} of {length} bytes",
                self.unread.len()
            );
        }
        self.unread.drain(..length).collect()
    }
}

/// One HTTP/2 connection with prior knowledge; requests may run at the same time.
#[derive(Clone)]
pub struct Http2 {
    sender: http2::SendRequest<BoxBody<Bytes, Infallible>>,
}

impl Http2 {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        Self { sender }
    }

    /// Sends a request and awaits its response; `Err` when Envoy resets the stream.
    pub async fn request(&self, request: &Request) -> hyper::Result<Response> {
        self.exchange(request.to_http2()).await
    }

    /// Sends the head of a request, whose body comes piece by piece.
    pub fn begin(&self, request: &Request) -> Unfinished {
        let (body, rest) = Channel::new(8);
        let head = request.to_http2().map(|_| rest.boxed());
        let http2 = self.clone();
        let response = tokio::spawn(async move { http2.exchange(head).await });
        Unfinished { body, response }
    }

    /// Opens a websocket (RFC 8441), whatever the method of `request`.
    pub async fn websocket(&self, request: &Request) -> hyper::Result<Response> {
        let mut request = request.to_http2();
        *request.method_mut() = hyper::Method::CONNECT;
        let protocol = hyper::ext::Protocol::from_static("websocket");
        request.extensions_mut().insert(protocol);
        self.exchange(request).await
    }

    async fn exchange(
        &self,
        request: hyper::Request<BoxBody<Bytes, Infallible>>,
    ) -> hyper::Result<Response> {
        let mut sender = self.sender.clone();
        within("a response", async {
            let response = sender.send_request(request).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?;
            Ok(Response {
                status: head.status.as_u16(),
                headers: lines(&head.headers),
                trailers: body.trailers().map(lines).unwrap_or_default(),
                body: body.to_bytes().to_vec(),
            })
        })
        .await
    }
}

/// A request over HTTP/2 whose end has not been sent.
pub struct Unfinished {
    body: Sender<Bytes>,
    response: JoinHandle<hyper::Result<Response>>,
}

impl Unfinished {
    /// Sends more of the body.
    pub async fn send(&mut self, piece: &str) {
        let piece = Bytes::from(piece.to_owned());
        self.body.send_data(piece).await.unwrap();
    }

    /// Ends it with a trailer.
    pub async fn trailer(mut self, name: &'static str, value: &'static str) -> Response {
        let name = hyper::header::HeaderName::from_static(name);
        let value = hyper::header::HeaderValue::from_static(value);
        let trailers = hyper::HeaderMap::from_iter([(name, value)]);
        self.body.send_trailers(trailers).await.unwrap();
        self.response.await.unwrap().unwrap()
    }

    /// Awaits the response, and sends no more.
    pub async fn response(self) -> Response {
        let Self { body, response } = self;
        let response = response.await.unwrap().unwrap();
        drop(body);
        response
    }
}

impl Request {
    fn to_http2(&self) -> hyper::Request<BoxBody<Bytes, Infallible>> {
        let (host, headers): (Vec<_>, Vec<_>) = self
            .headers
            .iter()
            .partition(|(name, _)| name.eq_ignore_ascii_case(b"host"));
        let host = host
            .first()
            .map_or_else(|| "shop.example".to_owned(), |(_, value)| text(value));
        let mut request = hyper::Request::builder()
            .method(self.method.as_str())
            .uri(format!("http://{host}{}", text(&self.target)));
        for (name, value) in headers {
            request = request.header(name.as_slice(), value.as_slice());
        }
        let mut trailers = hyper::HeaderMap::new();
        for (name, value) in &self.trailers {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            trailers.append(name, value.parse().unwrap());
        }
        let data = Bytes::from(self.body.clone());
        let body = if trailers.is_empty() {
            Full::new(data).boxed()
        } else {
            // A body of unknown length, since trailers do not go with a content-length over HTTP/1.1 behind Envoy.
            let (mut sender, body) = Channel::new(2);
            tokio::spawn(async move {
                let _ = sender.send_data(data).await;
                let _ = sender.send_trailers(trailers).await;
            });
            body.boxed()
        };
        request.body(body).unwrap()
    }
}
