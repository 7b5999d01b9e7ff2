use crate::json::{FromJson, Mistakes, Node, one_of};

use super::{RawAccountSource, RawAction, RawCondition, RawFormat, RawMode, RawSigns};
use crate::shape::Shapes;

/// A protected route.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRoute {
    /// Letters a-z, digits, `_` and `-`; the label in metrics. Envoy route metadata
    /// (`filter_metadata.palisade.profile`) may name it too, with `match: { profile: true }`.
    pub name: String,
    /// Which requests.
    #[serde(rename = "match")]
    pub matches: RawMatch,
    /// Whether and how the address is looked up; default `inline`.
    #[serde(default)]
    pub lookup: RawLookup,
    /// What a request gets when nothing is known of its address in time; default `allow`.
    #[serde(default)]
    pub on_unknown: Option<RawAction>,
    /// The rules, in order; the first that holds decides. The word `default` stands for the built-in ones, which
    /// also apply when this is left out: deny tor, hosting and scores from 80, challenge vpn, proxy, residential_proxy
    /// and scores from 50.
    #[serde(default)]
    pub rules: Option<Vec<RawRuleEntry>>,
    /// The limits that apply, by name, in order of precedence among those of one kind. Networks and sessions are asked before
    /// accounts, so that what the limit of a network refuses uses up no account.
    #[serde(default)]
    pub limits: Vec<String>,
    /// Where the account stands in requests of this route; default as in `identity`.
    #[serde(default)]
    pub account: Option<Vec<RawAccountSource>>,
    /// What a request gets whose account nobody can tell although a limit counts accounts; default `deny`, a 400.
    #[serde(default)]
    pub on_missing_account: Option<RawAction>,
    /// What a failed login looks like; default the statuses 401 and 403, and the gRPC status 16.
    #[serde(default)]
    pub failure: Option<RawSigns>,
    /// What a successful login looks like; default the statuses 200 to 399 and the gRPC status 0 where nothing shows a failure.
    #[serde(default)]
    pub success: Option<RawSigns>,
    /// Whether a success on this route makes the client's browser a known device of the account; default whether `failure` is
    /// given or a limit of the route counts failures. Never on routes that succeed for strangers, such as a password reset.
    #[serde(default)]
    pub sets_device: Option<bool>,
    /// Whether a success on this route moves the last position of the account or session (`travel`); default whether the route depends on
    /// travel, and `failure` is given or a limit of the route counts failures. Never on routes that succeed for strangers.
    #[serde(default)]
    pub sets_position: Option<bool>,
    /// Whether what is decided on this route also happens; `monitor` at the top wins.
    #[serde(default)]
    pub mode: RawMode,
    /// How refusals on this route are told.
    #[serde(default)]
    pub format: Option<RawFormat>,
    /// What `challenge` asks for on this route; default `captcha` where one is configured, else `proof_of_work`.
    #[serde(default)]
    pub challenge: Option<RawChallengeKind>,
    /// What becomes of requests of a revoked session; default `refuse`.
    #[serde(default)]
    pub on_revoked: RawRevoked,
    /// What `x-palisade-step-up` says; default `mfa`.
    #[serde(default)]
    pub step_up: Option<String>,
}

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

/// Whether and how the address is looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "cli", schemars(transform = crate::json::yaml::also_booleans))]
#[serde(rename_all = "snake_case")]
pub enum RawLookup {
    /// The request waits for the answer, at most the timeout.
    #[default]
    Inline,
    /// The request is judged by what is known and goes on. If the answer speaks against its address, its session is revoked.
    Background,
    /// As `inline` for the first request of a session; the others of the same network are judged by what was found out then.
    Session,
    /// Only lists, geoip headers and what is already kept.
    Off,
}

/// What becomes of requests of a revoked session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawRevoked {
    /// They are refused or challenged, as the rule says that the session broke.
    #[default]
    Refuse,
    /// They go on: for logging in anew and for logging out.
    Ignore,
}

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawChallengeKind {
    /// A proof of work, which the browser does by itself.
    ProofOfWork,
    /// The captcha of the service at `captcha`.
    Captcha,
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

/// A rule, or the word `default` for the built-in ones.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema), schemars(untagged))]
pub enum RawRuleEntry {
    /// The built-in rules at this place.
    Word(RawRuleWord),
    /// A rule.
    Rule(Box<RawRule>),
}

/// Stands for rules.
#[derive(Clone, Copy, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RawRuleWord {
    /// The built-in rules.
    Default,
}

/// A rule.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawRule {
    /// Letters a-z, digits, `_` and `-`; the label in metrics. Default `rule_1` and so on.
    #[serde(default)]
    pub name: Option<String>,
    /// When it applies.
    pub when: RawCondition,
    /// What follows.
    pub then: RawAction,
    /// Whether it does follow.
    #[serde(default)]
    pub mode: RawMode,
    /// The reason code; default the signal that held.
    #[serde(default)]
    pub reason: Option<String>,
    /// What the client is told.
    #[serde(default)]
    pub message: Option<String>,
    /// The status of a refusal, 400 to 599; default 403.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 400, max = 599)))]
    pub status: Option<u16>,
}

impl FromJson for RawPathForm {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
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
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
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
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        Shapes::<_, _> {
            expected: "a path, or one of exact, prefix, glob and regex",
            text: |path| Some(Self::Exact(path.to_owned())),
            object: Self::Form,
            list: None,
        }
        .read(node, mistakes)
    }
}

impl FromJson for RawRuleEntry {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes) -> Option<Self> {
        Shapes::<_, _> {
            expected: "a rule with `when` and `then`, or the word \"default\"",
            text: |word| (word == "default").then_some(Self::Word(RawRuleWord::Default)),
            object: |rule| Self::Rule(Box::new(rule)),
            list: None,
        }
        .read(node, mistakes)
    }
}
