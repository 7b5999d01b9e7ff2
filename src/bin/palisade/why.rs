//! `palisade why`: what became of the request with a reference, from audit and access logs.

mod entry;
mod words;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::process::ExitCode;

use crate::say;
use entry::Entry;

/// The most bytes of a line that are looked at: of longer ones, the beginning.
const LONGEST: u64 = 65_536;
/// The most places that are named.
const PLACES: usize = 8;

/// What the call says.
#[derive(Debug, clap::Args)]
pub(crate) struct Call {
    /// The reference on the page that the client saw, or in x-palisade-ref
    #[arg(value_name = "REF", value_parser = reference)]
    reference: String,
    /// Envoy's log with the audit lines, access logs, or both; - for the standard input
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<String>,
}

/// As it is written, even if somebody has heard it on the telephone.
fn reference(text: &str) -> Result<String, String> {
    let heard = text
        .trim()
        .chars()
        .map(|letter| match letter.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            letter => letter,
        });
    let reference: String = heard.collect();
    match reference.len() == 13 && reference.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => Ok(reference),
        false => Err("expected thirteen letters and digits, such as z6j4b6a97mk60".to_owned()),
    }
}

/// What was found on the way.
#[derive(Default)]
struct Search {
    found: Entry,
    places: Vec<String>,
    /// Where the reference stands in a line that says nothing more.
    mention: Option<String>,
    lines: u64,
}

impl Call {
    /// Prints what happened, and what would change it.
    pub(crate) fn run(&self) -> ExitCode {
        match self.search().and_then(|search| self.answer(&search)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("palisade: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn search(&self) -> Result<Search, String> {
        let mut search = Search::default();
        for log in &self.logs {
            let read = match log.as_str() {
                "-" => self.read("standard input", io::stdin().lock(), &mut search),
                name => File::open(name)
                    .and_then(|file| self.read(name, BufReader::new(file), &mut search)),
            };
            read.map_err(|error| format!("{log}: cannot be read: {error}"))?;
        }
        Ok(search)
    }

    /// One line after the other, whatever the size of the log.
    fn read(&self, name: &str, mut log: impl BufRead, search: &mut Search) -> io::Result<()> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            if log.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            search.lines = search.lines.saturating_add(1);
            self.look(&line, || format!("{name}:{number}"), search);
            if !line.ends_with(b"\n") {
                log.skip_until(b'\n')?;
            }
        }
        Ok(())
    }

    fn look(&self, line: &[u8], place: impl Fn() -> String, search: &mut Search) {
        let reference = self.reference.as_bytes();
        if !line.windows(reference.len()).any(|part| part == reference) {
            return;
        }
        match Entry::read(&String::from_utf8_lossy(line), &self.reference) {
            Some(entry) => {
                search.found.join(entry);
                if search.places.len() < PLACES {
                    search.places.push(place());
                }
            }
            None => {
                search.mention.get_or_insert_with(place);
            }
        }
    }

    fn answer(&self, search: &Search) -> Result<(), String> {
        let reference = &self.reference;
        if search.places.is_empty() {
            let lines = search.lines;
            return Err(match &search.mention {
                Some(place) => format!(
                    "{reference} stands at {place}, in a line that does not say what happened; log \
                     %FILTER_STATE(wasm.palisade:PLAIN)% as envoy/ipasis.yaml does, or give Envoy's own log"
                ),
                None => format!(
                    "{reference} stands in none of {lines} lines; audit lines are in Envoy's own log (component wasm, level \
                     warning, at most audit.lines_per_second), access logs have every refusal; older logs may be compressed: \
                     zcat LOG.gz | palisade why {reference} -"
                ),
            });
        }
        for line in words::explain(reference, &search.found) {
            say(line);
        }
        say(format_args!("found in   {}", search.places.join(", ")));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_that_was_read_out_is_understood() {
        assert_eq!(reference(" Z6J4B6A97MK6O").as_deref(), Ok("z6j4b6a97mk60"));
        assert_eq!(reference("z6j4b6a97mki0").as_deref(), Ok("z6j4b6a97mk10"));
        assert!(reference("z6j4b6a97mk6").is_err());
        assert!(reference("z6j4b6a97mk6\n\n\"").is_err());
    }
}
