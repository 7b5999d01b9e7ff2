use crate::address::{CidrSet, ClientAddress, LabelledCidrs};
use crate::decision::{ListIndex, ListSet, Truth};
use crate::intelligence::{Asn, AsnSet};
use crate::ranges::LabelledRanges;

/// The operator's lists: which of them hold a client is found by two binary searches, one for the address and one for
/// the ASN, however many lists there are and however long they are.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    names: Vec<String>,
    cidrs: LabelledCidrs,
    asns: LabelledRanges<u32>,
    /// Those that go by the ASN.
    by_asn: ListSet,
    /// Those of crawlers.
    crawlers: ListSet,
}

/// One list as it is written.
#[derive(Clone, Debug)]
pub struct List {
    /// Its position.
    pub index: ListIndex,
    /// Its name.
    pub name: String,
    /// By address.
    pub cidrs: CidrSet,
    /// By autonomous system.
    pub asns: AsnSet,
    /// Whether those on it are crawlers.
    pub crawlers: bool,
}

impl Lists {
    /// These lists, whose positions are those in `lists`.
    #[must_use]
    pub fn new(lists: Vec<List>) -> Self {
        let mut by_asn = ListSet::EMPTY;
        for list in lists.iter().filter(|list| !list.asns.is_empty()) {
            by_asn.hold(list.index);
        }
        let mut crawlers = ListSet::EMPTY;
        for list in lists.iter().filter(|list| list.crawlers) {
            crawlers.hold(list.index);
        }
        let cidrs = lists.iter().map(|list| (&list.cidrs, list.index.number()));
        let asns = lists
            .iter()
            .map(|list| (list.asns.numbers(), list.index.number()));
        Self {
            cidrs: LabelledCidrs::new(cidrs),
            asns: LabelledRanges::new(asns),
            by_asn,
            crawlers,
            names: lists.into_iter().map(|list| list.name).collect(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, by [`ListIndex`].
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The name of one.
    #[must_use]
    pub fn name(&self, index: ListIndex) -> Option<&str> {
        self.names.get(index.get()).map(String::as_str)
    }

    /// Whether the client is on a list of crawlers.
    #[must_use]
    pub fn is_crawler(&self, memberships: ListSet) -> Truth {
        let lists = self.crawlers.held().map(|list| memberships.get(list));
        lists.max().unwrap_or(Truth::False)
    }

    /// Which lists hold a client; those that go by the ASN are open as long as it is not known.
    #[must_use]
    pub fn memberships(&self, client: Option<ClientAddress>, asn: Option<Asn>) -> ListSet {
        let by_address = client.map_or(0, |client| self.cidrs.labels(client));
        match asn {
            Some(asn) => ListSet::of_bits(by_address | self.asns.labels(asn.get()), ListSet::EMPTY),
            None => ListSet::of_bits(by_address, self.by_asn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection;
    use proptest::prelude::*;

    /// Five lists of networks and of systems, some of both, some of neither.
    fn lists() -> impl Strategy<Value = Vec<List>> {
        let cidr = (any::<u8>(), 20..=32_u8).prop_map(|(low, length)| {
            ipnet::IpNet::new([11, 0, 0, low].into(), length).expect("a network")
        });
        let asn = (1..40_u32, 0..5_u32).prop_map(|(first, more)| {
            format!("{first}-{}", first + more)
                .parse()
                .expect("a range")
        });
        let both = (collection::vec(cidr, 0..4), collection::vec(asn, 0..4));
        collection::vec(both, 0..5).prop_map(|all| {
            let lists = all.into_iter().enumerate();
            lists
                .map(|(place, (cidrs, asns))| List {
                    crawlers: false,
                    index: ListIndex::new(place).expect("few"),
                    name: format!("list_{place}"),
                    cidrs: CidrSet::new(cidrs),
                    asns: AsnSet::new(asns.into_iter()),
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn all_lists_together_answer_as_each_by_itself(lists in lists(), low: u8, asn in 0..50_u32, is_known: bool) {
            let client = is_known.then(|| ClientAddress::from(std::net::Ipv4Addr::new(11, 0, 0, low)));
            let asn = Asn::new(asn);
            let found = Lists::new(lists.clone()).memberships(client, asn);
            for list in &lists {
                let expected = match asn {
                    _ if client.is_some_and(|client| list.cidrs.contains(client)) => Truth::True,
                    _ if list.asns.is_empty() => Truth::False,
                    Some(asn) => list.asns.contains(asn).into(),
                    None => Truth::Unknown,
                };
                prop_assert_eq!(found.get(list.index), expected, "{} for {:?} {:?}", list.name, client, asn);
            }
        }
    }
}
