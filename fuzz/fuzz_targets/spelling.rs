//! An account is in its normal form by whatever rules, and what stands around a telephone number does not change it.
#![no_main]

use palisade::identity::account::{
    CountryCode, DialPrefix, Distinction, Normalisation, PhoneFormat,
};

// The first byte chooses the rules, the second the country, and the rest is the account.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let [rules, country, raw @ ..] = bytes else {
        return;
    };
    let rule = |bit: u8| match rules >> bit & 1 {
        0 => Distinction::Kept,
        _ => Distinction::Removed,
    };
    let (code, trunk, international) = [
        (49, "0", "00"),
        (39, "", "00"),
        (1, "1", "011"),
        (7, "8", "810"),
        (36, "06", "00"),
    ][usize::from(*country) % 5];
    let phone = PhoneFormat {
        country: CountryCode::new(code).expect("a country"),
        trunk: DialPrefix::new(trunk).expect("digits"),
        international: DialPrefix::new(international).expect("digits"),
    };
    let normalisation = Normalisation {
        case: rule(0),
        marks: rule(1),
        dots: rule(2),
        tags: rule(3),
        blanks: rule(4),
        phone: (rules >> 5 & 1 == 1).then_some(phone),
        ..Normalisation::default()
    };
    let Ok(account) = normalisation.account(raw) else {
        return;
    };
    if account.as_bytes().len() <= 512 {
        assert_eq!(
            normalisation.account(account.as_bytes()).as_ref(),
            Ok(&account)
        );
    }
    let padded = [b"  ", raw, b"\t"].concat();
    if padded.len() <= 512 {
        assert_eq!(normalisation.account(&padded), Ok(account));
    }
});
