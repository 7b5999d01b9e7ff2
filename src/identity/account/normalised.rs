//! One form for all spellings of an account.

use std::borrow::Cow;
use std::fmt;

use super::{AccountError, AccountMark};
use crate::identity::unicode;
use crate::json::FromJson;

mod pattern;
mod phone;

pub use pattern::{NoPattern, Pattern};
pub use phone::{CountryCode, DialPrefix, PhoneFormat};

/// The longest account as it is written, in bytes. An address of e-mail has 254 at most.
const MAX_LENGTH: usize = 512;
/// The most combining marks of one letter (Unicode Standard Annex 15, 12.2): where there are more, putting them in
/// order takes long.
const MAX_MARKS: usize = 30;
/// How often a spelling is rewritten. It settles after two or three times: what a rule leaves may be for another one.
const MAX_ROUNDS: usize = 8;

/// Whether a part of an account tells it from others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Distinction {
    /// It does.
    #[default]
    #[serde(rename = "keep")]
    Kept,
    /// It does not.
    #[serde(rename = "remove")]
    Removed,
}

/// Which spellings the application takes for one account. If it tells fewer apart than these rules do, then an attacker
/// has several counters for one account; if it tells more apart, then several accounts share one.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// What the application cuts out of an account, wherever it stands.
    pub remove: Option<Pattern>,
    /// What all that is left must look like, or no application has such an account.
    pub allow: Option<Pattern>,
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
            remove: None,
            allow: None,
        }
    }
}

/// An account in the one form of all its spellings. It is never printed and only hashed.
///
/// How it was written is kept beside it, and matters to no comparison.
#[derive(Clone)]
pub struct Account {
    canonical: Box<str>,
    written: Vec<u8>,
    /// What stands for it, where that is all that is known.
    mark: Option<AccountMark>,
}

impl PartialEq for Account {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Account {}

impl std::hash::Hash for Account {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

impl Account {
    /// An account of which nothing is known but what stands for it. No name holds a NUL, so it is none that a request
    /// names.
    #[must_use]
    pub fn remembered(mark: AccountMark) -> Self {
        let canonical = mark.bytes().into_iter().flat_map(|byte| {
            let letter = |half: u8| char::from(b'a'.saturating_add(half));
            [letter(byte >> 4), letter(byte & 0xf)]
        });
        Self {
            canonical: std::iter::once('\0').chain(canonical).collect(),
            written: Vec::new(),
            mark: Some(mark),
        }
    }

    /// What stands for it, where that is all that is known.
    #[must_use]
    pub const fn remembered_mark(&self) -> Option<AccountMark> {
        self.mark
    }

    /// What is hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.canonical.as_bytes()
    }

    /// How it was written, byte for byte: an application may have another account of the same canonical form. Several
    /// spellings in one request are together no spelling that stands alone in another.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }

    /// Notes how the same account was written elsewhere in the request; whether that is news.
    pub fn also_written(&mut self, other: &Self) -> bool {
        let known = self.written.split(|byte| *byte == 0);
        let is_new = known.clone().all(|one| one != other.written);
        if is_new {
            // No spelling holds a NUL.
            self.written.push(0);
            self.written.extend_from_slice(&other.written);
        }
        is_new
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
    /// [`AccountError::TooLong`] for more than 512 bytes, [`AccountError::NotText`] for what is not UTF-8, holds a NUL
    /// (C would see only what stands before it) or more marks on one letter than any language has,
    /// [`AccountError::Missing`] when nothing is left, [`AccountError::NotAllowed`] for what no account looks like,
    /// [`AccountError::Conflict`] for what is cut out of what was cut out again and again.
    pub fn account(&self, raw: &[u8]) -> Result<Account, AccountError> {
        if raw.len() > MAX_LENGTH {
            return Err(AccountError::TooLong);
        }
        let text = std::str::from_utf8(raw).map_err(|_| AccountError::NotText)?;
        if text.contains('\0') || has_many_marks(text) {
            return Err(AccountError::NotText);
        }
        let mut text = Cow::Borrowed(text);
        let mut rounds = MAX_ROUNDS;
        loop {
            let next = match self.round(&text) {
                Cow::Borrowed(same) if same.len() == text.len() => break,
                next => next.into_owned(),
            };
            if next == text {
                break;
            }
            text = Cow::Owned(next);
            rounds = rounds.saturating_sub(1);
            if rounds == 0 {
                // Only what is removed out of what was removed can go on so.
                match self.remove {
                    Some(_) => return Err(AccountError::Conflict),
                    None => break,
                }
            }
        }
        if text.is_empty() {
            return Err(AccountError::Missing);
        }
        if let Some(allow) = &self.allow
            && !allow.fits(&text)
        {
            return Err(AccountError::NotAllowed);
        }
        Ok(Account {
            canonical: text.into(),
            written: raw.to_vec(),
            mark: None,
        })
    }

    /// Borrowed where it is a part of `text` as it stands.
    fn round<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.resolved(text, self.case) {
            Cow::Borrowed(text) => self.cut(text),
            Cow::Owned(text) => Cow::Owned(self.cut(&text).into_owned()),
        }
    }

