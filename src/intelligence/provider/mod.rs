//! Intelligence APIs: how each is asked, how its answer is read, and what a missing answer means.
//!
//! A provider is a declarative table ([`RawProvider`]), compiled once. The presets are such tables as well, so
//! that whatever they can do an operator can do for an API of their own.

mod decode;
mod fields;
mod key;
mod mapping;
mod names;
mod outcome;
mod path;
mod presets;
mod read;
mod request;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use fields::RawWord;
use mapping::Mapping;
use path::FieldPath;
use request::RequestTemplate;

use crate::callout::HttpRequest;
use crate::json::{Json, Mistakes, NoJson, Place};

use crate::json::FromJson;
pub use decode::Decoded;
pub use key::{ApiKey, ApiKeyError};
pub use names::PRESET_NAMES;
pub(crate) use outcome::retry_after;
pub use outcome::{Failure, FailureReason, Outcome, Scope, classify};
pub use presets::RawProvider;
pub use request::KeyUse;

/// The field by which an API refuses although the status is 200.
#[derive(Clone, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawSuccess {
    /// Path of a value that is false when the API refuses, or a word for it: `fail`, `error`, `denied`.
    pub path: String,
    /// Words for success, such as `ok`: whatever else stands at `path` is a refusal.
    #[serde(default)]
    pub one_of: Vec<RawWord>,
    /// Path of the text that says why.
    #[serde(default)]
    pub message: Option<String>,
    /// Words in that text which mean that the quota is used up.
    #[serde(default)]
    pub quota_words: Vec<String>,
    /// Words in that text which mean that the key was refused.
    #[serde(default)]
    pub key_words: Vec<String>,
}

/// A compiled provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    request: RequestTemplate,
    mapping: Mapping,
    success: Option<Success>,
    quota_statuses: Vec<u16>,
}

/// How a refusal with status 200 is told.
#[derive(Clone, Debug, PartialEq)]
struct Success {
    path: FieldPath,
    words: Vec<String>,
    message: Option<FieldPath>,
    quota_words: Vec<String>,
    key_words: Vec<String>,
}

impl Provider {
    /// Checks and compiles what an operator wrote; `None` once a mistake is told.
    pub(crate) fn compile(
        raw: RawProvider,
        at: &Place<'_>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let before = mistakes.count();
        let raw = presets::complete(raw, &at.field("preset"), mistakes)?;
        let request = raw.request.unwrap_or_default();
        let request = RequestTemplate::compile(&request, &at.field("request"), mistakes);
        let fields = raw.fields.unwrap_or_default();
        let mapping = Mapping::compile(&fields, &at.field("fields"), mistakes);
        let success = raw
            .success
            .and_then(|raw| Success::compile(&raw, &at.field("success"), mistakes));
        let quota_statuses = raw.quota_statuses.unwrap_or_default();
        let place = &at.field("quota_statuses");
        for (index, status) in quota_statuses.iter().enumerate() {
            if !(400..=599).contains(status) {
                let sentence = &"expected a status from 400 to 599";
                mistakes.add(&place.element(index), sentence);
            }
        }
        let request = request?;
        (mistakes.count() == before).then_some(Self {
            request,
            mapping,
            success,
            quota_statuses,
        })
    }

    /// The preset whose name stands there, one of [`PRESET_NAMES`].
    pub(crate) fn named(name: &str, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let raw = presets::preset(name, at, mistakes)?;
        Self::compile(raw, at, mistakes)
    }

    /// The preset of this name, one of [`PRESET_NAMES`].
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        Self::named(name, &Place::Top, &mut Mistakes::new(&Json::Null))
    }

    /// Whether a key is wanted.
    #[must_use]
    pub fn key_use(&self) -> KeyUse {
        self.request.key_use()
    }

    /// The request for one address; an IPv4-mapped IPv6 address is asked for as IPv4. Without a key, every
    /// header and query parameter that would hold it is left out.
    #[must_use]
    pub fn request(&self, address: IpAddr, key: Option<&ApiKey>) -> HttpRequest {
        self.request.render(address, key)
    }

    /// Reads the body of an answer with status 2xx. The caller bounds its size; memory is at most some fifty
    /// times that.
    ///
    /// # Errors
    /// When it is empty, no JSON object, nested too deeply, or a refusal.
    pub fn decode(&self, body: &[u8]) -> Result<Decoded, FailureReason> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(FailureReason::EmptyBody);
        }
        let answer = Json::parse(body).map_err(|error| match error {
            NoJson::TooDeep => FailureReason::TooDeep,
            NoJson::Syntax(_) => FailureReason::NotJson,
        })?;
        if !matches!(answer, Json::Object(_)) {
            return Err(FailureReason::WrongShape);
        }
        if let Some(success) = &self.success {
            success.check(&answer)?;
        }
        Ok(decode::decode(&self.mapping, &answer))
    }
}

impl Success {
    fn compile(raw: &RawSuccess, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let path = mistakes.take(&at.field("path"), raw.path.parse());
        let message = raw
            .message
            .as_ref()
            .map(|message| mistakes.take(&at.field("message"), message.parse()));
        let lowered =
            |words: &[String]| words.iter().map(|word| word.to_ascii_lowercase()).collect();
        Some(Self {
            path: path?,
            words: raw.one_of.iter().map(|word| word.0.clone()).collect(),
            message: message.flatten(),
            quota_words: lowered(&raw.quota_words),
            key_words: lowered(&raw.key_words),
        })
    }

    fn check(&self, answer: &Json) -> Result<(), FailureReason> {
        let refused = self
            .path
            .find(answer)
            .into_iter()
            .any(|value| read::refusal(value, &self.words));
        if !refused {
            return Ok(());
        }
        let message = self
            .message
            .iter()
            .flat_map(|path| path.find(answer))
            .find_map(|value| match value {
                Json::Text(text) => Some(text.to_ascii_lowercase()),
                _ => None,
            })
            .unwrap_or_default();
        let mentions = |words: &[String]| words.iter().any(|word| message.contains(word.as_str()));
        Err(if mentions(&self.quota_words) {
            FailureReason::QuotaExhausted
        } else if mentions(&self.key_words) {
            FailureReason::RefusedKey
        } else {
            FailureReason::NotSuccess
        })
    }
}
