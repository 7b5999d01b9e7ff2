//! The ways in which an application may read the path of a request.

use std::borrow::Cow;

use super::rewrite::{self, Rewrite};

/// A path longer than this is not read at all. Servers take 4 to 8 KiB at most, people write a tenth of it.
const MAX_LENGTH: usize = 4096;
/// How many readings of one path are told apart.
const MAX_READINGS: usize = 32;
/// How many bytes they may have together.
const MAX_BYTES: usize = 16 * 1024;

/// The ways in which an application may read the path of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interpretations<'a> {
    /// There is only one: the path has nothing in it that is ever read differently.
    Plain(&'a [u8]),
    /// All of them, the canonical one first and none twice.
    Several(Vec<Vec<u8>>),
    /// More than can be told at a bounded cost, or a path of more than 4 KiB: it may be read as anything.
    Unreadable,
}

impl Interpretations<'_> {
    /// The readings, the canonical one first; none of an unreadable path.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let (plain, several) = match self {
            Self::Plain(path) => (Some(*path), [].as_slice()),
            Self::Several(readings) => (None, readings.as_slice()),
            Self::Unreadable => (None, [].as_slice()),
        };
        plain.into_iter().chain(several.iter().map(Vec::as_slice))
    }
}

/// Every way in which an application may take `raw`, the path of a request as it arrived, apart.
///
/// The canonical reading ([`canonical`]) comes first, the literal one second. The rest is everything that comes out
/// when the steps that servers are known to take are taken in any order and any number: decoding once, decoding
/// all but what is structural, cutting `;parameters`, merging slashes, following dot segments with or without
/// merging, turning backslashes, cutting a decoded query, ending at a NUL or before trailing blanks, and
/// taking the first segment after two slashes for a host. So no list of known tricks has to be complete:
/// a trick is some order of these steps. Every reading begins with a slash and ends without one, save the root.
///
/// Honest paths have one to four readings. Somebody who writes a path so that it has more than 32 wants it not to
/// be understood, and it is [`Interpretations::Unreadable`]. Time and memory are bounded by that number and by
/// 16 KiB for all readings together.
#[must_use]
pub fn interpretations(raw: &[u8]) -> Interpretations<'_> {
    read(raw, Plainness::Structure, &[])
}

/// The same, and every way in which an application may spell what it has taken apart: with bytes that are no UTF-8
/// dropped, or decoded where they are an overlong form of ASCII; without controls and characters that nobody sees; with
/// the letters of ASCII in place of their other shapes; without dots and blanks at the end of a segment.
#[must_use]
pub fn spellings(raw: &[u8]) -> Interpretations<'_> {
    read(raw, Plainness::Spelling, &rewrite::RESPELLINGS)
}

fn read<'a>(raw: &'a [u8], plainness: Plainness, more: &[Rewrite]) -> Interpretations<'a> {
    if let Some(path) = plain(raw, plainness) {
        return Interpretations::Plain(path);
    }
    let before_query = raw.split(|byte| *byte == b'?').next().unwrap_or_default();
    if before_query.len() > MAX_LENGTH {
        return Interpretations::Unreadable;
    }
    let mut readings = Readings::default();
    readings.add(normalised(raw));
    readings.add(without_authority(before_query).to_vec());
    readings.add(before_query.to_vec());
    readings.close(more);
    if readings.is_complete() {
        Interpretations::Several(readings.all)
    } else {
        Interpretations::Unreadable
    }
}

/// The canonical form of a path, in which patterns are written.
///
/// The query and the fragment are cut and an absolute form (`http://host/path`) is reduced to its path;
/// percent-encoding is decoded save where a byte would become a part of the structure (`/ \ ; ? # %` and
/// controls), which stays encoded with capital digits; `;parameters` are cut from every segment;
/// slashes are merged; dot segments are followed; a trailing slash is dropped save for the root. Letter case stays
/// as it is. Linear in time; a plain path is borrowed.
#[must_use]
pub fn canonical(raw: &[u8]) -> Cow<'_, [u8]> {
    plain(raw, Plainness::Structure)
        .map_or_else(|| Cow::Owned(finished(normalised(raw))), Cow::Borrowed)
}

/// What a plain path is plain to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plainness {
    /// To whoever takes it apart.
    Structure,
    /// And to whoever spells what is in it.
    Spelling,
}

