//! Urlencoded forms: bodies and queries.

use super::gathering::Gather;
use crate::identity::field::{FieldName, LetterCase};
use crate::identity::percent::{self, Plus};

/// Gathers the values of a field.
///
/// Some applications separate fields at `&` only, some at `;` too; a form is read in both ways, and values that
/// differ conflict.
pub(super) fn read(form: &[u8], field: &FieldName, gathering: &mut dyn Gather) {
    for pair in form.split(|byte| *byte == b'&') {
        read_pair(pair, field, gathering);
        if pair.contains(&b';') {
            for part in pair.split(|byte| *byte == b';') {
                read_pair(part, field, gathering);
            }
        }
    }
}

/// The query of a request's target; empty when there is none.
pub(super) fn query(target: &[u8]) -> &[u8] {
    let target = target
        .split(|byte| *byte == b'#')
        .next()
        .unwrap_or_default();
    match target.iter().position(|byte| *byte == b'?') {
        Some(at) => target.get(at.saturating_add(1)..).unwrap_or_default(),
        None => &[],
    }
}

fn read_pair(pair: &[u8], field: &FieldName, gathering: &mut dyn Gather) {
    let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (
            pair.get(..at).unwrap_or_default(),
            pair.get(at.saturating_add(1)..).unwrap_or_default(),
        ),
        None => (pair, &[][..]),
    };
    let names = |name: &[u8]| field.names(name, LetterCase::Ignored);
    let wide = || percent::decode_wide(name, Plus::Space);
    if names(&percent::decode(name, Plus::Space)) || wide().is_some_and(|name| names(&name)) {
        gathering.value(&percent::decode(value, Plus::Space));
        if let Some(value) = percent::decode_wide(value, Plus::Space) {
            gathering.value(&value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::AccountLack::{Conflict, Missing, NotText};
    use super::super::testing::{Outcome, gathered};
    use super::*;

    fn email(form: &[u8]) -> Outcome {
        gathered(|gathering| read(form, &FieldName::new("email"), gathering))
    }

    #[test]
    fn a_field_is_read_as_applications_read_it() {
        for (form, expected) in [
            ("email=bob", Ok("bob")),
            ("email=Bob%40X.de&password=x", Ok("bob@x.de")),
            ("a=1&&=&em%61il=bob", Ok("bob")),
            ("EMAIL=bob", Ok("bob")),
            ("+email=bob+", Ok("bob")),
            ("email[]=bob", Ok("bob")),
            ("email=b%2Bc+d", Ok("b+c d")),
            ("email=b=c", Ok("b=c")),
            ("%u0065mail=bob", Ok("bob")),
            ("email=bob&email=BOB", Ok("bob")),
            ("email=&email=bob", Ok("bob")),
            ("email=bob;email=bob", Err(Conflict)),
            ("email=bob;x", Err(Conflict)),
            ("email=eve&x=1;email=bob", Err(Conflict)),
            ("password=a;b&email=bob", Ok("bob")),
            ("email=bob&email=eve", Err(Conflict)),
            ("email=bob&em%61il=eve", Err(Conflict)),
            ("email=bob&%20email=eve", Err(Conflict)),
            ("email=bob&email%00x=eve", Err(Conflict)),
            ("email=bob&email[]=eve", Err(Conflict)),
            ("email=bob&Email=eve", Err(Conflict)),
            ("email=b%u006fb", Err(Conflict)),
            ("email=bob%00eve", Err(NotText)),
            ("email=%ff", Err(NotText)),
            ("email=bob&email=%ff", Err(NotText)),
            ("email", Err(Missing)),
            ("email=+%20", Err(Missing)),
            ("user[email]=bob&xemail=bob", Err(Missing)),
            ("", Err(Missing)),
        ] {
            let expected = expected.map(str::to_owned);
            assert_eq!(email(form.as_bytes()), expected, "{form}");
        }
    }

    #[test]
    fn a_nested_field_is_read_only_by_its_own_name() {
        let nested = |form: &str| {
            gathered(|gathering| read(form.as_bytes(), &FieldName::new("user[email]"), gathering))
        };
        assert_eq!(nested("user%5Bemail%5D=bob&email=eve"), Ok("bob".into()));
        assert_eq!(nested("user[email]=bob&user[email][]=eve"), Err(Conflict));
    }

    #[test]
    fn the_query_stands_between_the_first_question_mark_and_the_fragment() {
        for (target, expected) in [
            ("/login?a=1?b", "a=1?b"),
            ("/login?a=1#?b", "a=1"),
            ("/login#?a", ""),
            ("/login", ""),
            ("", ""),
        ] {
            assert_eq!(query(target.as_bytes()), expected.as_bytes(), "{target}");
        }
    }

    #[test]
    fn a_megabyte_of_fields_has_a_defined_result() {
        let many = "a=1;".repeat(1 << 18) + "&email=bob";
        assert_eq!(email(many.as_bytes()), Ok("bob".into()));
        assert_eq!(
            email("email=bob&".repeat(100_000).as_bytes()),
            Ok("bob".into())
        );
        assert_eq!(
            email("email=bob+&email=bob&".repeat(50_000).as_bytes()),
            Err(Conflict)
        );
        assert_eq!(email("[".repeat(1 << 20).as_bytes()), Err(Missing));
        assert_eq!(email(&[b';'; 1 << 20]), Err(Missing));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(form: Vec<u8>) {
            let _ = email(&form);
        }

        #[test]
        fn a_second_value_anywhere_never_decides_alone(
            before in "[a-z=&%;+]{0,20}", other in "[a-d]{1,4}", after in "[a-z=&%;+]{0,20}",
        ) {
            let form = format!("email=zed&{before}&email={other}&{after}");
            prop_assert_eq!(email(form.as_bytes()), Err(Conflict));
        }
    }
}
