//! Which requests a route is about.

use super::content::{self, RawContent};
use crate::config::check;
use crate::identity::account::Declared;
use crate::identity::content::ContentMatch;
use crate::json::Shapes;
use crate::json::{FromJson, Json, Mistakes, Node, Place, one_of};
use crate::route::{Case, ContentIndex, HostPattern, Methods, PathPattern, RouteMatch};

/// The most matches of one route.
const MAX_MATCHES: usize = 16;

/// Which requests a route is about: those of one match, or of any of several.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawMatches {
    /// Those of one match.
    One(Box<RawMatch>),
    /// Those of any of these.
    Several(Vec<RawMatch>),
}

impl RawMatches {
    /// Each match.
    pub(super) fn all(&self) -> &[RawMatch] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

impl FromJson for RawMatches {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        match node.value {
            Json::List(_) => FromJson::from_json(node, mistakes).map(Self::Several),
            _ => FromJson::from_json(node, mistakes).map(Self::One),
        }
    }
}

/// Which requests a route is about. What is left out matches everything; all that is given must match.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawMatch {
    /// HTTP methods, in any case; `GET` includes `HEAD`. Default all.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub methods: Option<Vec<String>>,
    /// One or several paths; a text is an exact path. They are compared with the normalised path. Default all.
    #[serde(default)]
    pub path: Option<RawPaths>,
    /// Hosts: `example.com`, `*.example.com` (all below, not itself), `192.0.2.1`, `[2001:db8::1]`, `*`; without
    /// port. Under any other host the route protects nothing, so Envoy must not lead other hosts to the same
    /// application (`domains`).
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub hosts: Option<Vec<String>>,
    /// Whether the letter case of the path does not matter; default true. Express, Koa, Spring and Windows servers
    /// serve `/Login` as `/login`.
    #[serde(default)]
    pub ignore_case: Option<bool>,
    /// What parameters of the query say, by name: one text, a list of texts, `{ contains: text }` or
    /// `{ present: true }` (`false` for none at all).
    #[serde(default)]
    pub query: Option<RawContent>,
    /// What fields of a form in the body say, urlencoded or multipart, by name; the same values.
    #[serde(default)]
    pub form: Option<RawContent>,
    /// What a JSON document in the body says, by JSON pointer; the same values.
    #[serde(default)]
    pub json: Option<RawContent>,
    /// A regular expression (syntax of `regex-lite`, 1,024 bytes at most) for what stands in the text of the body:
    /// the name of an operation or a method.
    #[serde(default)]
    pub body: Option<String>,
    /// Whether Envoy route metadata (`filter_metadata.palisade.profile: NAME`) selects this route as well.
    #[serde(default)]
    pub profile: bool,
}

/// One path, or several.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawPaths {
    /// One.
    One(RawPath),
    /// Several.
    Several(Vec<RawPath>),
}

/// A text is an exact path; else one of the forms.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawPath {
    /// Exactly this path.
    Exact(String),
    /// A form.
    Form(RawPathForm),
}

/// Exactly one of these.
#[derive(Clone, Debug)]
#[cfg_attr(
    feature = "cli",
    derive(schemars::JsonSchema),
    schemars(rename_all = "snake_case", deny_unknown_fields)
)]
pub enum RawPathForm {
    /// Exactly this path.
    Exact(String),
    /// This path and everything below it: `/admin` is not `/administrator`.
    Prefix(String),
    /// `*` stands for anything within a segment, `**` across segments.
    Glob(String),
    /// A regular expression for the whole path.
    Regex(String),
}

impl FromJson for RawPathForm {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        type Form = fn(String) -> RawPathForm;
        const FORMS: [(&str, Form); 4] = [
            ("exact", RawPathForm::Exact),
            ("prefix", RawPathForm::Prefix),
            ("glob", RawPathForm::Glob),
            ("regex", RawPathForm::Regex),
        ];
        let names = FORMS.map(|(name, _)| name);
        match node.fields(mistakes)? {
            [field] => node.field(field, |node| {
                let Some((_, form)) = FORMS.iter().find(|(name, _)| *name == field.0) else {
                    return node.expected(&one_of(&names), mistakes);
                };
                FromJson::from_json(node, mistakes).map(form)
            }),
            [_, other, ..] => {
                node.field(other, |node| node.expected("only one field here", mistakes))
            }
            [] => node.expected(&one_of(&names), mistakes),
        }
    }
}

