//! Every block of configuration in the documents is one that the filter takes.

use std::collections::BTreeSet;

use palisade::telemetry::Family;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{blocks, codes, complete_example, load, names, table};

/// Every YAML block that is Palisade's configuration and not Envoy's, with a route where it has none.
pub(super) fn examples() -> Vec<Value> {
    let complete = complete_example();
    let is_ours = |value: &Value| {
        let fields = value.as_object();
        fields.is_some_and(|fields| fields.keys().all(|key| complete.get(key).is_some()))
    };
    let parsed = blocks("yaml")
        .into_iter()
        .map(|block| serde_yaml_ng::from_str(&block).expect(&block));
    let mut examples: Vec<Value> = parsed.filter(is_ours).collect();
    for example in &mut examples {
        let fields = example.as_object_mut().unwrap();
        fields
            .entry("routes")
            .or_insert_with(|| json!([{"name": "r", "match": {}}]));
    }
    examples
}

#[test]
fn every_example_of_a_configuration_is_accepted() {
    let examples = examples();
    assert!(examples.len() >= 4, "found only {}", examples.len());
    for example in &examples {
        load(example);
    }
    for block in blocks("json") {
        serde_json::from_str::<Value>(&block).expect(&block);
    }
}

#[test]
fn the_complete_example_writes_the_defaults_out() {
    let full = complete_example();
    let mut short = full.clone();
    for part in ["score", "travel"] {
        short.as_object_mut().unwrap().remove(part);
    }
    let intelligence = short["intelligence"].as_object_mut().unwrap();
    let needed = ["provider", "cluster", "api_key_env", "daily_budget"];
    intelligence.retain(|field, _| needed.contains(&field.as_str()));
    let (full, short) = (load(&full), load(&short));
    assert_eq!(
        format!("{:?}", full.intelligence),
        format!("{:?}", short.intelligence)
    );
    assert_eq!(full.weights, short.weights);
    assert_eq!(full.travel, short.travel);
    assert_eq!(full.annotations, short.annotations);
}

