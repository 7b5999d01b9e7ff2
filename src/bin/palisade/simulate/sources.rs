//! Scenarios and policies: those that ship, and files.

use std::rc::Rc;

use palisade::config;
use palisade::policy::Policy;
use palisade::scenario::{self, Scenario};
use serde_json::Value;

use crate::documents;
use crate::environment::Environment;
use crate::finding::{Finding, Severity};
use crate::yaml::{self, Mark, Node, Reader};

/// A scenario that ships.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shipped {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Shipped { name: $name, text: include_str!(concat!("../../../../scenarios/", $name, ".yaml")) }),*]
    };
}

/// All scenarios that ship, attacks first.
pub(super) const SCENARIOS: &[Shipped] = shipped![
    "credential-stuffing",
    "password-spraying",
    "one-datacenter",
    "rotating-64",
    "rotating-48",
    "code-guessing",
    "large-campaign",
    "lockout",
    "device-farming",
    "reset-flood",
    "cgnat",
    "school",
    "family",
    "roaming-phone",
    "business-vpn",
    "flash-crowd",
];

/// The policy that is simulated without another one.
pub(super) const POLICY: &str = include_str!("../../../../scenarios/policy.yaml");

/// A scenario and how it is called.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) scenario: Scenario,
}

/// What ships, with what each is about.
pub(super) fn list() -> String {
    let width = SCENARIOS
        .iter()
        .map(|shipped| shipped.name.len())
        .max()
        .unwrap_or(0);
    let lines = SCENARIOS.iter().map(|shipped| {
        let title = read(shipped.name, shipped.text).map(|scenario| scenario.title);
        format!("{:width$}  {}", shipped.name, title.unwrap_or_default())
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "{}\n\nRun one or some: palisade simulate {}",
        lines.join("\n"),
        "credential-stuffing"
    )
}

/// The one of this name that ships.
///
/// # Errors
/// When there is none, with the name that was probably meant.
pub(super) fn shipped(name: &str) -> Result<Shipped, String> {
    let found = SCENARIOS.iter().find(|shipped| shipped.name == name);
    found.copied().ok_or_else(|| {
        let near = SCENARIOS.iter().map(|shipped| (strsim::osa_distance(name, shipped.name), shipped.name));
        let near = near.filter(|(distance, other)| distance.saturating_mul(3) <= other.len()).min();
        let meant = near.map_or_else(String::new, |(_, other)| format!("; did you mean {other}?"));
        format!("palisade: no scenario of the name {name} ships; `palisade simulate` lists those that do{meant}")
    })
}

/// A scenario that ships, or one in a file.
///
/// # Errors
/// When there is neither, or everything that is wrong with the file, each with its line.
pub(super) fn find(name: &str) -> Result<Source, String> {
    let is_file = name == "-" || name.contains(['/', '.']);
    if !is_file {
        let shipped = shipped(name)?;
        return Ok(Source {
            name: shipped.name.to_owned(),
            scenario: read(shipped.name, shipped.text)?,
        });
    }
    let text = crate::read(name).map_err(|error| format!("{name}: cannot be read: {error}"))?;
    let stem = std::path::Path::new(name)
        .file_stem()
        .and_then(|stem| stem.to_str());
    Ok(Source {
        name: stem
            .filter(|stem| *stem != "-")
            .unwrap_or("scenario")
            .to_owned(),
        scenario: read(name, &text)?,
    })
}

/// Reads a scenario.
///
/// # Errors
/// Everything that is wrong with it, each with its line.
pub(super) fn read(file: &str, text: &str) -> Result<Scenario, String> {
    let wrong = |mark: Mark, problem: String| {
        let finding = Finding::new(Severity::Error, "invalid", file, mark, problem);
        finding.with_line(text, &[]).to_text()
    };
    let start = Mark { line: 1, column: 1 };
    let documents = yaml::documents(text).map_err(|told| {
        wrong(
            told.mark,
            format!("this is neither YAML nor JSON: {}", told.problem),
        )
    })?;
    let [document] = documents.as_slice() else {
        let problem = format!("expected one scenario, not {} documents", documents.len());
        return Err(wrong(start, problem));
    };
    let tree = document.read(Reader::Kubernetes, &mut Vec::new());
    scenario::read(&tree).map_err(|errors| told(file, text, document, &errors.0))
}

/// Mistakes as text, in the order of their lines.
fn told(file: &str, text: &str, document: &Rc<Node>, mistakes: &[config::ConfigError]) -> String {
    let mut findings: Vec<Finding> = mistakes
        .iter()
        .map(|mistake| {
            let names = mistake.problem.as_ref();
            let named = names.is_some_and(|problem| problem.starts_with("there is no such field"));
            let mark = document.mark_at(&mistake.path.0, named);
            Finding::of_mistake(file, mistake, mark).with_line(text, &[])
        })
        .collect();
    findings.sort_by_key(|finding| finding.mark);
    let lines: Vec<String> = findings.iter().map(Finding::to_text).collect();
    lines.join("\n")
}

/// The policy that is simulated.
pub(super) struct Tested {
    /// The policy as a tree.
    pub(super) tree: Value,
    /// Whether it is the one that ships.
    pub(super) ships: bool,
    environment: Vec<(String, String)>,
}

impl Tested {
    /// From a file, or the one that ships.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its line.
    pub(super) fn read(
        file: Option<&str>,
        environment: &[(String, String)],
    ) -> Result<Self, String> {
        let text = match file {
            Some(file) => {
                crate::read(file).map_err(|error| format!("{file}: cannot be read: {error}"))?
            }
            None => POLICY.to_owned(),
        };
        let name = file.unwrap_or("scenarios/policy.yaml");
        let found = documents::find(name, &text).map_err(|error| format!("{name}: {error}"))?;
        let first = found
            .first()
            .ok_or_else(|| format!("{name}: there is no configuration in it"))?;
        let checked = crate::check::policy(name, first, &Environment::new(environment));
        checked.map_err(|findings| {
            let lines = findings
                .into_iter()
                .map(|finding| finding.with_line(&text, &[]).to_text());
            let lines: Vec<String> = lines.collect();
            lines.join("\n")
        })?;
        Ok(Self {
            tree: first.tree.clone(),
            ships: file.is_none(),
            environment: environment.to_vec(),
        })
    }

    /// A part of the policy, compiled.
    ///
    /// # Errors
    /// When a part cannot stand alone, and why.
    pub(super) fn compile(&self, tree: &Value) -> Result<Policy, String> {
        let environment = Environment::new(&self.environment);
        let variable = |name: &str| Some(environment.get(name));
        let loaded = config::load(tree.to_string().as_bytes(), &variable);
        let mut policy = loaded.map_err(|errors| {
            let errors: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
            errors.join("; ")
        })?;
        // Nobody reads what is told of each request.
        policy.annotations.headers.clear();
        policy.audit_lines_per_second = 0;
        Ok(policy)
    }
}
