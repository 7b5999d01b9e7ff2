use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{
    canonical_combining_class, decompose_compatible, is_public_assigned,
};

use super::*;

/// Set this variable to write the tables anew from the data of `unicode-normalization`.
const WRITE: &str = "PALISADE_WRITE_UNICODE_TABLES";

fn decomposed(character: char) -> String {
    let mut text = String::new();
    decompose_compatible(character, |part| text.push(part));
    text
}

fn all() -> impl Iterator<Item = char> {
    (0..=u32::from(char::MAX)).filter_map(char::from_u32)
}

/// By the standard library, of the characters that the pinned data know: a later toolchain knows more.
fn folded(character: char) -> String {
    if !is_public_assigned(character) {
        return character.to_string();
    }
    character
        .to_lowercase()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

fn decompositions() -> Vec<u8> {
    let is_syllable = |code: u32| (HANGUL..HANGUL + HANGUL_SYLLABLES).contains(&code);
    let others = all().filter(|character| !is_syllable(u32::from(*character)));
    table(others.map(|character| (character, decomposed(character))))
}

fn foldings() -> Vec<u8> {
    let others = all().filter(|character| !character.is_ascii());
    table(others.map(|character| (character, folded(character))))
}

/// What `scripts/bases.py` has derived: a character's code and its base, which may be nothing.
fn derived() -> impl Iterator<Item = (char, String)> {
    include_str!("bases.txt").lines().map(|line| {
        let (code, base) = line.split_once(' ').unwrap_or((line, ""));
        let code = u32::from_str_radix(code, 16).unwrap();
        (char::from_u32(code).unwrap(), base.to_owned())
    })
}

/// The bytes that [`records`] describes.
fn table(all: impl Iterator<Item = (char, String)>) -> Vec<u8> {
    let changed: BTreeMap<u32, String> = all
        .filter(|(character, text)| character.to_string() != *text)
        .map(|(character, text)| (u32::from(character), text))
        .collect();
    let shifted = |code: u32, by: u32| {
        let mut start = changed[&code].chars();
        if start.as_str().is_empty() {
            return changed.get(&(code + by)).is_some_and(String::is_empty);
        }
        let (first, None) = (start.next().unwrap(), start.next()) else {
            return false;
        };
        let expected = char::from_u32(u32::from(first) + by).map(|shifted| shifted.to_string());
        expected.is_some() && changed.get(&(code + by)) == expected.as_ref()
    };
    let mut blocks: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
    // Where the next record of the block may begin.
    let mut next = 0;
    for (&code, text) in &changed {
        if code < next {
            continue;
        }
        let block = blocks
            .entry((code / BLOCK).try_into().unwrap())
            .or_default();
        let skip = u8::try_from(code - next.max(code - code % BLOCK)).unwrap();
        let left = BLOCK - code % BLOCK;
        let run = (1..left.min(255)).find(|by| !shifted(code, *by));
        let run = u8::try_from(run.unwrap_or(left.min(255))).unwrap();
        let length = u8::try_from(text.len()).unwrap();
        let small = if length < 16 { length } else { 0 };
        block.push(skip.min(7) << 5 | u8::from(run > 1) << 4 | small);
        block.extend((skip >= 7).then_some(skip));
        block.extend((small == 0).then_some(length));
        block.extend((run > 1).then_some(run));
        block.extend(text.as_bytes());
        next = code + u32::from(run);
    }
    let mut bytes = u16::try_from(blocks.len()).unwrap().to_be_bytes().to_vec();
    let mut end = 0_u16;
    for (block, records) in &blocks {
        end += u16::try_from(records.len()).unwrap();
        bytes.extend(block.to_be_bytes());
        bytes.extend(end.to_be_bytes());
    }
    bytes.extend(blocks.values().flatten());
    bytes
}

fn marks() -> Vec<u8> {
    let mut ranges: Vec<(u32, u8, u8)> = Vec::new();
    for character in all() {
        let (code, class) = (u32::from(character), canonical_combining_class(character));
        match ranges.last_mut() {
            _ if class == 0 => {}
            Some((first, more, of)) if *of == class && *first + u32::from(*more) + 1 == code => {
                *more += 1;
            }
            _ => ranges.push((code, 0, class)),
        }
    }
    let bytes = ranges.into_iter().flat_map(|(first, more, class)| {
        let [_, a, b, c] = first.to_be_bytes();
        [a, b, c, more, class]
    });
    bytes.collect()
}

#[test]
fn the_tables_are_what_the_data_of_unicode_give() {
    let (decompositions, foldings, marks) = (decompositions(), foldings(), marks());
    let bases = table(derived());
    if std::env::var_os(WRITE).is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/identity/unicode");
        std::fs::write(format!("{folder}/decompositions.bin"), &decompositions).unwrap();
        std::fs::write(format!("{folder}/foldings.bin"), &foldings).unwrap();
        std::fs::write(format!("{folder}/marks.bin"), &marks).unwrap();
        std::fs::write(format!("{folder}/bases.bin"), &bases).unwrap();
    }
    assert!(
        decompositions == DECOMPOSITIONS
            && foldings == FOLDINGS
            && marks == MARKS
            && bases == BASES,
        "the tables are not of this version of Unicode: run this test with {WRITE}=1, then again"
    );
}

