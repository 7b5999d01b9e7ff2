//! What the operator says of the bodies that an application reads, where it does not go by what their heads say.

use crate::json::FromJson;

/// How an application reads bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// As what it reads every body, whatever its content type says; default as that says.
    #[serde(default)]
    #[serde(rename = "type")]
    pub kind: Option<BodyKind>,
    /// The charset of bodies whose content type names none; default `utf-8`.
    #[serde(default)]
    pub charset: BodyCharset,
}

impl Declared {
    /// As the head of each says.
    pub(super) const AS_THE_HEAD_SAYS: Self = Self {
        kind: None,
        charset: BodyCharset::Utf8,
    };
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    /// An urlencoded form.
    Form,
    /// A JSON document.
    Json,
}

/// A charset of bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub enum BodyCharset {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// ISO-8859-1, or windows-1252 where that is the same.
    #[serde(rename = "iso-8859-1")]
    Latin1,
}
