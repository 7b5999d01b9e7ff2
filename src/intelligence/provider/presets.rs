//! The providers that are known by name.

use super::Invalid;
use super::names::PRESET_NAMES;
use super::raw::RawProvider;
use crate::json::{self, Json};

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

/// Fills what `raw` leaves out from the preset that it names.
pub(super) fn complete(mut raw: RawProvider) -> Result<RawProvider, Invalid> {
    for _ in 0..MAX_CHAIN {
        let Some(name) = raw.preset.take() else {
            return Ok(raw);
        };
        let invalid = |message: String| Invalid {
            path: "preset".to_owned(),
            message,
        };
        let table = table(&name).ok_or_else(|| {
            invalid(format!(
                "expected one of {}, not {name:?}",
                PRESET_NAMES.join(", ")
            ))
        })?;
        let broken = || invalid(format!("the preset {name} is broken"));
        let tree = Json::parse(table.as_bytes()).map_err(|_| broken())?;
        let base = json::read(&tree).map_err(|_| broken())?;
        raw = raw.over(base);
    }
    Ok(raw)
}