impl FromJson for RawPaths {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes {
            expected: "a path, a form such as {\"prefix\": \"/admin\"}, or a list of them",
            text: |path| Some(Self::One(RawPath::Exact(path.to_owned()))),
            object: |form| Self::One(RawPath::Form(form)),
            list: Some(Self::Several),
        }
        .read(node, mistakes)
    }
}

impl FromJson for RawPath {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: "a path, or one of exact, prefix, glob and regex",
            text: |path| Some(Self::Exact(path.to_owned())),
            object: Self::Form,
            list: None,
        }
        .read(node, mistakes)
    }
}

/// Compiles `match` of a route that reads bodies as `declared`. What requests must say is put behind `contents`.
pub(super) fn compile(
    (raw, declared): (&RawMatches, Declared),
    at: &Place<'_>,
    contents: &mut Vec<ContentMatch>,
    mistakes: &mut Mistakes<'_>,
) -> Vec<RouteMatch> {
    let all = raw.all();
    check::not_empty(at, all, "match", mistakes);
    check::at_most(at, all.len(), MAX_MATCHES, mistakes);
    let mut matches = Vec::new();
    for (index, one) in all.iter().enumerate() {
        let at = match raw {
            RawMatches::One(_) => at,
            RawMatches::Several(_) => &at.element(index),
        };
        matches.extend(compile_one((one, declared), at, contents, mistakes));
    }
    matches
}

fn compile_one(
    (raw, declared): (&RawMatch, Declared),
    at: &Place<'_>,
    contents: &mut Vec<ContentMatch>,
    mistakes: &mut Mistakes<'_>,
) -> Option<RouteMatch> {
    let kinds = [
        ("query", &raw.query),
        ("form", &raw.form),
        ("json", &raw.json),
    ];
    let content = content::compile(kinds, raw.body.as_deref(), declared, at, mistakes);
    let content = content.map(|content| {
        contents.push(content);
        ContentIndex(contents.len().saturating_sub(1))
    });
    if let Some(methods) = &raw.methods {
        check::not_empty(&at.field("methods"), methods, "method", mistakes);
    }
    let methods = mistakes.take(
        &at.field("methods"),
        Methods::new(raw.methods.iter().flatten().map(String::as_str)),
    );
    let place = &at.field("hosts");
    if let Some(hosts) = &raw.hosts {
        check::not_empty(place, hosts, "host", mistakes);
    }
    let mut hosts: Vec<HostPattern> = Vec::new();
    for (index, host) in raw.hosts.iter().flatten().enumerate() {
        hosts.extend(mistakes.take(&place.element(index), HostPattern::new(host)));
    }
    let only_by_profile = raw.profile
        && raw.methods.is_none()
        && raw.path.is_none()
        && raw.hosts.is_none()
        && content.is_none();
    let case = if raw.ignore_case.unwrap_or(true) {
        Case::Insensitive
    } else {
        Case::Sensitive
    };
    let place = &at.field("path");
    let mut paths: Vec<PathPattern> = Vec::new();
    match &raw.path {
        None if only_by_profile => {}
        None => {
            let every = RawPath::Form(RawPathForm::Prefix("/".to_owned()));
            paths.extend(mistakes.take(place, pattern(&every, case)));
        }
        Some(RawPaths::One(one)) => paths.extend(mistakes.take(place, pattern(one, case))),
        Some(RawPaths::Several(several)) => {
            check::not_empty(place, several, "path", mistakes);
            for (index, one) in several.iter().enumerate() {
                paths.extend(mistakes.take(&place.element(index), pattern(one, case)));
            }
        }
    }
    Some(RouteMatch {
        methods: methods?,
        hosts,
        paths,
        content,
    })
}

fn pattern(raw: &RawPath, case: Case) -> Result<PathPattern, crate::route::PatternError> {
    match raw {
        RawPath::Exact(path) | RawPath::Form(RawPathForm::Exact(path)) => {
            PathPattern::exact(path, case)
        }
        RawPath::Form(RawPathForm::Prefix(path)) => PathPattern::prefix(path, case),
        RawPath::Form(RawPathForm::Glob(glob)) => PathPattern::glob(glob, case),
        RawPath::Form(RawPathForm::Regex(regex)) => PathPattern::regex(regex, case),
    }
}
