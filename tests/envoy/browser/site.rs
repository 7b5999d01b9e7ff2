//! A site behind a real Envoy with Palisade, shared by all tests that run at the time.
//!
//! | path | |
//! |---|---|
//! | `/app/...` | challenged unless cleared; every test has its own paths below it |
//! | `/closed/...` | refused |
//! | anything else | open |
//!
//! Whatever the test did not [`Site::serve`] otherwise, the application answers with a page that says so.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, Weak};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::service::{Provider, SECRET, Service};
use crate::support::{Answer, Backend, Envoy, EnvoyConfig, Received};

/// The site, on a port of its own.
pub(crate) struct Site {
    application: Backend,
    envoy: Envoy,
    /// Ends the application with the last test that uses it.
    _running: oneshot::Sender<()>,
}

/// Where the application is called only after its challenge was solved without workers.
pub(crate) const NO_WORKERS: &str = "/app/no-workers";

impl Site {
    /// The one that runs, or else a new one.
    pub(crate) fn get() -> Arc<Self> {
        static SITE: Mutex<Weak<Site>> = Mutex::new(Weak::new());
        let mut site = SITE
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        site.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Self::start());
            *site = Arc::downgrade(&new);
            new
        })
    }

    fn start() -> Self {
        let ((application, envoy), running) = run(async || {
            let application = Backend::start(page(200, WELCOME)).await;
            let envoy = Envoy::start(&config(&application)).await;
            (application, envoy)
        });
        Self {
            application,
            envoy,
            _running: running,
        }
    }

    /// One of the test's own, which asks for a captcha of this provider; `configure` gives `captcha`.
    pub(crate) fn with_captcha(
        provider: Provider,
        configure: impl FnOnce(&Service) -> Value + Send + 'static,
    ) -> (Self, Service) {
        let ((application, envoy, service), running) = run(async move || {
            let application = Backend::start(page(200, WELCOME)).await;
            let service = Service::start(provider).await;
            let config = with_captcha(&application, &service, &configure(&service));
            (application, Envoy::start(&config).await, service)
        });
        let site = Self {
            application,
            envoy,
            _running: running,
        };
        (site, service)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.envoy.address)
    }

    /// The same site for the network and another one for the browser.
    pub(crate) fn other_url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.envoy.address.port())
    }

    /// Answers a path that has `word` in it, as one segment, with this page.
    pub(crate) fn serve(&self, word: &str, html: &str) {
        self.application.answer_to(word, page(200, html));
    }

    /// Likewise with a script.
    pub(crate) fn serve_script(&self, word: &str, script: String) {
        let answer = Answer::status(200).header("content-type", "text/javascript");
        self.application.answer_to(word, answer.body(script));
    }

    /// Likewise with a redirect.
    pub(crate) fn redirect(&self, word: &str, target: &str) {
        let answer = Answer::status(303).header("location", target);
        self.application.answer_to(word, answer);
    }

    /// What reached the application at this path so far.
    pub(crate) fn arrived(&self, path: &str) -> Vec<Received> {
        let mut requests = self.application.requests();
        requests.retain(|request| is_at(&request.target, path));
        requests
    }

    /// How many requests for this path were challenged so far.
    pub(crate) fn challenges(&self, path: &str) -> usize {
        let log = self.envoy.access_log();
        let challenged = log.iter().filter(|line| {
            is_at(line["path"].as_str().unwrap_or_default(), path) && line["verdict"] == "challenge"
        });
        challenged.count()
    }
}

const WELCOME: &str = "<!doctype html><title>application</title><h1 id=done>Welcome</h1>";

fn page(status: u16, html: &str) -> Answer {
    Answer::status(status)
        .header("content-type", "text/html; charset=utf-8")
        .body(html.to_owned())
}

fn is_at(target: &str, path: &str) -> bool {
    target.split('?').next() == Some(path)
}

/// Starts something in a thread of its own, where it runs until the sender is dropped.
fn run<T: Send + 'static>(
    start: impl AsyncFnOnce() -> T + Send + 'static,
) -> (T, oneshot::Sender<()>) {
    let (sender, receiver) = channel();
    let (running, ended) = oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let _ = sender.send(start().await);
            let _ = ended.await;
        });
    });
    (receiver.recv().expect("all that is needed"), running)
}

fn policy() -> Value {
    json!({
        "challenge": { "difficulty": 1000, "endpoint": "/challenge" },
        "lists": [{ "name": "everybody", "cidrs": ["127.0.0.0/8", "::1/128"] }],
        "routes": [{
            "name": "app",
            "match": { "path": { "prefix": "/app" } },
            "rules": [{ "when": { "list": "everybody" }, "then": "challenge" }],
        }, {
            "name": "closed",
            "match": { "path": { "prefix": "/closed" } },
            "rules": [{ "when": { "list": "everybody" }, "then": "deny" }],
        }],
    })
}

fn config(application: &Backend) -> EnvoyConfig {
    let no_workers = json!({
        "match": { "prefix": NO_WORKERS },
        "route": { "cluster": "application" },
        "response_headers_to_add": [
            { "header": { "key": "content-security-policy", "value": "worker-src 'none'" } },
        ],
    });
    EnvoyConfig::new(application.address)
        .workers(2)
        .palisade(&policy())
        .route(no_workers)
}

fn with_captcha(application: &Backend, service: &Service, captcha: &Value) -> EnvoyConfig {
    let mut policy = policy();
    policy["captcha"] = captcha.clone();
    EnvoyConfig::new(application.address)
        .workers(2)
        .environment("CAPTCHA_SECRET", SECRET)
        .cluster("captcha", service.address())
        .palisade(&policy)
}
