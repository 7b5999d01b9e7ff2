use crate::json::{FromJson, Mistakes, Node};

#[cfg(feature = "cli")]
use crate::challenge::captcha::PRESET_NAMES;
pub use crate::challenge::captcha::raw::RawService;
use crate::config::text::Text;
use crate::identity::JsonPointer;
use crate::shape::Shapes;
use crate::time::Span;

/// Captchas of an outside service. A token is verified by a call-out, and a failed or impossible verification is never a pass.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCaptcha {
    /// The name of a preset, or a service of your own.
    pub provider: RawServiceChoice,
    /// The Envoy cluster of the service.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cluster: String,
    /// The site key, which is public. With it the challenge page shows the service's widget; without it only the application's own
    /// pages do.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[A-Za-z0-9_.-]{1,128}$")))]
    pub site_key: Option<String>,
    /// The environment variable of the VM that holds the secret (`vm_config.environment_variables`).
    #[serde(default)]
    pub secret_env: Option<String>,
    /// Where the application's own pages leave the token, up to 8 places; default the form field of the service's widget. The header
    /// `x-palisade-captcha` and what the challenge page leaves are always read, and first.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 8)))]
    pub token: Option<Vec<RawTokenSource>>,
    /// The hosts on which a captcha may have been solved: `example.com` or `*.example.com`.
    #[serde(default)]
    pub hostnames: Vec<String>,
    /// What the captcha must have been solved for: 1 to 32 letters, digits, `_`, `-` and `/`. Turnstile and reCAPTCHA v3 only.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[A-Za-z0-9_/-]{1,32}$")))]
    pub action: Option<String>,
    /// The least score of reCAPTCHA v3, 0 to 1, in steps of 0.001; 0.5 is what Google proposes.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 0, max = 1)))]
    pub min_score: Option<f64>,
    /// How long ago a captcha may have been solved, 30s to 1h; default 5m.
    #[serde(default)]
    pub max_age: Option<Text<Span>>,
    /// How long a request waits for the verification, 10ms to 5s; default 2s.
    #[serde(default)]
    pub timeout: Option<Text<Span>>,
    /// Whether the service is told the client's address; default false.
    #[serde(default)]
    pub send_client_address: bool,
    /// What happens while nothing can be verified.
    #[serde(default)]
    pub on_unavailable: RawUnavailable,
    /// What happens when the score is below `min_score`.
    #[serde(default)]
    pub on_low_score: RawLowScore,
}

/// What happens when the score is too low: it often stays so, whatever a person does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawLowScore {
    /// The client is asked again.
    #[default]
    Captcha,
    /// The client does a proof of work instead.
    ProofOfWork,
}

/// What happens while nothing can be verified: the service does not answer, or does not take the secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawUnavailable {
    /// The client does a proof of work instead.
    #[default]
    ProofOfWork,
    /// The request is refused.
    Deny,
    /// The request goes on, this once and without a clearance.
    Allow,
}

/// A place where a token may stand.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawTokenSource {
    /// A field of a form, urlencoded or multipart.
    Form(String),
    /// A value of a JSON document, as a JSON pointer: `/captcha/token`.
    Json(Text<JsonPointer>),
    /// A header.
    Header(String),
    /// A cookie.
    Cookie(String),
}

/// The name of a preset, or a service of your own.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawServiceChoice {
    /// A preset.
    Preset(#[cfg_attr(feature = "cli", schemars(extend("enum" = PRESET_NAMES)))] String),
    /// A service of your own, or a preset with changes.
    Own(Box<RawService>),
}

impl FromJson for RawServiceChoice {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        Shapes::<_, _> {
            expected: "the name of a preset, or an object that describes a captcha service",
            text: |name| Some(Self::Preset(name.to_owned())),
            object: |own| Self::Own(Box::new(own)),
            list: None,
        }
        .read(node, mistakes)
    }
}
