//! What providers are called that are known by name.

/// The names of all presets.
pub const PRESET_NAMES: [&str; 10] = [
    "ipasis",
    "ipinfo",
    "ipinfo_core",
    "maxmind",
    "ipqualityscore",
    "ipapi_is",
    "abuseipdb",
    "spur",
    "vpnapi_io",
    "crowdsec",
];