#[test]
fn every_character_is_decomposed_as_unicode_says() {
    for character in all() {
        let mut text = String::new();
        decompose(character, &mut |part| text.push(part));
        assert_eq!(text, decomposed(character), "{character:?}");
        assert_eq!(text, character.nfkd().collect::<String>(), "{character:?}");
    }
}

#[test]
fn every_character_is_folded_as_the_standard_library_says() {
    for character in all() {
        let mut text = String::new();
        fold(character, &mut |part| text.push(part));
        assert_eq!(text, folded(character), "{character:?}");
    }
}

fn based(text: &str) -> String {
    let mut out = String::new();
    text.chars().for_each(|c| base(c, &mut |c| out.push(c)));
    out
}

#[test]
fn every_base_is_what_is_derived() {
    let derived: BTreeMap<char, String> = derived().collect();
    for character in all() {
        let expected = match derived.get(&character) {
            Some(base) => base.clone(),
            None if combining_class(character) > 0 => String::new(),
            None => character.to_string(),
        };
        assert_eq!(based(&character.to_string()), expected, "{character:?}");
    }
}

#[test]
fn a_base_is_decomposed_and_its_own_base() {
    for (character, base) in derived() {
        assert_eq!(based(&base), base, "{character:?}");
        assert_eq!(base.nfkd().collect::<String>(), base, "{character:?}");
    }
}

#[test]
fn what_collations_take_for_one_letter_has_one_base() {
    for (one, other) in [
        ("łukasz", "lukasz"),
        ("Łđøħæœı", "Ldohaeoei"),
        ("ßẞþÞðÐŋ", "ssSSthTHdDn"),
        ("ŧɓɗƙɨʉƒƶǥ", "tbdkiufzg"),
        ("ʙᴀꝥɛȷ", "bathej"),
        ("ґ", "г"),
        ("カタカナ", "かたかな"),
        ("ゃ", "や"),
        ("٠۱२৩", "0123"),
        ("o’neil–x", "o'neil-x"),
        ("a\u{20dd}b\u{363}", "aba"),
        ("⺁", "厂"),
        ("ς", "σ"),
    ] {
        let folded = |text: &str| {
            let mut out = String::new();
            based(text)
                .chars()
                .for_each(|c| fold(c, &mut |c| out.push(c)));
            out
        };
        assert_eq!(folded(one), folded(other), "{one} {other}");
    }
    for (one, other) in [
        ("а", "a"),
        ("ə", "e"),
        ("漢", "汉"),
        ("ж", "з"),
        ("🦊", "🔑"),
    ] {
        assert_ne!(based(one), based(other), "{one} {other}");
    }
}

#[test]
fn every_combining_class_is_what_unicode_says() {
    for character in all() {
        let class = canonical_combining_class(character);
        assert_eq!(combining_class(character), class, "{character:?}");
    }
}

#[test]
fn letters_that_people_take_for_one_fold_to_one() {
    let folded = |text: &str| {
        let mut out = String::new();
        text.chars().for_each(|c| fold(c, &mut |c| out.push(c)));
        out
    };
    for (one, other) in [
        ("STRASSE", "straße"),
        ("STRAẞE", "strasse"),
        ("ſ", "s"),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("Alice", "aLICE"),
        ("ДИМА", "дима"),
    ] {
        assert_eq!(folded(one), folded(other));
    }
}

#[test]
fn what_nobody_sees_is_invisible_and_what_one_sees_is_not() {
    for character in "\u{0}\u{1f}\u{7f}\u{85}\u{ad}\u{200b}\u{200d}\u{202e}\u{2060}\u{feff}\u{fe0f}\u{e0041}\u{3164}".chars() {
        assert!(is_invisible(character), "{character:?}");
    }
    for character in " a\u{e9}\u{3b1}\u{200a}\u{2010}\u{fffd}\u{1f600}".chars() {
        assert!(!is_invisible(character), "{character:?}");
    }
}