/// The example holds the defaults, as the test above knows; so the reference must say the same.
#[test]
fn the_reference_tells_the_defaults() {
    let example = complete_example();
    let mut count = 0;
    for part in [
        "intelligence",
        "intelligence.cache",
        "intelligence.breaker",
        "travel",
    ] {
        let value = example
            .pointer(&format!("/{}", part.replace('.', "/")))
            .unwrap();
        let rows = table(&format!("fields: {part}"));
        for (name, row) in names(&rows).iter().zip(&rows) {
            let Some(told) = codes(&row[1]).pop() else {
                continue;
            };
            assert_eq!(
                value[name].to_string().trim_matches('"'),
                told,
                "{part}.{name}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 20);
}

/// The block behind the comment of this name in the README.
fn of_readme(name: &str) -> Value {
    let text = super::read("README.md");
    let (_, behind) = text.split_once(&format!("<!-- {name} -->")).expect(name);
    let (_, block) = behind.split_once("```yaml\n").expect(name);
    serde_yaml_ng::from_str(block.split("```").next().unwrap()).expect(name)
}

#[test]
fn the_policy_of_the_readme_is_the_one_to_start_with_everywhere() {
    let told = of_readme("first policy");
    assert_eq!(told["mode"], "monitor");
    for file in [
        "ipasis",
        "kubernetes/istio",
        "kubernetes/istio-envoyfilter",
        "kubernetes/envoy-gateway",
    ] {
        let found = crate::schema::shipped(&format!("envoy/{file}.yaml"));
        let [mut policy] = <[Value; 1]>::try_from(found).expect("one policy");
        // Istio names clusters in its own way.
        policy["intelligence"]["cluster"] = told["intelligence"]["cluster"].clone();
        assert_eq!(policy, told, "{file}");
    }
}

/// What a format of access logs in JSON has, wherever it stands in a file: each one below a `path` that is an operator.
fn log_formats(tree: &Value, found: &mut Vec<Value>) {
    match tree {
        Value::Object(members)
            if members.contains_key("palisade") && members.contains_key("details") =>
        {
            found.push(tree.clone());
        }
        Value::Object(members) => members.values().for_each(|each| log_formats(each, found)),
        Value::Array(items) => items.iter().for_each(|each| log_formats(each, found)),
        _ => {}
    }
}

#[test]
fn every_manifest_has_the_same_access_log_and_none_has_queries() {
    let formats = |file: &str| -> Vec<Value> {
        let text = super::read(format!("envoy/{file}.yaml"));
        let mut found = Vec::new();
        for document in serde_yaml_ng::Deserializer::from_str(&text) {
            log_formats(&Value::deserialize(document).expect(file), &mut found);
        }
        found
    };
    let [first] = <[Value; 1]>::try_from(formats("ipasis")).expect("one format");
    assert!(!first.to_string().contains(":PATH"), "{first}");
    assert_eq!(formats("demo"), std::slice::from_ref(&first));
    // Older versions of Istio and Envoy Gateway know no operator for a path without its query.
    let mut portable = first;
    portable.as_object_mut().unwrap().remove("path");
    for file in [
        "kubernetes/istio",
        "kubernetes/istio-envoyfilter",
        "kubernetes/envoy-gateway",
    ] {
        assert_eq!(formats(file), std::slice::from_ref(&portable), "{file}");
    }
}

#[test]
fn the_link_of_the_recipes_is_the_one_that_the_policy_answers() {
    let unlock = &of_readme("first policy")["unlock"];
    let parameter = unlock["parameter"].as_str().unwrap_or("token");
    let link = format!(
        "https://example.com{}?{parameter}=",
        unlock["path"].as_str().unwrap()
    );
    for file in [
        "recipes/unlock/README.md",
        "docs/operate/blocked-customer.md",
    ] {
        let text = super::read(file);
        assert!(text.contains(&format!("--url '{link}'")), "{file}: {link}");
    }
}

#[test]
fn every_file_makes_labels_of_all_that_the_metrics_have() {
    let labels: BTreeSet<&str> = Family::ALL
        .iter()
        .flat_map(|family| {
            family
                .scope()
                .labels()
                .iter()
                .copied()
                .chain([family.label()])
        })
        .filter(|label| !label.is_empty())
        .collect();
    let tags = |file: &str| -> Vec<String> {
        let text = super::read(format!("envoy/{file}.yaml"));
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| line.starts_with("- { tag_name: "))
            .map(str::to_owned)
            .collect()
    };
    let first = tags("ipasis");
    let made = first
        .iter()
        .map(|line| line.split([' ', ',']).nth(3).unwrap());
    assert_eq!(made.collect::<BTreeSet<_>>(), labels);
    for file in [
        "demo",
        "kubernetes/istio",
        "kubernetes/istio-envoyfilter",
        "kubernetes/envoy-gateway",
    ] {
        assert_eq!(tags(file), first, "{file}");
    }
}

#[test]
fn the_pod_at_istio_mounts_the_bootstrap_that_ships_with_it() {
    for file in ["kubernetes/istio", "kubernetes/istio-envoyfilter"] {
        let text = super::read(format!("envoy/{file}.yaml"));
        let documents: Vec<Value> = serde_yaml_ng::Deserializer::from_str(&text)
            .map(|document| Value::deserialize(document).expect(file))
            .collect();
        let data = |name: &str| {
            let named =
                |each: &&Value| each["kind"] == "ConfigMap" && each["metadata"]["name"] == name;
            let found = documents.iter().find(named).expect(name);
            found["data"].as_object().expect(name).clone()
        };
        let bootstrap = data("palisade-bootstrap");
        let (key, addition) = bootstrap.iter().next().expect("a file");
        let addition: Value = serde_yaml_ng::from_str(addition.as_str().unwrap()).expect(file);
        assert!(addition["stats_config"]["stats_tags"].is_array(), "{file}");
        let overlay = data("palisade-gateway");
        let overlay = overlay["deployment"].as_str().expect(file);
        let overlay: Value = serde_yaml_ng::from_str(overlay).expect(file);
        let pod = &overlay["spec"]["template"]["spec"];
        let proxy = &pod["containers"][0];
        let mount = &proxy["volumeMounts"][0];
        let path = format!("{}/{key}", mount["mountPath"].as_str().unwrap());
        assert_eq!(
            proxy["env"],
            json!([{ "name": "ISTIO_BOOTSTRAP_OVERRIDE", "value": path }])
        );
        assert_eq!(
            pod["volumes"],
            json!([{ "name": mount["name"], "configMap": { "name": "palisade-bootstrap" } }])
        );
    }
}
