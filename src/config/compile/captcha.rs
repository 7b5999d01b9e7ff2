use std::time::Duration;

use super::identity::{at, cookie, field, header, several};
use super::provider::{key_in, span};
use crate::challenge::captcha::{Captcha, Service, Settings, SiteKey};
use crate::challenge::captcha::{CaptchaPolicy, OnUnavailable};
use crate::config::error::ConfigErrors;
use crate::config::raw::{
    RawCaptcha, RawLowScore, RawService, RawServiceChoice, RawTokenSource, RawUnavailable,
};
use crate::identity::account::AccountSource;
use crate::route::HostPattern;

/// Compiles what stands at `captcha`.
pub(super) fn compile(
    raw: &RawCaptcha,
    environment: &dyn Fn(&str) -> Option<String>,
    errors: &mut ConfigErrors,
) -> Option<CaptchaPolicy> {
    let before = errors.0.len();
    if raw.cluster.is_empty() {
        errors.add(
            "captcha.cluster",
            Some("\"\"".to_owned()),
            "expected the name of an Envoy cluster",
        );
    }
    let second = Duration::from_secs(1);
    let timeout = span(
        "captcha.timeout",
        raw.timeout,
        second.saturating_mul(2),
        Duration::from_millis(10)..=second.saturating_mul(5),
        errors,
    );
    let settings = settings(raw, environment, errors);
    let service = service(&raw.provider, errors)?;
    // What is wrong already may be why something is missing.
    if errors.0.len() > before {
        return None;
    }
    match Captcha::new(service, settings) {
        Ok(captcha) => Some(CaptchaPolicy {
            captcha,
            cluster: raw.cluster.clone(),
            timeout,
            on_unavailable: match raw.on_unavailable {
                RawUnavailable::ProofOfWork => OnUnavailable::ProofOfWork,
                RawUnavailable::Deny => OnUnavailable::Deny,
                RawUnavailable::Allow => OnUnavailable::Allow,
            },
            low_score_works: raw.on_low_score == RawLowScore::ProofOfWork,
        }),
        Err(problems) => {
            for problem in problems {
                errors.add(
                    format_args!("captcha.{}", problem.path),
                    None,
                    problem.message,
                );
            }
            None
        }
    }
}

fn service(raw: &RawServiceChoice, errors: &mut ConfigErrors) -> Option<Service> {
    let (service, is_name) = match raw {
        RawServiceChoice::Preset(name) => (
            RawService {
                preset: Some(name.clone()),
                ..RawService::default()
            },
            true,
        ),
        RawServiceChoice::Own(own) => ((**own).clone(), false),
    };
    let compiled = Service::compile(service);
    compiled
        .map_err(|problems| {
            for problem in problems {
                if is_name {
                    errors.add("captcha.provider", None, problem.message);
                } else {
                    let path = format_args!("captcha.provider.{}", problem.path);
                    errors.add(path, None, problem.message);
                }
            }
        })
        .ok()
}

fn settings(
    raw: &RawCaptcha,
    environment: &dyn Fn(&str) -> Option<String>,
    errors: &mut ConfigErrors,
) -> Settings {
    let secret = raw.secret_env.as_ref();
    let secret = secret.and_then(|name| key_in("captcha.secret_env", name, environment, errors));
    let site_key = raw.site_key.as_ref().and_then(|text| {
        let key = SiteKey::parse(text);
        key.map_err(|expected| errors.add("captcha.site_key", None, expected))
            .ok()
    });
    let tokens = raw.token.as_ref().map(|raw| {
        let what = "place of the token";
        several(raw, "captcha.token", what, errors, token).concat()
    });
    let mut hostnames = Vec::new();
    for (index, text) in raw.hostnames.iter().enumerate() {
        match HostPattern::new(text) {
            Ok(pattern) => hostnames.push(pattern),
            Err(error) => errors.add(format_args!("captcha.hostnames[{index}]"), None, error),
        }
    }
    let max_age = span(
        "captcha.max_age",
        raw.max_age,
        Captcha::DEFAULT_MAX_AGE,
        Duration::from_secs(30)..=Duration::from_secs(3_600),
        errors,
    );
    Settings {
        secret,
        site_key,
        tokens,
        hostnames,
        action: action(raw.action.as_deref(), errors),
        min_score: raw.min_score.and_then(|score| thousandths(score, errors)),
        max_age,
        send_client_address: raw.send_client_address,
    }
}

/// One place; a field may stand in two kinds of forms.
fn token(
    raw: &RawTokenSource,
    path: &str,
    errors: &mut ConfigErrors,
) -> Option<Vec<AccountSource>> {
    use AccountSource as Source;
    Some(match raw {
        RawTokenSource::Form(name) => {
            let name = field(name, &at(path, "form"), errors)?;
            vec![Source::Form(name.clone()), Source::Multipart(name)]
        }
        RawTokenSource::Json(pointer) => vec![Source::Json(pointer.0.clone())],
        RawTokenSource::Header(name) => vec![Source::Header(header(name, path, errors)?)],
        RawTokenSource::Cookie(name) => vec![Source::Cookie(cookie(name, path, errors)?)],
    })
}

fn action(text: Option<&str>, errors: &mut ConfigErrors) -> Option<String> {
    let text = text?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-/".contains(&byte);
    if !(1..=32).contains(&text.len()) || !text.bytes().all(allowed) {
        errors.add(
            "captcha.action",
            Some(format!("{text:?}")),
            "expected 1 to 32 letters, digits, _, - and /",
        );
    }
    Some(text.to_owned())
}

fn thousandths(score: f64, errors: &mut ConfigErrors) -> Option<u16> {
    // A number is not printed here: what prints one is 25 KiB of the filter.
    if !(0.0..=1.0).contains(&score) {
        errors.add("captcha.min_score", None, "expected a number from 0 to 1");
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
