//! Unicode as far as it takes to see that two spellings are one: compatibility decomposition (NFKD, Unicode Standard
//! Annex 15), case folding, characters that nobody sees, and those that collations take for a base letter.
//!
//! Two texts have the same NFKD exactly if they have the same NFKC, and here nothing but that is asked. NFKD needs no
//! table of compositions: its tables are 24 KiB of the filter, where `icu_normalizer` would be 93 and
//! `unicode-normalization` 123. The cases of letters are 3 KiB, where those of the standard library would be 24. A test
//! holds all of them to `unicode-normalization` and the standard library, and writes them. What is taken for a base
//! letter stands in `bases.txt`, which `scripts/bases.py` derives from the Unicode Collation Algorithm, and is 4 KiB.

/// Sorted blocks of [`BLOCK`] characters, each with its records; see [`records`].
static DECOMPOSITIONS: &[u8] = include_bytes!("unicode/decompositions.bin");
/// The same, for what each character is folded to.
static FOLDINGS: &[u8] = include_bytes!("unicode/foldings.bin");
/// The same, for the base letters of each character; none for what collations leave out.
static BASES: &[u8] = include_bytes!("unicode/bases.bin");
/// Sorted ranges of combining marks: the first as three bytes (big-endian), how many more, their combining class.
static MARKS: &[u8] = include_bytes!("unicode/marks.bin");

/// So many characters are one block of a table, whose records are gone through one after the other: bodies may be full
/// of the last one.
const BLOCK: u32 = 32;

const HANGUL: u32 = 0xac00;
const HANGUL_SYLLABLES: u32 = 11_172;

/// Puts what `character` is made of, in its full compatibility decomposition.
pub(crate) fn decompose(character: char, put: &mut impl FnMut(char)) {
    let code = u32::from(character);
    if code < 0xa0 {
        return put(character);
    }
    let syllable = code.wrapping_sub(HANGUL);
    if syllable < HANGUL_SYLLABLES {
        return hangul(syllable).into_iter().flatten().for_each(put);
    }
    put_from(DECOMPOSITIONS, character, put);
}

/// The canonical combining class of a mark; zero of what is none.
pub(super) fn combining_class(character: char) -> u8 {
    let code = u32::from(character);
    if code < 0x300 {
        return 0;
    }
    let (ranges, _) = MARKS.as_chunks::<5>();
    let first = |range: &[u8; 5]| u32::from_be_bytes([0, range[0], range[1], range[2]]);
    let after = ranges.partition_point(|range| first(range) <= code);
    after
        .checked_sub(1)
        .and_then(|at| ranges.get(at))
        .filter(|range| code.wrapping_sub(first(range)) <= u32::from(range[3]))
        .map_or(0, |range| range[4])
}

/// Puts the folded form of a character: its lower case by way of both cases, so that `ẞ` and `ß` are `ss`, and `ς` is
/// `σ`.
pub(super) fn fold(character: char, put: &mut impl FnMut(char)) {
    if character.is_ascii() {
        return put(character.to_ascii_lowercase());
    }
    put_from(FOLDINGS, character, put);
}

/// Puts what collations compare when they tell letters apart but not their accents, strokes and hooks: `o` for `ø`,
/// `ae` for `æ`, nothing for a mark. The character must be decomposed.
pub(super) fn base(character: char, put: &mut impl FnMut(char)) {
    if character.is_ascii() {
        return put(character);
    }
    match expansion(BASES, u32::from(character)) {
        Some(Expansion::Text(text)) => text.chars().for_each(put),
        Some(Expansion::Shifted(shifted)) => put(shifted),
        None if combining_class(character) > 0 => {}
        None => put(character),
    }
}

/// Whether a character is a control, a format character (category Cf) or one that is shown as nothing
/// (`Default_Ignorable_Code_Point`).
pub(crate) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The letters of a syllable (Unicode Standard, 3.12).
fn hangul(syllable: u32) -> [Option<char>; 3] {
    let letter = |base: u32, index: u32| char::from_u32(base.wrapping_add(index));
    let last = syllable % 28;
    [
        letter(0x1100, syllable / 588),
        letter(0x1161, syllable % 588 / 28),
        letter(0x11a7, last).filter(|_| last > 0),
    ]
}

/// Puts what a table has for a character, or the character.
fn put_from(table: &'static [u8], character: char, put: &mut impl FnMut(char)) {
    match expansion(table, u32::from(character)) {
        Some(Expansion::Text(text)) => text.chars().for_each(put),
        Some(Expansion::Shifted(shifted)) => put(shifted),
        None => put(character),
    }
}

enum Expansion {
    Text(&'static str),
    Shifted(char),
}

fn expansion(table: &'static [u8], code: u32) -> Option<Expansion> {
    let (block, low) = (u16::try_from(code / BLOCK).ok()?, code % BLOCK);
    let mut records = records(table, block)?;
    // The first character that the next record may be about.
    let mut next: u32 = 0;
    loop {
        let head = take(&mut records)?;
        let skip = match head >> 5 {
            7 => take(&mut records)?,
            skip => skip,
        };
        let length = match head & 15 {
            0 => take(&mut records)?,
            length => length,
        };
        let run = match head & 16 {
            0 => 1,
            _ => take(&mut records)?,
        };
        let (text, rest) = records.split_at_checked(usize::from(length))?;
        records = rest;
        let first = next.wrapping_add(u32::from(skip));
        let shift = low.checked_sub(first)?;
        if shift < u32::from(run) {
            let text = std::str::from_utf8(text).ok()?;
            return match text.chars().next() {
                Some(start) if shift > 0 => {
                    let code = u32::from(start).wrapping_add(shift);
                    char::from_u32(code).map(Expansion::Shifted)
                }
                _ => Some(Expansion::Text(text)),
            };
        }
        next = first.wrapping_add(u32::from(run));
    }
}

fn take(bytes: &mut &'static [u8]) -> Option<u8> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(first)
}

/// The records of a block.
///
/// The table begins with the number of blocks, then number and end of each, 16 bits each, big-endian. A record is a
/// byte of three bits of how many characters to skip (7: the next byte says it), one bit of whether a run follows, four
/// of the length of the text (0: the next byte says it); then, in a run, how many characters there are in a row, whose
/// single characters follow each other likewise, or which all have no text; then the text in UTF-8.
fn records(table: &'static [u8], block: u16) -> Option<&'static [u8]> {
    let (count, rest) = table.split_first_chunk::<2>()?;
    let index_length = usize::from(u16::from_be_bytes(*count)).saturating_mul(4);
    let (index, records) = rest.split_at_checked(index_length)?;
    let (index, _) = index.as_chunks::<4>();
    let at = index
        .binary_search_by_key(&block, |entry| u16::from_be_bytes([entry[0], entry[1]]))
        .ok()?;
    let end = |at: usize| {
        let entry = index.get(at)?;
        Some(usize::from(u16::from_be_bytes([entry[2], entry[3]])))
    };
    let begin = match at.checked_sub(1) {
        None => 0,
        Some(before) => end(before)?,
    };
    records.get(begin..end(at)?)
}

#[cfg(test)]
mod tests;
