use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::Distinction::{Kept, Removed};
use super::*;

fn with(rules: impl std::borrow::Borrow<Normalisation>, raw: &str) -> Result<String, AccountError> {
    rules
        .borrow()
        .account(raw.as_bytes())
        .map(|account| String::from_utf8(account.as_bytes().to_vec()).unwrap())
}

fn plain(raw: &str) -> Result<String, AccountError> {
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
        (
            Removed,
            Removed,
            &format!("bob@x.de{}", " .".repeat(50)),
            "bob@x.de",
        ),
        (Removed, Removed, "b.o.b+a", "b.o.b+a"),
        (Removed, Removed, "a@b+c@x.de", "a@b@x.de"),
        (Removed, Removed, "+a.b@x.de", "+ab@x.de"),
        (Removed, Removed, " \t+a.b@x.de", "+ab@x.de"),
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
    assert_eq!(with(&rules, " Bob@Example.COM").unwrap(), "Bob@example.com");
    assert_eq!(with(&rules, "BoB").unwrap(), "BoB");
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
        assert_eq!(with(&rules, raw).unwrap(), "jose");
    }
}

#[test]
fn what_is_no_account_says_why() {
    let rules = Normalisation::default();
    for raw in ["", " ", "\r\n\t", "\u{200b}\u{feff}"] {
        assert_eq!(plain(raw), Err(AccountError::Missing), "{raw:?}");
    }
    assert_eq!(rules.account(b"bob\xff"), Err(AccountError::NotText));
    assert_eq!(rules.account(b"bob\0"), Err(AccountError::NotText));
    assert!(rules.account(&[b'a'; MAX_LENGTH]).is_ok());
    assert_eq!(
        rules.account(&[b'a'; MAX_LENGTH + 1]),
        Err(AccountError::TooLong)
    );
}

#[test]
fn an_account_is_never_printed() {
    let account = Normalisation::default().account(b"bob").unwrap();
    assert_eq!(format!("{account:?}"), "Account(..)");
}

fn german() -> PhoneFormat {
    phone(49, "0", "00")
}

fn phone(country: u16, trunk: &str, international: &str) -> PhoneFormat {
    PhoneFormat {
        country: CountryCode::new(country).unwrap(),
        trunk: DialPrefix::new(trunk).unwrap(),
        international: DialPrefix::new(international).unwrap(),
    }
}

fn numbered(format: PhoneFormat, raw: &str) -> String {
    let rules = Normalisation {
        phone: Some(format),
        ..Normalisation::default()
    };
    with(&rules, raw).unwrap()
}

#[test]
fn letters_with_strokes_and_ligatures_are_their_base_letters() {
    let rules = |case| Normalisation {
        marks: Removed,
        case,
        ..Normalisation::default()
    };
    for raw in ["Łukasz.Østergård@x.de", "lukasz.o\u{20dd}stergard@x.de"] {
        assert_eq!(with(rules(Removed), raw).unwrap(), "lukasz.ostergard@x.de");
    }
    assert_eq!(with(rules(Kept), "ÆØẞħ٣").unwrap(), "AEOSSh3");
    // Letters of marks stand where Unicode's order puts them.
    let one = with(rules(Removed), "x\u{363}\u{1dca}");
    assert_eq!(one, with(rules(Removed), "x\u{1dca}\u{363}"));
    assert_ne!(plain("ł"), plain("l"));
}

#[test]
fn blanks_inside_an_account_may_be_left_out() {
    let rules = Normalisation {
        blanks: Removed,
        ..Normalisation::default()
    };
    for raw in [
        "bob@x.de",
        "b ob@x.de",
        "bob @ x.de",
        "b\u{a0}ob\u{3000}@x.de\u{1680}",
    ] {
        assert_eq!(with(&rules, raw).unwrap(), "bob@x.de");
    }
    assert_eq!(plain("b ob@x.de").unwrap(), "b ob@x.de");
}

#[test]
fn all_spellings_of_a_telephone_number_are_one() {
    for raw in [
        "+49 170 1234567",
        "+491701234567",
        "0049170 1234567",
        "00 49 (0) 170 1234567",
        "01701234567",
        "(0170) 123-4567",
        "(0)170 1234567",
        "+49 (0)170 1234567",
        "+49 0170 1234567",
        "(+49) 170/123.45.67",
        "170 1234567",
        "０１７０ １２３４５６７",
        "٠١٧٠ ١٢٣٤٥٦٧",
        "0170.123.45.67",
        "0170\u{a0}123\u{a0}4567",
        "0170\u{2011}1234567",
        "0170–123—4567",
        "\u{202a}+49 170 1234567\u{202c}",
    ] {
        assert_eq!(numbered(german(), raw), "+491701234567", "{raw}");
    }
    for (format, raw, expected) in [
        (german(), "+44 (0)20 7946 0018", "+442079460018"),
        (german(), "0044 (0)20 7946 0018", "+442079460018"),
        (german(), "+39 06 1234567", "+39061234567"),
        (phone(39, "", "00"), "06 1234567", "+39061234567"),
        (phone(1, "1", "011"), "(212) 555-0100", "+12125550100"),
        (phone(1, "1", "011"), "1-212-555-0100", "+12125550100"),
        (phone(1, "1", "011"), "+1 212 555 0100", "+12125550100"),
        (phone(7, "8", "810"), "8 912 345-67-89", "+79123456789"),
        (phone(7, "8", "810"), "+7 800 555-35-35", "+78005553535"),
        (phone(36, "06", "00"), "06 1 234 5678", "+3612345678"),
    ] {
        assert_eq!(numbered(format, raw), expected, "{raw}");
    }
}

