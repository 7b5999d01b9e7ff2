//! How each service is asked, and how it answers.

use std::collections::HashMap;
use std::time::SystemTime;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{SITE_KEY, Solved};
use crate::support::{Answer, Received, text};

/// Whose service it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Turnstile,
    Hcaptcha,
    RecaptchaV2,
    RecaptchaV3,
    FriendlyCaptcha,
    Custom,
}

/// Why a service says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoSecret,
    WrongSecret,
    NoToken,
    WrongToken,
    Expired,
    Spent,
    OtherSite,
    BadRequest,
    /// The service itself failed.
    Internal,
}

/// What a service is asked.
pub(super) struct Asked {
    pub(super) token: String,
    pub(super) secret: String,
    pub(super) site_key: Option<String>,
    pub(super) address: Option<String>,
}

impl Provider {
    pub(crate) const ALL: [Self; 6] = [
        Self::Turnstile,
        Self::Hcaptcha,
        Self::RecaptchaV2,
        Self::RecaptchaV3,
        Self::FriendlyCaptcha,
        Self::Custom,
    ];

    /// The preset's name, and the cluster's.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
            Self::RecaptchaV2 => "recaptcha_v2",
            Self::RecaptchaV3 => "recaptcha_v3",
            Self::FriendlyCaptcha => "friendly_captcha",
            Self::Custom => "custom",
        }
    }

    /// The form field in which its widget leaves a token.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::Turnstile => "cf-turnstile-response",
            Self::Hcaptcha => "h-captcha-response",
            Self::RecaptchaV2 | Self::RecaptchaV3 => "g-recaptcha-response",
            Self::FriendlyCaptcha => "frc-captcha-response",
            Self::Custom => "my-captcha",
        }
    }

    pub(crate) const fn tells_action(self) -> bool {
        matches!(self, Self::Turnstile | Self::RecaptchaV3 | Self::Custom)
    }

    pub(crate) const fn tells_score(self) -> bool {
        matches!(self, Self::RecaptchaV3 | Self::Custom)
    }

    pub(crate) const fn asks_address(self) -> bool {
        !matches!(self, Self::FriendlyCaptcha)
    }

    /// Whether it has a code for faults of its own.
    pub(crate) const fn tells_of_itself(self) -> bool {
        matches!(self, Self::Turnstile | Self::Custom)
    }

    pub(super) const fn asks_site_key(self) -> bool {
        matches!(self, Self::Hcaptcha | Self::FriendlyCaptcha | Self::Custom)
    }

    /// Authority, path and content type of a request.
    const fn address(self) -> (&'static str, &'static str, &'static str) {
        const FORM: &str = "application/x-www-form-urlencoded";
        const JSON: &str = "application/json";
        match self {
            Self::Turnstile => (
                "challenges.cloudflare.com",
                "/turnstile/v0/siteverify",
                FORM,
            ),
            Self::Hcaptcha => ("api.hcaptcha.com", "/siteverify", FORM),
            Self::RecaptchaV2 | Self::RecaptchaV3 => {
                ("www.google.com", "/recaptcha/api/siteverify", FORM)
            }
            Self::FriendlyCaptcha => ("global.frcapi.com", "/api/v2/captcha/siteverify", JSON),
            Self::Custom => ("captcha.test", "/sites/a-site.key_1/check", JSON),
        }
    }

    /// Reads a request as strictly as the documentation describes it.
    pub(super) fn read(self, request: &Received) -> Result<Asked, Refusal> {
        let header = |name| request.header(name).unwrap_or_default();
        let (authority, path, kind) = self.address();
        let is_right = request.method == "POST"
            && header("host") == authority
            && request.target == path
            && header("content-type") == kind
            && header("x-forwarded-for").is_empty();
        if !is_right {
            return Err(Refusal::BadRequest);
        }
        let mut fields: HashMap<String, String> = match self {
            Self::FriendlyCaptcha | Self::Custom => {
                serde_json::from_slice(&request.body).map_err(|_| Refusal::BadRequest)?
            }
            _ => form(&text(&request.body))?,
        };
        let (token, address, site_key) = match self {
            Self::Custom => ("answer", "from", ""),
            _ => ("response", "remoteip", "sitekey"),
        };
        let secret = match self {
            Self::FriendlyCaptcha => header("x-api-key"),
            Self::Custom => header("authorization").replace("Bearer ", ""),
            _ => fields.remove("secret").unwrap_or_default(),
        };
        let asked = Asked {
            token: fields.remove(token).unwrap_or_default(),
            secret,
            site_key: match self {
                Self::Custom => Some(SITE_KEY.to_owned()),
                _ => fields.remove(site_key),
            },
            address: fields.remove(address),
        };
        // Nothing is told that the service does not ask for.
        match fields.is_empty() {
            true => Ok(asked),
            false => Err(Refusal::BadRequest),
        }
    }

    /// What it says of a good token.
    pub(super) fn pass(self, solved: &Solved) -> String {
        let Solved {
            hostname,
            action,
            score,
            age,
        } = solved;
        let now = httpdate::fmt_http_date(SystemTime::now() - *age);
        let time = iso(&now);
        let answer = match self {
            Self::Turnstile => json!({
                "success": true, "challenge_ts": format!("{time}.123Z"), "hostname": hostname, "error-codes": [],
                "action": action, "cdata": "", "metadata": { "interactive": false },
            }),
            Self::Hcaptcha => json!({
                "success": true, "challenge_ts": format!("{time}.000000Z"), "hostname": hostname, "credit": false,
            }),
            Self::RecaptchaV2 => json!({
                "success": true, "challenge_ts": format!("{time}Z"), "hostname": hostname,
            }),
            Self::RecaptchaV3 => json!({
                "success": true, "score": score, "action": action, "challenge_ts": format!("{time}Z"),
                "hostname": hostname,
            }),
            Self::FriendlyCaptcha => json!({
                "success": true,
                "data": {
                    "event_id": "ev_1",
                    "challenge": { "timestamp": format!("{time}Z"), "origin": format!("https://{hostname}") },
                },
            }),
            Self::Custom => json!({ "result": {
                "valid": true, "host": hostname, "for": action, "human": score, "at": format!("{time}+00:00"),
            } }),
        };
        answer.to_string()
    }

    /// How it says no.
    pub(crate) fn refuse(self, refusal: Refusal) -> Answer {
        let code = self.code(refusal);
        let answer = match self {
            Self::Turnstile => json!({ "success": false, "error-codes": [code], "messages": [] }),
            Self::Hcaptcha | Self::RecaptchaV2 | Self::RecaptchaV3 => {
                json!({ "success": false, "error-codes": [code] })
            }
            Self::FriendlyCaptcha => json!({
                "success": false, "error": { "error_code": code, "detail": "see the documentation" },
            }),
            Self::Custom => json!({ "result": { "valid": false, "reason": code } }),
        };
        let status = match (self, refusal) {
            (Self::FriendlyCaptcha, Refusal::NoSecret | Refusal::WrongSecret) => 401,
            (
                Self::FriendlyCaptcha,
                Refusal::OtherSite | Refusal::NoToken | Refusal::BadRequest,
            ) => 400,
            _ => 200,
        };
        self.json(status, answer.to_string())
    }

    pub(super) fn json(self, status: u16, body: String) -> Answer {
        let kind = match self {
            Self::RecaptchaV2 | Self::RecaptchaV3 => "application/json; charset=utf-8",
            _ => "application/json",
        };
        Answer::status(status)
            .header("content-type", kind)
            .body(body)
    }

    /// The documented error code.
    const fn code(self, refusal: Refusal) -> &'static str {
        use Refusal as R;
        match self {
            Self::Turnstile => match refusal {
                R::NoSecret => "missing-input-secret",
                R::WrongSecret => "invalid-input-secret",
                R::NoToken => "missing-input-response",
                R::WrongToken | R::OtherSite => "invalid-input-response",
                R::Expired | R::Spent => "timeout-or-duplicate",
                R::BadRequest => "bad-request",
                R::Internal => "internal-error",
            },
            Self::Hcaptcha => match refusal {
                R::NoSecret => "missing-input-secret",
                R::WrongSecret => "invalid-input-secret",
                R::NoToken => "missing-input-response",
                R::WrongToken => "invalid-input-response",
                R::Expired => "expired-input-response",
                R::Spent => "already-seen-response",
                R::OtherSite => "sitekey-secret-mismatch",
                R::BadRequest | R::Internal => "bad-request",
            },
            Self::RecaptchaV2 | Self::RecaptchaV3 => match refusal {
                R::NoSecret => "missing-input-secret",
                R::WrongSecret => "invalid-input-secret",
                R::NoToken => "missing-input-response",
                R::WrongToken | R::OtherSite => "invalid-input-response",
                R::Expired | R::Spent => "timeout-or-duplicate",
                R::BadRequest | R::Internal => "bad-request",
            },
            Self::FriendlyCaptcha => match refusal {
                R::NoSecret => "auth_required",
                R::WrongSecret => "auth_invalid",
                R::NoToken => "response_missing",
                R::WrongToken => "response_invalid",
                R::Expired => "response_timeout",
                R::Spent => "response_duplicate",
                R::OtherSite => "sitekey_invalid",
                R::BadRequest | R::Internal => "bad_request",
            },
            Self::Custom => match refusal {
                R::NoSecret | R::WrongSecret => "who",
                R::NoToken | R::WrongToken => "unknown",
                R::Expired => "old",
                R::Spent => "spent",
                R::OtherSite => "elsewhere",
                R::BadRequest => "what",
                R::Internal => "broken",
            },
        }
    }

    /// `provider` in the configuration.
    pub(crate) fn configuration(self) -> Value {
        match self {
            Self::Custom => json!({
                "request": {
                    "authority": "captcha.test", "path": "/sites/{site_key}/check", "encoding": "json",
                    "headers": { "authorization": "Bearer {secret}" },
                    "fields": { "answer": "{token}", "from": "{ip}" },
                },
                "answer": {
                    "success": "result.valid", "errors": "result.reason", "hostname": "result.host",
                    "action": "result.for", "score": "result.human", "time": "result.at",
                },
                "codes": {
                    "who": "refused_secret", "unknown": "invalid", "old": "expired", "spent": "duplicate",
                    "elsewhere": "other_site", "what": "bad_request", "broken": "service_error",
                },
                "field": self.field(),
            }),
            _ => self.name().into(),
        }
    }
}

/// An urlencoded form in which no name comes twice.
fn form(body: &str) -> Result<HashMap<String, String>, Refusal> {
    let mut fields = HashMap::new();
    for pair in body.split('&') {
        let (name, value) = pair.split_once('=').ok_or(Refusal::BadRequest)?;
        let value = value.replace('+', " ");
        let value = percent_decode_str(&value).decode_utf8().unwrap();
        if fields.insert(name.to_owned(), value.into_owned()).is_some() {
            return Err(Refusal::BadRequest);
        }
    }
    Ok(fields)
}

/// `2026-03-01T12:30:05` for `Sun, 01 Mar 2026 12:30:05 GMT`.
fn iso(date: &str) -> String {
    let parts: Vec<&str> = date.split(' ').collect();
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = months.iter().position(|name| *name == parts[2]).unwrap() + 1;
    format!("{}-{month:02}-{}T{}", parts[3], parts[1], parts[4])
}
