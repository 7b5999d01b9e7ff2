//! Which requests a route is about.

use crate::config::check;
use crate::json::Shapes;
use crate::json::{FromJson, Mistakes, Node, Place, one_of};
use crate::route::{Case, HostPattern, Methods, PathPattern, RouteMatch};

/// Which requests a route is about. What is left out matches everything; all that is given must match.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawMatch {
    /// HTTP methods.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub methods: Option<Vec<String>>,
    /// One or several paths; a text is an exact path. They are compared with the normalised path.
    #[serde(default)]
    pub path: Option<RawPaths>,
    /// Hosts: `example.com`, `*.example.com`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub hosts: Option<Vec<String>>,
    /// Whether the letter case of the path does not matter; default true. Express, Koa, Spring and Windows servers serve
    /// `/Login` as `/login`.
    #[serde(default)]
    pub ignore_case: Option<bool>,
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

/// Compiles `match`.
pub(super) fn compile(
    raw: &RawMatch,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<RouteMatch> {
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
    let hosts = raw.hosts.iter().flatten().enumerate();
    let hosts: Option<Vec<HostPattern>> = hosts
        .map(|(index, host)| mistakes.take(&place.element(index), HostPattern::new(host)))
        .collect();
    let only_by_profile =
        raw.profile && raw.methods.is_none() && raw.path.is_none() && raw.hosts.is_none();
    let case = if raw.ignore_case.unwrap_or(true) {
        Case::Insensitive
    } else {
        Case::Sensitive
    };
    let place = &at.field("path");
    let mut pattern = |raw, at: &Place<'_>| mistakes.take(at, pattern(raw, case));
    let paths: Option<Vec<PathPattern>> = match &raw.path {
        None if only_by_profile => Some(Vec::new()),
        None => {
            let every = RawPath::Form(RawPathForm::Prefix("/".to_owned()));
            pattern(&every, place).map(|every| vec![every])
        }
        Some(RawPaths::One(one)) => pattern(one, place).map(|one| vec![one]),
        Some(RawPaths::Several(several)) => {
            let several = several.iter().enumerate();
            several
                .map(|(index, one)| pattern(one, &place.element(index)))
                .collect()
        }
    };
    if let Some(RawPaths::Several(several)) = &raw.path {
        check::not_empty(place, several, "path", mistakes);
    }
    Some(RouteMatch {
        methods: methods?,
        hosts: hosts?,
        paths: paths?,
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
