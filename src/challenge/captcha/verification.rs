//! The request that asks whether a token is good.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use super::token::Token;
use crate::callout::{self, HttpRequest, Placeholder, Template, percent_encode};
use crate::intelligence::provider::ApiKey;
use crate::json::FromJson;
use crate::json::{Mistakes, Place};

/// How the service is asked: always a POST.
///
/// The values may hold `{token}`, `{secret}`, `{site_key}` and `{ip}` (the client's address). What holds one that is
/// not there is left out.
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

impl RawVerification {
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            authority: self.authority.or(base.authority),
            path: self.path.or(base.path),
            headers: self.headers.or(base.headers),
            encoding: self.encoding.or(base.encoding),
            fields: self.fields.or(base.fields),
        }
    }
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

/// How a service is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verification {
    authority: String,
    path: Template<Part>,
    headers: Vec<(String, Template<Part>)>,
    encoding: RawEncoding,
    fields: Vec<(String, Template<Part>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Token,
    Secret,
    SiteKey,
    Address,
}

impl Placeholder for Part {
    const EXPECTED: &'static str = "only {token}, {secret}, {site_key} or {ip} in braces";

    fn named(name: &str) -> Option<Self> {
        match name {
            "token" => Some(Self::Token),
            "secret" => Some(Self::Secret),
            "site_key" => Some(Self::SiteKey),
            "ip" => Some(Self::Address),
            _ => None,
        }
    }
}

/// What is filled in.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) token: &'a Token,
    pub(super) secret: Option<&'a ApiKey>,
    pub(super) site_key: Option<&'a str>,
    pub(super) client: Option<IpAddr>,
}

impl<'a> Values<'a> {
    fn get(self, part: Part) -> Option<Cow<'a, str>> {
        match part {
            Part::Token => Some(Cow::Borrowed(self.token.as_str())),
            Part::Secret => self.secret.map(|secret| Cow::Borrowed(secret.expose())),
            Part::SiteKey => self.site_key.map(Cow::Borrowed),
            Part::Address => self
                .client
                .map(|client| Cow::Owned(client.to_canonical().to_string())),
        }
    }
}

impl Verification {
    /// Checks what the operator wrote; `None` once a problem is noted.
    pub(super) fn compile(
        raw: &RawVerification,
        at: &Place<'_>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let authority = mistakes.take(
            &at.field("authority"),
            callout::authority(
                raw.authority.as_deref().unwrap_or_default(),
                "challenges.cloudflare.com",
            ),
        );
        let path = mistakes.take(
            &at.field("path"),
            path(raw.path.as_deref().unwrap_or_default()),
        );
        let headers_at = &at.field("headers");
        let headers = callout::headers(raw.headers.as_ref(), headers_at, mistakes);
        for (name, _) in raw.headers.iter().flatten() {
            if name.eq_ignore_ascii_case("content-type") {
                mistakes.add(&headers_at.field(name), &"this header is set already");
            }
        }
        let mut fields = Vec::new();
        for (name, value) in raw.fields.iter().flatten() {
            let value = mistakes.take(&at.field("fields").field(name), Template::braced(value));
            fields.extend(value.map(|value| (name.clone(), value)));
        }
        let verification = Self {
            authority: authority?,
            path: path?,
            headers,
            encoding: raw.encoding.unwrap_or_default(),
            fields,
        };
        if !verification.holds(Part::Token) {
            mistakes.add(
                &at.field("fields"),
                &"expected {token} where the token goes, such as response: \"{token}\"",
            );
        }
        Some(verification)
    }

    fn holds(&self, part: Part) -> bool {
        let values = self.headers.iter().chain(&self.fields);
        let mut all = std::iter::once(&self.path).chain(values.map(|(_, value)| value));
        all.any(|template| template.places().any(|place| place == part))
    }

    pub(super) fn needs_secret(&self) -> bool {
        self.holds(Part::Secret)
    }

    pub(super) fn tells_address(&self) -> bool {
        self.holds(Part::Address)
    }

    pub(super) fn needs_site_key(&self) -> bool {
        self.path.places().any(|place| place == Part::SiteKey)
    }

    /// The request. A header or field is left out where one of its values is missing.
    pub(super) fn render(&self, values: Values<'_>) -> HttpRequest {
        let value = |part| values.get(part);
        let filled = |(name, template): &(String, Template<Part>)| {
            let value = template.render(value, str::to_owned)?;
            Some((name.clone(), value))
        };
        // To collect would sort all of them first: 8 KiB of code.
        let mut fields = BTreeMap::new();
        fields.extend(self.fields.iter().filter_map(filled));
        let (kind, body) = match self.encoding {
            RawEncoding::Form => (
                "application/x-www-form-urlencoded",
                urlencoded(&fields).into_bytes(),
            ),
            RawEncoding::Json => (
                "application/json",
                // Texts can always be written.
                serde_json::to_vec(&fields).unwrap_or_default(),
            ),
        };
        let own = [("content-type", kind), ("accept", "application/json")];
        let is_given = |name: &str| self.headers.iter().any(|(given, _)| given == name);
        let headers = own
            .into_iter()
            .filter(|(name, _)| !is_given(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain(self.headers.iter().filter_map(filled))
            .collect();
        HttpRequest {
            method: "POST",
            authority: self.authority.clone(),
            path: self.path.render(value, percent_encode).unwrap_or_default(),
            headers,
            body,
        }
    }
}

fn urlencoded(fields: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect();
    pairs.join("&")
}

fn path(text: &str) -> Result<Template<Part>, String> {
    let text = callout::path(text, "/siteverify")?;
    let path: Template<Part> = Template::braced(text)?;
    if path.places().any(|place| place != Part::SiteKey) {
        return Err(
            "expected only {site_key} in the path: the others would end in access logs".to_owned(),
        );
    }
    Ok(path)
}
