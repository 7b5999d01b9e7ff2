//! Devices that are known to an account by a cookie.

use crate::config::text::Text;
use crate::config::{check, signing};
use crate::device::{CookieName, DeviceCookies, KnownDevices, Lifetime};
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::Threshold;
use crate::signing::SigningKeys;
use crate::time::Span;

/// The cookie that is set on a successful login, so that the device is known to the account.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawDevice {
    /// How its name begins; a hyphen and eight hex digits for the account follow. Default `__Host-palisade-device`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 64)))]
    pub cookie: Option<String>,
    /// How long a device is known after a login, 1d to 400d; default 180d.
    #[serde(default)]
    pub lifetime: Option<Text<Span>>,
    /// How many new devices an account gets in a day, 1 to 100; default 5.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 1, max = 100)))]
    pub new_per_day: Option<u32>,
}

/// Compiles `device`.
pub(super) fn compile(
    raw: &RawDevice,
    at: &Place<'_>,
    keys: &Option<Option<SigningKeys>>,
    mistakes: &mut Mistakes<'_>,
) -> Option<KnownDevices> {
    let cookies = cookies(raw, at, mistakes);
    let keys = signing::needed(keys, at, mistakes);
    let number = raw.new_per_day.unwrap_or(5);
    let number = check::within(
        &at.field("new_per_day"),
        number,
        1..=100,
        "devices",
        mistakes,
    );
    Some(KnownDevices {
        cookies,
        keys: keys?,
        new_per_day: Threshold::new(number)?,
    })
}

/// How device cookies are set.
fn cookies(raw: &RawDevice, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> DeviceCookies {
    let usual = DeviceCookies::default();
    let name = raw.cookie.as_ref();
    let name = name.and_then(|name| mistakes.take(&at.field("cookie"), CookieName::new(name)));
    let lifetime = raw
        .lifetime
        .and_then(|span| mistakes.take(&at.field("lifetime"), Lifetime::new(span.0.get())));
    DeviceCookies {
        name: name.unwrap_or(usual.name),
        lifetime: lifetime.unwrap_or(usual.lifetime),
    }
}

#[cfg(test)]
mod tests;
