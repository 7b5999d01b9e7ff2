//! The way of all lines through a replay.

use std::rc::Rc;

use palisade::intelligence::{Knowledge, Reputation, UnknownReason};
use palisade::time::Time;

use super::blind::Sight;
use super::fault::Fault;
use super::format::Reader;
use super::input::{Line, Lines};
use super::judge::Judge;
use super::known::{Databases, Recorded, of_signals};
use super::order::{Agenda, Tide};
use super::progress::{Progress, rate};
use super::record::{Field, Record};
use super::refused::Refused;
use super::tally::{Comparison, Summary, Tally};

/// How often the terminal is told how far it is.
const TELL: u64 = 16_384;

/// What judges, and what is known.
pub(super) struct Run {
    pub(super) judge: Judge,
    /// Another policy, and its file.
    pub(super) other: Option<(String, Judge)>,
    pub(super) databases: Databases,
    /// Whether what the filter has written is what was known.
    pub(super) uses_recorded: bool,
    pub(super) refused: Option<Refused>,
    pub(super) strict: bool,
}

/// How a replay ended.
pub(super) enum End {
    /// With the last line.
    Whole,
    /// Somebody has pressed Ctrl-C.
    Interrupted,
    /// At a line that cannot be read, which a call wants to stop at.
    Refused(String),
}

/// A request to a protected route, and where it stands.
struct Waiting {
    record: Record<'static>,
    file: Rc<str>,
    number: u64,
}

/// A replay under way.
struct Replay {
    run: Run,
    tally: Tally,
    waiting: Agenda<Waiting>,
    tide: Tide,
    file: Rc<str>,
    /// Whether the engines have been made.
    is_open: bool,
    /// What the call says that the log tells.
    sight: Sight,
}

impl Run {
    /// Replays these files.
    ///
    /// # Errors
    /// When what was refused cannot be written.
    pub(super) fn over(
        self,
        files: &[String],
        mut reader: Reader,
    ) -> Result<(Summary, End), String> {
        let mut lines = Lines::of(files.to_vec());
        let progress = Progress::begin(files, &lines.read);
        let sight = Sight {
            accounts: reader.maps(Field::Account),
            sessions: reader.maps(Field::Session),
            agents: reader.maps(Field::Agent),
            ja4: reader.maps(Field::Ja4),
            durations: false,
        };
        let mut replay = Replay {
            run: self,
            tally: Tally::default(),
            waiting: Agenda::default(),
            tide: Tide::default(),
            file: "".into(),
            is_open: false,
            sight,
        };
        let end = replay.read(&mut lines, &mut reader, &progress)?;
        replay.settle(None)?;
        let Replay { run, mut tally, .. } = replay;
        if let Some(refused) = run.refused {
            refused.finish()?;
        }
        let took = progress.end();
        let summary = &mut tally.summary;
        summary.interrupted = matches!(end, End::Interrupted);
        summary.seconds = took.as_secs_f64();
        summary.lines_per_second = rate(summary.lines, took);
        Ok((tally.finish(), end))
    }
}

impl Replay {
    fn read(
        &mut self,
        lines: &mut Lines,
        reader: &mut Reader,
        progress: &Progress,
    ) -> Result<End, String> {
        loop {
            if progress.is_interrupted() {
                return Ok(End::Interrupted);
            }
            let fault = match lines.next() {
                Line::End => return Ok(End::Whole),
                Line::Nothing => continue,
                Line::File => {
                    reader.begin_file();
                    self.file = lines.file.as_str().into();
                    continue;
                }
                Line::Failed(why, is_damaged) => {
                    eprintln!("palisade: {}: {why}", lines.place());
                    Some(if is_damaged {
                        Fault::Damaged
                    } else {
                        Fault::Unreadable
                    })
                }
                Line::TooLong => {
                    self.count(progress);
                    Some(Fault::TooLong)
                }
                Line::Text(text, number) => {
                    self.count(progress);
                    self.line(text, number, reader).err()
                }
            };
            if let Some(fault) = fault {
                self.tally.faults.add(fault, || lines.place());
                if self.run.strict {
                    let (place, name) = (lines.place(), fault.name());
                    return Ok(End::Refused(format!("{place}: {name}: {}", fault.remedy())));
                }
            }
            self.settle(Some(self.tide.settled()))?;
        }
    }

    fn count(&mut self, progress: &Progress) {
        let lines = &mut self.tally.summary.lines;
        *lines = lines.saturating_add(1);
        if lines.is_multiple_of(TELL) {
            progress.tell(*lines);
        }
    }