#[test]
fn what_is_no_telephone_number_stays_as_it_is() {
    for raw in [
        "bob",
        "bob@example.com",
        "4711",
        "471100",
        "+49 170",
        "0170 1234567 ext. 3",
        "0170x1234567",
        "1234567890123456",
        "++491701234567",
        "0170+1234567",
        "+0170 1234567",
        "49170abcdefg",
        "0170,1234567",
        "de89370400440532013000",
    ] {
        assert_eq!(numbered(german(), raw), raw);
    }
}

#[test]
fn only_the_codes_of_countries_are_taken() {
    let taken = |code: &u16| CountryCode::new(*code).is_some();
    assert!([1, 7, 20, 49, 98, 212, 358, 420, 998].iter().all(taken));
    assert!(
        ![0, 2, 10, 17, 21, 50, 89, 100, 300, 490, 1000]
            .iter()
            .any(taken)
    );
    assert!(DialPrefix::new("").is_some() && DialPrefix::new("12345").is_some());
    assert!(DialPrefix::new("123456").is_none() && DialPrefix::new("0a").is_none());
}

fn pattern(expression: &str) -> Pattern {
    Pattern::new(expression).expect(expression)
}

/// What WordPress takes for one account, and what its accounts look like.
fn wordpress() -> Normalisation {
    Normalisation {
        marks: Removed,
        remove: Some(pattern("<[^>]*>?|%[0-9a-f]{2}|&[^;]+;")),
        allow: Some(pattern("[a-z0-9 _.@+'-]+")),
        ..Normalisation::default()
    }
}

#[test]
fn what_an_application_cuts_out_tells_no_accounts_apart() {
    for raw in [
        "admin",
        "Admin<b1>",
        "<b>ad</b>min",
        "ad%10min",
        "ad%AAmin",
        "&x1;admin",
        "admin<",
        "ad&<b>x;min",
        "ad%1%100min",
        "ád%00mïn",
        "\u{ff41}dmin\u{ff1c}b1\u{ff1e}",
    ] {
        assert_eq!(with(wordpress(), raw).as_deref(), Ok("admin"), "{raw}");
    }
}

#[test]
fn what_does_not_look_like_an_account_is_none() {
    for raw in ["ad/min", "admin\u{430}", "admin|", "a\"b", "%", "ad&min"] {
        let read = with(wordpress(), raw);
        assert_eq!(read, Err(AccountError::NotAllowed), "{raw}");
    }
    assert_eq!(with(wordpress(), " <b>"), Err(AccountError::Missing));
    assert_eq!(
        with(wordpress(), "o'neil@example.com").as_deref(),
        Ok("o'neil@example.com")
    );
}

#[test]
fn what_is_cut_out_without_end_is_in_doubt() {
    let nested = |depth: usize| format!("{}{}", "%1".repeat(depth), "0".repeat(depth));
    assert_eq!(
        with(wordpress(), &format!("a{}", nested(4))).as_deref(),
        Ok("a")
    );
    assert_eq!(
        with(wordpress(), &format!("a{}", nested(60))),
        Err(AccountError::Conflict)
    );
}

#[test]
fn a_pattern_is_whole_linear_and_fits_something() {
    for (expression, wrong) in [
        ("a*", "empty"),
        ("", "empty"),
        ("(", "pattern"),
        ("a)|(b", "pattern"),
        ("(?:(?:a{200}){200}){200}", "size"),
        ("a{1,4096}b{1,4096}c{1,4096}", "size"),
    ] {
        let error = Pattern::new(expression).expect_err(expression).to_string();
        assert!(error.contains(wrong), "{expression}: {error}");
    }
    assert!(Pattern::new(&"a".repeat(1025)).is_err());
    let slow = Normalisation {
        allow: Some(pattern("(?:a+)+")),
        ..Normalisation::default()
    };
    assert_eq!(
        with(slow, &format!("{}b", "a".repeat(500))),
        Err(AccountError::NotAllowed)
    );
    let alternatives = Normalisation {
        allow: Some(pattern("a|b")),
        ..Normalisation::default()
    };
    assert_eq!(with(alternatives, "ab"), Err(AccountError::NotAllowed));
}

