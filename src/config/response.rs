//! How the application's answers are read: what makes one a failure or a success.

use crate::address::HeaderName;
use crate::config::check;
use crate::config::text::{Size, Text};
use crate::json::{FromJson, Json, Mistakes, Node, Place};
use crate::response::{
    BODY_LIMIT, BodySign, Classifier, HeaderSign, Rest, Scalar, Signs, StatusRange, ValueMatch,
};

/// How the application's answers are read.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawResponse {
    /// How deep in a body signs are looked for, 1 KiB to 1 MiB; default 64 KiB. Where they might stand behind it, the
    /// answer is unreadable.
    #[serde(default)]
    pub body_limit: Option<Text<Size>>,
}

/// What makes a response a failed login (`failure`), a step that was right and not the last (`next_step`), a refusal
/// because the application has locked the account (`locked`) or a successful login (`success`): one part that fits is
/// enough, and the worse result wins.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(extend("minProperties" = 1)))]
#[serde(deny_unknown_fields)]
pub struct RawSigns {
    /// HTTP statuses: `401`, `"4xx"`, `"500..600"` (600 excluded), `"500..=599"`. The 200 that every gRPC response has
    /// fits none.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 32)))]
    pub status: Option<Vec<RawStatus>>,
    /// Headers of the response.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 32)))]
    pub header: Option<Vec<RawHeaderSign>>,
    /// gRPC statuses, 0 to 16, from the trailers or from a response of trailers only.
    #[serde(default)]
    #[cfg_attr(
        feature = "cli",
        schemars(length(min = 1, max = 32), inner(range(max = 16)))
    )]
    pub grpc_status: Option<Vec<u8>>,
    /// What stands in the body, as deep as `response.body_limit`. A compressed body cannot be read.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1, max = 32)))]
    pub body: Option<Vec<RawBodySign>>,
    /// Of `failure` alone: whatever shows no result is a failure as well, and so is what cannot be read. Needs
    /// `success`.
    #[serde(default)]
    pub otherwise: bool,
}

/// What a failed login looks like: signs, or the word `otherwise` for whatever shows no other result.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawFailure {
    /// Whatever shows neither a success nor another result, and what cannot be read.
    Word(RawOtherwise),
    /// By its signs.
    Signs(RawSigns),
}

/// Whatever is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawOtherwise {
    /// Whatever shows no other result.
    Otherwise,
}

impl FromJson for RawFailure {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::Text(_) => FromJson::from_json(node, mistakes).map(Self::Word),
            _ => FromJson::from_json(node, mistakes).map(Self::Signs),
        }
    }
}

/// One status, or several that follow on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawStatus(pub StatusRange);

/// A header of which one line fits: with `name` alone, any. At most one of `equals`, `prefix` and `contains`; letter
/// case matters.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawHeaderSign {
    /// Its name, in any case; alone, any value fits.
    pub name: String,
    /// Its whole value.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub equals: Option<String>,
    /// What it starts with.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub prefix: Option<String>,
    /// What stands in it.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub contains: Option<String>,
}

/// Something in the body: `contains` or `json`.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawBodySign {
    /// A text, byte for byte.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub contains: Option<String>,
    /// A JSON pointer such as `/error` or `/errors/0/code`. Without `equals` the value must be there and not be null,
    /// false, 0, "", [] or {}.
    #[serde(default)]
    pub json: Option<String>,
    /// What stands there: true, false, a number or a text. Quotes make no difference, there or here; `false` is
    /// "no", "off" and "n" as well, and `true` "yes", "on" and "y", as YAML has it.
    #[serde(default)]
    pub equals: Option<Scalar>,
}

impl FromJson for RawStatus {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let range = match (node.value, node.whole().map(u16::try_from)) {
            (Json::Text(text), _) => text.parse().ok(),
            (_, Some(Ok(status))) => StatusRange::new(status, status),
            _ => None,
        };
        match range {
            Some(range) => Some(Self(range)),
            None => node.expected(StatusRange::EXPECTED, mistakes),
        }
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawStatus {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": StatusRange::EXPECTED,
            "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": r"^\s*([1-5](xx|XX)|[1-5][0-9]{2}(\s*\.\.=?\s*[1-6][0-9]{2})?)\s*$" },
            ],
        })
    }
}

/// How many signs of one kind there may be: each is looked for in every response.
const MOST: usize = 32;
/// How long a text may be that is looked for, in bytes.
const LONGEST: usize = 256;

/// How deep in bodies signs are looked for.
pub(super) fn body_limit(raw: &RawResponse, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> usize {
    let limit = raw.body_limit.map_or(BODY_LIMIT, |size| size.0.0);
    if !(1 << 10..=1 << 20).contains(&limit) {
        mistakes.add(&at.field("body_limit"), &"expected 1KiB to 1MiB");
    }
    limit
}

/// What a route says of the answers to its requests.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawResults<'r> {
    pub(super) failure: Option<&'r RawFailure>,
    pub(super) success: Option<&'r RawSigns>,
    pub(super) next_step: Option<&'r RawSigns>,
    pub(super) locked: Option<&'r RawSigns>,
    pub(super) counts_locked: bool,
}

impl RawResults<'_> {
    /// Whether it says anything.
    pub(super) const fn tells(&self) -> bool {
        self.failure.is_some()
            || self.success.is_some()
            || self.next_step.is_some()
            || self.locked.is_some()
    }
}

