//! The load: HTTP/1.1 over a few kept connections, one request in flight on each.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Result;

/// How long any single response may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for, and what must come back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
}

/// When a run of requests ends: after so much time or so many requests, whichever is first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) time: Duration,
    pub(crate) requests: u32,
}

/// Clients with distinct addresses, accounts and sessions, one after the other and then all over again.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    next: u32,
    count: u32,
}

impl Clients {
    /// At most 2^24 clients.
    pub(crate) fn new(count: u32) -> Self {
        Self { next: 0, count }
    }

    fn next(&mut self) -> Client {
        let client = Client(self.next);
        self.next = (self.next + 1) % self.count;
        client
    }
}

/// A client, by its number.
#[derive(Clone, Copy, Debug)]
struct Client(u32);

impl Client {
    /// An address in 11.0.0.0/8, which is public; the odd factor scatters the clients over it
    /// without ever giving two of them the same one.
    fn address(self) -> Ipv4Addr {
        let host = self.0.wrapping_mul(0x009e_3779) & 0x00ff_ffff;
        Ipv4Addr::from(0x0b00_0000 | host)
    }
}

/// A whole response, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Load {
    connections: Vec<Connection>,
    clients: Clients,
}

impl Load {
    pub(crate) fn connect(address: SocketAddr, connections: u32, clients: Clients) -> Result<Self> {
        let connections = (0..connections)
            .map(|_| Connection::open(address))
            .collect::<Result<_>>()?;
        Ok(Self {
            connections,
            clients,
        })
    }

    /// Sends requests until a limit is reached and tells how many were answered.
    pub(crate) fn run(&mut self, request: Request, limit: Limit) -> Result<u32> {
        let start = Instant::now();
        let mut done: u32 = 0;
        while done < limit.requests && start.elapsed() < limit.time {
            for connection in &mut self.connections {
                connection.send(request, self.clients.next())?;
            }
            for connection in &mut self.connections {
                let status = connection.receive()?;
                if status != request.status {
                    return Err(format!(
                        "{} was answered with {status}, expected {}: {}",
                        request.path,
                        request.status,
                        String::from_utf8_lossy(&connection.received),
                    )
                    .into());
                }
                done += 1;
            }
        }
        Ok(done)
    }

    /// How long one request takes.
    pub(crate) fn time(&mut self, request: Request) -> Result<Duration> {
        let only = Limit {
            time: PATIENCE,
            requests: 1,
        };
        let start = Instant::now();
        self.run(request, only)?;
        Ok(start.elapsed())
    }

    /// Sends one request and keeps its response.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Response> {
        let client = self.clients.next();
        let connection = self.connections.first_mut().ok_or("no connection")?;
        connection.send(request, client)?;
        let status = connection.receive()?;
        connection.response(status)
    }
}

/// A GET without any load, for the admin interface.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<Response> {
    let mut connection = Connection::open(address)?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    connection.stream.write_all(request.as_bytes())?;
    connection.received.clear();
    connection.stream.read_to_end(&mut connection.received)?;
    let end = head_end(&connection.received).ok_or("no response")?;
    connection.body = end..connection.received.len();
    let status = connection.status()?;
    let mut response = connection.response(status)?;
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = unchunk(&response.body);
    }
    Ok(response)
}

impl Response {
    fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(key, _)| key == name)?;
        Some(value)
    }
}

struct Connection {
    stream: TcpStream,
    outgoing: Vec<u8>,
    received: Vec<u8>,
    /// Where the body stands in what was received.
    body: std::ops::Range<usize>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            outgoing: Vec::new(),
            received: Vec::new(),
            body: 0..0,
        })
    }

    /// Twelve headers, as a browser sends them through a load balancer.
    fn send(&mut self, request: Request, client: Client) -> Result<()> {
        self.outgoing.clear();
        write!(
            self.outgoing,
            "POST {} HTTP/1.1\r\n\
             host: shop.example\r\n\
             content-length: 0\r\n\
             user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
             accept: application/json, text/plain, */*\r\n\
             accept-language: en-US,en;q=0.5\r\n\
             accept-encoding: gzip, deflate, br\r\n\
             content-type: application/x-www-form-urlencoded\r\n\
             origin: https://shop.example\r\n\
             referer: https://shop.example/account\r\n\
             cookie: session=0123456789abcdef01234567{:08x}; theme=dark\r\n\
             x-account: user{:08}@example.net\r\n\
             x-forwarded-for: {}\r\n\r\n",
            request.path,
            client.0,
            client.0,
            client.address(),
        )?;
        self.stream.write_all(&self.outgoing)?;
        Ok(())
    }

    /// Reads one whole response and returns its status.
    fn receive(&mut self) -> Result<u16> {
        self.received.clear();
        let start = loop {
            self.more()?;
            if let Some(end) = head_end(&self.received) {
                break end;
            }
        };
        let length: usize = self
            .headers()?
            .find(|(key, _)| key.eq_ignore_ascii_case("content-length"))
            .map_or(Ok(0), |(_, value)| value.parse())?;
        self.body = start..start + length;
        while self.received.len() < self.body.end {
            self.more()?;
        }
        self.status()
    }

    fn more(&mut self) -> Result<()> {
        let mut buffer = [0; 4_096];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err("Envoy closed the connection".into()),
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                Err(format!("no answer within {} s", PATIENCE.as_secs()).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn status(&self) -> Result<u16> {
        let digits = self.received.get(9..12).ok_or("no status")?;
        Ok(std::str::from_utf8(digits)?.parse()?)
    }

    fn headers(&self) -> Result<impl Iterator<Item = (&str, &str)>> {
        let end = head_end(&self.received).unwrap_or(0);
        let head = std::str::from_utf8(&self.received[..end])?;
        Ok(head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": ")))
    }

    fn response(&self, status: u16) -> Result<Response> {
        Ok(Response {
            status,
            headers: self
                .headers()?
                .map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body: self.received[self.body.clone()].to_vec(),
        })
    }
}

fn head_end(received: &[u8]) -> Option<usize> {
    let position = received.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(position + 4)
}

/// The content of a chunked body; what is malformed ends it.
fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end])
            .ok()
            .and_then(|size| usize::from_str_radix(size, 16).ok());
        let Some(chunk) = size.and_then(|size| rest.get(end + 2..end + 2 + size)) else {
            break;
        };
        content.extend_from_slice(chunk);
        rest = rest.get(end + 4 + chunk.len()..).unwrap_or_default();
    }
    content
}
