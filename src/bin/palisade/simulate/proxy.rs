//! A real Envoy on this machine as the world: the same requests, over HTTP/1.1, in real time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use super::browser::Browser;
use super::site::{Asked, Site};
use super::world::{Outcome, Told, World};

/// The header that tells the application behind the Envoy what to answer: status and header lines as JSON.
const REPLY: &str = "x-simulated-answer";

/// The longest that an answer takes, and the longest body that is read.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 1 << 20;

/// An Envoy with Palisade, before an application that answers what [`REPLY`] says. It must trust `x-forwarded-for`.
pub(super) struct Proxy {
    address: SocketAddr,
    site: Site,
    connection: Option<BufReader<TcpStream>>,
}

/// Reads the address of an Envoy on this machine: nobody else is to be sent attacks.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, &'static str> {
    let address: Option<SocketAddr> = text.parse().ok();
    let address = address.filter(|address| address.ip().is_loopback());
    address.ok_or("expected an address of this machine and a port, such as 127.0.0.1:10000")
}

struct Response {
    status: u16,
    cookies: Vec<String>,
    body: Vec<u8>,
}

impl Proxy {
    pub(super) fn new(address: SocketAddr, site: Site) -> Self {
        Self {
            address,
            site,
            connection: None,
        }
    }

    /// Sends it over the connection that there is, or a new one.
    fn exchange(&mut self, request: &[u8]) -> std::io::Result<Response> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        connection.get_mut().write_all(request)?;
        let (response, goes_on) = read(&mut connection)?;
        self.connection = goes_on.then_some(connection);
        Ok(response)
    }
}

/// Reads a response, and whether another request may follow.
fn read(connection: &mut BufReader<TcpStream>) -> std::io::Result<(Response, bool)> {
    let odd = |what: &str| std::io::Error::other(format!("{what} in the answer"));
    let mut line = String::new();
    let mut next = |connection: &mut BufReader<TcpStream>| {
        line.clear();
        connection.read_line(&mut line)?;
        Ok::<String, std::io::Error>(line.trim_end().to_owned())
    };
    let first = next(connection)?;
    let status = first
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let mut response = Response {
        status: status.ok_or_else(|| odd("no status"))?,
        cookies: Vec::new(),
        body: Vec::new(),
    };
    let (mut length, mut goes_on) = (None, true);
    loop {
        let line = next(connection)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "set-cookie" => response.cookies.push(value.to_owned()),
            "content-length" => length = value.parse::<usize>().ok(),
            "transfer-encoding" => length = None,
            "connection" => goes_on = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    match length {
        Some(length) if length <= MOST_BYTES => {
            response.body.resize(length, 0);
            connection.read_exact(&mut response.body)?;
        }
        Some(_) => return Err(odd("too long a body")),
        None => loop {
            let size = usize::from_str_radix(&next(connection)?, 16);
            let size = size.map_err(|_| odd("a chunk without length"))?;
            let start = response.body.len();
            if start.saturating_add(size) > MOST_BYTES {
                return Err(odd("too long a body"));
            }
            response.body.resize(start.saturating_add(size), 0);
            connection.read_exact(response.body.get_mut(start..).unwrap_or_default())?;
            next(connection)?;
            if size == 0 {
                break;
            }
        },
    }
    Ok((response, goes_on))
}

impl World for Proxy {
    fn send(&mut self, asked: Asked<'_>, browser: &mut Browser) -> Result<Told, String> {
        let mut request = browser.request(&self.site, &asked);
        let answer = self.site.raw_answer(asked.step, asked.reply);
        request.header("x-forwarded-for", asked.from.to_string());
        request.header(REPLY, serde_json::to_string(answer).unwrap_or_default());
        let expected = answer.0;
        let own_cookies: Vec<String> = answer
            .1
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .map(|(_, value)| value.clone())
            .collect();
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: {}\r\n",
            request.method, request.path, request.host
        );
        head.push_str(&format!("content-length: {}\r\n", request.body.len()));
        for (name, value) in &request.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let bytes = [head.as_bytes(), &request.body].concat();
        drop(request);
        // A connection that was closed meanwhile is none that refused.
        let had_connection = self.connection.is_some();
        let response = match self.exchange(&bytes) {
            Err(_) if had_connection => self.exchange(&bytes),
            other => other,
        };
        let response =
            response.map_err(|error| format!("{} does not answer: {error}", self.address))?;
        // A client keeps what the filter sets. Each login is a session of its own, whatever the application calls it.
        let is_the_filters = |line: &&String| !own_cookies.contains(line);
        response
            .cookies
            .iter()
            .filter(is_the_filters)
            .for_each(|line| browser.keep(line));
        let problem: Option<Value> = serde_json::from_slice(&response.body).ok();
        // Both forms of a refusal in JSON: problem details, and the plain one.
        let member = |name: &str| problem.as_ref()?.get(name);
        let kind = match (member("type").and_then(Value::as_str), member("error")) {
            (None, Some(_)) if member("challenge").is_some() => {
                Some("urn:palisade:challenge-required")
            }
            (None, Some(_)) if response.status == 429 => Some("urn:palisade:limited"),
            (None, Some(_)) => Some("urn:palisade:denied"),
            (kind, _) => kind,
        };
        let outcome = match kind {
            Some("urn:palisade:challenge-required") => Outcome::Challenged,
            Some("urn:palisade:limited") => Outcome::Limited,
            Some("urn:palisade:denied") => Outcome::Denied,
            _ if response.status == expected => Outcome::Passed,
            _ => {
                return Err(format!(
                    "{} answers {} to a {}: {}",
                    self.address,
                    response.status,
                    asked.step.name(),
                    String::from_utf8_lossy(response.body.get(..500).unwrap_or(&response.body))
                ));
            }
        };
        Ok(Told {
            outcome,
            refusal: (outcome == Outcome::Challenged).then_some(response.body),
            lookups: 0,
        })
    }

    /// Nobody tells.
    fn stored(&self) -> Option<usize> {
        None
    }
}
