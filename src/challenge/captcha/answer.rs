//! What a service answers.

use std::str::FromStr;

use super::codes::Unavailability;
use super::instant;
use crate::json::FromJson;
use crate::json::{Json, Mistakes, Place};
use crate::time::Time;

/// Where the answer, a JSON object, says what: dotted paths such as `error.code`, in the very case.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawAnswer {
    /// `true` when the token is good. Nothing else is taken for it.
    #[serde(default)]
    pub success: Option<String>,
    /// Why it is not: a text or a list of texts.
    #[serde(default)]
    pub errors: Option<String>,
    /// The host, or the origin, on which the captcha was solved.
    #[serde(default)]
    pub hostname: Option<String>,
    /// What it was solved for.
    #[serde(default)]
    pub action: Option<String>,
    /// From 0 (a program) to 1 (a human).
    #[serde(default)]
    pub score: Option<String>,
    /// When it was solved: ISO 8601.
    #[serde(default)]
    pub time: Option<String>,
    /// The package of the Android app in which it was solved, in place of a host.
    #[serde(default)]
    pub app: Option<String>,
    /// `true` where a key for tests made the answer, which anybody can have.
    #[serde(default)]
    pub testing: Option<String>,
}

/// The most bytes of an answer that are read; services send some 300.
pub const MAX_ANSWER: usize = 16_384;
/// The most error codes that are read.
const MAX_CODES: usize = 16;
/// The most steps of a place.
const MAX_STEPS: usize = 8;

/// Where something stands in an answer: keys, one in the other, in the very case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyPath(Vec<String>);

impl FromStr for KeyPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let steps: Vec<String> = text.split('.').map(str::to_owned).collect();
        let is_key = |step: &String| {
            !step.is_empty() && step.trim() == step && !step.contains(['[', ']', '{', '}'])
        };
        if steps.len() <= MAX_STEPS && steps.iter().all(is_key) {
            Ok(Self(steps))
        } else {
            Err("expected keys with dots between them such as error.code")
        }
    }
}

impl KeyPath {
    /// What stands here, if anything but `null` does.
    ///
    /// # Errors
    /// When a key on the way stands there twice: readers disagree on which one counts.
    fn find<'j>(&self, answer: &'j Json) -> Result<Option<&'j Json>, Unavailability> {
        let mut at = answer;
        for step in &self.0 {
            let Json::Object(entries) = at else {
                return Ok(None);
            };
            let mut named = entries.iter().filter(|(key, _)| key == step);
            at = match (named.next(), named.next()) {
                (Some((_, value)), None) => value,
                (None, _) => return Ok(None),
                (Some(_), Some(_)) => return Err(Unavailability::Unreadable),
            };
        }
        Ok((*at != Json::Null).then_some(at))
    }

    fn text<'j>(&self, answer: &'j Json) -> Result<Option<&'j str>, Unavailability> {
        match self.find(answer)? {
            None => Ok(None),
            Some(Json::Text(text)) => Ok(Some(text)),
            Some(_) => Err(Unavailability::Unreadable),
        }
    }
}

/// Where an answer says what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    success: KeyPath,
    errors: Option<KeyPath>,
    pub(super) hostname: Option<KeyPath>,
    pub(super) action: Option<KeyPath>,
    pub(super) score: Option<KeyPath>,
    time: Option<KeyPath>,
    pub(super) app: Option<KeyPath>,
    testing: Option<KeyPath>,
}

/// What an answer says, still to be judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) success: bool,
    pub(super) codes: Vec<String>,
    pub(super) hostname: Option<String>,
    pub(super) action: Option<String>,
    pub(super) score: Option<f64>,
    /// `None` where the service tells none.
    pub(super) solved: Option<Time>,
    pub(super) app: Option<String>,
    /// Whether a key for tests made it.
    pub(super) is_test: bool,
}

impl Places {
    pub(super) fn compile(
        raw: &RawAnswer,
        at: &Place<'_>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<Self> {
        let mut place = |field: &str, text: &Option<String>| -> Option<KeyPath> {
            mistakes.take(&at.field(field), text.as_ref()?.parse())
        };
        let errors = place("errors", &raw.errors);
        let hostname = place("hostname", &raw.hostname);
        let action = place("action", &raw.action);
        let score = place("score", &raw.score);
        let time = place("time", &raw.time);
        let app = place("app", &raw.app);
        let testing = place("testing", &raw.testing);
        let success = place("success", &raw.success);
        if raw.success.is_none() {
            mistakes.add(
                &at.field("success"),
                &"expected where the answer says that the token is good, such as success",
            );
        }
        Some(Self {
            success: success?,
            errors,
            hostname,
            action,
            score,
            time,
            app,
            testing,
        })
    }

    /// Reads an answer. Linear in its size.
    ///
    /// # Errors
    /// When it is too large, no JSON object, says anything twice, in another type, or contradicts itself.
    pub(super) fn read(&self, body: &[u8]) -> Result<Answer, Unavailability> {
        if body.len() > MAX_ANSWER {
            return Err(Unavailability::TooLarge);
        }
        let json = Json::parse(body).map_err(|_| Unavailability::Unreadable)?;
        let Some(Json::Bool(success)) = self.success.find(&json)? else {
            return Err(Unavailability::Unreadable);
        };
        let codes = self.codes(&json)?;
        if !success {
            // What else stands there is of no interest, and may be missing.
            return Ok(Answer {
                success: false,
                codes,
                hostname: None,
                action: None,
                score: None,
                solved: None,
                app: None,
                is_test: false,
            });
        }
        if !codes.is_empty() {
            return Err(Unavailability::Unreadable);
        }
        let text = |place: &Option<KeyPath>| match place {
            None => Ok(None),
            Some(place) => place.text(&json),
        };
        let score = match self.score.as_ref().map(|place| place.find(&json)) {
            None => None,
            Some(found) => match found? {
                None => None,
                Some(Json::Number(score)) if (0.0..=1.0).contains(score) => Some(*score),
                Some(_) => return Err(Unavailability::Unreadable),
            },
        };
        let solved = match &self.time {
            None => None,
            Some(place) => {
                let text = place.text(&json)?.ok_or(Unavailability::Unreadable)?;
                Some(instant::read(text).ok_or(Unavailability::Unreadable)?)
            }
        };
        let is_test = match self.testing.as_ref().map(|place| place.find(&json)) {
            None => false,
            Some(found) => match found? {
                None | Some(Json::Bool(false)) => false,
                Some(Json::Bool(true)) => true,
                Some(_) => return Err(Unavailability::Unreadable),
            },
        };
        Ok(Answer {
            success: true,
            codes,
            hostname: text(&self.hostname)?.map(str::to_owned),
            action: text(&self.action)?.map(str::to_owned),
            score,
            solved,
            app: text(&self.app)?.map(str::to_owned),
            is_test,
        })
    }

    fn codes(&self, json: &Json) -> Result<Vec<String>, Unavailability> {
        let Some(place) = &self.errors else {
            return Ok(Vec::new());
        };
        let text = |code: &Json| match code {
            Json::Text(text) => Ok(text.clone()),
            _ => Err(Unavailability::Unreadable),
        };
        match place.find(json)? {
            None => Ok(Vec::new()),
            Some(Json::List(codes)) => codes.iter().take(MAX_CODES).map(text).collect(),
            Some(code) => text(code).map(|code| vec![code]),
        }
    }
}
