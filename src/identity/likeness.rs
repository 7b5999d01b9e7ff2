//! How like the name of a field another name is.
//!
//! Frameworks take many spellings for one name: brackets, dots, blanks, controls, marks that nobody sees, percent signs
//! that decode once more. Their habits are not modelled here, there is always one more. What is the name letter by
//! letter is read; whatever else could be it, to whatever reader, is [`Likeness::Doubtful`]; the rest is another name.

use std::cell::OnceCell;

use super::percent;
use super::unicode;

/// How like the name of a field another name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// It is the name, in whatever case of ASCII letters: ASP.NET, Go and Java find `email` in `Email`.
    Same,
    /// Some reader may take it for the name.
    Doubtful,
    /// It is another name.
    Other,
}

/// The letters and digits of a name, which some readers find and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Essence(Box<str>);

impl Essence {
    /// The essence of `name`.
    pub(crate) fn of(name: &[u8]) -> Self {
        match is_plain(name) {
            true => Self::of_plain(name.to_vec()),
            false => Self(Letters::of(name).text.into()),
        }
    }

    /// The essence of a plain name.
    fn of_plain(mut name: Vec<u8>) -> Self {
        name.retain(u8::is_ascii_alphanumeric);
        name.make_ascii_lowercase();
        Self(String::from_utf8(name).unwrap_or_default().into())
    }

    /// The letters and digits, folded.
    pub(crate) const fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left of the name: then no other name is like it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `name`, or what one more decoding makes of it, could be the name: its letters and digits are, or those
    /// of one of its pieces. Pieces stand between all but letters, digits, `_` and `-`; several in a row are also one.
    pub(crate) fn could_be(&self, name: &Name<'_>) -> bool {
        let written = name.written;
        if self.is_empty() || (written.is_ascii() && written.len() < self.0.len()) {
            return false;
        }
        if is_plain(written) {
            return plain(written).eq(self.0.bytes());
        }
        let (letters, decoded) = name.letters();
        letters.hold(&self.0)
            || decoded
                .as_ref()
                .is_some_and(|decoded| decoded.hold(&self.0))
    }

    /// Whether `name` as a whole could be the name, not only a piece of it.
    pub(crate) fn is_whole(&self, name: &[u8]) -> bool {
        if is_plain(name) {
            return !self.is_empty() && plain(name).eq(self.0.bytes());
        }
        let decoded = percent::decode_all(name);
        !self.is_empty()
            && (*Letters::of(name).text == *self.0
                || decoded.is_some_and(|decoded| *Letters::of(&decoded).text == *self.0))
    }
}

impl Essence {
    /// Whether the name's letters and digits stand somewhere in this text, or in what one more decoding makes of it.
    pub(crate) fn is_within(&self, text: &[u8]) -> bool {
        let holds = |text: &[u8]| Letters::of(text).text.contains(&*self.0);
        !self.is_empty()
            && (holds(text) || percent::decode_all(text).is_some_and(|decoded| holds(&decoded)))
    }
}

/// A name that several are compared with: what it is made of is found out once.
pub(crate) struct Name<'n> {
    written: &'n [u8],
    /// Its letters, and those of what one more decoding makes of it.
    letters: OnceCell<(Letters, Option<Letters>)>,
}

impl<'n> Name<'n> {
    /// The name as it is written in a request.
    pub(crate) const fn new(written: &'n [u8]) -> Self {
        Self {
            written,
            letters: OnceCell::new(),
        }
    }

    /// As it is written.
    pub(crate) const fn written(&self) -> &'n [u8] {
        self.written
    }

    fn letters(&self) -> &(Letters, Option<Letters>) {
        self.letters.get_or_init(|| {
            let decoded = percent::decode_all(self.written);
            (
                Letters::of(self.written),
                decoded.map(|decoded| Letters::of(&decoded)),
            )
        })
    }
}

/// What is left of the names in one place that are looked at. So many, or such odd ones, no client writes, and
/// frameworks read no more (PHP, Django and others stop at a thousand), so that their readers do not all find the same.
#[derive(Clone, Debug)]
pub(crate) struct Attention {
    names: usize,
    odd: usize,
}

impl Attention {
    /// The names of one place.
    const NAMES: usize = 1_000;
    /// What the letters may weigh of names that are not one piece of ASCII.
    const ODD: usize = 8 << 10;

    /// That of one place.
    pub(crate) const fn new() -> Self {
        Self {
            names: Self::NAMES,
            odd: Self::ODD,
        }
    }

    /// Takes what it costs to look at this name; `None` where that is too much.
    pub(crate) fn take(&mut self, name: &[u8]) -> Option<()> {
        self.names = self.names.checked_sub(1)?;
        if !is_plain(name) {
            // An escape stands for a letter, and one outside ASCII may be made of many.
            let weights = name.iter().map(|byte| match byte {
                b'%' => 8,
                0x80.. => 6,
                _ => 1,
            });
            self.odd = self.odd.checked_sub(weights.sum())?;
        }
        Some(())
    }
}

/// Whether a name is one piece of ASCII, as most are: it is compared without being copied.
fn is_plain(name: &[u8]) -> bool {
    name.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The letters and digits of a plain name.
fn plain(name: &[u8]) -> impl Iterator<Item = u8> {
    let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase)
}

/// The letters and digits of a name, folded, and where its pieces begin and end among them.
#[derive(Debug)]
struct Letters {
    text: String,
    borders: Vec<usize>,
}

