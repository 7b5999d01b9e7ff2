//! A captcha service, compiled from its table.

use super::answer::Places;
use super::answer::RawAnswer;
use super::codes::{self, Failure, Meaning};
use super::token::TokenLimits;
use super::verification::RawVerification;
use super::verification::Verification;
use super::widget::RawWidget;
use super::widget::WidgetTemplate;
use crate::encoding::compact::compact;
use crate::json::{self, FromJson, Json, Mistakes, Place};
use std::collections::BTreeMap;

/// A captcha service: how it is asked whether a token is good, and how its answer is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawService {
    /// A preset that supplies whatever is left out here: `turnstile`, `hcaptcha`, ...
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(extend("enum" = json::names_or_nothing(&PRESET_NAMES))))]
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
    /// The longest token, 16 to 8192 characters; default 2048.
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

impl RawService {
    /// This, and what it leaves out from `base`. Requests are merged part by part.
    fn over(self, base: Self) -> Self {
        Self {
            preset: base.preset,
            request: json::merged(self.request, base.request, RawVerification::over),
            answer: self.answer.or(base.answer),
            codes: self.codes.or(base.codes),
            field: self.field.or(base.field),
            max_token: self.max_token.or(base.max_token),
            no_token: self.no_token.or(base.no_token),
            widget: self.widget.or(base.widget),
        }
    }
}

/// The names of all presets.
pub const PRESET_NAMES: [&str; 5] = [
    "turnstile",
    "hcaptcha",
    "recaptcha_v2",
    "recaptcha_v3",
    "friendly_captcha",
];

/// The longest token unless a service says otherwise.
const LONGEST_TOKEN: u16 = 2_048;

fn table(name: &str) -> Option<&'static str> {
    Some(match name {
        "turnstile" => compact!(include_str!("presets/turnstile.json")),
        "hcaptcha" => compact!(include_str!("presets/hcaptcha.json")),
        "recaptcha_v2" => compact!(include_str!("presets/recaptcha_v2.json")),
        "recaptcha_v3" => compact!(include_str!("presets/recaptcha_v3.json")),
        "friendly_captcha" => compact!(include_str!("presets/friendly_captcha.json")),
        _ => return None,
    })
}

/// A compiled service: how it is asked, and how its answer is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub(super) verification: Verification,
    pub(super) places: Places,
    codes: Vec<(String, Meaning)>,
    pub(super) field: Option<String>,
    pub(super) limits: TokenLimits,
    pub(super) widget: Option<WidgetTemplate>,
}

impl Service {
    /// Checks and compiles what an operator wrote; `None` once a mistake is told.
    pub(crate) fn compile(
        raw: RawService,
        at: &Place<'_>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let before = mistakes.count();
        let raw = complete(raw, &at.field("preset"), mistakes)?;
        let request = raw.request.unwrap_or_default();
        let verification = Verification::compile(&request, &at.field("request"), mistakes);
        let answer = raw.answer.unwrap_or_default();
        let places = Places::compile(&answer, &at.field("answer"), mistakes);
        let widget = raw
            .widget
            .and_then(|raw| WidgetTemplate::compile(&raw, &at.field("widget"), mistakes));
        let longest = raw.max_token.unwrap_or(LONGEST_TOKEN);
        if !(16..=8_192).contains(&longest) {
            mistakes.add(&at.field("max_token"), &"expected 16 to 8192 characters");
        }
        if raw.no_token.as_deref() == Some("") {
            mistakes.add(&at.field("no_token"), &"expected at least one character");
        }
        let is_name = |name: &String| {
            (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if raw.field.as_ref().is_some_and(|name| !is_name(name)) {
            mistakes.add(
                &at.field("field"),
                &"expected the name of a field, 1 to 128 visible ASCII characters",
            );
        }
        if raw.field.is_none() && widget.as_ref().is_some_and(WidgetTemplate::is_field) {
            mistakes.add(
                &at.field("field"),
                &"expected the field in which the widget leaves its token",
            );
        }
        let (verification, places) = verification.zip(places)?;
        (mistakes.count() == before).then(|| Self {
            verification,
            places,
            codes: raw.codes.unwrap_or_default().into_iter().collect(),
            field: raw.field,
            limits: TokenLimits {
                longest: longest.into(),
                no_token: raw.no_token,
            },
            widget,
        })
    }

    /// The preset whose name stands there, one of [`PRESET_NAMES`].
    pub(crate) fn named(name: &str, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let raw = preset(name, at, mistakes)?;
        Self::compile(raw, at, mistakes)
    }

    /// The preset of this name, one of [`PRESET_NAMES`].
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        Self::named(name, &Place::Top, &mut Mistakes::new(&Json::Null))
    }

    /// The form field in which the service's widget leaves its token.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Whether the request holds a secret.
    #[must_use]
    pub fn needs_secret(&self) -> bool {
        self.verification.needs_secret()
    }

    /// What the codes of a refusal come to.
    pub(super) fn failure(&self, codes: &[String]) -> Failure {
        codes::failure(codes.iter().map(|code| {
            let mut known = self.codes.iter().filter(|(name, _)| name == code);
            known.next().map(|(_, meaning)| *meaning)
        }))
    }
}

/// The preset whose name stands there.
fn preset(name: &str, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<RawService> {
    json::preset((name, table(name)), &PRESET_NAMES, at, mistakes)
}

/// Fills what `raw` leaves out from the preset that it names.
fn complete(
    mut raw: RawService,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<RawService> {
    match raw.preset.take() {
        Some(name) => Some(raw.over(preset(&name, at, mistakes)?)),
        None => Some(raw),
    }
}
