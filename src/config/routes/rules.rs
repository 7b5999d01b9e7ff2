//! The rules of a route: those that an operator writes, and those that hold otherwise.

use crate::config::action::RawAction;
use crate::config::check;
use crate::config::compile::conditions;
use crate::config::lists::Lists;
use crate::config::raw::RawCondition;
use crate::decision::{
    Action, Condition, DEFAULT_PREFIX, LIST_PREFIX, Leaf, Mode, Revokes, Rule, ScaleRange,
};
use crate::intelligence::{AsnType, Connection, Flag};
use crate::json::Shapes;
use crate::json::{FromJson, Mistakes, Node, Place};
use crate::reply::Status;

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
    /// The label in metrics, unique on the route: letters a-z, digits, `_` and `-`, but not `list_`. Default
    /// `rule_1` and so on.
    #[serde(default)]
    pub name: Option<String>,
    /// When it applies.
    pub when: RawCondition,
    /// What follows.
    pub then: RawAction,
    /// Whether it does follow; default `enforce`.
    #[serde(default)]
    pub mode: Mode,
    /// The reason code; default the signal that held.
    #[serde(default)]
    pub reason: Option<String>,
    /// What the client is told; 1,000 characters are shown. Only for refusals; default a sentence that fits.
    #[serde(default)]
    pub message: Option<String>,
    /// The status, 400 to 599; default 403. Only for refusals.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = 400, max = 599)))]
    pub status: Option<u16>,
    /// With `lookup: background`, whether it has the session revoked as well; default whether it holds by what is known
    /// of the address alone, whatever lists, User-Agents, travel and learned rates say.
    #[serde(default)]
    pub revokes: Option<bool>,
}

impl FromJson for RawRuleEntry {
    fn from_json(node: Node<'_, '_>, mistakes: &mut Mistakes<'_>) -> Option<Self> {
        Shapes::<_, _> {
            expected: "a rule with `when` and `then`, or the word \"default\"",
            text: |word| (word == "default").then_some(Self::Word(RawRuleWord::Default)),
            object: |rule| Self::Rule(Box::new(rule)),
            list: None,
        }
        .read(node, mistakes)
    }
}

/// Compiles `rules`.
pub(super) fn compile(
    entries: &[RawRuleEntry],
    lists: &Lists,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let at = &at.element(index);
        let more = match entry {
            RawRuleEntry::Word(_) => default_rules(),
            RawRuleEntry::Rule(raw) => rule(raw, index, lists, at, mistakes).into_iter().collect(),
        };
        for rule in more {
            if rules.iter().any(|other| other.name == rule.name) {
                mistakes.add(
                    &at.field("name"),
                    &"expected a name that no other rule of this route has",
                );
            }
            rules.push(rule);
        }
    }
    rules
}

fn rule(
    raw: &RawRule,
    index: usize,
    lists: &Lists,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<Rule> {
    let then = raw.then.action();
    let name = raw
        .name
        .clone()
        .unwrap_or_else(|| format!("rule_{}", index.saturating_add(1)));
    check::name(&at.field("name"), &name, mistakes);
    for (prefix, whose) in [(LIST_PREFIX, "lists' own"), (DEFAULT_PREFIX, "built-in")] {
        if name.starts_with(prefix) {
            mistakes.add(
                &at.field("name"),
                &format_args!("names that start with {prefix} are those of the {whose} rules; expected another one"),
            );
        }
    }
    if let Some(reason) = &raw.reason {
        check::name(&at.field("reason"), reason, mistakes);
    }
    if let Some(status) = raw.status
        && Status::new(status).is_none()
    {
        mistakes.add(&at.field("status"), &"expected 400 to 599");
    }
    if then.lets_through() && (raw.status.is_some() || raw.message.is_some()) {
        mistakes.add(
            at,
            &format_args!(
                "status and message are for refusals, but `then` is {}",
                then.name()
            ),
        );
    }
    let when = conditions::compile(&raw.when, lists, &at.field("when"), mistakes);
    Some(Rule {
        name,
        when: when?,
        then,
        mode: raw.mode,
        reason: raw.reason.clone(),
        message: Some(
            raw.message
                .clone()
                .unwrap_or_else(|| message(then).to_owned()),
        ),
        status: raw.status,
        revokes: match raw.revokes {
            // A door that is closed to everybody says nothing against anybody.
            None if raw.when.is_always() => Revokes::Never,
            None => Revokes::ByAddress,
            Some(true) => Revokes::Always,
            Some(false) => Revokes::Never,
        },
    })
}

/// The built-in rules. Where people stand behind an address (VPNs, relays and proxies, hosted or not, and the
/// networks of companies), they are challenged; Tor, scores from 80 and servers without such an excuse are denied.
pub(super) fn default_rules() -> Vec<Rule> {
    use Action::{Challenge, Deny};
    let flag = |flag: Flag| (flag.name(), Condition::Leaf(Leaf::Holds(flag.into())));
    let corporate = Condition::All(vec![
        Condition::Leaf(Leaf::Holds(Flag::Hosting.into())),
        Condition::Leaf(Leaf::AsnType(vec![
            AsnType::Business,
            AsnType::Education,
            AsnType::Government,
        ])),
    ]);
    let server = Condition::Any(vec![
        Condition::Leaf(Leaf::Holds(Flag::Hosting.into())),
        Condition::Leaf(Leaf::Connection(vec![Connection::Datacenter])),
    ]);
    let score = |name, text: &str| {
        let range: Option<ScaleRange> = text.parse().ok();
        range.map(|range| (name, Condition::Leaf(Leaf::score(range))))
    };
    [
        Some((
            flag(Flag::Tor),
            Deny,
            "Access through the Tor network is not possible here.",
        )),
        score("score_high", ">=80").map(|rule| (rule, Deny, "This network is known for abuse.")),
        Some((flag(Flag::Vpn), Challenge, VERIFY)),
        Some((flag(Flag::Relay), Challenge, VERIFY)),
        Some((flag(Flag::Proxy), Challenge, VERIFY)),
        Some((flag(Flag::ResidentialProxy), Challenge, VERIFY)),
        Some((("corporate", corporate), Challenge, VERIFY)),
        Some((
            ("hosting", server),
            Deny,
            "Access from data centres is not possible here.",
        )),
        score("score_medium", "50..80").map(|rule| (rule, Challenge, VERIFY)),
    ]
    .into_iter()
    .flatten()
    .map(|((name, when), then, message)| Rule {
        name: format!("{DEFAULT_PREFIX}{name}"),
        when,
        then,
        mode: Mode::Enforce,
        reason: None,
        message: Some(message.to_owned()),
        status: None,
        revokes: Revokes::ByAddress,
    })
    .collect()
}

const VERIFY: &str = "Please verify that you are a person before you go on.";

/// What a refused client is told when the rule has no message of its own.
const fn message(action: Action) -> &'static str {
    match action {
        Action::Challenge => VERIFY,
        _ => "Access from this network is not possible here.",
    }
}
