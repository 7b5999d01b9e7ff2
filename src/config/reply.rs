//! How refusals are told.

use crate::json::{FromJson, Mistakes, Place};
use crate::reply::{Preference, Template, Templates};

/// How refusals are told.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawReply {
    /// The form of all refusals; default `auto`.
    #[serde(default)]
    pub format: Preference,
    /// Whom a refused person can ask, on each refusal's page: a mail address, a URL that begins with `https://`, or one
    /// line of text such as a telephone number, of 200 bytes at most.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 200)))]
    pub contact: Option<String>,
    /// Pages of your own.
    #[serde(default)]
    pub templates: RawTemplates,
}

/// Pages of your own: HTML with `{{title}}` and `{{message}}`, and perhaps `{{reference}}`, `{{status}}`,
/// `{{style}}` (the default one), `{{next}}` (what to do, and the contact) and `{{language}}`. Values are escaped. The page may load nothing and run no script.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawTemplates {
    /// For what is refused: HTML of 64 KiB at most.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub denied: Option<String>,
    /// For what is too much for now: HTML of 64 KiB at most.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 65_536)))]
    pub limited: Option<String>,
}

/// Compiles `reply.templates`.
pub(super) fn templates(
    raw: &RawTemplates,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Templates {
    let mut read = |name: &str, text: &Option<String>| {
        let text = text.as_ref()?;
        mistakes.take(&at.field(name), Template::parse(text))
    };
    Templates {
        denied: read("denied", &raw.denied),
        limited: read("limited", &raw.limited),
    }
}
