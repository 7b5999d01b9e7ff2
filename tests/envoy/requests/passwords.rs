//! Passwords that are known from breaches, asked of a stand-in for a service of ranges.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::requests::{HOME, from, policy};
use crate::support::{Answer, Backend, FORM, Received, Request, Scene, TOR, eventually, http1};

/// SHA-1 of `password`, behind 5BAA6.
const SUFFIX: &str = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";

/// What the service answers: a few lines of others, this one, and padding.
fn range(line: &str) -> Answer {
    let padding = "0018A45C4D1DEF81644B54AB7F969B88D65:0\r\n".repeat(20);
    let text = format!("003D68EB55068C33ACE09247EE4C639306B:3\r\n{line}\r\n{padding}");
    Answer::status(200).body(text)
}

/// A policy whose login steps up for breached passwords, and tells what is not known.
fn stepping_up(more: &Value) -> Value {
    let mut route = json!({
        "name": "login", "match": {"path": "/login"},
        "password": [{"form": "password"}, {"json": "/password"}],
        "rules": [
            {"when": "tor", "then": "deny"},
            {"when": "breached_password", "then": "step_up"},
        ],
    });
    for (name, member) in more.as_object().unwrap() {
        route[name] = member.clone();
    }
    let mut policy = policy(json!([route]));
    policy["annotate"] = json!({"headers": ["verdict", "signals", "password_breaches", "passkey"]});
    policy["breached_passwords"] = json!({
        "cluster": "passwords", "authority": "passwords.internal", "timeout": "500ms",
    });
    policy
}

/// Palisade between its API, its application and a service of ranges.
struct Ranges {
    scene: Scene,
    service: Backend,
}

impl Ranges {
    async fn start(policy: &Value, flag: bool) -> Self {
        Self::with_workers(policy, flag, 2).await
    }

    async fn with_workers(policy: &Value, flag: bool, workers: u32) -> Self {
        let service = Backend::start(range(&format!("{SUFFIX}:52372426"))).await;
        let address = service.address;
        let scene = Scene::with(policy, |config| {
            let config = config.cluster("passwords", address).workers(workers);
            config.stop_iteration(flag)
        })
        .await;
        Self { scene, service }
    }

    /// What the application is told of a login with this password.
    async fn told(&self, password: &str) -> Received {
        self.scene.passes(&login(HOME, password)).await
    }
}

fn login(client: &str, password: &str) -> Request {
    let body = format!("email=alice&password={password}");
    from(client).header("content-type", FORM).body(body)
}

fn signals(told: &Received) -> Option<String> {
    told.header("x-palisade-signals")
}

