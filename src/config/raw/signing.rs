use crate::json::FromJson;

use crate::config::text::Text;
use crate::time::Span;

/// Names of environment variables of the VM (`vm_config.environment_variables`) that hold secrets of 32 or more visible
/// ASCII characters. The first signs, all verify: to replace a secret, put the new one before the old one, and leave out
/// the old one when the longest that was signed with it has expired.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct RawSigningKeys(
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 4)))] pub Vec<String>,
);

/// Links that lift the lock of one account: `PATH?PARAMETER=TOKEN`, with a token that the application or
/// `palisade unlock` signs. The filter answers them itself.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawUnlock {
    /// The path of the links, exactly.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^/")))]
    pub path: String,
    /// The parameter of the query with the token; default `token`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 64)))]
    pub parameter: Option<String>,
    /// Where the browser is sent then, with `unlock=done`, `used`, `expired` or `invalid` in the query: a path on this host or an URL.
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 1_024)))]
    pub redirect: String,
}

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
