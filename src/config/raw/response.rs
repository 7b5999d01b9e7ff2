use crate::config::text::{Size, Text};
use crate::json::{FromJson, Json, Mistakes, Node};
use crate::response::StatusRange;

/// How the application's answers are read.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawResponse {
    /// How deep in a body signs are looked for, 1 KiB to 1 MiB; default 64 KiB. Where they might stand behind it, the answer is unreadable.
    #[serde(default)]
    pub body_limit: Option<Text<Size>>,
}

/// What makes a response a failed login (`failure`) or a successful one (`success`): one part that fits is enough, and failure wins.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(extend("minProperties" = 1)))]
#[serde(deny_unknown_fields)]
pub struct RawSigns {
    /// HTTP statuses: `401`, `"4xx"`, `"500..600"` (600 excluded), `"500..=599"`. The 200 that every gRPC response has fits none.
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
}

/// One status, or several that follow on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawStatus(pub StatusRange);

/// A header of which one line fits: with `name` alone, any. At most one of `equals`, `prefix` and `contains`; letter case matters.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawHeaderSign {
    /// Its name, in any case.
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
    /// A JSON pointer such as `/error` or `/errors/0/code`. Without `equals` the value must be there and not be null, false, 0, "", [] or {}.
    #[serde(default)]
    pub json: Option<String>,
    /// What stands there: true, false, a number or a text.
    #[serde(default)]
    pub equals: Option<RawScalar>,
}

/// True, false, a number or a text.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawScalar {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl FromJson for RawStatus {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
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

impl FromJson for RawScalar {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        match node.value {
            Json::Bool(flag) => Some(Self::Bool(*flag)),
            Json::Number(number) => Some(Self::Number(*number)),
            Json::Text(text) => Some(Self::Text(text.clone())),
            _ => node.expected("true, false, a number or a text", mistakes),
        }
    }
}
