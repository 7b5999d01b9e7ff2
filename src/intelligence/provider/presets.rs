//! The providers that are known by name.

use super::names::PRESET_NAMES;
use super::raw::RawProvider;
use crate::json::{self, Json, Mistakes, Place, one_of};

fn table(name: &str) -> Option<&'static str> {
    Some(match name {
        "ipasis" => include_str!("presets/ipasis.json"),
        "ipinfo" => include_str!("presets/ipinfo.json"),
        "ipinfo_core" => include_str!("presets/ipinfo_core.json"),
        "maxmind" => include_str!("presets/maxmind.json"),
        "ipqualityscore" => include_str!("presets/ipqualityscore.json"),
        "ipapi_is" => include_str!("presets/ipapi_is.json"),
        "abuseipdb" => include_str!("presets/abuseipdb.json"),
        "spur" => include_str!("presets/spur.json"),
        "vpnapi_io" => include_str!("presets/vpnapi_io.json"),
        "crowdsec" => include_str!("presets/crowdsec.json"),
        _ => return None,
    })
}

/// The longest chain of a provider on a preset on a preset.
const MAX_CHAIN: usize = 3;

/// The preset whose name stands there.
pub(super) fn preset(
    name: &str,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<RawProvider> {
    let Some(table) = table(name) else {
        let sentence = format!("expected {}", one_of(&PRESET_NAMES));
        mistakes.unknown(at, &sentence, name, &PRESET_NAMES);
        return None;
    };
    let tree = Json::parse(table.as_bytes()).ok();
    let raw = tree.and_then(|tree| json::read(&tree).ok());
    mistakes.require(at, raw, &"this preset is broken")
}

/// Fills what `raw` leaves out from the preset that it names.
pub(super) fn complete(
    mut raw: RawProvider,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<RawProvider> {
    for _ in 0..MAX_CHAIN {
        let Some(name) = raw.preset.take() else {
            break;
        };
        raw = raw.over(preset(&name, at, mistakes)?);
    }
    Some(raw)
}
