//! Captchas: a token that a service's widget left in the request, verified by asking that service.
//!
//! A service is a declarative table ([`RawService`]), compiled once; the presets are such tables as well. Nothing but
//! an answer in which all is as it must be makes a [`Passed`]: a failed or impossible verification is never a pass.

mod answer;
mod codes;
mod instant;
mod service;
mod settings;
#[cfg(test)]
mod tests;
mod token;
mod verification;
mod widget;

use std::net::IpAddr;
use std::time::Duration;

pub use answer::MAX_ANSWER;
pub use codes::{Failure, Meaning, Rejection, Unavailability};
pub use service::{PRESET_NAMES, RawService, Service};
pub use settings::{CaptchaPolicy, OnUnavailable};
pub use token::{
    TOKEN_COOKIE, TOKEN_COOKIES, TOKEN_HEADER, Token, TokenFailure, TokenId, TokenReading,
};
pub use widget::{SiteKey, Widget};

use serde::Serialize;

use super::CLOCK_SKEW;
use crate::callout::HttpRequest;
use crate::callout::{Body, Response};
use crate::identity::FieldName;
use crate::identity::account::{AccountSource, BodyBytes};
use crate::intelligence::provider::ApiKey;
use crate::json::{Mistakes, Place};
use crate::message::HeaderBlock;
use crate::route::{Host, HostPattern};
use crate::time::Time;
use answer::Answer;
use token::TokenPlaces;
use verification::Values;

/// What an operator chose for a site. The defaults ask nothing beyond `success`, which most services do not allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What proves to the service that it is us; never shown.
    pub secret: Option<ApiKey>,
    /// The public name of the site at the service. Without it the challenge page has no widget.
    pub site_key: Option<SiteKey>,
    /// Where tokens stand; `None` for the form field in which the service's widget leaves them.
    pub tokens: Option<Vec<AccountSource>>,
    /// The hosts on which a captcha may have been solved.
    pub hostnames: Vec<HostPattern>,
    /// The packages of Android apps in which a captcha may have been solved.
    pub android_apps: Vec<String>,
    /// Whether answers that a key for tests made count.
    pub accept_testing_keys: bool,
    /// What it must have been solved for.
    pub action: Option<String>,
    /// The least score, in thousandths.
    pub min_score: Option<u16>,
    /// How long ago it may have been solved.
    pub max_age: Duration,
    /// Whether the service is told the client's address.
    pub send_client_address: bool,
}

/// How the tokens of one site are found and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captcha {
    service: Service,
    settings: Settings,
    places: TokenPlaces,
    widget: Option<Widget>,
}

/// What is public of a site at a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Site<'a> {
    /// The programming interface of its widget, where the challenge page has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<&'static str>,
    /// The site key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_key: Option<&'a str>,
    /// What the captcha must be solved for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'a str>,
}

/// A captcha that was verified: only [`Captcha::judge`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    age: Option<Duration>,
}

impl Passed {
    /// How long ago the captcha was solved, as far as the service tells.
    #[must_use]
    pub const fn age(self) -> Option<Duration> {
        self.age
    }
}

impl Captcha {
    /// How long ago a captcha may have been solved, unless the operator says otherwise: as long as a token of Turnstile
    /// lives.
    pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(300);

    /// A site at a service; `None` once something is told that the service cannot do or does not do without. The
    /// settings stand there.
    pub(crate) fn new(
        service: Service,
        settings: Settings,
        at: &Place<'_>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let before = mistakes.count();
        check(&service, &settings, at, mistakes);
        let places = settings.tokens.clone().unwrap_or_else(|| {
            let names = service.field().into_iter().map(FieldName::new);
            let both = |name: FieldName| {
                [
                    AccountSource::Form(name.clone()),
                    AccountSource::Multipart(name),
                ]
            };
            names.flat_map(both).collect()
        });
        if places.is_empty() {
            mistakes.add(
                &at.field("token"),
                &"expected at least one place where the token stands",
            );
        }
        if mistakes.count() > before {
            return None;
        }
        let widget = service.widget.as_ref().zip(settings.site_key.clone());
        let widget = widget.map(|(widget, key)| {
            let field = service.field().unwrap_or_default();
            widget.of(key, field, settings.action.clone(), settings.max_age)
        });
        Some(Self {
            places: TokenPlaces::new(places, service.limits.clone()),
            widget,
            service,
            settings,
        })
    }

