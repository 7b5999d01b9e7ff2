//! What is known of addresses: from databases that a call names, and from what the filter itself has written into the
//! log.

mod networks;
mod recorded;
mod table;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use maxminddb::Reader;
use palisade::address::ClientAddress;
use palisade::intelligence::{Flag, Knowledge, Reputation, UnknownReason};

use networks::Networks;
use table::Entry;

pub(super) use recorded::{Recorded, reputation as of_signals};

/// How many addresses are remembered with what was found of them.
const REMEMBERED: usize = 65_536;

/// A list of networks of which one thing is known: `vpn=FILE`.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    flag: Flag,
    file: PathBuf,
}

/// Reads `FLAG=FILE`.
pub(super) fn listed(text: &str) -> Result<Listed, String> {
    let (flag, file) = text
        .split_once('=')
        .ok_or("expected FLAG=FILE, such as vpn=vpn.txt")?;
    let flag = Flag::from_name(flag).ok_or_else(|| {
        let known: Vec<&str> = Flag::ALL.into_iter().map(Flag::name).collect();
        format!("{flag:?} is none; expected one of {}", known.join(", "))
    })?;
    Ok(Listed {
        flag,
        file: file.into(),
    })
}

/// All databases of a call.
#[derive(Default)]
pub(super) struct Databases {
    tables: Vec<Networks<Reputation>>,
    lists: Vec<(Flag, Networks<()>)>,
    mmdbs: Vec<Reader<Vec<u8>>>,
    remembered: HashMap<ClientAddress, Knowledge>,
}

impl Databases {
    /// Reads the databases: MMDB by their first bytes or their name, and JSON lines.
    ///
    /// # Errors
    /// Names each that cannot be read, and what is wrong with it. What can be read is not lost.
    pub(super) fn read(files: &[PathBuf], lists: &[Listed]) -> (Self, Vec<String>) {
        let (mut all, mut wrong) = (Self::default(), Vec::new());
        for file in files {
            if let Err(why) = all.add(file, &mut wrong) {
                wrong.push(format!("{}: {why}", file.display()));
            }
        }
        for Listed { flag, file } in lists {
            match std::fs::read_to_string(file) {
                Ok(text) => all
                    .lists
                    .push((*flag, networks::list(file, &text, &mut wrong))),
                Err(error) => wrong.push(format!("{}: cannot be read: {error}", file.display())),
            }
        }
        (all, wrong)
    }

    fn add(&mut self, file: &Path, wrong: &mut Vec<String>) -> Result<(), String> {
        let bytes = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"))?;
        let is_named = file
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("mmdb"));
        match std::str::from_utf8(&bytes) {
            Ok(text) if !is_named => {
                self.tables.push(table::read(file, text, wrong));
                Ok(())
            }
            _ => {
                let reader = Reader::from_source(bytes)
                    .map_err(|error| format!("is no MMDB, nor text: {error}"))?;
                self.mmdbs.push(reader);
                Ok(())
            }
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.lists.is_empty() && self.mmdbs.is_empty()
    }

    /// What they say of an address; where two say something, the one that was named first.
    pub(super) fn find(&mut self, client: ClientAddress) -> Knowledge {
        if let Some(known) = self.remembered.get(&client) {
            return *known;
        }
        let known = self.look_up(client);
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(client, known);
        known
    }

    fn look_up(&self, client: ClientAddress) -> Knowledge {
        let address = client.ip();
        let mut found = Reputation::NOTHING;
        for table in &self.tables {
            found = found.or(table.find(address).copied().unwrap_or_default());
        }
        for (flag, list) in &self.lists {
            let mut own = Reputation::NOTHING;
            own.flags.put(*flag, Some(list.find(address).is_some()));
            found = found.or(own);
        }
        for mmdb in &self.mmdbs {
            let tells_flags = mmdb.metadata().database_type.contains("Anonymous");
            let entry = mmdb
                .lookup(address)
                .and_then(|found| found.decode::<Entry>());
            let entry = entry.ok().flatten();
            found = found.or(entry.unwrap_or_default().reputation(tells_flags));
        }
        match found.is_unknown() {
            true => Knowledge::Lacking(found, UnknownReason::NotAsked),
            false => Knowledge::Known(found),
        }
    }
}

#[cfg(test)]
mod tests;
