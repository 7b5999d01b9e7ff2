//! What a request must say for a route to be about it, beside method, host and path.

use std::str::FromStr;

use crate::config::check;
use crate::config::identity::sources;
use crate::identity::JsonPointer;
use crate::identity::account::{BodyPattern, Declared};
use crate::identity::content::{ContentMatch, ContentPlace, ContentTest, Wanted, WantedText};
use crate::json::Shapes;
use crate::json::{FromJson, Mistakes, Node, Place};

/// The most values that one match asks for: each is two passes over the body.
const MAX_TESTS: usize = 8;
/// The most texts of which a value must be one.
const MAX_TEXTS: usize = 32;

/// What values must be, by where they stand.
#[derive(Clone, Debug, Default)]
pub struct RawContent(pub Vec<(String, RawWanted)>);

/// What a value must be: this text, one of these texts, one that holds this text, or anything at all.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawWanted {
    /// This text.
    One(String),
    /// One of these texts.
    Several(Vec<String>),
    /// Something else; exactly one of these.
    Form(RawForm),
}

/// Exactly one of these.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(inline))]
#[serde(deny_unknown_fields)]
pub struct RawForm {
    /// Whether there must be a value, whatever it is; with `false`, there must be none.
    #[serde(default)]
    pub present: Option<bool>,
    /// A text that must stand in it.
    #[serde(default)]
    pub contains: Option<String>,
}

impl FromJson for RawContent {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        let mut all = Vec::new();
        for field in node.fields(mistakes)? {
            let wanted = node.field(field, |node| RawWanted::from_json(node, mistakes));
            all.extend(wanted.map(|wanted| (field.0.clone(), wanted)));
        }
        Some(Self(all))
    }
}

impl FromJson for RawWanted {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes {
            expected: "a text, a list of texts, {\"present\": true} or {\"contains\": \"text\"}",
            text: |text| Some(Self::One(text.to_owned())),
            object: Self::Form,
            list: Some(Self::Several),
        }
        .read(node, mistakes)
    }
}

#[cfg(feature = "cli")]
impl schemars::JsonSchema for RawContent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Content".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let wanted = generator.subschema_for::<RawWanted>();
        schemars::json_schema!({
            "description": "What values must be, by where they stand",
            "type": "object", "minProperties": 1, "additionalProperties": wanted })
    }
}

/// Compiles what a match at `at` asks for: values by the kind of their place, and what stands in the text of the body,
/// which the application reads as `declared`; `None` if that is nothing.
pub(super) fn compile(
    kinds: [(&str, &Option<RawContent>); 3],
    body: Option<&str>,
    declared: Declared,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<ContentMatch> {
    let mut tests = Vec::new();
    for (kind, content) in kinds {
        let Some(RawContent(content)) = content else {
            continue;
        };
        let at = &at.field(kind);
        check::not_empty(at, content, "value", mistakes);
        for (name, wanted) in content {
            let at = &at.field(name);
            let place = match kind {
                "json" => mistakes
                    .take(at, JsonPointer::from_str(name))
                    .map(ContentPlace::Json),
                "form" => sources::field(name, at, mistakes).map(ContentPlace::Form),
                _ => sources::field(name, at, mistakes).map(ContentPlace::Query),
            };
            let wanted = compile_wanted(wanted, at, mistakes);
            if let Some(place) = place {
                tests.push(ContentTest::new(place, wanted, declared));
            }
        }
    }
    if let Some(expression) = body {
        let pattern = mistakes.take(&at.field("body"), BodyPattern::of_text(expression));
        if let Some(pattern) = pattern {
            let place = ContentPlace::Text(pattern);
            tests.push(ContentTest::new(place, Wanted::Present(true), declared));
        }
    }
    check::at_most(at, tests.len(), MAX_TESTS, mistakes);
    (!tests.is_empty()).then(|| ContentMatch::new(tests))
}

fn compile_wanted(raw: &RawWanted, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Wanted {
    let texts = match raw {
        RawWanted::Form(form) => return compile_form(form, at, mistakes),
        RawWanted::One(text) => std::slice::from_ref(text),
        RawWanted::Several(texts) => texts.as_slice(),
    };
    check::not_empty(at, texts, "text", mistakes);
    check::at_most(at, texts.len(), MAX_TEXTS, mistakes);
    if texts.iter().any(String::is_empty) {
        mistakes.add(
            at,
            &"expected a text that is not empty, or {\"present\": false}",
        );
    }
    Wanted::OneOf(texts.iter().map(|text| WantedText::new(text)).collect())
}

fn compile_form(raw: &RawForm, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Wanted {
    match (raw.present, &raw.contains) {
        (Some(present), None) => Wanted::Present(present),
        (None, Some(text)) if !text.is_empty() => Wanted::Contains(WantedText::new(text)),
        _ => {
            mistakes.add(
                at,
                &"expected either present or contains, and a text that is not empty",
            );
            Wanted::Present(true)
        }
    }
}
