//! What may be wrong with a line, and how often it was.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// It is longer than a line of a log may be.
    TooLong,
    /// It holds bytes that no text has.
    Binary,
    /// It is in none of the formats, or not in the one that was asked for.
    Format,
    /// It has no time, or none that can be read.
    Time,
    /// It has no address of a client.
    Client,
    /// It has no method and path.
    Request,
    /// Its status is no number.
    Status,
    /// Its time is more than a day from that of the line before.
    Astray,
    /// What is compressed ends early or is damaged; what stood before it was read.
    Damaged,
    /// The file cannot be opened or read on.
    Unreadable,
}

impl Fault {
    /// What it is called in a report.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TooLong => "too long",
            Self::Binary => "no text",
            Self::Format => "in no known format",
            Self::Time => "without a time that can be read",
            Self::Client => "without an address of a client",
            Self::Request => "without a method and a path",
            Self::Status => "with a status that is no number",
            Self::Astray => "more than a day from the line before",
            Self::Damaged => "damaged or cut short by its compression",
            Self::Unreadable => "in a file that cannot be read",
        }
    }

    /// What to do about it.
    pub(super) const fn remedy(self) -> &'static str {
        match self {
            Self::TooLong => "lines have 65,536 bytes at most",
            Self::Binary => "is the file a log?",
            Self::Format => "name the format with --format, and the columns with --map",
            Self::Time => {
                "name the column with --map time=NAME; RFC 3339, Apache's form and seconds since 1970 are read"
            }
            Self::Client => "log the address, or name the column with --map client=NAME",
            Self::Request => "name the columns with --map method=NAME and --map path=NAME",
            Self::Status => "name the column with --map status=NAME",
            Self::Astray => "sort the log by time",
            Self::Damaged => "fetch the file again",
            Self::Unreadable => "see whether it is there and may be read",
        }
    }
}

/// How many lines are named of each fault.
const NAMED: usize = 5;

/// Lines with one fault.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Faulty {
    /// How many there are.
    pub(super) lines: u64,
    /// Where the first ones stand: `FILE:LINE`.
    pub(super) first: Vec<String>,
    pub(super) what_to_do: &'static str,
}

/// All that is wrong with lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(BTreeMap<Fault, Faulty>);

impl Faults {
    /// Counts a line.
    pub(super) fn add(&mut self, fault: Fault, place: impl FnOnce() -> String) {
        let faulty = self.0.entry(fault).or_default();
        faulty.what_to_do = fault.remedy();
        faulty.lines = faulty.lines.saturating_add(1);
        if faulty.first.len() < NAMED {
            faulty.first.push(place());
        }
    }

    /// Each kind of fault that there is, with its lines.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Fault, &Faulty)> {
        self.0.iter().map(|(fault, faulty)| (*fault, faulty))
    }
}
