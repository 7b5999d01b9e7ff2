//! What `palisade init` and `palisade render` write is taken by a real Envoy.

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::support::{Request, binary, eventually, http1, text};

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn palisade(words: &[&str]) -> String {
    let command = env!("CARGO_BIN_EXE_palisade");
    let output = Command::new(command)
        .args(words)
        .output()
        .expect("the command line runs");
    assert!(
        output.status.success(),
        "{words:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A policy for this stack, put where `target` wants it, in a file of the folder.
fn rendered(folder: &Path, stack: &[&str], target: &str) -> String {
    let policy = folder.join("policy.yaml");
    std::fs::write(&policy, palisade(&[&["init", "--stack"], stack].concat())).expect("a file");
    let filter = concat!(env!("CARGO_MANIFEST_DIR"), "/target/palisade.wasm");
    let policy = policy.to_str().expect("a path");
    palisade(&[
        "render",
        policy,
        "--for",
        target,
        "--filter",
        filter,
        "--application",
        "127.0.0.1:8080",
    ])
}

fn envoy() -> Command {
    let mut envoy = Command::new(binary());
    envoy
        .env("PALISADE_KEY", KEY)
        .env("IPASIS_API_KEY", "not-a-key");
    envoy.args([
        "--disable-hot-restart",
        "--concurrency",
        "1",
        "--log-level",
        "warning",
    ]);
    envoy
}

fn validate(file: &Path) -> Output {
    let file = file.to_str().expect("a path");
    envoy()
        .args(["--mode", "validate", "-c", file])
        .output()
        .expect("Envoy runs")
}

#[test]
fn envoy_takes_the_bootstrap_of_each_kind_of_policy() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("envoy.yaml");
    for stack in [
        &["django"][..],
        &["rails", "--provider", "ipasis"],
        &["wordpress", "--enforce"],
    ] {
        std::fs::write(&file, rendered(directory.path(), stack, "bootstrap")).expect("a file");
        let output = validate(&file);
        assert!(
            output.status.success(),
            "{stack:?}: {}",
            text(&output.stderr)
        );
    }
}

/// An Envoy that ends with its test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn envoy_serves_the_listener_that_it_finds_in_a_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = |name: &str| directory.path().join(name);
    let listeners = rendered(directory.path(), &["django"], "lds");
    std::fs::write(
        place("lds.yaml"),
        listeners.replace("port_value: 10000", "port_value: 0"),
    )
    .expect("a file");
    let bootstrap = format!(
        "admin: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: 0 }} }} }}\n\
         node: {{ id: test, cluster: test }}\n\
         dynamic_resources: {{ lds_config: {{ path_config_source: {{ path: {:?} }} }} }}\n\
         static_resources: {{ clusters: [{{ name: application, type: STATIC }}] }}\n",
        place("lds.yaml")
    );
    std::fs::write(place("envoy.yaml"), bootstrap).expect("a file");
    let log = std::fs::File::create(place("log")).expect("a file");
    let mut command = envoy();
    command
        .arg("-c")
        .arg(place("envoy.yaml"))
        .arg("--admin-address-path")
        .arg(place("admin"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    let _watching = Watching(command.spawn().expect("Envoy runs"));
    let admin = eventually("an admin address", async || {
        std::fs::read_to_string(place("admin"))
            .ok()?
            .trim()
            .parse()
            .ok()
    })
    .await;
    eventually("a listener", async || {
        let stats = http1(admin, &Request::get("/stats?filter=lds.update")).await;
        let stats = text(&stats.body);
        let log = std::fs::read_to_string(place("log")).unwrap_or_default();
        assert!(!stats.contains("lds.update_rejected: 1"), "{log}");
        stats.contains("lds.update_success: 1").then_some(())
    })
    .await;
    let listening = http1(admin, &Request::get("/listeners")).await;
    assert!(text(&listening.body).contains("protected::"), "it listens");
}
