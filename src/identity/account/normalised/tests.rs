use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::Distinction::{Kept, Removed};
use super::*;

fn with(rules: Normalisation, raw: &str) -> Result<String, AccountLack> {
    rules
        .account(raw.as_bytes())
        .map(|account| String::from_utf8(account.as_bytes().to_vec()).unwrap())
}

fn plain(raw: &str) -> Result<String, AccountLack> {
    with(Normalisation::default(), raw)
}

#[test]
fn all_spellings_of_an_account_are_one() {
    for (one, other) in [
        ("bob@example.com", " Bob@Example.COM.\r\n"),
        ("bob@example.com", "ＢＯＢ＠example．com"),
        ("bob@example.com", "b\u{200b}o\u{ad}b@example.com"),
        ("bob@example.com", "\u{feff}\u{2003}𝓫𝓸𝓫@example.com\u{a0}"),
        ("bob", "b\tob"),
        ("jos\u{e9}", "jose\u{301}"),
        ("jos\u{e9}", "JOSE\u{200d}\u{301}"),
        ("a\u{323}\u{307}", "a\u{307}\u{323}"),
        ("strasse", "STRAẞE"),
        ("οδυσσευς", "ΟΔΥΣΣΕΥΣ"),
        ("file", "ﬁle"),
        ("한", "\u{1112}\u{1161}\u{11ab}"),
    ] {
        assert_eq!(plain(one), plain(other), "{one} {other}");
        assert!(plain(one).is_ok());
    }
    for (one, other) in [
        ("bob", "b0b"),
        ("jose", "jos\u{e9}"),
        ("a b", "ab"),
        ("b.ob@x.de", "bob@x.de"),
        ("bob+a@x.de", "bob@x.de"),
        ("bob", "bоb"),
    ] {
        assert_ne!(plain(one), plain(other), "{one} {other}");
    }
}

#[test]
fn the_rules_of_mailboxes_apply_to_mailboxes() {
    let rules = |dots, tags| Normalisation {
        dots,
        tags,
        ..Normalisation::default()
    };
    for (dots, tags, raw, expected) in [
        (Removed, Kept, "B.o.b+a.b@X.de", "bob+ab@x.de"),
        (Kept, Removed, "B.o.b+a.b@X.de", "b.o.b@x.de"),
        (Removed, Removed, "B.o.b+a+b@X.de..", "bob@x.de"),
        (Removed, Removed, "b.o.b+a", "b.o.b+a"),
        (Removed, Removed, "a@b+c@x.de", "a@b@x.de"),
        (Removed, Removed, "+a.b@x.de", "+ab@x.de"),
        (Removed, Removed, "b．o﹒b＋tag＠x.de", "bob@x.de"),
    ] {
        assert_eq!(with(rules(dots, tags), raw).unwrap(), expected, "{raw}");
    }
}

#[test]
fn case_may_count_but_not_in_a_domain() {
    let rules = Normalisation {
        case: Kept,
        ..Normalisation::default()
    };
    assert_eq!(with(rules, " Bob@Example.COM").unwrap(), "Bob@example.com");
    assert_eq!(with(rules, "BoB").unwrap(), "BoB");
}

#[test]
fn accents_may_be_left_out() {
    let rules = Normalisation {
        marks: Removed,
        ..Normalisation::default()
    };
    for raw in [
        "jose",
        "jos\u{e9}",
        "JOSE\u{301}\u{323}",
        "Jo\u{308}s\u{329}e",
    ] {
        assert_eq!(with(rules, raw).unwrap(), "jose");
    }
}

#[test]
fn what_is_no_account_says_why() {
    let rules = Normalisation::default();
    for raw in ["", " ", "\r\n\t", "\u{200b}\u{feff}"] {
        assert_eq!(plain(raw), Err(AccountLack::Missing), "{raw:?}");
    }
    assert_eq!(rules.account(b"bob\xff"), Err(AccountLack::NotText));
    assert_eq!(rules.account(b"bob\0"), Err(AccountLack::NotText));
    assert!(rules.account(&[b'a'; MAX_LENGTH]).is_ok());
    assert_eq!(
        rules.account(&[b'a'; MAX_LENGTH + 1]),
        Err(AccountLack::TooLong)
    );
}

#[test]
fn an_account_is_never_printed() {
    let account = Normalisation::default().account(b"bob").unwrap();
    assert_eq!(format!("{account:?}"), "Account(..)");
}

fn any_rules() -> impl Strategy<Value = Normalisation> {
    let either = || prop_oneof![Just(Kept), Just(Removed)];
    (either(), either(), either(), either()).prop_map(|(case, marks, dots, tags)| Normalisation {
        case,
        marks,
        dots,
        tags,
    })
}

/// Texts full of what the rules are about, and any.
fn any_text() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(
        " \t@@..++aAbBßẞςΣİıſé\u{301}\u{323}\u{345}\u{200b}\u{ad}．＠＋ﬁ²½한\u{1161}\u{11ab}\u{fdfa}\u{ffa0}ǅᾳᾼŉΐ"
            .chars()
            .collect::<Vec<char>>(),
    );
    prop_oneof![
        prop::collection::vec(tricky, 0..24).prop_map(|text| text.into_iter().collect()),
        "\\PC{0,40}",
    ]
}

proptest! {
    #[test]
    fn any_bytes_are_read(raw: Vec<u8>, rules in any_rules()) {
        let _ = rules.account(&raw);
    }

    #[test]
    fn normalising_twice_gives_what_normalising_once_gives(text in any_text(), rules in any_rules()) {
        if let Ok(once) = with(rules, &text) {
            prop_assume!(once.len() <= MAX_LENGTH);
            prop_assert_eq!(with(rules, &once), Ok(once));
        }
    }

    /// Printable ASCII takes a shorter way, which an invisible character keeps it from.
    #[test]
    fn ascii_is_read_as_any_other_text(text in "[ -~]{0,40}", rules in any_rules()) {
        prop_assert_eq!(with(rules, &format!("{text}\u{200b}")), with(rules, &text));
    }

    #[test]
    fn texts_of_one_nfkc_are_one_account(text in any_text(), rules in any_rules()) {
        let composed: String = text.nfkc().collect();
        let decomposed: String = text.nfkd().collect();
        prop_assume!(composed.len() <= MAX_LENGTH && decomposed.len() <= MAX_LENGTH);
        prop_assert_eq!(with(rules, &composed), with(rules, &text));
        prop_assert_eq!(with(rules, &decomposed), with(rules, &text));
    }

    #[test]
    fn without_rules_texts_of_different_nfkc_are_different_accounts(one in "[a-zé\u{301}\u{323}ﬁ½²한]{1,8}", other in "[a-zé\u{301}\u{323}ﬁ½²한]{1,8}") {
        let rules = Normalisation { case: Kept, ..Normalisation::default() };
        let same = one.nfkc().eq(other.nfkc());
        prop_assert_eq!(with(rules, &one) == with(rules, &other), same);
    }
}