/// The path before the query if it is plain: nothing in it that any server reads as more than itself.
fn plain(raw: &[u8], plainness: Plainness) -> Option<&[u8]> {
    let raw = raw.get(..=MAX_LENGTH).unwrap_or(raw);
    raw.strip_prefix(b"/")?;
    let spelling = plainness == Plainness::Spelling;
    let mut end: usize = 1;
    // Whether the segment has only dots so far, or nothing; and whether it ends with a dot so far.
    let mut is_bare = true;
    let mut is_dotted = false;
    // Every request pays for this loop: text between what may matter is skipped at once.
    loop {
        let rest = raw.get(end..)?;
        let text = rest.iter().position(|byte| may_matter(*byte));
        let text = text.unwrap_or(rest.len());
        is_bare &= text == 0;
        is_dotted &= text == 0;
        end = end.saturating_add(text);
        let byte = raw.get(end);
        match byte {
            Some(b'/') if !(is_bare || spelling && is_dotted) => is_bare = true,
            Some(b'.') => {}
            Some(b'?') | None => break,
            Some(b':') if !spelling || raw.get(end.saturating_add(1)) != Some(&b'$') => {
                is_bare = false;
            }
            Some(0x80..) if !spelling => is_bare = false,
            Some(_) => return None,
        }
        is_dotted = byte == Some(&b'.');
        end = end.saturating_add(1);
    }
    let path = raw.get(..end).filter(|path| path.len() <= MAX_LENGTH)?;
    match path {
        [_, .., b'.'] if is_bare || spelling => None,
        [_, shorter @ .., b'/'] => path.get(..shorter.len().saturating_add(1)),
        _ => Some(path),
    }
}

/// Whether a byte of a path may be more than itself, alone or beside others.
fn may_matter(byte: u8) -> bool {
    /// Looked up once for every byte of every request.
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let mut rest: &mut [bool] = &mut table;
        let mut byte: u8 = 0;
        while let Some((entry, tail)) = rest.split_first_mut() {
            *entry = matches!(
                byte,
                0..=b' ' | 0x7f.. | b'/' | b'.' | b'?' | b'%' | b';' | b'\\' | b'#' | b':'
            );
            byte = byte.wrapping_add(1);
            rest = tail;
        }
        table
    };
    TABLE.get(usize::from(byte)).is_none_or(|matters| *matters)
}

/// What [`canonical`] says, but for the slashes at its ends.
fn normalised(raw: &[u8]) -> Vec<u8> {
    let end = raw.iter().position(|byte| matches!(byte, b'?' | b'#'));
    let target = raw.get(..end.unwrap_or(raw.len())).unwrap_or_default();
    let steps = [
        rewrite::decode_safe,
        rewrite::cut_parameters,
        rewrite::merge_slashes,
        rewrite::resolve_dot_segments,
    ];
    let path = with_leading_slash(without_authority(target).to_vec());
    steps
        .into_iter()
        .fold(path, |path, step| step(&path).unwrap_or(path))
}

/// The path of a request target in absolute form (RFC 9112, 3.2.2); any other target as it is.
fn without_authority(target: &[u8]) -> &[u8] {
    let path = || {
        let colon = target.iter().position(|byte| *byte == b':')?;
        let (scheme, rest) = target.split_at_checked(colon)?;
        let in_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let after = rest.strip_prefix(b"://")?;
        if !scheme.iter().all(in_scheme) {
            return None;
        }
        let end = after.iter().position(|byte| matches!(byte, b'/' | b'\\'));
        after.get(end.unwrap_or(after.len())..)
    };
    path().unwrap_or(target)
}

fn with_leading_slash(mut path: Vec<u8>) -> Vec<u8> {
    if path.first() != Some(&b'/') {
        path.insert(0, b'/');
    }
    path
}

/// With one slash at least at its beginning and none at its end, save for the root.
fn finished(path: Vec<u8>) -> Vec<u8> {
    let mut path = with_leading_slash(path);
    let end = path.iter().rposition(|byte| *byte != b'/');
    path.truncate(end.map_or(1, |end| end.saturating_add(1)));
    path
}

/// Readings without repetition, of which more are made until there are no new ones or too many.
#[derive(Default)]
struct Readings {
    all: Vec<Vec<u8>>,
    bytes: usize,
}

impl Readings {
    fn add(&mut self, path: Vec<u8>) {
        let path = finished(path);
        if !self.all.contains(&path) {
            self.bytes = self.bytes.saturating_add(path.len());
            self.all.push(path);
        }
    }

    fn is_complete(&self) -> bool {
        self.all.len() <= MAX_READINGS && self.bytes <= MAX_BYTES
    }

    /// Takes every step from every reading, those that come out included: the steps of all, and these.
    fn close(&mut self, more: &[Rewrite]) {
        let mut next = 0;
        while let Some(reading) = self.all.get(next) {
            let made: Vec<_> = rewrite::REWRITES
                .iter()
                .chain(more)
                .filter_map(|rewrite| rewrite(reading))
                .collect();
            for path in made {
                self.add(path);
                if !self.is_complete() {
                    return;
                }
            }
            next = next.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests;
