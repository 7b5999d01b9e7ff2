//! What an operator writes of a provider, and the providers that are known by name, which are written in the same form.

use super::RawSuccess;
use super::fields::RawFields;
use super::names::PRESET_NAMES;
use super::request::RawRequest;
use crate::encoding::compact::compact;
use crate::json::{self, FromJson, Mistakes, Place, merged};

/// An intelligence API: how it is asked and how its answer is read.
#[derive(Clone, Debug, Default, PartialEq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawProvider {
    /// A preset that supplies whatever is left out here: `ipasis`, `ipinfo`, `maxmind`, ...
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(extend("enum" = json::names_or_nothing(&PRESET_NAMES))))]
    pub preset: Option<String>,
    /// How the API is asked.
    #[serde(default)]
    pub request: Option<RawRequest>,
    /// Where each signal stands in the answer. With a preset, each one given replaces that of the preset.
    #[serde(default)]
    pub fields: Option<RawFields>,
    /// For an API that refuses with status 200: the field that says so.
    #[serde(default)]
    pub success: Option<RawSuccess>,
    /// Statuses by which this API says that the quota or balance is used up, not merely that calls come too
    /// fast. 402 always does.
    #[serde(default)]
    pub quota_statuses: Option<Vec<u16>>,
}

impl RawProvider {
    /// This, with whatever it leaves out taken from `base`.
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            preset: base.preset,
            request: merged(self.request, base.request, RawRequest::over),
            fields: merged(self.fields, base.fields, RawFields::over),
            success: self.success.or(base.success),
            quota_statuses: self.quota_statuses.or(base.quota_statuses),
        }
    }
}

fn table(name: &str) -> Option<&'static str> {
    Some(match name {
        "ipasis" => compact!(include_str!("presets/ipasis.json")),
        "ipinfo" => compact!(include_str!("presets/ipinfo.json")),
        "ipinfo_core" => compact!(include_str!("presets/ipinfo_core.json")),
        "maxmind" => compact!(include_str!("presets/maxmind.json")),
        "ipqualityscore" => compact!(include_str!("presets/ipqualityscore.json")),
        "ipapi_is" => compact!(include_str!("presets/ipapi_is.json")),
        "abuseipdb" => compact!(include_str!("presets/abuseipdb.json")),
        "spur" => compact!(include_str!("presets/spur.json")),
        "vpnapi_io" => compact!(include_str!("presets/vpnapi_io.json")),
        "crowdsec" => compact!(include_str!("presets/crowdsec.json")),
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
    json::preset((name, table(name)), &PRESET_NAMES, at, mistakes)
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