    /// Takes a line. Requests that the policy has nothing to do with change nothing, and need not wait.
    fn line(&mut self, text: &[u8], number: u64, reader: &mut Reader) -> Result<(), Fault> {
        let lossy;
        let text = match std::str::from_utf8(text) {
            Ok(text) => text,
            // Clients write any bytes into paths and user agents.
            Err(_) => {
                lossy = String::from_utf8_lossy(text);
                &lossy
            }
        };
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Err(Fault::Binary);
        }
        let Some((record, format)) = reader.read(text)? else {
            return Ok(());
        };
        if !self.tide.comes(record.time) {
            return Err(Fault::Astray);
        }
        self.tally.request(format.name(), record.time);
        let other = self.run.other.as_ref();
        let concerns = self.run.judge.concerns(&record)
            || other.is_some_and(|(_, other)| other.concerns(&record));
        if concerns {
            let time = record.time;
            let record = record.into_owned();
            let file = Rc::clone(&self.file);
            self.waiting.add(
                time,
                Waiting {
                    record,
                    file,
                    number,
                },
            );
        }
        Ok(())
    }

    /// Judges all that came before this time; without one, all.
    fn settle(&mut self, until: Option<Time>) -> Result<(), String> {
        loop {
            let next = match until {
                Some(until) if self.is_open => self.waiting.due(until),
                Some(until) => {
                    // Whoever opens takes the next one out.
                    let Some(next) = self.waiting.due(until) else {
                        return Ok(());
                    };
                    self.open(&next.1.record);
                    Some(next)
                }
                None => {
                    let next = self.waiting.first();
                    if let Some((_, first)) = &next
                        && !self.is_open
                    {
                        self.open(&first.record);
                    }
                    next
                }
            };
            let Some((time, waiting)) = next else {
                return Ok(());
            };
            self.judge(time, &waiting)?;
        }
    }

    /// Makes the engines, by what the first requests tell.
    fn open(&mut self, first: &Record<'_>) {
        self.is_open = true;
        let mut sight = self.sight;
        let waiting = self.waiting.iter().map(|waiting| &waiting.record);
        for record in waiting.chain([first]) {
            sight.accounts |= record.account.is_some();
            sight.sessions |= record.session.is_some();
            sight.agents |= record.agent.is_some();
            sight.ja4 |= record.ja4.is_some();
            sight.durations |= !record.duration.is_zero();
        }
        let summary = &mut self.tally.summary;
        summary.cannot_know = self.run.judge.open(sight);
        if !self.run.databases.is_empty() && !self.run.judge.asks() {
            let note = "reputations: the policy asks nobody (`intelligence`), so that databases change nothing";
            summary.cannot_know.push(note.to_owned());
        }
        if let Some((file, other)) = &mut self.run.other {
            for note in other.open(sight) {
                if !summary.cannot_know.contains(&note) {
                    summary.cannot_know.push(note);
                }
            }
            summary.against = Some(Comparison {
                policy: file.clone(),
                ..Comparison::default()
            });
        }
    }

    fn judge(&mut self, time: Time, waiting: &Waiting) -> Result<(), String> {
        let Waiting {
            record,
            file,
            number,
        } = waiting;
        let place = || format!("{file}:{number}");
        let run = &mut self.run;
        if time < run.judge.now() {
            let late = &mut self.tally.summary.late;
            *late = late.saturating_add(1);
        }
        let recorded = Recorded::read(record.state.as_deref(), record.context.as_deref());
        let client = run.judge.client(record);
        let known = recorded
            .as_ref()
            .filter(|_| run.uses_recorded)
            .and_then(of_signals);
        let known = known.unwrap_or_else(|| match client {
            Some(client) if !run.databases.is_empty() => run.databases.find(client),
            _ => Knowledge::Lacking(Reputation::NOTHING, UnknownReason::NotAsked),
        });
        let time = time.max(run.judge.now());
        let verdict = run.judge.judge(time, record, known);
        let succeeded = verdict.refuses() && run.judge.succeeded(&verdict, record);
        let about = (record, client, known);
        self.tally.judged(about, &verdict, succeeded, place);
        if let Some(recorded) = &recorded {
            self.tally
                .recorded(recorded, record, &verdict, &run.judge.blind, place);
        }
        if let Some((_, other)) = &mut run.other {
            let time = time.max(other.now());
            let second = other.judge(time, record, known);
            self.tally.compared(record, (&verdict, &second), place);
        }
        if verdict.refuses()
            && let Some(refused) = &mut run.refused
        {
            refused.write(place(), record, &verdict, succeeded)?;
        }
        Ok(())
    }
}
