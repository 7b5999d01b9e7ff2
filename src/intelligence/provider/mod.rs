//! Intelligence APIs: how each is asked, how its answer is read, and what a missing answer means.
//!
//! A provider is a declarative table ([`RawProvider`]), compiled once. The presets are such tables as well, so
//! that whatever they can do an operator can do for an API of their own.

mod decode;
mod key;
mod mapping;
mod names;
mod outcome;
mod path;
mod presets;
pub mod raw;
mod read;
mod request;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;

use mapping::Mapping;
use path::FieldPath;
use raw::{RawProvider, RawSuccess};
use request::RequestTemplate;

use crate::callout::HttpRequest;
use crate::json::{Json, NoJson};

pub use decode::Decoded;
pub use key::{ApiKey, ApiKeyError};
pub use names::PRESET_NAMES;
pub use outcome::{Failure, FailureReason, Outcome, Scope, classify};
pub use request::KeyUse;

/// A compiled provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    request: RequestTemplate,
    mapping: Mapping,
    success: Option<Success>,
    quota_statuses: Vec<u16>,
}

/// Something that an operator has to put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where, below the provider: `fields.vpn[0].path`.
    pub path: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// The problems found so far, so that an operator sees all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<Invalid>);

/// How a refusal with status 200 is told.
#[derive(Clone, Debug, PartialEq)]
struct Success {
    path: FieldPath,
    message: Option<FieldPath>,
    quota_words: Vec<String>,
    key_words: Vec<String>,
}

impl Provider {
    /// Checks and compiles what an operator wrote.
    ///
    /// # Errors
    /// Every problem, each with its place.
    pub fn compile(raw: RawProvider) -> Result<Self, Vec<Invalid>> {
        let mut problems = Problems::default();
        let raw = presets::complete(raw).map_err(|problem| vec![problem])?;
        let request = RequestTemplate::compile(&raw.request.unwrap_or_default(), &mut problems);
        let mapping = Mapping::compile(&raw.fields.unwrap_or_default(), &mut problems);
        let success = raw
            .success
            .and_then(|raw| Success::compile(&raw, &mut problems));
        let quota_statuses = raw.quota_statuses.unwrap_or_default();
        for (index, status) in quota_statuses.iter().enumerate() {
            if !(400..=599).contains(status) {
                problems.add(
                    &format!("quota_statuses[{index}]"),
                    &format!("expected a status from 400 to 599, not {status}"),
                );
            }
        }
        match request {
            Some(request) if problems.0.is_empty() => Ok(Self {
                request,
                mapping,
                success,
                quota_statuses,
            }),
            _ => Err(problems.0),
        }
    }

    /// The preset of this name, one of [`PRESET_NAMES`].
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        Self::compile(RawProvider {
            preset: Some(name.to_owned()),
            ..RawProvider::default()
        })
        .ok()
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
    fn compile(raw: &RawSuccess, problems: &mut Problems) -> Option<Self> {
        let path = problems.take("success.path", raw.path.parse());
        let message = raw
            .message
            .as_ref()
            .map(|message| problems.take("success.message", message.parse()));
        let lowered =
            |words: &[String]| words.iter().map(|word| word.to_ascii_lowercase()).collect();
        Some(Self {
            path: path?,
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
            .any(|value| read::flag(value) == read::Reading::Says(false));
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
