//! What a [`Backend`](super::Backend) answers.

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::io;
use std::time::Duration;

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Whole,
    /// The connection is closed before a byte of the answer.
    Closed,
    /// The connection is closed after half of the body.
    Cut,
    /// Half of the body, then nothing more, the connection open.
    Stalled,
    /// Nothing at all, the connection open.
    Silent,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    pieces: Option<usize>,
    trailers: Vec<(String, String)>,
    delay: Duration,
    fate: Fate,
}

impl Answer {
    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            pieces: None,
            trailers: Vec::new(),
            delay: Duration::ZERO,
            fate: Fate::Whole,
        }
    }

    /// Status 200 with a JSON body.
    pub fn json(body: &Value) -> Self {
        Self::status(200)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// What the default provider answers in its documented form: a home connection in the US,
    /// with the named members of `privacy` (`VPN`, `Proxy`, `Tor`, `Relay`, `Hosting`, `Abuse`, `Crawler`) true.
    pub fn ipasis(flags: &[&str]) -> Self {
        let is = |name: &str| flags.contains(&name);
        let kind = if is("Hosting") { "hosting" } else { "isp" };
        Self::json(&json!({
            "city": "Santa Ana", "region": "California", "country": "US", "loc": "33.7,-117.7",
            "postal": "92701", "timezone": "America/Los_Angeles",
            "asn": {"ASN": "AS64500", "Name": "Example", "Domain": "example.net", "Route": "11.0.0.0/16", "Type": kind},
            "company": {"Name": "Example", "Domain": "example.net", "Type": kind},
            "privacy": {
                "VPN": is("VPN"), "Proxy": is("Proxy"), "Tor": is("Tor"), "Relay": is("Relay"),
                "Hosting": is("Hosting"), "Abuse": is("Abuse"), "AI": false, "Crawler": is("Crawler"), "Service": "",
            },
        }))
    }

    /// With one more header line.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The body in pieces of this size, one after the other.
    pub fn pieces(mut self, size: usize) -> Self {
        self.pieces = Some(size);
        self
    }

    /// With one more trailer line; for these the application must speak HTTP/2.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Begins only after `delay`.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The connection is closed before a byte of the answer.
    pub fn closed() -> Self {
        Self::status(200).fate(Fate::Closed)
    }

    /// Nothing is ever answered; the connection stays open.
    pub fn silent() -> Self {
        Self::status(200).fate(Fate::Silent)
    }

    /// The connection is closed after half of the body.
    pub fn cut(self) -> Self {
        self.fate(Fate::Cut)
    }

    /// Half of the body, then nothing more; the connection stays open.
    pub fn stalled(self) -> Self {
        self.fate(Fate::Stalled)
    }

    const fn fate(mut self, fate: Fate) -> Self {
        self.fate = fate;
        self
    }

    pub(super) async fn into_response(
        self,
    ) -> io::Result<hyper::Response<BoxBody<Bytes, io::Error>>> {
        tokio::time::sleep(self.delay).await;
        let body = match self.fate {
            Fate::Whole if self.pieces.is_some() || !self.trailers.is_empty() => self.in_pieces(),
            Fate::Whole => Full::new(self.body.clone())
                .map_err(|never| match never {})
                .boxed(),
            Fate::Closed => return Err(io::Error::other("closed on purpose")),
            Fate::Silent => return std::future::pending().await,
            Fate::Cut | Fate::Stalled => {
                let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
                let half = self.body.slice(..self.body.len() / 2);
                tokio::spawn(async move {
                    if sender.send_data(half).await.is_ok() {
                        if self.fate == Fate::Stalled {
                            std::future::pending::<()>().await;
                        }
                        sender.abort(io::Error::other("cut on purpose"));
                    }
                });
                body.boxed()
            }
        };
        let mut response = hyper::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        if matches!(self.fate, Fate::Cut | Fate::Stalled) {
            response = response.header("content-length", self.body.len());
        }
        response.body(body).map_err(io::Error::other)
    }

    /// Body and trailers, each piece with a moment between it and the next.
    fn in_pieces(&self) -> BoxBody<Bytes, io::Error> {
        let (mut sender, body) = Channel::<Bytes, io::Error>::new(1);
        let size = self.pieces.unwrap_or(usize::MAX);
        let pieces: Vec<Bytes> = self.body.chunks(size).map(Bytes::copy_from_slice).collect();
        let trailers = self.trailers.iter().map(|(name, value)| {
            let name: hyper::header::HeaderName = name.parse().unwrap();
            (name, value.parse().unwrap())
        });
        let trailers: hyper::HeaderMap = trailers.collect();
        tokio::spawn(async move {
            for piece in pieces {
                let _ = sender.send_data(piece).await;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            if !trailers.is_empty() {
                let _ = sender.send_trailers(trailers).await;
            }
        });
        body.boxed()
    }
}
