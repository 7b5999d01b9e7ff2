//! The operator's lists of networks.

use std::rc::Rc;

use crate::address::{Carriers, CidrSet};
use crate::config::action::RawAction;
use crate::config::check;
use crate::config::text::{AsnText, Cidr, Text};
use crate::decision::{Condition, LIST_PREFIX, Leaf, ListIndex, MAX_LISTS, Mode, Revokes, Rule};
use crate::intelligence::AsnSet;
use crate::json::{FromJson, Mistakes, Place};
use crate::policy::List;

/// A list of networks, by CIDR or ASN. Rules refer to it by name.
#[derive(Clone, Debug, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawList {
    /// Letters a-z, digits, `_` and `-`; also the reason code when the list decides.
    pub name: String,
    /// Ranges of addresses, or single addresses. `cidrs` or `asns` is needed.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub cidrs: Option<Vec<Text<Cidr>>>,
    /// Autonomous systems: `64500`, `AS64500`, or several in a row, `64512-65534`.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(length(min = 1)))]
    pub asns: Option<Vec<AsnText>>,
    /// What happens to clients on the list, before all rules of every route: `allow` exempts partners and
    /// enterprise ranges. Without it the list is only a signal for rules.
    #[serde(default)]
    pub then: Option<RawAction>,
    /// Whether `then` also happens; default `enforce`.
    #[serde(default)]
    pub mode: Mode,
    /// What membership adds to the score, -100 to 100; default 0.
    #[serde(default)]
    #[cfg_attr(feature = "cli", schemars(range(min = -100, max = 100)))]
    pub weight: i16,
    /// Whether those on the list are crawlers: of those who say that they are crawlers, these are verified.
    #[serde(default)]
    pub crawlers: bool,
}

/// The lists, and the rules that those with a `then` put before the rules of every route.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) lists: Vec<List>,
    pub(super) rules: Vec<Rule>,
}

impl Lists {
    /// Their names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().map(|list| list.name.as_str())
    }

    /// The condition "on the list of this name".
    pub(super) fn condition(&self, name: &str) -> Option<Condition> {
        self.lists
            .iter()
            .find(|list| list.name == name)
            .map(condition)
    }
}

fn condition(list: &List) -> Condition {
    Condition::Leaf(Leaf::List(list.index, Rc::from(list.name.as_str())))
}

pub(super) fn asns(raw: &[AsnText]) -> AsnSet {
    AsnSet::new(raw.iter().map(|asn| asn.0))
}

fn cidrs(
    raw: &RawList,
    at: &Place<'_>,
    carriers: &Carriers,
    mistakes: &mut Mistakes<'_>,
) -> CidrSet {
    let mut networks = Vec::new();
    for (index, Text(Cidr(network))) in raw.cidrs.iter().flatten().enumerate() {
        match carriers.network(*network) {
            Some(network) => networks.push(network),
            None => mistakes.add(&at.element(index), &"addresses in there count as the IPv4 addresses that they carry, so this is every IPv4 \
                 address; expected the IPv4 networks that you mean, or 0.0.0.0/0"),
        }
    }
    CidrSet::new(networks)
}

/// Compiles `lists`.
pub(super) fn compile(
    raw: &[RawList],
    at: &Place<'_>,
    carriers: &Carriers,
    mistakes: &mut Mistakes<'_>,
) -> Lists {
    let mut lists = Lists::default();
    for (position, raw) in raw.iter().enumerate() {
        let at = &at.element(position);
        check::name(&at.field("name"), &raw.name, mistakes);
        if lists.lists.iter().any(|list| list.name == raw.name) {
            mistakes.add(&at.field("name"), &"expected a name that no other list has");
        }
        match (&raw.cidrs, &raw.asns) {
            (None, None) => mistakes.add(at, &"expected cidrs or asns"),
            (cidrs, asns) => {
                if let Some(cidrs) = cidrs {
                    check::not_empty(&at.field("cidrs"), cidrs, "CIDR", mistakes);
                }
                if let Some(asns) = asns {
                    check::not_empty(&at.field("asns"), asns, "autonomous system", mistakes);
                }
            }
        }
        let Some(index) = ListIndex::new(position) else {
            mistakes.add(at, &format_args!("expected at most {MAX_LISTS} lists"));
            return lists;
        };
        let list = List {
            index,
            name: raw.name.clone(),
            cidrs: cidrs(raw, &at.field("cidrs"), carriers, mistakes),
            asns: asns(raw.asns.as_deref().unwrap_or_default()),
            crawlers: raw.crawlers,
        };
        if let Some(then) = raw.then {
            lists.rules.push(Rule {
                name: format!("{LIST_PREFIX}{}", raw.name),
                when: condition(&list),
                then: then.action(),
                mode: raw.mode,
                reason: None,
                message: None,
                status: None,
                revokes: Revokes::Never,
            });
        }
        lists.lists.push(list);
    }
    lists
}