impl Letters {
    fn of(name: &[u8]) -> Self {
        let mut letters = Self {
            text: String::with_capacity(name.len()),
            borders: vec![0],
        };
        for chunk in name.utf8_chunks() {
            for character in chunk.valid().chars() {
                letters.take(character);
            }
            if !chunk.invalid().is_empty() {
                letters.border();
            }
        }
        letters.border();
        letters
    }

    fn take(&mut self, character: char) {
        match character {
            'a'..='z' | '0'..='9' => self.text.push(character),
            'A'..='Z' => self.text.push(character.to_ascii_lowercase()),
            '_' | '-' => {}
            '\0'..='\x7f' => self.border(),
            _ => unicode::decompose(character, &mut |part| self.take_part(part)),
        }
    }

    fn take_part(&mut self, part: char) {
        if part.is_alphanumeric() {
            unicode::fold(part, &mut |folded| self.text.push(folded));
        } else if unicode::combining_class(part) == 0 {
            self.border();
        }
    }

    fn border(&mut self) {
        if self.borders.last() != Some(&self.text.len()) {
            self.borders.push(self.text.len());
        }
    }

    /// Whether `essence` stands between two borders.
    fn hold(&self, essence: &str) -> bool {
        self.borders.iter().any(|start| {
            let end = start.saturating_add(essence.len());
            self.text.get(*start..end) == Some(essence) && self.borders.binary_search(&end).is_ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn could_be(field: &str, name: &[u8]) -> bool {
        Essence::of(field.as_bytes()).could_be(&Name::new(name))
    }

    #[test]
    fn no_more_names_are_looked_at_than_any_client_writes() {
        let looked_at = |name: &str| {
            let mut attention = Attention::new();
            let names = std::iter::repeat_n(name.as_bytes(), 100_000);
            names.map_while(|name| attention.take(name)).count()
        };
        assert_eq!(looked_at("email"), 1_000);
        assert_eq!(looked_at("user[email]"), 744);
        assert_eq!(looked_at("\u{fdfa}"), 455);
        assert_eq!(looked_at(&"\u{fdfa}".repeat(700)), 0);
        assert_eq!(looked_at("%EF%B7%BA"), 273);
    }

    #[test]
    fn what_some_reader_takes_for_the_name_could_be_it() {
        for name in [
            "email",
            "EMAIL",
            "email[",
            "[email]",
            "email]",
            "email[]",
            "email[0][x]",
            ".email",
            "email.x",
            "x.email",
            "email:",
            "\"email",
            "?email",
            "#email",
            " email",
            "email\t",
            "\u{feff}email",
            "e\u{200b}mail",
            "email\0x",
            "em%ail",
            "em%61il",
            "%65mail",
            "%u0065mail",
            "ｅｍａｉｌ",
            "e_mail",
            "e-mail",
            "e.mail",
            "a, email",
            "a b/email",
            "e\u{301}mail",
            "=?utf-8?q?email?=",
            "em\\ail",
            "email=x",
            "em+ail",
            "\u{85}email",
        ] {
            assert!(could_be("email", name.as_bytes()), "{name:?}");
        }
        assert!(could_be("email", b"em\x80ail"));
        assert!(could_be("email", b"\xa0email"));
        for name in [
            "user.email",
            "user[[email]]",
            "user_email",
            "useremail",
            "a[user][email][]",
            "user[email",
        ] {
            assert!(could_be("user[email]", name.as_bytes()), "{name:?}");
        }
    }

    #[test]
    fn what_honest_forms_send_beside_it_is_another() {
        for name in [
            "email_confirmation",
            "new-email",
            "emailOptIn",
            "emails",
            "email2",
            "xemail",
            "",
            "password",
            "user_email",
            "emai",
            "\0",
            "[]",
            "e",
            "confirm-email",
            "email-confirm",
            "utf8",
        ] {
            assert!(!could_be("email", name.as_bytes()), "{name:?}");
        }
        for name in [
            "email",
            "user",
            "user[password]",
            "user[email_confirmation]",
            "user[x][email]",
        ] {
            assert!(!could_be("user[email]", name.as_bytes()), "{name:?}");
        }
        assert!(!could_be("[]", b"[]"));
    }

    proptest! {
        #[test]
        fn whatever_is_put_between_its_letters(noise in "[\\[\\]. %:\"'?\u{200b}\u{a0}]{0,3}", at in 0_usize..6) {
            let mut name = "email".to_owned();
            name.insert_str(at.min(5), &noise);
            prop_assert!(could_be("email", name.as_bytes()));
        }

        #[test]
        fn a_plain_name_is_compared_like_any_other(field in "[a-cA-C_.-]{0,4}", name in "[a-cA-C1_-]{0,4}") {
            let text = Letters::of(field.as_bytes()).text;
            let essence = Essence(text.into());
            let letters = Letters::of(name.as_bytes());
            prop_assert_eq!(
                essence.could_be(&Name::new(name.as_bytes())), !essence.is_empty() && letters.hold(&essence.0),
            );
            prop_assert_eq!(essence.is_whole(name.as_bytes()), !essence.is_empty() && letters.text == *essence.0);
            prop_assert_eq!(Essence::of(name.as_bytes()), Essence(letters.text.into()));
        }

        #[test]
        fn any_bytes_are_compared(field: String, name: Vec<u8>) {
            let _ = could_be(&field, &name);
            let _ = Essence::of(field.as_bytes()).is_whole(&name);
        }
    }
}
