//! HTTP/3: a listener of Envoy's for it, and a client, which is aioquic in a Python process.

use super::merge::merge;
use super::{Request, Response, text, within};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use tempfile::TempDir;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/http3.py");
const TYPE: &str = "type.googleapis.com/envoy.extensions.transport_sockets";

/// A certificate of the test's own, gone with it.
pub struct Certificate {
    directory: TempDir,
}

impl Certificate {
    /// A new one, signed by itself.
    pub fn new() -> Self {
        let directory = TempDir::with_prefix("palisade-test-").unwrap();
        let status = python()
            .arg("certificate")
            .arg(directory.path())
            .status()
            .unwrap();
        assert!(status.success(), "no certificate was made");
        Self { directory }
    }

    /// The folder of `certificate.pem` and `key.pem`.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }
}

/// The certificate of this folder, as Envoy's TLS contexts name it.
pub(super) fn certificates(folder: &Path) -> Value {
    let file = |name: &str| json!({"filename": folder.join(name)});
    json!({"tls_certificates": [
        {"certificate_chain": file("certificate.pem"), "private_key": file("key.pem")},
    ]})
}

/// The same listener once more, for HTTP/3: the same filters and routes over QUIC.
pub(super) fn listener(tcp: &Value, certificate: &Path) -> Value {
    let mut listener = tcp.clone();
    let patch = json!({
        "name": "protected-http3",
        "address": {"socket_address": {"protocol": "UDP"}},
        "udp_listener_config": {"quic_options": {}},
        "connection_balance_config": null,
    });
    merge(&mut listener, &patch);
    let chain = json!({"transport_socket": {
        "name": "envoy.transport_sockets.quic",
        "typed_config": {
            "@type": format!("{TYPE}.quic.v3.QuicDownstreamTransport"),
            "downstream_tls_context": {"common_tls_context": certificates(certificate)},
        },
    }});
    let chains = listener["filter_chains"].as_array_mut().unwrap();
    for each in chains {
        merge(each, &chain);
        for filter in each["filters"].as_array_mut().unwrap() {
            let manager = json!({"codec_type": "HTTP3", "http3_protocol_options": {}});
            merge(&mut filter["typed_config"], &manager);
        }
    }
    listener
}

/// One HTTP/3 connection. Dropping it ends the process.
pub struct Http3 {
    process: Child,
    pipes: Arc<Mutex<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Http3 {
    /// Connects to this port of 127.0.0.1, with the certificate that Envoy has.
    pub fn open(port: u16, certificate: &Certificate) -> Self {
        let mut process = python()
            .args(["connect", &port.to_string()])
            .arg(certificate.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let pipes = (process.stdin.take().unwrap(), answers);
        Self {
            process,
            pipes: Arc::new(Mutex::new(pipes)),
        }
    }

    /// Sends a request and awaits its response.
    pub async fn request(&self, request: &Request) -> Response {
        self.requests(std::slice::from_ref(request)).await.remove(0)
    }

    /// Sends all requests at once, each in a stream of its own, and awaits all responses. One that was reset has the
    /// status 0.
    pub async fn requests(&self, requests: &[Request]) -> Vec<Response> {
        let requests: Vec<Value> = requests.iter().map(to_json).collect();
        let line = format!("{}\n", Value::from(requests));
        let pipes = Arc::clone(&self.pipes);
        // A pipe is read in a thread of its own, since the servers of the test run in this one.
        let exchange = tokio::task::spawn_blocking(move || {
            let (commands, answers) = &mut *pipes.lock().unwrap();
            commands.write_all(line.as_bytes()).unwrap();
            let mut answer = String::new();
            answers.read_line(&mut answer).unwrap();
            answer
        });
        let answer = within("responses over HTTP/3", exchange).await.unwrap();
        let answers: Vec<Value> = serde_json::from_str(&answer)
            .unwrap_or_else(|error| panic!("{error}: the HTTP/3 client has ended, see above"));
        answers.iter().map(from_json).collect()
    }
}

impl Drop for Http3 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A text with a character for each byte.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let characters = value.as_str().unwrap().chars();
    characters
        .map(|character| u8::try_from(character).unwrap())
        .collect()
}

fn to_json(request: &Request) -> Value {
    let is_host = |name: &[u8]| name.eq_ignore_ascii_case(b"host");
    let host = request.headers.iter().find(|(name, _)| is_host(name));
    let host = host.map_or_else(|| "shop.example".to_owned(), |(_, value)| latin(value));
    let mut headers = vec![
        (":method".to_owned(), request.method.clone()),
        (":scheme".to_owned(), "https".to_owned()),
        (":authority".to_owned(), host),
        (":path".to_owned(), latin(&request.target)),
    ];
    let others = request.headers.iter().filter(|(name, _)| !is_host(name));
    headers.extend(others.map(|(name, value)| (latin(name), latin(value))));
    json!({"headers": headers, "body": latin(&request.body)})
}

fn from_json(response: &Value) -> Response {
    let header = |pair: &Value| (text(&bytes(&pair[0])), bytes(&pair[1]));
    Response {
        status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
        headers: response["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(header)
            .collect(),
        body: bytes(&response["body"]),
        trailers: Vec::new(),
    }
}

/// The program, run by a Python that has aioquic: what `scripts/http3.sh` finds or gets.
fn python() -> Command {
    static PYTHON: OnceLock<String> = OnceLock::new();
    let python = PYTHON.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/http3.sh");
        let output = Command::new(script)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "scripts/http3.sh has failed, see above"
        );
        text(&output.stdout).trim().to_owned()
    });
    let mut command = Command::new(python);
    command.arg(PROGRAM);
    command
}
