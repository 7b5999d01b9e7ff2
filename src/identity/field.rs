//! Names of form fields, query parameters and cookies, as applications take them for each other.

use std::borrow::Cow;

use super::percent::{self, Plus};
use crate::message::{HeaderBlock, cookies};

/// Whether the case of letters tells names apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LetterCase {
    /// It does: cookies.
    Counts,
    /// It does not, at least for some: ASP.NET finds the field `email` in `EMAIL`.
    Ignored,
}

/// The name of a field, and of all that some application reads as that field.
///
/// PHP cuts leading spaces and what follows a NUL, and makes an underscore of each space, dot and lone bracket; in most
/// frameworks `email[]`, `email[0]` and `email[x]` make `email` a list or an object. Who writes such a name
/// wants to be understood differently by different readers, so all of them are values of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName(Vec<u8>);

impl FieldName {
    /// The field of this name, which is not percent-encoded. A nested one is `user[email]`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(mangled(name.as_bytes()))
    }

    /// The values of all cookies of this name, percent-decoded: some applications encode them. A `+` stays.
    pub(super) fn cookie_values<'b>(
        &'b self,
        block: &'b HeaderBlock,
    ) -> impl Iterator<Item = Cow<'b, [u8]>> {
        let decode = |text: &'b [u8]| percent::decode(text, Plus::Plus);
        cookies(block)
            .filter(move |(name, _)| self.names(&decode(name), LetterCase::Counts))
            .map(move |(_, value)| decode(value))
    }

    /// Whether this name, percent-decoded, may be read as the field.
    pub(super) fn names(&self, name: &[u8], case: LetterCase) -> bool {
        let name = mangled(name);
        let Some((start, rest)) = name.split_at_checked(self.0.len()) else {
            return false;
        };
        let same = match case {
            LetterCase::Counts => start == self.0,
            LetterCase::Ignored => start.eq_ignore_ascii_case(&self.0),
        };
        same && matches!(rest, [] | [b'[', ..])
    }
}

/// The name as PHP has it, its nested parts in brackets.
fn mangled(name: &[u8]) -> Vec<u8> {
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let blanks = name.iter().take_while(|byte| **byte == b' ').count();
    let name = name.get(blanks..).unwrap_or_default();
    let nested = name
        .iter()
        .position(|byte| *byte == b'[')
        .filter(|at| *at > 0)
        .filter(|at| name.get(*at..).is_some_and(|rest| rest.contains(&b']')));
    let (base, mut rest) = name
        .split_at_checked(nested.unwrap_or(name.len()))
        .unwrap_or_default();
    let mut out: Vec<u8> = base
        .iter()
        .map(|byte| match byte {
            b' ' | b'.' | b'[' => b'_',
            other => *other,
        })
        .collect();
    // What follows the last closed bracket is not looked at.
    while let (Some(b'['), Some(end)) = (rest.first(), rest.iter().position(|byte| *byte == b']')) {
        let (part, after) = rest
            .split_at_checked(end.saturating_add(1))
            .unwrap_or_default();
        out.extend_from_slice(part);
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(field: &str, name: &str) -> bool {
        FieldName::new(field).names(name.as_bytes(), LetterCase::Ignored)
    }

    #[test]
    fn a_name_that_some_application_reads_as_the_field_is_the_field() {
        for (field, name) in [
            ("email", "email"),
            ("email", "EMail"),
            ("email", "  email"),
            ("email", "email\0x"),
            ("email", "email[]"),
            ("email", "email[0]"),
            ("email", "email[a][b]"),
            ("email", "email[]x"),
            ("e_mail", "e.mail"),
            ("e_mail", "e mail"),
            ("e_mail", "e[mail"),
            ("e.mail", "e.mail"),
            ("user[email]", "user[email]"),
            ("user[email]", "User[email][]"),
            ("user[email]", "user[email]x"),
            ("us_er[email]", "us.er[email]"),
        ] {
            assert!(names(field, name), "{field} {name}");
        }
    }

    #[test]
    fn another_name_is_another_field() {
        for (field, name) in [
            ("email", "emai"),
            ("email", "email2"),
            ("email", "xemail"),
            ("email", "email "),
            ("email", "user[email]"),
            ("email", "[email]"),
            ("email", ""),
            ("email", "\0email"),
            ("user[email]", "user"),
            ("user[email]", "user[]"),
            ("user[email]", "user[mail]"),
            ("user[email]", "user[email"),
            ("user[email]", "user[x][email]"),
        ] {
            assert!(!names(field, name), "{field} {name}");
        }
        let counts = |name: &[u8]| FieldName::new("sid").names(name, LetterCase::Counts);
        assert!(counts(b"sid") && !counts(b"SID"));
    }

    proptest! {
        #[test]
        fn every_field_is_named_by_its_own_name(name in "[^ \0]\\PC{0,20}") {
            prop_assert!(names(&name, &name));
            let longer = format!("  {name}\0junk");
            prop_assert!(names(&name, &longer));
        }

        #[test]
        fn any_name_is_read(field: String, name: Vec<u8>) {
            let _ = FieldName::new(&field).names(&name, LetterCase::Counts);
        }
    }
}
