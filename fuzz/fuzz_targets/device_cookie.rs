//! Cookies of any names and values show no device, and whatever is set is known again.
#![no_main]

use palisade::device::{CookieKind, Device, DeviceCookies, DeviceId};
use palisade::signing::SigningKeys;
use palisade::time::Time;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (keys, cookies) = (SigningKeys::derived([1; 16]), DeviceCookies::default());
    let now = Time::from_secs(1_800_000_000);
    let id = DeviceId::new([2; 16]);
    let (account, rest) = bytes.split_at(bytes.len().min(8));
    let line = cookies.set(&keys, account, id, now);
    let (name, value) = line.split_once('=').unwrap();
    let (value, _) = value.split_once(';').unwrap();

    let values = rest
        .split(|byte| *byte == b';')
        .map(|value| (name.as_bytes(), value));
    let genuine = |cookie: &(&[u8], &[u8])| cookie.1 == value.as_bytes();
    let found = cookies.find(&keys, account, values.clone(), now);
    assert!(found.is_err() || values.clone().any(|cookie| genuine(&cookie)));

    let ours = (name.as_bytes(), value.as_bytes());
    let pairs = rest
        .split(|byte| *byte == b';')
        .map(|pair| pair.split_at(pair.len() / 2));
    let found = cookies.find(
        &keys,
        account,
        std::iter::once(ours).chain(pairs).chain(values),
        now,
    );
    assert_eq!(
        found,
        Ok(Device {
            id,
            renew: false,
            kind: CookieKind::Lasting
        })
    );
});
