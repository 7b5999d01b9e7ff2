//! `palisade render`. That Envoy takes what comes of it is tested with a real one, tests/envoy/render.rs.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{palisade, text};

const TARGETS: [&str; 6] = [
    "bootstrap",
    "lds",
    "wasmplugin",
    "trafficextension",
    "envoyfilter",
    "envoy-gateway",
];

/// A policy in a file, put where this target wants it.
fn render(policy: &str, words: &[&str]) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("policy.yaml");
    std::fs::write(&file, policy).expect("a file");
    let file = file.to_str().expect("a path");
    let output = palisade(&[&["render", file, "--for"], words].concat());
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn documents(text: &str) -> Vec<Value> {
    let all = serde_yaml_ng::Deserializer::from_str(text);
    all.map(|document| Value::deserialize(document).expect(text))
        .collect()
}

fn shipped(file: &str) -> String {
    std::fs::read_to_string(format!("envoy/{file}.yaml")).expect(file)
}

/// The policy that the manifests ship with.
fn first_policy() -> String {
    let shipped = documents(&shipped("kubernetes/envoy-gateway"));
    let mut policy = shipped[0]
        .pointer("/spec/wasm/0/config")
        .expect("a policy")
        .clone();
    policy["intelligence"]["cluster"] = json!("ipasis");
    policy.to_string()
}

#[test]
fn the_policy_that_ships_gives_the_manifests_that_ship() {
    for (target, file) in [
        ("bootstrap", "ipasis"),
        ("wasmplugin", "kubernetes/istio"),
        ("envoyfilter", "kubernetes/istio-envoyfilter"),
        ("envoy-gateway", "kubernetes/envoy-gateway"),
    ] {
        let (status, rendered, wrong) = render(&first_policy(), &[target]);
        assert_eq!(status, Some(0), "{target}: {wrong}");
        assert_eq!(documents(&rendered), documents(&shipped(file)), "{target}");
    }
}

#[test]
fn listeners_are_the_protected_one_of_the_bootstrap() {
    let (_, bootstrap, _) = render(&first_policy(), &["bootstrap"]);
    let (_, listeners, _) = render(&first_policy(), &["lds"]);
    let mut listener = documents(&bootstrap)[0]["static_resources"]["listeners"][0].clone();
    listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
    assert_eq!(documents(&listeners), [json!({ "resources": [listener] })]);
}

#[test]
fn a_traffic_extension_has_what_a_wasm_plugin_has() {
    let (_, plugin, _) = render(&first_policy(), &["wasmplugin"]);
    let (_, extension, _) = render(&first_policy(), &["trafficextension"]);
    let (plugin, extension) = (documents(&plugin), documents(&extension));
    assert_eq!(plugin[1..], extension[1..]);
    let mut spec = plugin[0]["spec"].clone();
    let fields = spec.as_object_mut().expect("fields");
    let outside =
        ["targetRefs", "phase"].map(|name| (name.to_owned(), fields.remove(name).expect(name)));
    let mut expected: Value = outside.into_iter().collect();
    expected["wasm"] = spec;
    assert_eq!(extension[0]["spec"], expected);
    assert_eq!(extension[0]["kind"], "TrafficExtension");
    assert_eq!(extension[0]["apiVersion"], plugin[0]["apiVersion"]);
}

#[test]
fn every_stack_passes_a_strict_check_wherever_it_belongs() {
    let directory = tempfile::tempdir().expect("a directory");
    for stack in ["django", "keycloak", "wordpress"] {
        let policy = text(&palisade(&["init", "--stack", stack]).stdout);
        for target in TARGETS {
            let (status, rendered, wrong) = render(&policy, &[target]);
            assert_eq!(status, Some(0), "{stack} {target}: {wrong}");
            assert!(!rendered.contains("IPASIS_API_KEY}"), "{stack} {target}");
            let file = directory.path().join(format!("{target}.yaml"));
            std::fs::write(&file, &rendered).expect("a file");
            let output = palisade(&["check", "--strict", file.to_str().expect("a path")]);
            let told = text(&output.stdout) + &text(&output.stderr);
            // A WasmPlugin has no field for the flag.
            let blind = ["wasmplugin", "trafficextension"].contains(&target);
            let only_late = told
                .lines()
                .filter(|line| line.contains(": warning: "))
                .all(|line| line.ends_with("[late-device]"));
            assert!(
                output.status.success() || blind && only_late,
                "{stack} {target}: {told}"
            );
        }
    }
}

