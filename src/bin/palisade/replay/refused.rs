//! Each refused request as a line of JSON.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::judge::Verdict;
use super::record::Record;

/// The file of refused requests.
pub(super) struct Refused {
    to: BufWriter<File>,
    file: PathBuf,
}

impl Refused {
    /// Creates the file.
    ///
    /// # Errors
    /// When it cannot be created.
    pub(super) fn create(file: &Path) -> Result<Self, String> {
        let to = File::create(file)
            .map_err(|error| format!("{}: cannot be written: {error}", file.display()))?;
        Ok(Self {
            to: BufWriter::new(to),
            file: file.to_owned(),
        })
    }

    /// Writes a request.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(
        &mut self,
        place: String,
        record: &Record<'_>,
        verdict: &Verdict,
        succeeded: bool,
    ) -> Result<(), String> {
        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("line", place.into());
        put("time", record.time.rfc3339().into());
        put("client", json!(record.client));
        put("method", json!(record.method));
        put("host", json!(record.host));
        put("path", json!(record.path));
        put("status", json!(record.status));
        put("route", json!(*verdict.route));
        put("verdict", verdict.action.name().into());
        if let Some(would) = verdict.would {
            put("monitored", would.name().into());
        }
        for name in ["reason", "rule", "limit", "count", "threshold", "window"] {
            if let Some(text) = verdict.text(name) {
                let number = text.parse::<u64>().ok().map(Value::from);
                put(name, number.unwrap_or_else(|| text.into()));
            }
        }
        if succeeded {
            put("login_succeeded", true.into());
        }
        writeln!(self.to, "{}", Value::Object(line)).map_err(|error| self.problem(&error))
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn finish(mut self) -> Result<(), String> {
        self.to.flush().map_err(|error| self.problem(&error))
    }

    fn problem(&self, error: &std::io::Error) -> String {
        format!("{}: cannot be written: {error}", self.file.display())
    }
}