#[tokio::test]
async fn a_breached_password_steps_up_and_five_digits_are_told() {
    let ranges = Ranges::start(&stepping_up(&json!({})), true).await;
    let told = ranges.told("password").await;
    assert_eq!(
        told.header("x-palisade-verdict").as_deref(),
        Some("step_up")
    );
    assert_eq!(signals(&told).as_deref(), Some("breached_password"));
    let about = told.header("x-palisade-password-breaches");
    assert_eq!(about.as_deref(), Some("10000000"));
    assert_eq!(told.body, "email=alice&password=password");

    let asked = ranges.service.last();
    assert_eq!(
        (asked.method.as_str(), asked.target.as_str()),
        ("GET", "/range/5BAA6")
    );
    assert_eq!(asked.header("add-padding").as_deref(), Some("true"));
    for (name, value) in &asked.headers {
        let value = String::from_utf8_lossy(value).to_lowercase();
        assert!(
            !value.contains("1e4c9b9") && value != "password",
            "{name}: {value}"
        );
    }

    let json = from(HOME)
        .header("content-type", "application/json")
        .body(r#"{"email": "alice", "password": "password"}"#);
    let told = ranges.scene.passes(&json).await;
    assert_eq!(signals(&told).as_deref(), Some("breached_password"));
    assert_eq!(ranges.service.count(), 1, "the answer is kept");
    ranges
        .scene
        .wait_for("password_checks.result=breached", 2)
        .await;
    ranges.scene.wait_for("range_calls.result=cached", 1).await;

    let told = ranges.told("correct+horse").await;
    assert_eq!(told.header("x-palisade-verdict").as_deref(), Some("allow"));
    assert_eq!(signals(&told), None);
    ranges.scene.is_sound().await;
}

#[tokio::test]
async fn whatever_the_service_does_a_login_is_only_unknown() {
    let mut policy = stepping_up(&json!({}));
    policy["breached_passwords"]["cache"] = json!({"ttl": "0"});
    // Each worker has a breaker of its own.
    let ranges = Ranges::with_workers(&policy, true, 1).await;
    let huge = format!("{SUFFIX}:3\r\n").repeat(280_000);
    assert!(huge.len() > 10 << 20);
    let line = format!("{SUFFIX}:3");
    for (number, (answer, expected)) in [
        (range(&SUFFIX[..20]), "password_unknown"),
        (range(SUFFIX), "password_unknown"),
        (Answer::status(200).body(huge), "password_unknown"),
        (
            Answer::status(200).body("<html>hello</html>"),
            "password_unknown",
        ),
        (Answer::status(200).body(""), "password_unknown"),
        (Answer::status(404), "password_unknown"),
        (range(&line.to_lowercase()), "breached_password"),
        (range(&format!("{SUFFIX}:0")), ""),
        (Answer::status(500), "password_unknown"),
        (range(&line).stalled(), "password_unknown"),
        (Answer::closed(), "password_unknown"),
        (
            range(&line).delay(Duration::from_secs(3)),
            "password_unknown",
        ),
        (
            Answer::status(429).header("retry-after", "60"),
            "password_unknown",
        ),
        // The breaker is open now.
        (range(&line), "password_unknown"),
    ]
    .into_iter()
    .enumerate()
    {
        ranges.service.answer(answer);
        let told = ranges.told("password").await;
        assert_eq!(
            signals(&told).unwrap_or_default(),
            expected,
            "number {number}"
        );
        assert_eq!(told.body, "email=alice&password=password");
    }
    ranges.scene.wait_for("range_calls.result=limited", 1).await;
    ranges.scene.wait_for("range_calls.result=spared", 1).await;
    ranges.scene.is_sound().await;
}

#[tokio::test]
async fn a_request_waits_once_for_lookup_and_service() {
    for flag in [true, false] {
        let ranges = Ranges::start(&stepping_up(&json!({})), flag).await;
        ranges.scene.api.hold();
        ranges.service.hold();
        let address = ranges.scene.envoy.address;
        let request = login(HOME, "password");
        let answer = tokio::spawn(async move { http1(address, &request).await });
        ranges.scene.api.arrived(1).await;
        if flag {
            ranges.service.arrived(1).await;
        } else {
            // Bodies come behind their heads here, so that the one call follows the other.
            ranges.scene.api.release();
            ranges.service.arrived(1).await;
        }
        ranges.service.release();
        ranges.scene.api.release();
        assert_eq!(answer.await.unwrap().status, 200);
        assert_eq!((ranges.scene.api.count(), ranges.service.count()), (1, 1));
        if flag {
            let told = ranges.scene.application.last();
            assert_eq!(signals(&told).as_deref(), Some("breached_password"));
        }
        ranges.scene.is_sound().await;
    }
}

#[tokio::test]
async fn who_is_refused_already_is_not_asked_about() {
    let ranges = Ranges::start(&stepping_up(&json!({})), true).await;
    // Known from here on, so that nobody waits for the lookup.
    let get = Request::get("/login").client(TOR);
    assert_eq!(ranges.scene.send(&get).await.status, 403);
    assert_eq!(ranges.scene.send(&login(TOR, "password")).await.status, 403);
    assert_eq!(ranges.service.count(), 0);
    ranges.scene.is_sound().await;
}

#[tokio::test]
async fn logins_with_one_prefix_wait_for_one_call() {
    let ranges = Ranges::start(&stepping_up(&json!({})), true).await;
    // Known from here on, so that nobody waits for the lookup.
    let _ = ranges
        .scene
        .send(&Request::get("/login").client(HOME))
        .await;
    ranges.service.hold();
    let address = ranges.scene.envoy.address;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let request = login(HOME, "password");
        tasks.push(tokio::spawn(async move { http1(address, &request).await }));
    }
    ranges.service.arrived(1).await;
    ranges.scene.settle().await;
    tasks.remove(0).abort();
    ranges.service.release();
    for task in tasks {
        assert_eq!(task.await.unwrap().status, 200);
    }
    assert!(ranges.service.count() <= 2, "one of each worker");
    ranges.scene.is_sound().await;
}