#[test]
fn without_an_api_nothing_of_it_is_left() {
    let policy =
        "signing_keys_env: [PALISADE_KEY, OLD_KEY]\nroutes: [{ name: r, match: {}, rules: [] }]\n";
    for target in TARGETS {
        let (status, rendered, wrong) = render(policy, &[target]);
        assert_eq!(status, Some(0), "{target}: {wrong}");
        let lines = rendered
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        let own: String = lines.collect();
        assert!(
            !own.to_ascii_lowercase().contains("ipasis"),
            "{target}: {rendered}"
        );
        for name in ["PALISADE_KEY", "OLD_KEY"] {
            assert!(own.matches(name).count() >= 2, "{target}: {name}");
        }
        assert!(!documents(&rendered).is_empty(), "{target}");
        assert!(
            own.contains("%FILTER_STATE(wasm.palisade:PLAIN)%"),
            "{target}: no access log"
        );
    }
}

#[test]
fn the_places_of_a_call_stand_in_the_file() {
    let (_, rendered, _) = render(
        &first_policy(),
        &[
            "bootstrap",
            "--filter",
            "/etc/palisade.wasm",
            "--application",
            "app.internal:8080",
            "--hops",
            "3",
        ],
    );
    let envoy = &documents(&rendered)[0];
    let resources = &envoy["static_resources"];
    assert_eq!(
        resources["listeners"].as_array().map(Vec::len),
        Some(1),
        "no placeholder"
    );
    let manager = resources
        .pointer("/listeners/0/filter_chains/0/filters/0/typed_config")
        .expect("a manager");
    assert_eq!(manager["xff_num_trusted_hops"], 3);
    let filter =
        manager.pointer("/http_filters/0/typed_config/config/vm_config/code/local/filename");
    assert_eq!(filter, Some(&json!("/etc/palisade.wasm")));
    let cluster = &resources["clusters"][0];
    assert_eq!(cluster["type"], "STRICT_DNS");
    let address = cluster
        .pointer("/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address");
    assert_eq!(
        address,
        Some(&json!({ "address": "app.internal", "port_value": 8080 }))
    );
    for (target, filter) in [
        ("wasmplugin", "oci://r.example/p@sha256:0"),
        ("envoy-gateway", "https://d.example/p.wasm"),
    ] {
        let (_, rendered, _) = render(&first_policy(), &[target, "--filter", filter]);
        let own = format!(": {filter}\n");
        assert!(rendered.contains(&own), "{target}");
    }
}

#[test]
fn a_policy_that_is_refused_is_rendered_nowhere() {
    for (policy, told) in [
        ("routes: []\n", "at least one protected route"),
        (
            "routes: [{ name: r, match: { path: x } }]\n",
            "routes[0].match.path",
        ),
        (
            &format!("configuration: {{ value: {} }}\n", first_policy()),
            "expected a bare one",
        ),
    ] {
        let (status, rendered, wrong) = render(policy, &["bootstrap"]);
        assert_eq!((status, rendered.as_str()), (Some(1), ""), "{policy}");
        assert!(wrong.contains(told), "{policy}: {wrong}");
    }
}

#[test]
fn a_cluster_that_is_not_in_the_file_is_told() {
    let policy = first_policy().replace("\"ipasis\",\"provider\"", "\"my_api\",\"provider\"");
    assert!(policy.contains("my_api"), "{policy}");
    let (status, _, told) = render(&policy, &["bootstrap"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("the cluster my_api"), "{told}");
}

#[test]
fn the_rate_limit_service_that_ships_has_what_is_rendered() {
    let mut policy: Value = serde_json::from_str(&first_policy()).expect("a policy");
    policy["fleet"] = json!({ "cluster": "ratelimit" });
    let (status, rendered, wrong) = render(&policy.to_string(), &["ratelimit"]);
    assert_eq!(status, Some(0), "{wrong}");
    let manifests = documents(&shipped("kubernetes/ratelimit"));
    let ships = manifests[0].pointer("/data/palisade.yaml");
    assert_eq!(ships.and_then(Value::as_str), Some(rendered.as_str()));
    let volume = manifests[1].pointer("/spec/template/spec/volumes/0/configMap/name");
    assert_eq!(volume, Some(&manifests[0]["metadata"]["name"]));
}
