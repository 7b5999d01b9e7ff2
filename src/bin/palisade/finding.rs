//! What is found in a file, with its place: as text for people, as JSON, as SARIF.

use palisade::config::{ConfigError, Path};
use serde_json::{Value, json};

use crate::yaml::Mark;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The configuration is refused.
    Error,
    /// It is taken, and perhaps not meant.
    Warning,
    /// It is worth knowing.
    Note,
}

impl Severity {
    /// Its name, which is SARIF's as well.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that is found in a file.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    /// The name of the rule that found it.
    pub(crate) rule: &'static str,
    /// The file, `-` for the standard input.
    pub(crate) file: String,
    /// The way to the value in the configuration, as in `routes[0].match`.
    pub(crate) path: Option<Path>,
    pub(crate) mark: Mark,
    /// The line of the file, without secrets.
    pub(crate) line: Option<String>,
    pub(crate) message: String,
    pub(crate) expected: Option<String>,
    pub(crate) meant: Option<String>,
}

impl Finding {
    /// A mistake in a configuration.
    pub(crate) fn of_mistake(file: &str, mistake: &ConfigError, mark: Mark) -> Self {
        Self {
            severity: Severity::Error,
            rule: "invalid",
            file: file.to_owned(),
            path: Some(mistake.path.clone()),
            mark,
            line: None,
            message: mistake.to_string(),
            expected: mistake.expected.clone(),
            meant: mistake.meant.clone(),
        }
    }

    /// Something without an expectation.
    pub(crate) fn new(
        severity: Severity,
        rule: &'static str,
        file: &str,
        mark: Mark,
        message: String,
    ) -> Self {
        Self {
            severity,
            rule,
            file: file.to_owned(),
            path: None,
            mark,
            line: None,
            message,
            expected: None,
            meant: None,
        }
    }

    /// Takes the line from the text of the file. What `hidden` names is not shown, nor anything of a line whose mistake
    /// is about a secret.
    pub(crate) fn with_line(mut self, text: &str, hidden: &[String]) -> Self {
        let line = text.lines().nth(self.mark.line.saturating_sub(1));
        let line =
            line.filter(|line| !line.trim().is_empty() && !self.message.contains("(not shown)"));
        self.line = line.map(|line| {
            let shown = hidden.iter().fold(line.to_owned(), |line, secret| {
                line.replace(secret.as_str(), &"*".repeat(secret.chars().count()))
            });
            shown.replace('\t', " ")
        });
        self
    }

    /// For people: `FILE:LINE:COLUMN: error: MESSAGE [RULE]`, and below it the line with a mark.
    pub(crate) fn to_text(&self) -> String {
        const WIDTH: usize = 100;
        let Mark { line, column } = self.mark;
        let mut said = format!(
            "{}:{line}:{column}: {}: {}",
            self.file,
            self.severity.name(),
            self.message
        );
        if self.severity != Severity::Error {
            said.push_str(&format!(" [{}]", self.rule));
        }
        if let Some(text) = &self.line {
            let from = column.saturating_sub(1).saturating_sub(WIDTH / 2);
            let from = if text.chars().count() <= WIDTH {
                0
            } else {
                from
            };
            let shown: String = text.chars().skip(from).take(WIDTH).collect();
            let indent = " ".repeat(column.saturating_sub(1).saturating_sub(from));
            said.push_str(&format!(
                "\n{line:>5} | {}\n      | {indent}^",
                shown.trim_end()
            ));
        }
        said
    }

    fn to_json(&self) -> Value {
        json!({
            "severity": self.severity.name(),
            "rule": self.rule,
            "file": self.file,
            "line": self.mark.line,
            "column": self.mark.column,
            "path": self.path.as_ref().map(ToString::to_string),
            "source": self.line,
            "message": self.message,
            "expected": self.expected,
            "did_you_mean": self.meant,
        })
    }

    fn to_sarif(&self) -> Value {
        let mut location = json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&self.file) },
                "region": { "startLine": self.mark.line, "startColumn": self.mark.column },
            },
        });
        if let (Some(path), Some(location)) = (&self.path, location.as_object_mut()) {
            let path = json!([{ "fullyQualifiedName": path.to_string() }]);
            location.insert("logicalLocations".to_owned(), path);
        }
        json!({
            "ruleId": self.rule,
            "level": self.severity.name(),
            "message": { "text": self.message },
            "locations": [location],
        })
    }
}

/// A list of findings as one JSON document.
pub(crate) fn as_json(findings: &[Finding]) -> Value {
    let count = |severity| {
        findings
            .iter()
            .filter(|found| found.severity == severity)
            .count()
    };
    json!({
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
        "notes": count(Severity::Note),
        "findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
    })
}

/// A list of findings as a SARIF 2.1.0 log, with what each rule is about.
pub(crate) fn as_sarif<'r>(
    findings: &[Finding],
    rules: impl Iterator<Item = (&'r str, Severity, &'r str)>,
) -> Value {
    let rules = rules.map(|(id, severity, says)| {
        json!({
            "id": id,
            "shortDescription": { "text": says },
            "defaultConfiguration": { "level": severity.name() },
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "palisade",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(Finding::to_sarif).collect::<Vec<_>>(),
        }],
    })
}

/// A file's path as a URI reference.
fn uri(file: &str) -> String {
    let mut uri = String::new();
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte))
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}
