//! A programmable HTTP server on loopback that records what arrives (HTTP/1.1, and HTTP/2 with prior knowledge).

use super::{Answer, within};
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query, undecoded.
    pub target: String,
    /// The header lines in order, names in lower case; a repeated header is several lines.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The whole body.
    pub body: Bytes,
    /// The trailer lines.
    pub trailers: Vec<(String, Vec<u8>)>,
}

impl Received {
    /// The values of every line of this header (name in lower case), invalid UTF-8 replaced.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| super::text(value))
            .collect()
    }

    /// The value of a header that came in exactly one line; `None` when there is none.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.all(name);
        assert!(lines.len() < 2, "{name} came more than once: {lines:?}");
        lines.pop()
    }
}

/// A programmable HTTP server on a free port of 127.0.0.1. It lives as long as the test's runtime.
pub struct Backend {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

/// What is answered to a request.
type Responder = Arc<dyn Fn(&Received) -> Answer + Send + Sync>;

struct Shared {
    default: Mutex<Responder>,
    answers: Mutex<HashMap<String, Answer>>,
    requests: watch::Sender<Vec<Received>>,
    held: watch::Sender<bool>,
    /// How many bytes of bodies have come, also of requests that never ended.
    body_bytes: AtomicUsize,
}

impl Backend {
    /// The intelligence API: every address is a home connection until [`Backend::answer_to`] says otherwise.
    pub async fn api() -> Self {
        Self::start(Answer::ipasis(&[])).await
    }

    /// The application behind Envoy: 200 with a short body.
    pub async fn application() -> Self {
        Self::start(Answer::status(200).body("the application")).await
    }

    /// A server that answers everything with `answer`.
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            default: Mutex::new(Arc::new(move |_| answer.clone())),
            answers: Mutex::default(),
            requests: watch::Sender::default(),
            held: watch::Sender::default(),
            body_bytes: AtomicUsize::default(),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(move |request| Arc::clone(&shared).serve(request));
                    // An error here is a peer that left or a fault that the test asked for.
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { address, shared }
    }

    /// Answers everything that has no answer of its own with `answer` from now on.
    pub fn answer(&self, answer: Answer) {
        self.answer_by(move |_| answer.clone());
    }

    /// Answers everything that has no answer of its own with what `respond` makes of it from now on.
    pub fn answer_by(&self, respond: impl Fn(&Received) -> Answer + Send + Sync + 'static) {
        *self.shared.default.lock().unwrap() = Arc::new(respond);
    }

    /// Answers a request whose path or query holds `word` as one whole segment or value (percent-decoded):
    /// `11.0.0.1` for `/json/11.0.0.1?key=K` as well as for `/v1/lookup?ip=11.0.0.1`.
    pub fn answer_to(&self, word: &str, answer: Answer) {
        self.shared
            .answers
            .lock()
            .unwrap()
            .insert(word.to_owned(), answer);
    }

    /// Holds every answer from now on until [`Backend::release`]; requests are recorded on arrival.
    pub fn hold(&self) {
        self.shared.held.send_replace(true);
    }

    /// Lets the held answers go.
    pub fn release(&self) {
        self.shared.held.send_replace(false);
    }

    /// Everything that arrived so far, in order.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.requests.borrow().clone()
    }

    /// How many requests arrived so far.
    pub fn count(&self) -> usize {
        self.shared.requests.borrow().len()
    }

    /// How many bytes of bodies arrived so far, those of requests included that broke off.
    pub fn body_bytes(&self) -> usize {
        self.shared.body_bytes.load(Ordering::Relaxed)
    }

    /// Forgets what arrived so far.
    pub fn forget(&self) {
        self.shared.requests.send_modify(Vec::clear);
    }

    /// Waits until at least `count` requests have arrived and gives them.
    pub async fn arrived(&self, count: usize) -> Vec<Received> {
        let mut requests = self.shared.requests.subscribe();
        let arrived = requests.wait_for(|requests| requests.len() >= count);
        within(&format!("request {count} to arrive"), arrived)
            .await
            .unwrap()
            .clone()
    }

    /// The last request that arrived.
    pub fn last(&self) -> Received {
        self.requests().pop().expect("a request has arrived")
    }
}

impl Shared {
    async fn serve(
        self: Arc<Self>,
        request: hyper::Request<hyper::body::Incoming>,
    ) -> io::Result<hyper::Response<BoxBody<Bytes, io::Error>>> {
        let (head, body) = request.into_parts();
        let target = head
            .uri
            .path_and_query()
            .map_or_else(|| head.uri.to_string(), ToString::to_string);
        let body = body.map_frame(|frame| {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.body_bytes.fetch_add(bytes, Ordering::Relaxed);
            frame
        });
        let body = body.collect().await.map_err(io::Error::other)?;
        let trailers = body.trailers().map(lines).unwrap_or_default();
        let received = Received {
            method: head.method.to_string(),
            target,
            headers: lines(&head.headers),
            body: body.to_bytes(),
            trailers,
        };
        let answer = self.choose(&received);
        self.requests
            .send_modify(|requests| requests.push(received));
        // The sender lives in `self`, so the wait cannot fail.
        let _ = self.held.subscribe().wait_for(|held| !held).await;
        answer.into_response().await
    }

    fn choose(&self, request: &Received) -> Answer {
        let own = {
            let answers = self.answers.lock().unwrap();
            let mut words = request.target.split(['/', '?', '&', '=']);
            words.find_map(|word| answers.get(&percent_decoded(word)).cloned())
        };
        own.unwrap_or_else(|| {
            let respond = Arc::clone(&self.default.lock().unwrap());
            respond(request)
        })
    }
}

/// A header map as lines in order.
pub(super) fn lines(headers: &hyper::HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect()
}

fn percent_decoded(word: &str) -> String {
    let mut parts = word.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
        {
            Some(byte) => {
                decoded.push(byte);
                decoded.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => {
                decoded.push(b'%');
                decoded.extend_from_slice(part.as_bytes());
            }
        }
    }
    super::text(&decoded)
}
