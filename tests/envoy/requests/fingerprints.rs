//! What real clients say first over real TLS, and what follows from it.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::browser::Tools;
use crate::requests::policy;
use crate::support::{Certificate, EnvoyConfig, Http3, Received, Request, Scene, text, within};

/// A browser's name.
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/130.0.0.0 Safari/537.36";

/// A policy that tells the application the fingerprint, and denies this; all clients come from one private address.
fn denying(when: &Value) -> Value {
    let mut policy = policy(json!([{
        "name": "login", "match": {"path": "/login"}, "lookup": false,
        "rules": [{"name": "hello", "when": when, "then": "deny"}],
    }]));
    policy["ja4"] = json!({});
    policy["annotate"] = json!({"headers": ["ja4", "signals"]});
    policy
}

/// A scene to which clients speak TLS.
struct Tls {
    scene: Scene,
    _certificate: Certificate,
}

impl Tls {
    async fn start(when: &Value) -> Self {
        let certificate = Certificate::new();
        let scene = Scene::with(&denying(when), |config: EnvoyConfig| {
            config.tls(&certificate)
        })
        .await;
        Self {
            scene,
            _certificate: certificate,
        }
    }

    /// What the application is told of a client's request; nothing where it is refused.
    async fn told(&self, client: Client) -> Option<Received> {
        self.scene.application.forget();
        client.visit(self.scene.envoy.address.port()).await;
        let told = self.scene.application.requests();
        told.into_iter().find(|request| request.target == "/login")
    }

    /// The fingerprint that the application is told.
    async fn ja4(&self, client: Client) -> String {
        let told = self.told(client).await.expect("it gets through");
        told.header("x-palisade-ja4").expect("a fingerprint")
    }
}

/// A real client.
#[derive(Clone, Copy)]
enum Client {
    /// Python's `urllib`, under this name.
    Python(&'static str),
    /// Chromium, with a new profile.
    Chromium,
}

impl Client {
    /// Asks for `/login`, without a look at the certificate.
    async fn visit(self, port: u16) {
        let url = format!("https://localhost:{port}/login");
        let profile = tempfile::TempDir::with_prefix("palisade-test-").unwrap();
        let mut command = match self {
            Self::Python(name) => {
                let program = "import ssl, sys, urllib.request as r\n\
                    try: r.urlopen(r.Request(sys.argv[1], headers={'user-agent': sys.argv[2]}), \
                    context=ssl._create_unverified_context())\n\
                    except r.HTTPError: pass";
                let mut python = tokio::process::Command::new("python3");
                python.args(["-c", program, &url, name]);
                python
            }
            Self::Chromium => {
                let mut chromium = tokio::process::Command::new(&Tools::get().chromium);
                chromium
                    .args([
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--ignore-certificate-errors",
                    ])
                    .arg(format!("--user-data-dir={}", profile.path().display()))
                    .args(["--dump-dom", &url]);
                chromium
            }
        };
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let ended = within("the client", command.status()).await.unwrap();
        assert!(ended.success(), "{ended}");
    }
}

#[tokio::test]
async fn real_clients_are_told_apart_by_what_they_say_first() {
    let tls = Tls::start(&json!({"ja4": ["q13d*"]})).await;
    let (python, chromium) = (
        tls.ja4(Client::Python("python")).await,
        tls.ja4(Client::Chromium).await,
    );
    assert_eq!(tls.ja4(Client::Python("python")).await, python);
    let ciphers = |ja4: &str| ja4[..23].to_owned();
    assert_ne!(ciphers(&python), ciphers(&chromium));
    for ja4 in [&python, &chromium] {
        assert!(ja4.starts_with("t13d") && ja4.len() == 36, "{ja4}");
    }

    let tls = Tls::start(&json!({"ja4": [format!("{}*", ciphers(&python))]})).await;
    assert!(
        tls.told(Client::Python("python")).await.is_none(),
        "{python} is denied"
    );
    assert!(
        tls.told(Client::Chromium).await.is_some(),
        "{chromium} is another"
    );
}

#[tokio::test]
async fn python_under_a_browsers_name_is_contradicted() {
    let tls = Tls::start(&json!("agent_contradicted")).await;
    assert!(
        tls.told(Client::Chromium).await.is_some(),
        "Chromium is what it says"
    );
    assert!(
        tls.told(Client::Python("Python-urllib/3.11"))
            .await
            .is_some(),
        "Python says what it is"
    );
    let denied = tls.told(Client::Python(BROWSER)).await.is_none();
    assert!(
        denied,
        "if this Python says something else first, measure it: make fingerprints"
    );
}

#[tokio::test]
async fn without_tls_and_over_http3_nobody_has_a_fingerprint() {
    let certificate = Certificate::new();
    let policy = denying(&json!({"ja4": ["*"]}));
    let http3 = |config: EnvoyConfig| config.fingerprints().http3(&certificate);
    let scene = Scene::with(&policy, http3).await;
    let request =
        Request::get("/login").header("x-palisade-ja4", "t13d1517h2_8daaf6152771_33f857a189cb");
    let seen = scene.passes(&request).await;
    assert_eq!(seen.header("x-palisade-ja4"), None);
    let http3 = Http3::open(scene.envoy.http3_port().await, &certificate);
    let answer = http3.request(&request).await;
    assert_eq!(answer.status, 200, "{}", text(&answer.body));
    assert_eq!(scene.application.last().header("x-palisade-ja4"), None);
    scene.wait_for("fingerprints.result=none", 2).await;
}
