use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;

use super::*;
use crate::signing::Secret;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;
const ID: DeviceId = DeviceId::new([7; 16]);
const ALICE: &[u8] = b"alice";

fn keys(bytes: &str) -> SigningKeys {
    let secret = |byte: char| Secret::parse(&byte.to_string().repeat(40)).expect("a secret");
    let secrets: Vec<Secret> = bytes.chars().map(secret).collect();
    SigningKeys::new(&secrets).expect("keys")
}

/// Name and value of the cookie that is set for `account`.
fn set(listed: &str, account: &[u8], now: u64) -> (String, String) {
    let line = DeviceCookies::default().set(&keys(listed), account, ID, Time::from_secs(now));
    let (pair, _) = line.split_once(';').expect("attributes");
    let (name, value) = pair.split_once('=').expect("a pair");
    (name.to_owned(), value.to_owned())
}

fn find(
    listed: &str,
    account: &[u8],
    cookies: &[(String, String)],
    now: u64,
) -> Result<Device, Stranger> {
    let cookies = cookies
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    DeviceCookies::default().find(&keys(listed), account, cookies, Time::from_secs(now))
}

const fn known(renew: bool) -> Result<Device, Stranger> {
    Ok(Device {
        id: ID,
        renew,
        kind: CookieKind::Lasting,
    })
}

#[test]
fn a_provisional_cookie_says_that_it_is_one() {
    let set = |key: &str| {
        let (scope, now) = (CookieScope::Account(ALICE), Time::from_secs(NOW));
        let line =
            DeviceCookies::default().set_of(&keys(key), scope, (ID, CookieKind::Provisional), now);
        let (pair, _) = line.split_once(';').expect("attributes");
        let (name, value) = pair.split_once('=').expect("a pair");
        (name.to_owned(), value.to_owned())
    };
    let provisional = Ok(Device {
        id: ID,
        renew: true,
        kind: CookieKind::Provisional,
    });
    assert_eq!(find("k", ALICE, &[set("k")], NOW), provisional);
    assert_eq!(find("jk", ALICE, &[set("k")], NOW), provisional);
    let (_, value) = set("k");
    let (own, _) = super::tests::set("k", ALICE, NOW);
    let (bobs, _) = super::tests::set("k", b"bob", NOW);
    assert_eq!(
        set("k").0,
        own,
        "it takes the place of one that was good once"
    );
    let renamed = [(bobs, value.clone())];
    assert_eq!(find("k", b"bob", &renamed, NOW), Err(Stranger::Forged));
    let mut lasting = URL_SAFE_NO_PAD.decode(&value).expect("base64");
    for version in [1, 2] {
        lasting[0] = version;
        let cookie = [(own.clone(), URL_SAFE_NO_PAD.encode(&lasting))];
        assert_eq!(find("k", ALICE, &cookie, NOW), Err(Stranger::Forged));
    }
}

/// Cookies live for half a year: a version that writes or reads others would lock out whom it should know.
#[test]
fn a_cookie_is_this_text() {
    let line = DeviceCookies::default().set(&keys("k"), ALICE, ID, Time::from_secs(NOW));
    let (pair, attributes) = line.split_once("; ").expect("attributes");
    assert_eq!(
        attributes,
        "Path=/; Max-Age=15552000; Secure; HttpOnly; SameSite=Lax"
    );
    let (name, value) = pair.split_once('=').expect("a pair");
    assert_eq!(name, "__Host-palisade-device-0715b150");
    assert_eq!(
        value,
        "AQcHBwcHBwcHBwcHBwcHBwcAAAAAbDcgAB2_ngnOFfYeoYbTHYWVMK79X44hRKDGyYr_VTY79rb3"
    );
}

#[test]
fn a_device_is_known_until_expiry_and_set_anew_from_half_its_life() {
    let cookie = [set("k", ALICE, NOW)];
    for (now, found) in [
        (NOW - DAY - 1, Err(Stranger::TooFarAhead)),
        (NOW - DAY, known(false)),
        (NOW, known(false)),
        (NOW + 90 * DAY, known(false)),
        (NOW + 90 * DAY + 1, known(true)),
        (NOW + 180 * DAY - 1, known(true)),
        (NOW + 180 * DAY, Err(Stranger::Expired)),
        (0, Err(Stranger::TooFarAhead)),
        (u64::MAX, Err(Stranger::Expired)),
    ] {
        assert_eq!(find("k", ALICE, &cookie, now), found, "{now}");
    }
}