    /// Without what the application cuts out.
    fn cut<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // What stands around a name is no part of what is cut out.
        let text = text.trim();
        match self.remove.as_ref().map(|remove| remove.cut_out_of(text)) {
            None | Some(Cow::Borrowed(_)) => self.ruled(text),
            Some(Cow::Owned(rest)) => Cow::Owned(self.ruled(&rest).into_owned()),
        }
    }

    fn ruled<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.blanks == Distinction::Removed && text.contains(char::is_whitespace) {
            let words: String = text.split_whitespace().collect();
            return Cow::Owned(self.named(&words).into_owned());
        }
        self.named(text)
    }

    fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        // A blank before a tag is no name.
        let text = text.trim();
        match self.phone.and_then(|format| format.number(text)) {
            Some(number) => Cow::Owned(number),
            None => match self.mailbox(text) {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            },
        }
    }

    /// Decomposed, without what is invisible, with marks in canonical order or without them, then folded if case is
    /// removed.
    fn resolved<'t>(&self, text: &'t str, case: Distinction) -> Cow<'t, str> {
        // Most accounts are nothing but printable ASCII, of which nothing is composed, a mark or invisible.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            let is_folded =
                case == Distinction::Kept || !text.contains(|c: char| c.is_ascii_uppercase());
            return match is_folded {
                true => Cow::Borrowed(text),
                false => Cow::Owned(text.to_ascii_lowercase()),
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
        Cow::Owned(out)
    }

    /// With the rules for mailboxes, if it is one.
    fn mailbox<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some((local, domain)) = text.rsplit_once('@') else {
            return Cow::Borrowed(text);
        };
        let untagged = match (self.tags, local.split_once('+')) {
            (Distinction::Removed, Some((before, _))) if !before.is_empty() => before,
            _ => local,
        };
        let untagged = match self.dots {
            Distinction::Removed if untagged.contains('.') => Cow::Owned(untagged.replace('.', "")),
            _ => Cow::Borrowed(untagged),
        };
        let is_end = |end: char| end == '.' || end.is_whitespace();
        let resolved = self.resolved(domain, Distinction::Removed);
        match (&untagged, &resolved) {
            (Cow::Borrowed(own), Cow::Borrowed(_)) if own.len() == local.len() => {
                Cow::Borrowed(text.trim_end_matches(is_end))
            }
            _ => Cow::Owned([&untagged, "@", resolved.trim_end_matches(is_end)].concat()),
        }
    }
}

/// Whether so many marks stand in a row that no one wrote them.
fn has_many_marks(text: &str) -> bool {
    let (mut run, mut longest): (usize, usize) = (0, 0);
    if !text.is_ascii() {
        for character in text.chars() {
            unicode::decompose(character, &mut |part| {
                run = match unicode::combining_class(part) {
                    0 => 0,
                    _ => run.saturating_add(1),
                };
                longest = longest.max(run);
            });
        }
    }
    longest > MAX_MARKS
}

#[cfg(test)]
mod tests;
