//! What the forge runs: each workflow is one that it understands, and calls nothing that is not there.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// What the image of Rust has, of all that a workflow calls by itself.
const IMAGE: &[&str] = &["apt-get", "git", "make", "test"];
/// What is built by Go, which the image does not have.
const GO: &[&str] = &["test-func-e", "test-kubernetes", "test-observability"];

/// A workflow, by the name of its file.
struct Workflow {
    name: String,
    tree: Value,
}

impl Workflow {
    /// All that there are.
    fn all() -> Vec<Self> {
        let all: Vec<Self> = files(".github/workflows")
            .into_iter()
            .map(|name| Self {
                tree: yaml(&name),
                name,
            })
            .collect();
        assert!(all.len() >= 4, "these are not all");
        all
    }

    /// Its jobs.
    fn jobs(&self) -> impl Iterator<Item = &Value> {
        self.tree["jobs"].as_object().expect(&self.name).values()
    }
}

fn read(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file)
}

fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let names = entries.expect(folder).map(|entry| {
        let name = entry.expect("an entry").file_name();
        format!("{folder}/{}", name.to_string_lossy())
    });
    names.collect()
}

fn yaml(file: &str) -> Value {
    serde_yaml_ng::from_str(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The steps of a job.
fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().expect("steps")
}

/// The commands of a script, one a line, those of .ci/run instead of its call.
fn commands(script: &str) -> Vec<String> {
    let lines = script.lines().flat_map(|line| line.split("&&"));
    let found = lines
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    found
        .flat_map(|line| match line {
            ".ci/run" => read(".ci/run")
                .lines()
                .filter(|line| line.starts_with("make "))
                .map(str::to_owned)
                .collect(),
            line => vec![line.to_owned()],
        })
        .collect()
}

/// The targets that these commands make.
fn targets(commands: &[String]) -> BTreeSet<&str> {
    let made = commands
        .iter()
        .filter_map(|line| line.strip_prefix("make "));
    made.flat_map(|words| words.split_whitespace().next())
        .collect()
}

#[test]
fn workflows_and_forms_have_the_shape_that_the_forge_wants() {
    for file in files(".github/ISSUE_TEMPLATE") {
        assert!(yaml(&file).is_object(), "{file}");
    }
    for workflow in Workflow::all() {
        let name = &workflow.name;
        let known = ["name", "on", "permissions", "concurrency", "jobs"];
        for key in workflow.tree.as_object().expect(name).keys() {
            assert!(known.contains(&key.as_str()), "{name}: {key}");
        }
        assert!(workflow.tree["on"].is_object(), "{name}: when it runs");
        assert!(
            workflow.tree["permissions"].is_object(),
            "{name}: what it may"
        );
        for job in workflow.jobs() {
            let known = ["runs-on", "container", "timeout-minutes", "steps"];
            let keys: Vec<_> = job.as_object().expect(name).keys().collect();
            assert!(
                keys.iter().all(|key| known.contains(&key.as_str())),
                "{name}: {keys:?}"
            );
            assert!(
                job["timeout-minutes"].is_u64(),
                "{name}: it may take for ever"
            );
            for step in steps(job) {
                let uses = step["uses"].as_str();
                assert!(uses.is_some() != step["run"].is_string(), "{name}: {step}");
                assert!(
                    uses.is_none_or(|action| action.contains("@v")),
                    "{name}: {step}"
                );
            }
        }
    }
}

#[test]
fn workflows_call_what_exists() {
    let makefile = read("Makefile");
    let scripts = Workflow::all()
        .iter()
        .flat_map(|workflow| {
            workflow
                .jobs()
                .flat_map(steps)
                .filter_map(|step| Some((workflow.name.clone(), step["run"].as_str()?.to_owned())))
                .collect::<Vec<_>>()
        })
        .collect::<Vec<_>>();
    for (name, script) in scripts {
        let commands = commands(&script);
        for target in targets(&commands) {
            assert!(
                makefile.contains(&format!("\n{target}:")),
                "{name}: make {target}"
            );
        }
        let mut installed = BTreeSet::new();
        for line in &commands {
            let mut words = line.split_whitespace();
            let first = words.next().expect("a word");
            if line.contains("debian.sh ") || line.contains("apt-get install ") {
                installed.extend(words);
            }
            let is_file = Path::new(env!("CARGO_MANIFEST_DIR")).join(first).is_file();
            let is_assignment = first.contains('=');
            assert!(
                is_file || is_assignment || IMAGE.contains(&first) || installed.contains(first),
                "{name}: nothing installs {first}"
            );
        }
    }
}

#[test]
fn a_job_has_what_its_commands_need_before_it_runs_them() {
    for workflow in Workflow::all() {
        for job in workflow.jobs() {
            let mut has_go = false;
            for step in steps(job) {
                has_go |= step["uses"]
                    .as_str()
                    .is_some_and(|action| action.starts_with("actions/setup-go@"));
                let commands = commands(step["run"].as_str().unwrap_or_default());
                for target in targets(&commands) {
                    assert!(
                        has_go || !GO.contains(&target),
                        "{}: {target} needs Go",
                        workflow.name
                    );
                }
                // `unshare --mount` in scripts/kubernetes/gateway.py.
                let mounts = commands
                    .iter()
                    .any(|line| line.contains("--control-planes"));
                let options = job["container"]["options"].as_str().unwrap_or_default();
                assert!(
                    !mounts || options.contains("--privileged"),
                    "{}: mounts",
                    workflow.name
                );
            }
        }
    }
}

#[test]
fn what_the_forge_keeps_is_named_by_files_that_exist() {
    for file in files(".github/workflows") {
        let text = read(&file);
        for part in text.split("hashFiles(").skip(1) {
            let (patterns, _) = part.split_once(')').expect(&file);
            for pattern in patterns.split(',') {
                let pattern = pattern.trim().trim_matches('\'');
                let (folder, ending) = pattern.split_once("/*").expect(pattern);
                let found = files(folder).iter().any(|name| name.ends_with(ending));
                assert!(found, "{file}: {pattern}");
            }
        }
    }
}
