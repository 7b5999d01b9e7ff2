//! One form for all spellings of a telephone number.

use crate::identity::unicode;

/// The fewest digits that anybody dials to reach a person of another town.
const MIN_DIALLED: usize = 7;
/// The most digits of a number with its country's code (E.164).
const MAX_DIGITS: usize = 15;

/// How the people of one country write telephone numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneFormat {
    /// The country whose code people leave out.
    pub country: CountryCode,
    /// What they dial before a number of their own country: 0 in most. Empty where they dial none.
    pub trunk: DialPrefix,
    /// What they dial before the code of another country: 00 in most. Not empty.
    pub international: DialPrefix,
}

/// The calling code of a country, such as 49.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountryCode(DialPrefix);

/// Up to five digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialPrefix {
    digits: [u8; 5],
    length: usize,
}

impl DialPrefix {
    /// The prefix of these digits, which may be none; nothing for more than five and for what are no digits.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut digits = [0; 5];
        let all = text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .get_mut(..text.len())?
            .copy_from_slice(text.as_bytes());
        all.then_some(Self {
            digits,
            length: text.len(),
        })
    }

    /// The digits.
    fn as_str(&self) -> &str {
        let digits = self.digits.get(..self.length).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

impl CountryCode {
    /// The code of this number, if the International Telecommunication Union gives codes of that length there: no code
    /// begins with another one, so that a number has one reading.
    #[must_use]
    pub fn new(code: u16) -> Option<Self> {
        let known = matches!(
            code,
            1 | 7
            | 20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98
            | 210..=269 | 290..=299 | 350..=359 | 370..=389 | 420..=429 | 500..=509 | 590..=599 | 670..=699
            | 800..=809 | 850..=859 | 870..=889 | 960..=979 | 990..=999
        );
        known
            .then(|| DialPrefix::new(&code.to_string()))
            .flatten()
            .map(Self)
    }
}

impl PhoneFormat {
    /// The number in the form of E.164, such as `+491701234567`; nothing for what does not look like a number. The text
    /// must be decomposed.
    ///
    /// What looks like one has nothing but digits and what people write between them, a `+` at most before all, 7
    /// digits or more, and 15 at most with its country's code. Without a `+` and without the international prefix it is
    /// a number of the format's country, with or without the trunk prefix. A `(0)` behind the code of a country is left
    /// out.
    pub(super) fn number(self, text: &str) -> Option<String> {
        let Dialled {
            is_international,
            digits,
        } = self.dialled(text)?;
        let home = self.country.0.as_str();
        let trunk = self.trunk.as_str();
        let international = match is_international {
            true => Some(digits.as_str()),
            false => digits.strip_prefix(self.international.as_str()),
        };
        let number = match international {
            Some(number) => match number.strip_prefix(home) {
                // Where it is a zero, no number begins with it, and some people write it behind the code.
                Some(national) if trunk.starts_with('0') => {
                    format!("{home}{}", national.trim_start_matches(trunk))
                }
                _ => number.to_owned(),
            },
            None if trunk.is_empty() => format!("{home}{digits}"),
            None => format!("{home}{}", digits.strip_prefix(trunk).unwrap_or(&digits)),
        };
        // No country's code begins with a zero.
        let fits =
            digits.len() >= MIN_DIALLED && number.len() <= MAX_DIGITS && !number.starts_with('0');
        fits.then(|| format!("+{number}"))
    }

    /// What is dialled, if it is nothing but that.
    fn dialled(self, text: &str) -> Option<Dialled> {
        let mut dialled = Dialled::default();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            if let Some(after) = rest
                .strip_prefix("(0)")
                .filter(|_| self.is_abroad(&dialled))
            {
                rest = after;
                continue;
            }
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
            match character {
                '+' if dialled == Dialled::default() => dialled.is_international = true,
                '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
                _ if character.is_whitespace() => {}
                _ => push_digits(character, &mut dialled.digits)?,
            }
        }
        Some(dialled)
    }

    /// Whether the code of a country has begun. A zero in brackets behind it reminds of the trunk prefix that the
    /// people of that country dial.
    fn is_abroad(self, dialled: &Dialled) -> bool {
        let after = match dialled.is_international {
            true => Some(dialled.digits.as_str()),
            false => dialled.digits.strip_prefix(self.international.as_str()),
        };
        after.is_some_and(|code| !code.is_empty())
    }
}

/// What is dialled.
#[derive(Default, PartialEq, Eq)]
struct Dialled {
    is_international: bool,
    digits: String,
}

/// Adds the ASCII digits of a digit in any script; nothing if it is none.
fn push_digits(character: char, digits: &mut String) -> Option<()> {
    let before = digits.len();
    let mut only_digits = true;
    unicode::base(character, &mut |part| {
        only_digits &= part.is_ascii_digit();
        digits.push(part);
    });
    (only_digits && digits.len() > before).then_some(())
}
