//! Columns between delimiters (CSV): a line of names first, unless columns are named by their numbers.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::super::fault::Fault;
use super::super::record::{Field, Fields};
use super::Mapped;

/// The most columns that are read.
const COLUMNS: usize = 256;

/// Reads lines of columns.
pub(super) struct Columns {
    reader: Reader,
    /// Where a call says that fields stand.
    mapped: Vec<(Field, String)>,
    /// The field of each column; `None` as long as the line of names has not come.
    fields: Option<Vec<Option<Field>>>,
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Columns {
    pub(super) fn new(delimiter: u8, mapped: &[Mapped]) -> Self {
        let mapped = mapped.iter();
        let mut columns = Self {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            mapped: mapped.map(|own| (own.field, own.name.clone())).collect(),
            fields: None,
            bytes: Vec::new(),
            ends: vec![0; COLUMNS],
        };
        columns.begin_file();
        columns
    }

    /// The next line has the names of the columns, unless the call has numbers for all that it names.
    pub(super) fn begin_file(&mut self) {
        let numbers = self.mapped.iter().map(|(field, name)| {
            let number: usize = name.parse().ok().filter(|number| *number <= COLUMNS)?;
            Some((*field, number.checked_sub(1)?))
        });
        let numbers: Option<Vec<(Field, usize)>> = numbers.collect();
        self.fields = numbers
            .filter(|numbers| !numbers.is_empty())
            .map(|numbers| {
                let mut fields = vec![None; COLUMNS];
                for (field, at) in numbers {
                    if let Some(place) = fields.get_mut(at) {
                        *place = Some(field);
                    }
                }
                fields
            });
    }

    /// The fields of a line; `None` of the line with the names.
    pub(super) fn read(&mut self, line: &str) -> Result<Option<Fields<'static>>, Fault> {
        self.reader.reset();
        self.bytes.resize(line.len().saturating_add(1), 0);
        let (_, read, written, mut count) =
            self.reader
                .read_record(line.as_bytes(), &mut self.bytes, &mut self.ends);
        // The end of the line ends the last column.
        let rest = self.bytes.get_mut(written..).unwrap_or_default();
        let ends = self.ends.get_mut(count..).unwrap_or_default();
        let (end, _, _, more) = self.reader.read_record(&[], rest, ends);
        count = count.saturating_add(more);
        if end != ReadRecordResult::Record || read < line.len() {
            return Err(Fault::Format);
        }
        let mut start = 0;
        let ends = self.ends.get(..count).unwrap_or_default();
        let bytes = &self.bytes;
        let texts = ends.iter().map(|end| {
            let text = bytes.get(start..*end).unwrap_or_default();
            start = *end;
            String::from_utf8_lossy(text)
        });
        let Some(fields) = &self.fields else {
            let named = texts.map(|name| {
                let name = name.trim();
                let mut mapped = self.mapped.iter();
                let own = mapped.find(|(_, own)| own == name).map(|(field, _)| *field);
                let usual = || {
                    let usual = Field::named(&name.to_ascii_lowercase())?;
                    let elsewhere = self.mapped.iter().any(|(field, _)| *field == usual);
                    (!elsewhere).then_some(usual)
                };
                own.or_else(usual)
            });
            self.fields = Some(named.collect());
            return Ok(None);
        };
        let mut found = Fields::default();
        for (field, text) in fields.iter().zip(texts) {
            if let Some(field) = field {
                found.put(*field, text.into_owned());
            }
        }
        Ok(Some(found))
    }
}
