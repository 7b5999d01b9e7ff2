//! What the book says of reloading: what was counted stays.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    Backend, Envoy, EnvoyConfig, Policy, Request, SIGNING_KEY, Scene, eventually, http1, login,
};

/// Three logins an hour for each account, and a path that is refused where a configuration says so.
fn policy(refused: Option<&str>) -> Policy {
    let policy = Policy::limiting(json!([
        { "name": "account", "key": ["account"], "limit": 3, "window": "1h" },
    ]));
    let always = json!({ "when": "always", "then": "deny" });
    match refused {
        Some(path) => policy.route(
            "closed",
            json!({ "match": { "path": path }, "rules": [always] }),
        ),
        None => policy,
    }
}

/// A block of YAML on a page of the book.
fn block(page: &str, heading: &str) -> Value {
    let file = format!("{}/docs/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(file).unwrap();
    let (_, section) = text
        .split_once(&format!("\n## {heading}\n"))
        .expect(heading);
    let (_, block) = section.split_once("```yaml\n").expect(heading);
    serde_yaml_ng::from_str(block.split("```").next().unwrap()).unwrap()
}

/// The answer of the discovery service: the filter as the book has it, with this policy.
fn answer(version: u32, policy: &Value) -> Value {
    let mut filter = block("start/envoy.md", "The filter")[0].take();
    let config = &mut filter["typed_config"]["config"];
    config["vm_config"]["code"]["local"]["filename"] =
        format!("{}/target/palisade.wasm", env!("CARGO_MANIFEST_DIR")).into();
    config["vm_config"]["environment_variables"] =
        json!({ "key_values": { "PALISADE_KEY": SIGNING_KEY } });
    config["configuration"]["value"] = policy.clone();
    filter["@type"] = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig".into();
    json!({ "version_info": version.to_string(), "resources": [filter] })
}

/// Writes a file beside, and moves it into its place.
fn put(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}

#[tokio::test]
async fn a_policy_that_comes_by_ecds_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("palisade.json");
    put(&file, &answer(1, &policy(None)).to_string());
    let application = Backend::application().await;
    let mut filter = block("operate/reload.md", "By ECDS")["http_filters"][0].take();
    let source = &mut filter["config_discovery"]["config_source"]["path_config_source"];
    source["path"] = file.to_str().into();
    source["watched_directory"]["path"] = folder.path().to_str().into();
    let config = EnvoyConfig::new(application.address).filter(filter).alone();
    let envoy = Envoy::start(&config).await;
    let login = || login("11.0.0.1", "alice");
    for _ in 0..3 {
        assert_eq!(http1(envoy.address, &login()).await.status, 200);
    }
    put(&file, &answer(2, &policy(Some("/closed"))).to_string());
    eventually("the new policy", async || {
        let answer = http1(envoy.address, &Request::get("/closed")).await;
        (answer.status == 403).then_some(())
    })
    .await;
    assert_eq!(
        http1(envoy.address, &login()).await.status,
        429,
        "still locked"
    );

    put(&file, &answer(3, &json!({ "routes": [] })).to_string());
    let stat = "extension_config_discovery.http_filter.palisade.config_fail";
    envoy.wait_for_stat(stat, |now| now > 0).await;
    assert_eq!(
        http1(envoy.address, &login()).await.status,
        429,
        "the old one stays"
    );
}

#[tokio::test]
async fn a_new_file_of_the_filter_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("palisade-next.wasm");
    std::fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/palisade.wasm"),
        &file,
    )
    .unwrap();
    let mut scene = Scene::alone(&policy(None)).await;
    for _ in 0..3 {
        assert_eq!(scene.login("11.0.0.1", "alice").await.status, 200);
    }
    let closed = policy(Some("/closed"));
    scene
        .update_with(&closed, |config| config.wasm(&file))
        .await;
    scene.refuses_at("/closed").await;
    assert_eq!(scene.login("11.0.0.1", "alice").await.status, 429);
}
