//! The request that asks for one address.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::ApiKey;
use crate::callout::{self, HttpRequest, Placeholder, percent_encode};
use crate::json::FromJson;
use crate::json::{Mistakes, Place};
use std::collections::BTreeMap;

/// How the API is asked: always a GET.
///
/// `path` and the values of `headers` may hold `{ip}` (the address), `{key}` (the key) and `{key:base64}` (for
/// Basic authentication, where the key is `user:password`).
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRequest {
    /// Host name, and port if it is not the usual one: `api.ipasis.com`.
    #[serde(default)]
    pub authority: Option<String>,
    /// Path and query: `/v1/lookup?ip={ip}`. A key in the path ends in access logs; prefer a header.
    #[serde(default)]
    pub path: Option<String>,
    /// Request headers: `{ "x-api-key": "{key}" }`.
    #[serde(default)]
    pub headers: Option<BTreeMap<String, String>>,
    /// Whether the API answers without a key too; default false. What holds the key is then left out.
    #[serde(default)]
    pub key_optional: Option<bool>,
}

impl RawRequest {
    pub(super) fn over(self, base: Self) -> Self {
        Self {
            authority: self.authority.or(base.authority),
            path: self.path.or(base.path),
            headers: self.headers.or(base.headers),
            key_optional: self.key_optional.or(base.key_optional),
        }
    }
}

type Template = callout::Template<Part>;

/// Whether a provider wants a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// No part of the request holds it.
    Never,
    /// It is sent when there is one.
    Optional,
    /// Without it the provider refuses.
    Required,
}

/// How a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestTemplate {
    authority: String,
    path: Template,
    query: Vec<Template>,
    headers: Vec<(String, Template)>,
    key_optional: bool,
}

impl RequestTemplate {
    /// Checks what the operator wrote; `None` once a problem is noted.
    pub(super) fn compile(
        raw: &RawRequest,
        at: &Place<'_>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let authority = mistakes.take(
            &at.field("authority"),
            callout::authority(
                raw.authority.as_deref().unwrap_or_default(),
                "api.ipasis.com",
            ),
        );
        let path = mistakes.take(
            &at.field("path"),
            path(raw.path.as_deref().unwrap_or_default()),
        );
        let headers = callout::headers(raw.headers.as_ref(), &at.field("headers"), mistakes);
        let (path, query) = path?;
        let template = Self {
            authority: authority?,
            path,
            query,
            headers,
            key_optional: raw.key_optional.unwrap_or(false),
        };
        if !template.parts().any(|part| part == Part::Address) {
            mistakes.add(&at.field("path"), &"expected {ip} where the address goes");
        }
        Some(template)
    }

    fn parts(&self) -> impl Iterator<Item = Part> {
        std::iter::once(&self.path)
            .chain(&self.query)
            .chain(self.headers.iter().map(|(_, value)| value))
            .flat_map(Template::places)
    }

    pub(super) fn key_use(&self) -> KeyUse {
        if !self.parts().any(Part::is_key) {
            KeyUse::Never
        } else if self.key_optional {
            KeyUse::Optional
        } else {
            KeyUse::Required
        }
    }

    pub(super) fn render(&self, address: IpAddr, key: Option<&ApiKey>) -> HttpRequest {
        let address = address.to_canonical().to_string();
        let value = |part: Part| -> Option<Cow<'_, str>> {
            match part {
                Part::Address => Some(Cow::Borrowed(&address)),
                Part::Key => key.map(|key| Cow::Borrowed(key.expose())),
                Part::KeyBase64 => key.map(|key| Cow::Owned(STANDARD.encode(key.expose()))),
            }
        };
        // The path is never left out; without a key it is sent with an empty one.
        let path = |part| Some(value(part).unwrap_or_default());
        let mut path = self.path.render(path, percent_encode).unwrap_or_default();
        let mut separator = '?';
        let query = self.query.iter();
        for parameter in query.filter_map(|each| each.render(value, percent_encode)) {
            path.push(separator);
            path.push_str(&parameter);
            separator = '&';
        }
        let headers = self.headers.iter();
        let headers = headers.filter_map(|(name, template)| {
            let value = template.render(value, str::to_owned)?;
            Some((name.clone(), value))
        });
        HttpRequest {
            method: "GET",
            authority: self.authority.clone(),
            path,
            headers: headers.collect(),
            body: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Address,
    Key,
    KeyBase64,
}

impl Part {
    const fn is_key(self) -> bool {
        matches!(self, Self::Key | Self::KeyBase64)
    }
}

impl Placeholder for Part {
    const EXPECTED: &'static str = "only {ip}, {key} or {key:base64} in braces";

    fn named(name: &str) -> Option<Self> {
        match name {
            "ip" => Some(Self::Address),
            "key" => Some(Self::Key),
            "key:base64" => Some(Self::KeyBase64),
            _ => None,
        }
    }
}

fn path(text: &str) -> Result<(Template, Vec<Template>), String> {
    match callout::path(text, "/v1/lookup?ip={ip}")?.split_once('?') {
        None => Ok((Template::braced(text)?, Vec::new())),
        Some((path, query)) => Ok((
            Template::braced(path)?,
            query
                .split('&')
                .map(Template::braced)
                .collect::<Result<_, String>>()?,
        )),
    }
}
