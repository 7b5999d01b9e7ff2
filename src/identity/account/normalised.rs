//! One form for all spellings of an account.

use std::fmt;

use super::AccountLack;
use crate::identity::unicode;

mod phone;

pub use phone::{CountryCode, DialPrefix, PhoneFormat};

/// The longest account as it is written, in bytes. An address of e-mail has 254 at most.
const MAX_LENGTH: usize = 512;
/// How often a spelling is rewritten. It settles after two or three times: what a rule leaves may be for another one.
const MAX_ROUNDS: usize = 8;

/// Whether a distinction is kept or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinction {
    /// Spellings that differ in it are different accounts.
    Kept,
    /// They are one account.
    Removed,
}

/// Which spellings the application takes for one account. If it tells fewer apart than these rules do, then an attacker has
/// several counters for one account; if it tells more apart, then several accounts share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalisation {
    /// Upper and lower case. That of a domain (behind the last `@`) is always removed.
    pub case: Distinction,
    /// Accents and other combining marks, and strokes, hooks and ligatures (`ø`, `ł`, `æ`): MySQL compares without them
    /// unless told otherwise.
    pub marks: Distinction,
    /// Dots in the local part of a mailbox.
    pub dots: Distinction,
    /// What stands from the first `+` on in the local part of a mailbox.
    pub tags: Distinction,
    /// White space inside an account.
    pub blanks: Distinction,
    /// How people write a telephone number, if an account may be one.
    pub phone: Option<PhoneFormat>,
}

impl Default for Normalisation {
    fn default() -> Self {
        Self {
            case: Distinction::Removed,
            marks: Distinction::Kept,
            dots: Distinction::Kept,
            tags: Distinction::Kept,
            blanks: Distinction::Kept,
            phone: None,
        }
    }
}

/// An account in the one form of all its spellings. It is never printed and only hashed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Account(Box<str>);

impl Account {
    /// What is hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(..)")
    }
}

impl Normalisation {
    /// The account that is written as `raw`.
    ///
    /// White space around it, controls and invisible characters are removed; compatibility forms (full width,
    /// ligatures, the many alphabets of mathematics) are resolved, so that two texts with the same NFKC give the
    /// same account; then come the rules. Normalising twice gives what normalising once gives.
    ///
    /// # Errors
    /// [`AccountLack::TooLong`] for more than 512 bytes, [`AccountLack::NotText`] for what is not UTF-8 or holds a NUL (C
    /// would see only what stands before it), [`AccountLack::Missing`] when nothing is left.
    pub fn account(self, raw: &[u8]) -> Result<Account, AccountLack> {
        if raw.len() > MAX_LENGTH {
            return Err(AccountLack::TooLong);
        }
        let text = std::str::from_utf8(raw).map_err(|_| AccountLack::NotText)?;
        if text.contains('\0') {
            return Err(AccountLack::NotText);
        }
        let mut text = self.round(text);
        for _ in 1..MAX_ROUNDS {
            let next = self.round(&text);
            if next == text {
                break;
            }
            text = next;
        }
        if text.is_empty() {
            return Err(AccountLack::Missing);
        }
        Ok(Account(text.into()))
    }

    fn round(self, text: &str) -> String {
        let mut text = self.resolved(text, self.case);
        if self.blanks == Distinction::Removed {
            text.retain(|character| !character.is_whitespace());
        }
        // A blank before a tag is no name.
        let text = text.trim();
        match self.phone.and_then(|format| format.number(text)) {
            Some(number) => number,
            None => self.mailbox(text).trim().to_owned(),
        }
    }

    /// Decomposed, without what is invisible, with marks in canonical order or without them, then folded if case is removed.
    fn resolved(self, text: &str, case: Distinction) -> String {
        // Most accounts are nothing but printable ASCII, of which nothing is composed, a mark or invisible.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return match case {
                Distinction::Removed => text.to_ascii_lowercase(),
                Distinction::Kept => text.to_owned(),
            };
        }
        let mut parts: Vec<(u8, char)> = Vec::with_capacity(text.len());
        for character in text.chars() {
            unicode::decompose(character, &mut |part| {
                let class = unicode::combining_class(part);
                if unicode::is_invisible(part) {
                    return;
                }
                match class {
                    0 => parts.push((class, part)),
                    // Behind the character that it belongs to, and the marks of its class and lower ones.
                    _ => {
                        let before = parts.iter().rposition(|(other, _)| *other <= class);
                        let at = before.map_or(0, |before| before.saturating_add(1));
                        parts.insert(at, (class, part));
                    }
                }
            });
        }
        let mut out = String::with_capacity(text.len());
        let mut put = |part| match case {
            Distinction::Removed => unicode::fold(part, &mut |part| out.push(part)),
            Distinction::Kept => out.push(part),
        };
        for (_, part) in parts {
            match self.marks {
                Distinction::Removed => unicode::base(part, &mut put),
                Distinction::Kept => put(part),
            }
        }
        out
    }

    /// With the rules for mailboxes, if it is one.
    fn mailbox(self, text: &str) -> String {
        let Some((local, domain)) = text.rsplit_once('@') else {
            return text.to_owned();
        };
        let untagged = match (self.tags, local.split_once('+')) {
            (Distinction::Removed, Some((before, _))) if !before.is_empty() => before,
            _ => local,
        };
        let mut out = match self.dots {
            Distinction::Removed => untagged.replace('.', ""),
            Distinction::Kept => untagged.to_owned(),
        };
        out.push('@');
        out.push_str(
            self.resolved(domain, Distinction::Removed)
                .trim_end_matches(|end: char| end == '.' || end.is_whitespace()),
        );
        out
    }
}

#[cfg(test)]
mod tests;