#[test]
fn a_shorter_lifetime_forgets_what_lives_longer() {
    let (name, value) = set("k", ALICE, NOW);
    let shorter = DeviceCookies {
        lifetime: Lifetime::new(Duration::from_secs(30 * DAY)).expect("a lifetime"),
        ..DeviceCookies::default()
    };
    let cookie = [(name.as_bytes(), value.as_bytes())];
    let found = shorter.find(&keys("k"), ALICE, cookie, Time::from_secs(NOW));
    assert_eq!(found, Err(Stranger::TooFarAhead));
}

#[test]
fn accounts_of_one_browser_keep_their_own_cookies() {
    let cookies = [set("k", ALICE, NOW), set("k", b"bob", NOW)];
    assert_ne!(cookies[0].0, cookies[1].0);
    assert_eq!(find("k", ALICE, &cookies, NOW), known(false));
    assert_eq!(find("k", b"bob", &cookies, NOW), known(false));
    assert_eq!(find("k", b"carol", &cookies, NOW), Err(Stranger::Absent));
}

#[test]
fn a_cookie_of_another_account_under_this_ones_name_is_forged() {
    let (name, _) = set("k", ALICE, NOW);
    let (_, value) = set("k", b"bob", NOW);
    let found = find("k", ALICE, &[(name, value)], NOW);
    assert_eq!(found, Err(Stranger::Forged));
}

#[test]
fn a_cookie_of_an_old_key_holds_while_that_key_is_listed_and_is_set_anew() {
    let cookie = [set("a", ALICE, NOW)];
    assert_eq!(find("ba", ALICE, &cookie, NOW), known(true));
    assert_eq!(find("b", ALICE, &cookie, NOW), Err(Stranger::Absent));
    assert_eq!(find("ab", ALICE, &cookie, NOW), known(false));
}

#[test]
fn what_is_not_exactly_a_cookie_of_ours_is_malformed_or_absent() {
    let (name, value) = set("k", ALICE, NOW);
    let found = |name: &str, value: &str| find("k", ALICE, &[(name.into(), value.into())], NOW);
    for value in [
        String::new(),
        format!("\"{value}\""),
        format!("{value}="),
        format!("{value}A"),
        value.replacen('A', "", 1),
        "=".repeat(value.len()),
        "é".repeat(value.len() / 2),
        value.replacen('A', "B", 1),
        "A".repeat(1 << 20),
    ] {
        assert_eq!(
            found(&name, &value),
            Err(Stranger::Malformed),
            "{value:.99}"
        );
    }
    for name in [
        name.to_uppercase(),
        format!("{name}0"),
        name.trim_end_matches('0').to_owned(),
        name.replacen('_', "", 1),
        name.replace("device-", "device_"),
        "__Host-palisade-device".to_owned(),
        String::new(),
    ] {
        assert_eq!(found(&name, &value), Err(Stranger::Absent), "{name}");
    }
}

#[test]
fn the_outermost_valid_cookie_counts_and_at_most_eight_are_verified() {
    let good = set("k", ALICE, NOW);
    let other = set("k", b"bob", NOW);
    let forged = (good.0.clone(), other.1.clone());
    let malformed = (good.0.clone(), "A".to_owned());
    let over = (good.0.clone(), set("k", b"bob", NOW - 190 * DAY).1);
    let among = |before: usize, junk: &(String, String), behind: usize| {
        let mut cookies = vec![junk.clone(); before];
        cookies.push(good.clone());
        cookies.extend(vec![junk.clone(); behind]);
        find("k", ALICE, &cookies, NOW)
    };
    assert_eq!(among(100, &forged, 3), known(false));
    assert_eq!(among(3, &forged, 100), known(false));
    assert_eq!(among(4, &forged, 4), Err(Stranger::Forged));
    for useless in [&malformed, &other, &over] {
        assert_eq!(among(100, useless, 100), known(false));
    }

    let line = |id| DeviceCookies::default().set(&keys("k"), ALICE, id, Time::from_secs(NOW));
    let second = line(DeviceId::new([8; 16]));
    let (_, value) = second.split_once('=').expect("a pair");
    let (value, _) = value.split_once(';').expect("attributes");
    let two = [(good.0.clone(), value.to_owned()), good];
    assert_eq!(find("k", ALICE, &two, NOW), known(false));
}

