//! `palisade check`: what configurations do, or everything that is wrong with them.

mod bootstrap;
mod doors;
mod explanation;
mod kinds;
mod mistakes;
mod overlaps;
mod reach;
mod warnings;

use std::process::ExitCode;

use clap::ValueEnum;
use palisade::policy::Policy;
use serde_json::Value;

use crate::documents::{self, Found};
use crate::environment::{Environment, variable};
use crate::finding::{Finding, Severity, as_json, as_sarif};
use crate::{read, say};
use kinds::Kind;

/// What the call says.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// Files with a bare configuration (YAML or JSON), an Envoy bootstrap or listener, an Istio WasmPlugin,
    /// TrafficExtension or EnvoyFilter, or an Envoy Gateway EnvoyExtensionPolicy; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// How findings are written: `json` and `sarif` (2.1.0) go to the standard output as one document
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Refuses what is warned of as well
    #[arg(long)]
    strict: bool,
    /// A variable of the VM's environment, as often as there are some
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    environment: Vec<(String, String)>,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

impl Call {
    /// Prints what each configuration of the files does or what is wrong with it.
    pub(crate) fn run(&self) -> ExitCode {
        let mut all = Vec::new();
        for file in &self.files {
            all.extend(self.check_file(file));
        }
        let document = match self.format {
            Format::Text => None,
            Format::Json => Some(as_json(&all)),
            Format::Sarif => {
                let kinds = Kind::ALL
                    .iter()
                    .map(|kind| (kind.id(), kind.severity(), kind.says()));
                Some(as_sarif(&all, kinds))
            }
        };
        if let Some(document) = document {
            say(format_args!("{document:#}"));
        }
        let refused = |found: &Finding| match found.severity {
            Severity::Error => true,
            Severity::Warning => self.strict,
            Severity::Note => false,
        };
        match all.iter().any(refused) {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        }
    }

    /// What is found in a file.
    fn check_file(&self, file: &str) -> Vec<Finding> {
        let start = crate::yaml::Mark { line: 1, column: 1 };
        let unread = |error: std::io::Error| {
            let problem = format!("cannot be read: {error}");
            Finding::new(Severity::Error, "invalid", file, start, problem)
        };
        let text = match read(file) {
            Ok(text) => text,
            Err(error) => return self.told(vec![unread(error)]),
        };
        let found = match documents::find(file, &text) {
            Ok(found) => found,
            Err(told) => {
                let wrong = Finding::new(Severity::Error, "invalid", file, told.mark, told.problem);
                return self.told(vec![wrong.with_line(&text, &[])]);
            }
        };
        let checked = found
            .iter()
            .flat_map(|found| self.check(file, &text, found));
        checked.collect()
    }

    /// What is found in a configuration. As text it is printed, with what a valid one does.
    fn check(&self, file: &str, text: &str, found: &Found) -> Vec<Finding> {
        let name = match found.place.as_str() {
            "" => file.to_owned(),
            place => format!("{file}: {place}"),
        };
        let environment = Environment::new(&self.environment);
        let hidden = warnings::written_out_keys(&found.tree);
        let checked = policy(file, found, &environment);
        let findings = match &checked {
            Ok(policy) => {
                if self.format == Format::Text {
                    say(format_args!("{name}: valid"));
                    explanation::explain(policy, &found.tree);
                }
                let names = environment.into_missing();
                warnings::all(policy, found, &names, file)
            }
            Err(wrong) => {
                if self.format == Format::Text {
                    eprintln!("{name}: refused");
                }
                wrong.clone()
            }
        };
        let mut findings: Vec<Finding> = findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error || !is_allowed(text, finding))
            .map(|finding| finding.with_line(text, &hidden))
            .collect();
        findings.sort_by_key(|finding| finding.mark);
        self.told(findings)
    }

    /// Prints findings if they are wanted as text: what is refused to the standard error.
    fn told(&self, findings: Vec<Finding>) -> Vec<Finding> {
        for finding in findings.iter().filter(|_| self.format == Format::Text) {
            match finding.severity {
                Severity::Error => eprintln!("{}", finding.to_text()),
                Severity::Warning | Severity::Note => say(finding.to_text()),
            }
        }
        findings
    }
}

/// Whether a comment allows what was found: `# palisade: allow RULE, RULE` on its line, or on the one before.
fn is_allowed(text: &str, finding: &Finding) -> bool {
    let line = finding.mark.line;
    let own = text.lines().nth(line.saturating_sub(1));
    let before = text.lines().nth(line.wrapping_sub(2));
    let before = before.filter(|line| line.trim_start().starts_with('#'));
    [own, before].into_iter().flatten().any(|line| {
        let allowed = line
            .split_once('#')
            .and_then(|(_, comment)| comment.split_once("palisade: allow "))
            .map(|(_, allowed)| allowed);
        let mut words = allowed
            .into_iter()
            .flat_map(|words| words.split([',', ' ']));
        words.any(|word| word == finding.rule)
    })
}

/// The policy, or everything that is wrong with what was found.
pub(crate) fn policy(
    file: &str,
    found: &Found,
    environment: &Environment<'_>,
) -> Result<Policy, Vec<Finding>> {
    let variable = |name: &str| Some(environment.get(name));
    let node = found.node();
    let disputed = found.disputed.iter().map(|told| {
        Finding::new(
            Severity::Error,
            "invalid",
            file,
            told.mark,
            told.problem.clone(),
        )
    });
    let mut wrong: Vec<Finding> = disputed.collect();
    let finding = |mistake: &palisade::config::ConfigError| {
        let names = mistake.problem.as_ref();
        let named = names.is_some_and(|problem| problem.starts_with("there is no such field"));
        Finding::of_mistake(file, mistake, node.mark_at(&mistake.path.0, named))
    };
    let policy = mistakes::load(&found.tree, &variable);
    if let Err(mistakes) = &policy {
        wrong.extend(mistakes.iter().map(finding));
    } else if let Some(elsewhere) = &found.elsewhere
        && let Err(mistakes) = mistakes::load(elsewhere, &variable)
    {
        wrong.extend(mistakes.iter().map(|mistake| {
            let mut found = finding(mistake);
            found.message.push_str(" (as Kubernetes reads it)");
            found
        }));
    }
    match policy {
        Ok(policy) if wrong.is_empty() => Ok(policy),
        _ => Err(wrong),
    }
}

/// What a route matches: one match, or a list of them.
fn matching(tree: &Value, route: usize) -> Option<&Value> {
    tree.pointer(&format!("/routes/{route}/match"))
}
