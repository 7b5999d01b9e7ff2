//! The name of a field: of a form, a query, a cookie, a path's parameter, a member of a JSON document.

use super::likeness::{Essence, Likeness, Name};

/// The name of a field, as the operator wrote it and as clients write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName {
    written: Box<str>,
    essence: Essence,
}

impl FieldName {
    /// The field of this name, which is not percent-encoded. A nested one is `user[email]`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            written: name.into(),
            essence: Essence::of(name.as_bytes()),
        }
    }

    /// What a reader may make of `name`, which has been decoded as its place asks.
    pub(super) fn likeness(&self, name: &Name<'_>) -> Likeness {
        if name.written().eq_ignore_ascii_case(self.written.as_bytes()) {
            Likeness::Same
        } else if self.essence.could_be(name) {
            Likeness::Doubtful
        } else {
            Likeness::Other
        }
    }

    /// Whether `name` is this one letter by letter, as names of cookies are.
    pub(super) fn is(&self, name: &[u8]) -> bool {
        self.written.as_bytes() == name
    }

    /// Whether `name` as a whole may be taken for this one.
    pub(super) fn is_whole(&self, name: &[u8]) -> bool {
        self.is(name) || self.essence.is_whole(name)
    }

    /// Whether some reader may take `name`, or a piece of it, for this one.
    pub(super) fn could_be(&self, name: &Name<'_>) -> bool {
        self.essence.could_be(name)
    }

    /// The name as it was given.
    pub(super) const fn written(&self) -> &str {
        &self.written
    }
}

/// What a reader may make of `name` where any of these fields may stand: a name that is one of them letter by letter is
/// no other one.
pub(super) fn likeness(fields: &[&FieldName], name: &[u8]) -> Likeness {
    let mut found = Likeness::Other;
    let name = Name::new(name);
    for field in fields {
        match field.likeness(&name) {
            Likeness::Same => return Likeness::Same,
            Likeness::Doubtful => found = Likeness::Doubtful,
            Likeness::Other => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_field_in_any_case_of_its_letters() {
        let likeness =
            |field: &str, name: &str| FieldName::new(field).likeness(&Name::new(name.as_bytes()));
        assert_eq!(likeness("email", "EMail"), Likeness::Same);
        assert_eq!(likeness("user[email]", "User[Email]"), Likeness::Same);
        assert_eq!(likeness("loginForm:user", "loginForm:user"), Likeness::Same);
        assert_eq!(likeness("email", "email[]"), Likeness::Doubtful);
        assert_eq!(likeness("user[email]", "user.email"), Likeness::Doubtful);
        assert_eq!(likeness("email", "user_email"), Likeness::Other);
        assert_eq!(likeness("[]", "[]"), Likeness::Same);
        assert_eq!(likeness("[]", "[[]]"), Likeness::Other);
    }

    #[test]
    fn a_cookie_is_this_one_letter_by_letter() {
        let sid = FieldName::new("sid");
        assert!(sid.is(b"sid") && !sid.is(b"SID"));
        assert!(sid.is_whole(b"SID") && sid.is_whole(b"s[id") && !sid.is_whole(b"a.sid"));
    }
}