fn any_rules() -> impl Strategy<Value = Normalisation> {
    let either = || prop_oneof![Just(Kept), Just(Removed)];
    let phone = prop::sample::select(vec![
        None,
        Some(german()),
        Some(phone(39, "", "00")),
        Some(phone(1, "1", "011")),
        Some(phone(7, "8", "810")),
    ]);
    let patterns = (any::<bool>(), any::<bool>());
    let parts = (either(), either(), either(), either(), either());
    (parts, phone, patterns).prop_map(
        |((case, marks, dots, tags, blanks), phone, (removes, allows))| Normalisation {
            case,
            marks,
            dots,
            tags,
            blanks,
            phone,
            remove: removes.then(|| pattern("<[^>]*>?|%[0-9a-f]{2}|&[^;]*;|[+ ]b")),
            allow: allows.then(|| pattern("[a-z0-9 ._@+-]+")),
        },
    )
}

/// Texts full of what the rules are about, and any.
fn any_text() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(
        " \t@@..++aAbBßẞςΣİıſé\u{301}\u{323}\u{345}\u{200b}\u{ad}．＠＋ﬁ²½한\u{1161}\u{11ab}\u{fdfa}\u{ffa0}ǅᾳᾼŉΐøŁÆ٣カ\u{20dd}\u{363}’"
            .chars()
            .collect::<Vec<char>>(),
    );
    prop_oneof![
        prop::collection::vec(tricky, 0..24).prop_map(|text| text.into_iter().collect()),
        "[+0-9() ./\u{2011}\u{a0}-]{0,24}",
        "\\PC{0,40}",
    ]
}

proptest! {
    /// Of numbers that people dial: those of one country have no zero before them and 6 to 10 digits.
    #[test]
    fn two_telephone_numbers_are_never_one(
        one in "[1-9][0-9]{6,9}", other in "[1-9][0-9]{6,9}", spelling in 0..4_usize,
    ) {
        let spelled = |number: &str| match spelling {
            0 => format!("0{number}"),
            1 => format!("+49{number}"),
            2 => format!("0049 (0){number}"),
            _ => number.to_owned(),
        };
        prop_assert_eq!(numbered(german(), &spelled(&one)), format!("+49{one}"));
        let same = numbered(german(), &spelled(&one)) == numbered(german(), &format!("+49{other}"));
        prop_assert_eq!(same, one == other);
    }

    #[test]
    fn what_holds_a_letter_is_no_telephone_number(
        before in "[0-9 +().-]{0,10}", letter in "[a-z@_#]", after in "[0-9 ]{0,10}",
    ) {
        let raw = format!("{before}{letter}{after}");
        prop_assert_eq!(numbered(german(), &raw), plain(&raw).unwrap());
    }

    #[test]
    fn any_bytes_are_read(raw: Vec<u8>, rules in any_rules()) {
        let _ = rules.account(&raw);
    }

    #[test]
    fn normalising_twice_gives_what_normalising_once_gives(text in any_text(), rules in any_rules()) {
        if let Ok(once) = with(&rules, &text) {
            prop_assume!(once.len() <= MAX_LENGTH);
            prop_assert_eq!(with(&rules, &once), Ok(once));
        }
    }

    #[test]
    fn what_stands_around_an_account_does_not_count(text in any_text(), rules in any_rules()) {
        prop_assert_eq!(with(&rules, &format!(" \u{a0}{text}\t ")), with(&rules, &text));
    }

    /// Printable ASCII takes a shorter way, which an invisible character keeps it from.
    #[test]
    fn ascii_is_read_as_any_other_text(text in "[ -~]{0,40}", rules in any_rules()) {
        prop_assert_eq!(with(&rules, &format!("{text}\u{200b}")), with(&rules, &text));
    }

    #[test]
    fn texts_of_one_nfkc_are_one_account(text in any_text(), rules in any_rules()) {
        let composed: String = text.nfkc().collect();
        let decomposed: String = text.nfkd().collect();
        prop_assume!(composed.len() <= MAX_LENGTH && decomposed.len() <= MAX_LENGTH);
        prop_assert_eq!(with(&rules, &composed), with(&rules, &text));
        prop_assert_eq!(with(&rules, &decomposed), with(&rules, &text));
    }

    #[test]
    fn without_rules_texts_of_different_nfkc_are_different_accounts(
        one in "[a-zé\u{301}\u{323}ﬁ½²한]{1,8}", other in "[a-zé\u{301}\u{323}ﬁ½²한]{1,8}",
    ) {
        let rules = Normalisation { case: Kept, ..Normalisation::default() };
        let same = one.nfkc().eq(other.nfkc());
        prop_assert_eq!(with(&rules, &one) == with(&rules, &other), same);
    }
}