    /// Reads what stands in the head of a request. The result borrows nothing from it.
    #[must_use]
    pub fn read_head(&self, head: &HeaderBlock) -> TokenReading {
        self.places.read_head(head)
    }

    /// Whether [`Captcha::read_head`] looks at the header of this name, beside those of cookies and of what the body
    /// is.
    #[must_use]
    pub fn reads_header(&self, name: &[u8]) -> bool {
        let is = |own: &str| name.eq_ignore_ascii_case(own.as_bytes());
        is(TOKEN_HEADER) || self.places.headers().any(is)
    }

    /// The token of a request, if it has one. The time is linear in the size of the body, for each place.
    ///
    /// # Errors
    /// When it has several, or one that can be none.
    pub fn token(
        &self,
        reading: TokenReading,
        body: BodyBytes<'_>,
    ) -> Result<Option<Token>, TokenFailure> {
        self.places.conclude(reading, body)
    }

    /// The request that asks the service about a token. The client's address is left out unless the operator sends it.
    #[must_use]
    pub fn request(&self, token: &Token, client: Option<IpAddr>) -> HttpRequest {
        let settings = &self.settings;
        self.service.verification.render(Values {
            token,
            secret: settings.secret.as_ref(),
            site_key: settings.site_key.as_ref().map(SiteKey::as_str),
            client: client.filter(|_| settings.send_client_address),
        })
    }

    /// Judges what came back; `None` is a call-out that ended without a response.
    ///
    /// # Errors
    /// Why it is no pass.
    pub fn judge(&self, response: Option<Response<'_>>, now: Time) -> Result<Passed, Failure> {
        use Unavailability as No;
        let response = response.ok_or(Failure::Unavailable(No::Reset))?;
        let status = response.status.ok_or(Failure::Unavailable(No::Reset))?;
        let answer = match response.body {
            Body::TooLarge => Err(No::TooLarge),
            Body::Whole(body) => self.service.places.read(body),
        };
        match (status, answer) {
            (200..=299, Ok(answer)) if answer.success => self.hold(&answer, now),
            (200..=299, Ok(answer)) => Err(self.service.failure(&answer.codes)),
            (200..=299, Err(error)) => Err(Failure::Unavailable(error)),
            (401, _) => Err(Failure::Unavailable(No::RefusedSecret)),
            (408 | 504, _) => Err(Failure::Unavailable(No::Timeout)),
            (429, _) => Err(Failure::Unavailable(No::RateLimited)),
            // The token may have brought these about, so that they open no way around the captcha.
            (400 | 413 | 414 | 422, Ok(answer)) if !answer.success => {
                Err(self.service.failure(&answer.codes))
            }
            (400 | 413 | 414 | 422, _) => Err(Failure::Rejected(Rejection::BadRequest)),
            _ => Err(Failure::Unavailable(No::Status)),
        }
    }

    /// Whether everything else that the answer says is as it must be.
    fn hold(&self, answer: &Answer, now: Time) -> Result<Passed, Failure> {
        let settings = &self.settings;
        if answer.is_test && !settings.accept_testing_keys {
            return Err(Failure::TestingKey);
        }
        let is_ours = match (&answer.hostname, &answer.app) {
            (Some(host), _) => self.is_ours(host),
            (None, Some(app)) => settings.android_apps.contains(app),
            (None, None) => false,
        };
        if self.service.places.hostname.is_some() && !is_ours {
            return Err(Failure::WrongHostname);
        }
        if settings.action.is_some() && settings.action != answer.action {
            return Err(Failure::WrongAction);
        }
        if let Some(least) = settings.min_score
            && !answer
                .score
                .is_some_and(|score| score >= f64::from(least) / 1_000.0)
        {
            return Err(Failure::LowScore);
        }
        if let Some(solved) = answer.solved {
            let latest = now.plus(CLOCK_SKEW);
            let age = now.since(solved);
            if solved > latest || age > settings.max_age.saturating_add(CLOCK_SKEW) {
                return Err(Failure::Stale);
            }
        }
        Ok(Passed {
            age: answer.solved.map(|solved| now.since(solved)),
        })
    }

