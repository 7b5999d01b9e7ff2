//! Captchas of an outside service.

use std::time::Duration;

#[cfg(feature = "cli")]
use crate::challenge::captcha::PRESET_NAMES;
use crate::challenge::captcha::RawService;
use crate::challenge::captcha::{
    Captcha, CaptchaPolicy, OnUnavailable, Service, Settings, SiteKey,
};
use crate::config::check;
use crate::config::check::Environment;
use crate::config::identity::sources;
use crate::config::text::Text;
use crate::identity::JsonPointer;
use crate::identity::account::AccountSource;
use crate::json::Shapes;
use crate::json::{FromJson, Mistakes, Node, Place};
use crate::route::HostPattern;
use crate::time::Span;

/// Captchas of an outside service. A token is verified by a call-out, and a failed or impossible verification is never
/// a pass.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawCaptcha {
    /// The name of a preset, or a service of your own.
    pub provider: RawServiceChoice,
    /// The Envoy cluster of the service.
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cluster: String,
    /// The site key, which is public. With it the challenge page shows the service's widget; without it only the
    /// application's own pages do.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[A-Za-z0-9_.-]{1,128}$")))]
    pub site_key: Option<String>,
    /// The environment variable of the VM that holds the secret (`vm_config.environment_variables`).
    #[serde(default)]
    pub secret_env: Option<String>,
    /// Where the application's own pages leave the token, up to 8 places; default the form field of the service's
    /// widget. The header `x-palisade-captcha` and what the challenge page leaves are always read, and first.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 8)))]
    pub token: Option<Vec<RawTokenSource>>,
    /// The hosts on which a captcha may have been solved: `example.com` or `*.example.com`.
    #[serde(default)]
    pub hostnames: Vec<String>,
    /// The packages of your Android apps in which a captcha may have been solved: `com.example.shop`, 32 at most.
    /// reCAPTCHA only.
    #[serde(default)]
    #[cfg_attr(
        feature = "cli",
        schemars(length(max = 32), inner(regex(pattern = "^[A-Za-z0-9_.]{3,255}$")))
    )]
    pub android_apps: Vec<String>,
    /// Whether answers that a service's key for tests made count, which anybody can have; default false. Turnstile says
    /// which ones those are; other services tell a host of their own, which `hostnames` refuses.
    #[serde(default)]
    pub accept_testing_keys: bool,
    /// What the captcha must have been solved for: 1 to 32 letters, digits, `_`, `-` and `/`. Turnstile and reCAPTCHA
    /// v3 only.
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
    /// What happens while nothing can be verified; default `proof_of_work`.
    #[serde(default)]
    pub on_unavailable: OnUnavailable,
    /// What happens when the score is below `min_score`; default `captcha`.
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
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: "the name of a preset, or an object that describes a captcha service",
            text: |name| Some(Self::Preset(name.to_owned())),
            object: |own| Self::Own(Box::new(own)),
            list: None,
        }
        .read(node, mistakes)
    }
}

/// Compiles what stands at `captcha`.
pub(super) fn compile(
    raw: &RawCaptcha,
    at: &Place<'_>,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<CaptchaPolicy> {
    let before = mistakes.count();
    check::cluster(&at.field("cluster"), &raw.cluster, mistakes);
    let second = Duration::from_secs(1);
    let timeout = check::span(
        &at.field("timeout"),
        raw.timeout,
        second.saturating_mul(2),
        Duration::from_millis(10)..=second.saturating_mul(5),
        mistakes,
    );
    let settings = settings(raw, at, environment, mistakes);
    let place = &at.field("provider");
    let service = match &raw.provider {
        RawServiceChoice::Preset(name) => Service::named(name, place, mistakes),
        RawServiceChoice::Own(own) => Service::compile((**own).clone(), place, mistakes),
    }?;
    // What is wrong already may be why something is missing.
    if mistakes.count() > before {
        return None;
    }
    Some(CaptchaPolicy {
        captcha: Captcha::new(service, settings, at, mistakes)?,
        cluster: raw.cluster.clone(),
        timeout,
        on_unavailable: raw.on_unavailable,
        low_score_works: raw.on_low_score == RawLowScore::ProofOfWork,
    })
}

fn settings(
    raw: &RawCaptcha,
    at: &Place<'_>,
    environment: Environment<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Settings {
    let secret = raw.secret_env.as_ref();
    let secret =
        secret.and_then(|name| check::key(&at.field("secret_env"), name, environment, mistakes));
    let site_key = raw
        .site_key
        .as_ref()
        .and_then(|text| mistakes.take(&at.field("site_key"), SiteKey::parse(text)));
    let tokens = raw.token.as_ref().map(|raw| {
        let what = "place of the token";
        sources::several(raw, &at.field("token"), what, mistakes, token).concat()
    });
    let mut hostnames = Vec::new();
    for (index, text) in raw.hostnames.iter().enumerate() {
        let place = &at.field("hostnames");
        hostnames.extend(mistakes.take(&place.element(index), HostPattern::new(text)));
    }
    let max_age = check::span(
        &at.field("max_age"),
        raw.max_age,
        Captcha::DEFAULT_MAX_AGE,
        Duration::from_secs(30)..=Duration::from_secs(3_600),
        mistakes,
    );
    let is_package = |name: &String| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
        (3..=255).contains(&name.len()) && name.contains('.') && name.bytes().all(is_plain)
    };
    for (index, name) in raw.android_apps.iter().enumerate() {
        if index >= 32 || !is_package(name) {
            mistakes.add(
                &at.field("android_apps").element(index),
                &"expected the package of an app such as com.example.shop, and 32 of them at most",
            );
        }
    }
    Settings {
        android_apps: raw.android_apps.clone(),
        accept_testing_keys: raw.accept_testing_keys,
        secret,
        site_key,
        tokens,
        hostnames,
        action: action(raw.action.as_deref(), &at.field("action"), mistakes),
        min_score: raw
            .min_score
            .and_then(|score| thousandths(score, &at.field("min_score"), mistakes)),
        max_age,
        send_client_address: raw.send_client_address,
    }
}

/// One place; a field may stand in two kinds of forms.
fn token(
    raw: &RawTokenSource,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Vec<AccountSource>> {
    use AccountSource as Source;
    Some(match raw {
        RawTokenSource::Form(name) => {
            let name = sources::field(name, &at.field("form"), mistakes)?;
            vec![Source::Form(name.clone()), Source::Multipart(name)]
        }
        RawTokenSource::Json(pointer) => vec![Source::Json(pointer.0.clone())],
        RawTokenSource::Header(name) => vec![Source::Header(sources::header(name, at, mistakes)?)],
        RawTokenSource::Cookie(name) => vec![Source::Cookie(sources::cookie(name, at, mistakes)?)],
    })
}

fn action(text: Option<&str>, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<String> {
    let text = text?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte);
    if !(1..=32).contains(&text.len()) || !text.bytes().all(allowed) {
        mistakes.add(at, &"expected 1 to 32 letters, digits, _, - and /");
    }
    Some(text.to_owned())
}

fn thousandths(score: f64, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<u16> {
    // A number is not printed here: what prints one is 25 KiB of the filter.
    if !(0.0..=1.0).contains(&score) {
        mistakes.add(at, &"expected a number from 0 to 1");
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "from 0 to 1000"
    )]
    Some((score * 1_000.0).round() as u16)
}

#[cfg(test)]
mod tests;