#[tokio::test]
async fn only_the_answer_to_a_success_tells_of_the_password() {
    let route = json!({
        "success": {"header": [{"name": "set-cookie", "prefix": "sid="}]},
        "on_success": ["breached_password", "offer_passkey"],
    });
    let ranges = Ranges::start(&stepping_up(&route), true).await;
    let forged = |answer: Answer| {
        let answer = answer.header("x-palisade-passkey", "forged");
        answer.header("x-palisade-password-breaches", "forged")
    };
    ranges.scene.application.answer(forged(Answer::status(401)));
    let wrong = ranges.scene.send(&login(HOME, "password")).await;
    assert_eq!(wrong.status, 401);
    assert_eq!(wrong.header("x-palisade-passkey"), None);
    assert_eq!(wrong.header("x-palisade-password-breaches"), None);
    let told = ranges.scene.application.last();
    assert_eq!(told.header("x-palisade-passkey").as_deref(), Some("offer"));

    let success = Answer::status(302)
        .header("set-cookie", "sid=1")
        .header("location", "/");
    ranges.scene.application.answer(forged(success));
    let right = ranges.scene.send(&login(HOME, "password")).await;
    assert_eq!(right.header("x-palisade-passkey").as_deref(), Some("offer"));
    let about = right.header("x-palisade-password-breaches");
    assert_eq!(about.as_deref(), Some("10000000"));
    ranges
        .scene
        .wait_for("success_headers.result=told", 1)
        .await;
    ranges.scene.is_sound().await;
}

#[tokio::test]
async fn a_success_in_the_body_tells_of_the_password_as_well() {
    let route = json!({
        "success": {"body": [{"json": "/ok", "equals": true}]},
        "on_success": ["offer_passkey"],
    });
    let ranges = Ranges::start(&stepping_up(&route), true).await;
    ranges
        .scene
        .application
        .answer(Answer::json(&json!({"ok": true})));
    let right = ranges.scene.send(&login(HOME, "correct+horse")).await;
    assert_eq!(right.header("x-palisade-passkey").as_deref(), Some("offer"));
    ranges
        .scene
        .application
        .answer(Answer::json(&json!({"ok": false})));
    let wrong = ranges.scene.send(&login(HOME, "correct+horse")).await;
    assert_eq!(wrong.header("x-palisade-passkey"), None);
    ranges.scene.is_sound().await;
}

#[tokio::test]
async fn a_mirror_of_files_on_any_web_server_does() {
    let page = include_str!("../../../docs/concepts/passwords.md");
    let (_, mirror) = page.split_once("## A mirror").unwrap();
    let (_, block) = mirror.split_once("```yaml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let mut policy: Value = serde_yaml_ng::from_str(block).unwrap();
    policy["annotate"] = json!({"headers": ["verdict", "signals"]});

    let files = tempfile::TempDir::with_prefix("palisade-test-").unwrap();
    let line = format!("{SUFFIX}:3\r\n");
    std::fs::write(files.path().join("5BAA6.txt"), line).unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let _server = tokio::process::Command::new("python3")
        .args(["-m", "http.server", &address.port().to_string()])
        .args(["--bind", "127.0.0.1", "--directory"])
        .arg(files.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    eventually("the web server", async || {
        tokio::net::TcpStream::connect(address).await.ok()
    })
    .await;

    let scene = Scene::with(&policy, |config| {
        config.cluster("passwords", address).stop_iteration(true)
    })
    .await;
    let told = scene.passes(&login(HOME, "password")).await;
    assert_eq!(
        told.header("x-palisade-verdict").as_deref(),
        Some("step_up")
    );
    let told = scene.passes(&login(HOME, "correct+horse")).await;
    assert_eq!(
        signals(&told).as_deref(),
        Some("unknown,password_unknown"),
        "there is no such file"
    );
    scene.is_sound().await;
}