    /// Whether a host or an origin is one of those configured. What cannot be read is none.
    fn is_ours(&self, host: &str) -> bool {
        let host = ["https://", "http://"]
            .iter()
            .find_map(|scheme| host.strip_prefix(scheme))
            .unwrap_or(host);
        match Host::read(Some(host.as_bytes())) {
            Host::Unknown => false,
            host => self
                .settings
                .hostnames
                .iter()
                .any(|pattern| pattern.matches(host)),
        }
    }

    /// The widget for the challenge page, where there is a site key.
    #[must_use]
    pub const fn widget(&self) -> Option<&Widget> {
        self.widget.as_ref()
    }

    /// What a program needs to know to show the service's widget by itself.
    #[must_use]
    pub fn site(&self) -> Site<'_> {
        Site {
            service: self.widget.as_ref().map(Widget::interface),
            site_key: self.settings.site_key.as_ref().map(SiteKey::as_str),
            action: self.settings.action.as_deref(),
        }
    }

    /// How long the [`TokenId`] of a used token must be remembered: afterwards the answer would be [`Failure::Stale`]
    /// even if the service took it again.
    #[must_use]
    pub const fn remembered(&self) -> Duration {
        self.settings
            .max_age
            .saturating_add(CLOCK_SKEW)
            .saturating_add(CLOCK_SKEW)
    }
}

/// Whether the service does what the operator asks of it, and is asked what it cannot do without.
fn check(service: &Service, settings: &Settings, at: &Place<'_>, mistakes: &mut Mistakes<'_>) {
    let places = &service.places;
    if service.needs_secret() && settings.secret.is_none() {
        mistakes.add(
            &at.field("secret_env"),
            &"expected the name of the environment variable that holds the secret: \
            this service verifies nothing without it",
        );
    }
    if service.verification.needs_site_key() && settings.site_key.is_none() {
        mistakes.add(
            &at.field("site_key"),
            &"expected the site key: the path of the request holds it",
        );
    }
    let is_anywhere = settings.hostnames.is_empty() && settings.android_apps.is_empty();
    match (&places.hostname, is_anywhere) {
        (Some(_), true) => mistakes.add(
            &at.field("hostnames"),
            &"expected the hosts on which the captcha is solved: \
            a token from another site would be as good",
        ),
        (None, false) if !settings.hostnames.is_empty() => mistakes.add(
            &at.field("hostnames"),
            &"this service does not tell a host name",
        ),
        _ => {}
    }
    if places.app.is_none() && !settings.android_apps.is_empty() {
        mistakes.add(
            &at.field("android_apps"),
            &"this service does not tell an app",
        );
    }
    if settings.hostnames.contains(&HostPattern::Any) {
        mistakes.add(
            &at.field("hostnames"),
            &"* is every site; expected your own hosts",
        );
    }
    if places.action.is_none() && settings.action.is_some() {
        mistakes.add(&at.field("action"), &"this service does not tell an action");
    }
    match (&places.score, settings.min_score) {
        (None, Some(_)) => mistakes.add(
            &at.field("min_score"),
            &"this service does not tell a score",
        ),
        (Some(_), None) => mistakes.add(
            &at.field("min_score"),
            &"expected the least score: with this service a \
            program gets a token as well, only with a low one",
        ),
        _ => {}
    }
    if places.score.is_some() && settings.action.is_none() {
        mistakes.add(
            &at.field("action"),
            &"expected the action: a score says something only about what was done",
        );
    }
    if settings.send_client_address && !service.verification.tells_address() {
        mistakes.add(
            &at.field("send_client_address"),
            &"this service does not ask for the address",
        );
    }
}
