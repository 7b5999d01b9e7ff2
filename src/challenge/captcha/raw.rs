//! What an operator writes of a captcha service; the presets are written in the same form.

use std::collections::BTreeMap;

use crate::json::FromJson;

use super::codes::Meaning;

/// A captcha service: how it is asked whether a token is good, and how its answer is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawService {
    /// A preset that supplies whatever is left out here: `turnstile`, `hcaptcha`, ...
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(extend("enum" = presets())))]
    pub preset: Option<String>,
    /// How the service is asked.
    #[serde(default)]
    pub request: Option<RawVerification>,
    /// Where the answer says what.
    #[serde(default)]
    pub answer: Option<RawAnswer>,
    /// What the service's error codes mean. One that is not named here means that the token is refused.
    #[serde(default)]
    pub codes: Option<BTreeMap<String, Meaning>>,
    /// The form field in which the service's widget leaves its token.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 128)))]
    pub field: Option<String>,
    /// The longest token, 16 to 8192 characters.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 16, max = 8_192)))]
    pub max_token: Option<u16>,
    /// How the field's value begins while there is no token yet.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub no_token: Option<String>,
    /// The widget that the challenge page shows. Without it only the application's own pages have one.
    #[serde(default)]
    pub widget: Option<RawWidget>,
}

#[cfg(feature = "cli")]
fn presets() -> Vec<Option<&'static str>> {
    let names = super::PRESET_NAMES.into_iter().map(Some);
    names.chain([None]).collect()
}

/// How the service is asked: always a POST.
///
/// The values may hold `{token}`, `{secret}`, `{site_key}` and `{ip}` (the client's address). What holds one that is not there
/// is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawVerification {
    /// Host name, and port if it is not the usual one.
    #[serde(default)]
    pub authority: Option<String>,
    /// The path; of the places in braces only `{site_key}`, for the others would end in access logs.
    #[serde(default)]
    pub path: Option<String>,
    /// Request headers.
    #[serde(default)]
    pub headers: Option<BTreeMap<String, String>>,
    /// How `fields` are sent; default `form`.
    #[serde(default)]
    pub encoding: Option<RawEncoding>,
    /// The fields of the body.
    #[serde(default)]
    pub fields: Option<BTreeMap<String, String>>,
}

/// How the fields of a request are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawEncoding {
    /// `application/x-www-form-urlencoded`
    #[default]
    Form,
    /// `application/json`
    Json,
}

/// Where the answer, a JSON object, says what: dotted paths such as `error.code`, in the very case.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAnswer {
    /// `true` when the token is good. Nothing else is taken for it.
    #[serde(default)]
    pub success: Option<String>,
    /// Why it is not: a text or a list of texts.
    #[serde(default)]
    pub errors: Option<String>,
    /// The host, or the origin, on which the captcha was solved.
    #[serde(default)]
    pub hostname: Option<String>,
    /// What it was solved for.
    #[serde(default)]
    pub action: Option<String>,
    /// From 0 (a program) to 1 (a human).
    #[serde(default)]
    pub score: Option<String>,
    /// When it was solved: ISO 8601.
    #[serde(default)]
    pub time: Option<String>,
}

/// The widget in the challenge page.
#[derive(Clone, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawWidget {
    /// Whose programming interface it has; default `field`.
    #[serde(default)]
    pub interface: Interface,
    /// The URL of its script, which may hold `{site_key}` and `{language}`.
    pub script: String,
    /// What the page may load scripts, frames, styles and images from and connect to: sources of a Content-Security-Policy
    /// with a scheme, such as `https://*.example.com`.
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 8)))]
    pub sources: Vec<String>,
    /// The class of the element that the script turns into the widget.
    #[serde(default)]
    pub class: Option<String>,
}

/// The programming interface of a widget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// `turnstile.render`
    Turnstile,
    /// `hcaptcha.render`
    Hcaptcha,
    /// `grecaptcha.render`
    RecaptchaV2,
    /// `grecaptcha.execute`
    RecaptchaV3,
    /// `frcaptcha.createWidget`
    FriendlyCaptcha,
    /// An element of `class` with `data-sitekey`, in which the script leaves the token in `field`; the page has a button to go on.
    #[default]
    Field,
}

impl Interface {
    /// Its name, as the page's script knows it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
            Self::RecaptchaV2 => "recaptcha_v2",
            Self::RecaptchaV3 => "recaptcha_v3",
            Self::FriendlyCaptcha => "friendly_captcha",
            Self::Field => "field",
        }
    }
}

impl RawService {
    /// This, and what it leaves out from `base`. Requests are merged part by part.
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            preset: base.preset,
            request: match (self.request, base.request) {
                (Some(own), Some(base)) => Some(own.over(base)),
                (own, base) => own.or(base),
            },
            answer: self.answer.or(base.answer),
            codes: self.codes.or(base.codes),
            field: self.field.or(base.field),
            max_token: self.max_token.or(base.max_token),
            no_token: self.no_token.or(base.no_token),
            widget: self.widget.or(base.widget),
        }
    }
}

impl RawVerification {
    fn over(self, base: Self) -> Self {
        Self {
            authority: self.authority.or(base.authority),
            path: self.path.or(base.path),
            headers: self.headers.or(base.headers),
            encoding: self.encoding.or(base.encoding),
            fields: self.fields.or(base.fields),
        }
    }
}