#[test]
fn what_is_wrong_with_the_best_cookie_is_told() {
    let good = set("k", ALICE, NOW);
    let forged = (good.0.clone(), set("k", b"bob", NOW).1);
    let malformed = (good.0.clone(), String::new());
    let later = NOW + 200 * DAY;
    assert_eq!(find("k", ALICE, &[], later), Err(Stranger::Absent));
    let told = find(
        "k",
        ALICE,
        &[good, forged.clone(), malformed.clone()],
        later,
    );
    assert_eq!(told, Err(Stranger::Expired));
    let told = find("k", ALICE, &[malformed, forged], NOW);
    assert_eq!(told, Err(Stranger::Forged));
}

#[test]
fn settings_are_names_and_lifetimes_that_browsers_take() {
    for name in ["__Host-palisade-device", "__Secure-d", "d", &"d".repeat(64)] {
        assert!(CookieName::new(name).is_ok(), "{name}");
    }
    for name in ["", "a b", "a;b", "a=b", "a,b", "ä", "a\n", &"d".repeat(65)] {
        assert_eq!(CookieName::new(name), Err(CookieNameError), "{name}");
    }
    for (seconds, fits) in [
        (DAY - 1, false),
        (DAY, true),
        (400 * DAY, true),
        (400 * DAY + 1, false),
    ] {
        let lifetime = Lifetime::new(Duration::from_secs(seconds));
        assert_eq!(lifetime.is_ok(), fits, "{seconds}");
    }
}

proptest! {
    #[test]
    fn whatever_is_set_is_known_again(
        account: Vec<u8>, id: [u8; 16], seconds in 0..u32::MAX, name in "[a-zA-Z_-]{1,64}",
    ) {
        let (keys, now) = (keys("ab"), Time::from_secs(seconds.into()));
        let cookies = DeviceCookies { name: CookieName::new(&name).expect("a name"), ..DeviceCookies::default() };
        let line = cookies.set(&keys, &account, DeviceId::new(id), now);
        let (pair, attributes) = line.split_once("; ").expect("attributes");
        prop_assert_eq!(attributes, "Path=/; Max-Age=15552000; Secure; HttpOnly; SameSite=Lax");
        let (name, value) = pair.split_once('=').expect("a pair");
        let found = cookies.find(&keys, &account, [(name.as_bytes(), value.as_bytes())], now);
        prop_assert_eq!(found, Ok(Device { id: DeviceId::new(id), renew: false, kind: CookieKind::Lasting }));
    }

    #[test]
    fn a_cookie_with_one_other_byte_shows_no_device(place: prop::sample::Index, byte: u8) {
        let (name, value) = set("k", ALICE, NOW);
        let mut changed = value.clone().into_bytes();
        changed[place.index(value.len())] = byte;
        let cookie = [(name.as_bytes(), &changed[..])];
        let found = DeviceCookies::default().find(&keys("k"), ALICE, cookie, Time::from_secs(NOW));
        prop_assert_eq!(found.is_ok(), changed == value.as_bytes());
    }

    #[test]
    fn arbitrary_cookies_show_no_device(values: Vec<Vec<u8>>, names: Vec<Vec<u8>>, account: Vec<u8>, now: u64) {
        let (name, _) = set("k", &account, NOW);
        let ours = values.iter().map(|value| (name.as_bytes(), &value[..]));
        let others = names.iter().zip(&values).map(|(name, value)| (&name[..], &value[..]));
        let found = DeviceCookies::default().find(&keys("k"), &account, ours.chain(others), Time::from_secs(now));
        prop_assert!(found.is_err());
    }
}
