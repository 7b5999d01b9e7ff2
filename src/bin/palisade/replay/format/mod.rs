//! The formats of access logs: a line -> the fields of a request.

mod columns;
mod json;
mod text;

use std::fmt::Write as _;

use clap::ValueEnum;

use super::fault::Fault;
use super::record::{Field, Record};
use columns::Columns;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Format {
    /// Each line by its first bytes: all of these but csv
    Auto,
    /// Envoy's default text
    Envoy,
    /// JSON objects: Envoy's, Istio's, Palisade's own, or with --map any other
    Json,
    /// Istio's default text
    Istio,
    /// nginx and Apache: common and combined, also with the host before them
    Combined,
    /// AWS application load balancer
    Alb,
    /// Columns with a line of names, or numbered ones
    Csv,
}

impl Format {
    /// Its name in calls and reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Envoy => "envoy",
            Self::Json => "json",
            Self::Istio => "istio",
            Self::Combined => "combined",
            Self::Alb => "alb",
            Self::Csv => "csv",
        }
    }
}

/// Where a field stands that is not where it usually does: `account=user_name`.
#[derive(Clone, Debug)]
pub(super) struct Mapped {
    field: Field,
    name: String,
}

/// Reads `FIELD=NAME`.
pub(super) fn mapped(text: &str) -> Result<Mapped, String> {
    let pair = text.split_once('=');
    let (field, name) = pair.ok_or("expected FIELD=NAME, such as account=user_name")?;
    let own = |(_, names): &(Field, &'static [&'static str])| names.first().copied();
    let mut all = Field::ALL.iter();
    let found = all.find(|place| own(place) == Some(field));
    let Some((field, _)) = found else {
        let mut known = String::new();
        for name in Field::ALL.iter().filter_map(own) {
            let _ = write!(known, " {name}");
        }
        return Err(format!("{field:?} is no field; expected one of{known}"));
    };
    Ok(Mapped {
        field: *field,
        name: name.to_owned(),
    })
}

/// Reads the lines of one log after the other.
pub(super) struct Reader {
    format: Format,
    mapped: Vec<Mapped>,
    columns: Columns,
}

impl Reader {
    /// A reader of this format, with these places of fields.
    pub(super) fn new(format: Format, delimiter: u8, mapped: Vec<Mapped>) -> Self {
        Self {
            format,
            columns: Columns::new(delimiter, &mapped),
            mapped,
        }
    }

    /// Another file begins: one with columns begins with their names.
    pub(super) fn begin_file(&mut self) {
        self.columns.begin_file();
    }

    /// What a line says, and its format; `None` for a line that says nothing, such as the names of columns.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read<'l>(
        &mut self,
        line: &'l str,
    ) -> Result<Option<(Record<'l>, Format)>, Fault> {
        if line.trim_ascii().is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let format = match self.format {
            Format::Auto => told(line),
            named => named,
        };
        let fields = match format {
            Format::Csv => match self.columns.read(line)? {
                Some(fields) => Ok(fields),
                None => return Ok(None),
            },
            Format::Json => json::read(line, &self.mapped),
            Format::Alb => text::alb(line),
            Format::Envoy | Format::Istio => text::envoy(line, format == Format::Istio),
            Format::Combined | Format::Auto => text::combined(line),
        };
        Record::of(fields?).map(|record| Some((record, format)))
    }

    /// Whether the call says where this field stands.
    pub(super) fn maps(&self, field: Field) -> bool {
        self.mapped.iter().any(|mapped| mapped.field == field)
    }
}

/// The format of a line, by how it begins.
fn told(line: &str) -> Format {
    match line.as_bytes() {
        [b'{', ..] => Format::Json,
        [b'[', ..] if text::is_istio(line) => Format::Istio,
        [b'[', ..] => Format::Envoy,
        _ if text::is_alb(line) => Format::Alb,
        _ => Format::Combined,
    }
}

#[cfg(test)]
mod tests;