/// A classifier from what a route says; the route stands here.
pub(super) fn compile(
    raw: RawResults<'_>,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Classifier {
    let (failure, otherwise) = match raw.failure {
        None => (None, false),
        Some(RawFailure::Word(RawOtherwise::Otherwise)) => (None, true),
        Some(RawFailure::Signs(raw)) => (Some(raw), raw.otherwise),
    };
    let mut side = |raw: Option<&RawSigns>, name: &str, default: fn() -> Signs| match raw {
        Some(raw) => signs(raw, &at.field(name), name == "failure", mistakes),
        None => default(),
    };
    let rest = match (raw.failure, raw.success) {
        _ if otherwise => Rest::Otherwise,
        (None, Some(_)) => Rest::Failure,
        _ => Rest::Neither,
    };
    // Whatever is not named is a failure then, and nothing else need show one.
    let unnamed = match rest {
        Rest::Otherwise => || Signs::NONE,
        Rest::Neither | Rest::Failure => Signs::default_failure,
    };
    let classifier = Classifier::new(
        side(failure, "failure", unnamed),
        side(raw.success, "success", Signs::default_success),
    )
    .with_rest(rest)
    .with_next_step(side(raw.next_step, "next_step", || Signs::NONE))
    .with_lock(
        side(raw.locked, "locked", || Signs::NONE),
        raw.counts_locked,
    );
    if otherwise && raw.success.is_none() {
        mistakes.add(
            &at.field("failure"),
            &"expected `success` as well: what is neither is a failure here",
        );
    }
    if !raw.counts_locked && raw.locked.is_none() {
        mistakes.add(
            &at.field("count_locked"),
            &"expected `locked` as well: it says what the application's lock looks like",
        );
    }
    classifier
}

fn signs(raw: &RawSigns, at: &Place<'_>, is_failure: bool, mistakes: &mut Mistakes<'_>) -> Signs {
    let RawSigns {
        status,
        header,
        grpc_status,
        body,
        otherwise,
    } = raw;
    if *otherwise && !is_failure {
        mistakes.add(
            &at.field("otherwise"),
            &"only `failure` may be what is left",
        );
    } else if !otherwise
        && status.is_none()
        && header.is_none()
        && grpc_status.is_none()
        && body.is_none()
    {
        mistakes.add(
            at,
            &"expected at least one of status, header, grpc_status and body",
        );
    }
    Signs {
        statuses: list(status.as_deref(), &at.field("status"), mistakes)
            .iter()
            .map(|status| status.0)
            .collect(),
        headers: list(header.as_deref(), &at.field("header"), mistakes)
            .iter()
            .enumerate()
            .filter_map(|(index, raw)| {
                header_sign(raw, &at.field("header").element(index), mistakes)
            })
            .collect(),
        grpc_statuses: list(grpc_status.as_deref(), &at.field("grpc_status"), mistakes)
            .iter()
            .enumerate()
            .map(|(index, status)| {
                if *status > 16 {
                    mistakes.add(
                        &at.field("grpc_status").element(index),
                        &"expected a gRPC status from 0 to 16",
                    );
                }
                u32::from(*status)
            })
            .collect(),
        body: list(body.as_deref(), &at.field("body"), mistakes)
            .iter()
            .enumerate()
            .filter_map(|(index, raw)| body_sign(raw, &at.field("body").element(index), mistakes))
            .collect(),
    }
}

fn list<'a, T>(items: Option<&'a [T]>, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> &'a [T] {
    let Some(items) = items else { return &[] };
    check::not_empty(at, items, "entry", mistakes);
    check::at_most(at, items.len(), MOST, mistakes);
    items
}

fn text(text: &str, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> String {
    if !(1..=LONGEST).contains(&text.len()) {
        mistakes.add(at, &format_args!("expected a text of 1 to {LONGEST} bytes"));
    }
    text.to_owned()
}

fn header_sign(
    raw: &RawHeaderSign,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<HeaderSign> {
    let name = mistakes.take(&at.field("name"), HeaderName::new(&raw.name));
    let value = match (&raw.equals, &raw.prefix, &raw.contains) {
        (None, None, None) => ValueMatch::Present,
        (Some(value), None, None) => ValueMatch::Equals(text(value, &at.field("equals"), mistakes)),
        (None, Some(value), None) => ValueMatch::Prefix(text(value, &at.field("prefix"), mistakes)),
        (None, None, Some(value)) => {
            ValueMatch::Contains(text(value, &at.field("contains"), mistakes))
        }
        _ => {
            mistakes.add(at, &"expected at most one of equals, prefix and contains; for two ways to fit, write two entries");
            return None;
        }
    };
    Some(HeaderSign { name: name?, value })
}

fn body_sign(raw: &RawBodySign, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<BodySign> {
    let pointer = match (&raw.contains, &raw.json, &raw.equals) {
        (Some(value), None, None) => {
            return Some(BodySign::Contains(text(
                value,
                &at.field("contains"),
                mistakes,
            )));
        }
        (None, Some(pointer), _) => pointer,
        _ => {
            mistakes.add(
                at,
                &"expected either contains, or json with or without equals",
            );
            return None;
        }
    };
    let pointer = pointer.parse().map_err(|expected| {
        mistakes.add(&at.field("json"), &format_args!("expected {expected}"));
    });
    let sign = match &raw.equals {
        None => BodySign::Says(pointer.ok()?),
        Some(value) => {
            // An empty text is a value like others here.
            if let Scalar::Text(value) = value
                && !value.is_empty()
            {
                text(value, &at.field("equals"), mistakes);
            }
            BodySign::Equals(pointer.ok()?, value.clone())
        }
    };
    Some(sign)
}

#[cfg(test)]
mod tests;
