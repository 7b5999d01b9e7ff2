//! A captcha service, compiled from its table.

use super::answer::Places;
use super::codes::{self, Failure, Meaning};
use super::raw::RawService;
use super::token::TokenLimits;
use super::verification::Verification;
use super::widget::WidgetTemplate;
use crate::intelligence::provider::{Invalid, Problems};
use crate::json::{self, Json};

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
        "turnstile" => include_str!("presets/turnstile.json"),
        "hcaptcha" => include_str!("presets/hcaptcha.json"),
        "recaptcha_v2" => include_str!("presets/recaptcha_v2.json"),
        "recaptcha_v3" => include_str!("presets/recaptcha_v3.json"),
        "friendly_captcha" => include_str!("presets/friendly_captcha.json"),
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
    /// Checks and compiles what an operator wrote.
    ///
    /// # Errors
    /// Every problem, each with its place.
    pub fn compile(raw: RawService) -> Result<Self, Vec<Invalid>> {
        let mut problems = Problems::default();
        let raw = complete(raw).map_err(|problem| vec![problem])?;
        let verification = Verification::compile(&raw.request.unwrap_or_default(), &mut problems);
        let places = Places::compile(&raw.answer.unwrap_or_default(), &mut problems);
        let widget = raw
            .widget
            .and_then(|raw| WidgetTemplate::compile(&raw, &mut problems));
        let longest = raw.max_token.unwrap_or(LONGEST_TOKEN);
        if !(16..=8_192).contains(&longest) {
            problems.add(
                "max_token",
                &format!("expected 16 to 8192 characters, not {longest}"),
            );
        }
        if raw.no_token.as_deref() == Some("") {
            problems.add("no_token", "expected at least one character");
        }
        let is_name = |name: &String| {
            (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if raw.field.as_ref().is_some_and(|name| !is_name(name)) {
            problems.add(
                "field",
                "expected the name of a field, 1 to 128 visible ASCII characters",
            );
        }
        if raw.field.is_none() && widget.as_ref().is_some_and(WidgetTemplate::is_field) {
            problems.add(
                "field",
                "expected the field in which the widget leaves its token",
            );
        }
        match (verification, places) {
            (Some(verification), Some(places)) if problems.0.is_empty() => Ok(Self {
                verification,
                places,
                codes: raw.codes.unwrap_or_default().into_iter().collect(),
                field: raw.field,
                limits: TokenLimits {
                    longest: longest.into(),
                    no_token: raw.no_token,
                },
                widget,
            }),
            _ => Err(problems.0),
        }
    }

    /// The preset of this name, one of [`PRESET_NAMES`].
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let preset = Some(name.to_owned());
        Self::compile(RawService {
            preset,
            ..RawService::default()
        })
        .ok()
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

/// Fills what `raw` leaves out from the preset that it names.
fn complete(mut raw: RawService) -> Result<RawService, Invalid> {
    let Some(name) = raw.preset.take() else {
        return Ok(raw);
    };
    let invalid = |message: String| Invalid {
        path: "preset".to_owned(),
        message,
    };
    let table = table(&name).ok_or_else(|| {
        let known = PRESET_NAMES.join(", ");
        invalid(format!("expected one of {known}, not {name:?}"))
    })?;
    let broken = || invalid(format!("the preset {name} is broken"));
    let tree = Json::parse(table.as_bytes()).map_err(|_| broken())?;
    let base = json::read(&tree).map_err(|_| broken())?;
    Ok(raw.over(base))
}
