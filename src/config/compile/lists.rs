use std::rc::Rc;

use super::{action, check_name, check_not_empty, mode};
use crate::address::{Carriers, CidrSet};
use crate::config::error::ConfigErrors;
use crate::config::raw::RawList;
use crate::config::text::{AsnText, Cidr, Text};
use crate::decision::{Condition, LIST_PREFIX, Leaf, ListIndex, MAX_LISTS, Revokes, Rule};
use crate::intelligence::AsnSet;
use crate::policy::List;

/// The lists, and the rules that those with a `then` put before the rules of every route.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) lists: Vec<List>,
    pub(super) rules: Vec<Rule>,
}

impl Lists {
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

fn cidrs(raw: &RawList, carriers: &Carriers, path: &str, errors: &mut ConfigErrors) -> CidrSet {
    let mut networks = Vec::new();
    for (index, Text(Cidr(network))) in raw.cidrs.iter().flatten().enumerate() {
        match carriers.network(*network) {
            Some(network) => networks.push(network),
            None => errors.add(
                format_args!("{path}.cidrs[{index}]"),
                Some(network.to_string()),
                "addresses in there count as the IPv4 addresses that they carry, so this is every IPv4 \
                 address; expected the IPv4 networks that you mean, or 0.0.0.0/0",
            ),
        }
    }
    CidrSet::new(networks)
}

pub(super) fn compile(raw: &[RawList], carriers: &Carriers, errors: &mut ConfigErrors) -> Lists {
    let mut lists = Lists::default();
    for (position, raw) in raw.iter().enumerate() {
        let path = format!("lists[{position}]");
        check_name(&format!("{path}.name"), &raw.name, errors);
        if lists.lists.iter().any(|list| list.name == raw.name) {
            errors.add(
                format_args!("{path}.name"),
                Some(format!("{:?}", raw.name)),
                "expected a name that no other list has",
            );
        }
        match (&raw.cidrs, &raw.asns) {
            (None, None) => errors.add(&path, None, "expected cidrs or asns"),
            (cidrs, asns) => {
                if let Some(cidrs) = cidrs {
                    check_not_empty(&format!("{path}.cidrs"), cidrs, "CIDR", errors);
                }
                if let Some(asns) = asns {
                    check_not_empty(&format!("{path}.asns"), asns, "autonomous system", errors);
                }
            }
        }
        let Some(index) = ListIndex::new(position) else {
            errors.add(
                &path,
                None,
                format_args!("expected at most {MAX_LISTS} lists"),
            );
            return lists;
        };
        let list = List {
            index,
            name: raw.name.clone(),
            cidrs: cidrs(raw, carriers, &path, errors),
            asns: asns(raw.asns.as_deref().unwrap_or_default()),
            crawlers: raw.crawlers,
        };
        if let Some(then) = raw.then {
            lists.rules.push(Rule {
                name: format!("{LIST_PREFIX}{}", raw.name),
                when: condition(&list),
                then: action(then),
                mode: mode(raw.mode),
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
