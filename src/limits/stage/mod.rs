//! The limits of a policy: who is counted, what is asked of the counters before a request goes on, and what is told to
//! them afterwards.

mod ask;
mod news;
mod settle;
mod shared;
mod told;

use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use super::{Bucket, CounterKey, Counters, KeyHash, LimitId, Threshold};
use super::{Count, Devices, DistinctBy, KeyPart, LimitPolicy};
use crate::address::{ClientAddress, PrefixLengths};
use crate::decision::{About, Exceeded, LimitIndex, Signals};
use crate::fingerprint::Ja4;
use crate::identity::account::AccountMark;
use crate::principal::Principal;
use crate::route::RouteIndex;

pub(crate) use ask::{Asked, Phase};
pub(crate) use news::{Counting, News, Sharing, Told};
pub(crate) use settle::{Open, Taken};
pub(crate) use shared::FleetCount;

/// The limits of one policy.
#[derive(Debug)]
pub(crate) struct Limits {
    counters: Counters,
    /// By [`LimitIndex`].
    limits: Rc<[LimitPolicy]>,
    /// By [`LimitIndex`].
    ids: Vec<Ids>,
    /// By [`RouteIndex`].
    routes: Vec<LimitedRoute>,
}

/// What limits have to know of a route.
#[derive(Clone, Debug)]
pub(crate) struct LimitedRoute {
    /// Its name.
    pub(crate) name: String,
    /// Whether it is more than monitored.
    pub(crate) is_enforced: bool,
    /// Its limits.
    pub(crate) limits: Vec<LimitIndex>,
}

/// The counters that one limit has.
#[derive(Clone, Copy, Debug)]
struct Ids {
    /// Its own.
    own: LimitId,
    /// Failures beside attempts, as evidence against a mobile carrier's network.
    failures: LimitId,
    /// Different User-Agents, likewise.
    agents: LimitId,
    /// Different TLS fingerprints, likewise.
    fingerprints: LimitId,
}

/// Whom a counter counts: of several accounts and sessions, which ones.
#[derive(Clone, Copy, Debug)]
struct Counted<'w> {
    principal: Principal<'w>,
    signals: &'w Signals,
    /// What stands for the account that is meant.
    account: Option<AccountMark>,
    /// The same in the words of whom challenges are about.
    name: Option<&'w [u8]>,
    /// The session that is meant.
    session: Option<&'w [u8]>,
    /// The device from which that account has been used before.
    device: Option<&'w [u8]>,
    /// Whether all devices of the account are meant together.
    all_devices: bool,
}

/// A limit that a request exceeds, as it is kept while the request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    /// The limit.
    pub(crate) index: LimitIndex,
    /// The route that asks for the limit.
    pub(crate) route: RouteIndex,
    retry_after: Duration,
    count: u32,
    quota: u32,
    about: About,
}

impl Excess {
    /// That a limit is exceeded on a route.
    pub(crate) const fn of(exceeded: Exceeded<'_>, route: RouteIndex) -> Self {
        Self {
            index: exceeded.index,
            route,
            retry_after: exceeded.retry_after,
            count: exceeded.count,
            quota: exceeded.quota,
            about: exceeded.about,
        }
    }

    /// With what follows.
    pub(crate) fn under(self, limits: &[LimitPolicy]) -> Option<Exceeded<'_>> {
        let limit = limits.get(self.index.0)?;
        Some(Exceeded {
            index: self.index,
            rule: &limit.rule,
            retry_after: self.retry_after,
            count: self.count,
            quota: self.quota,
            window: limit.terms.window.get(),
            about: self.about,
        })
    }
}

/// So many times the quota of one device is that of all known devices of an account together.
const ALL_DEVICES: u32 = 4;

impl<'w> Counted<'w> {
    /// Somebody, of whom neither account nor session is meant yet.
    const fn new(principal: Principal<'w>, signals: &'w Signals) -> Self {
        Self {
            principal,
            signals,
            account: None,
            name: None,
            session: None,
            device: None,
            all_devices: false,
        }
    }

    /// All known devices of the account together.
    fn on_any_device(self) -> Self {
        Self {
            device: Some(b"all devices"),
            all_devices: true,
            ..self
        }
    }

    /// The TLS fingerprint, empty where there is none: it is one value like others, so that nobody passes a limit by
    /// having none.
    fn fingerprint(&self) -> &'w [u8] {
        self.signals.ja4.as_ref().map_or(b"", Ja4::as_bytes)
    }

    /// What a limit allows who is counted.
    fn share(&self, threshold: Threshold) -> Threshold {
        let all = threshold.get().saturating_mul(ALL_DEVICES);
        match self.all_devices {
            true => Threshold::new(all.min(Threshold::MAX)).unwrap_or(threshold),
            false => threshold,
        }
    }
}

impl Limits {
    /// These limits, in these counters, for these routes.
    pub(crate) fn new(
        limits: Rc<[LimitPolicy]>,
        routes: Vec<LimitedRoute>,
        counters: Counters,
    ) -> Self {
        let ids = |limit: &LimitPolicy| {
            let parameters = what_is_counted(limit);
            let id = |kind: &[u8]| {
                counters
                    .keys()
                    .limit(&limit.rule.name, &[kind, &parameters])
            };
            Ids {
                own: id(b""),
                failures: id(b"failures"),
                agents: id(b"agents"),
                fingerprints: id(b"fingerprints"),
            }
        };
        Self {
            ids: limits.iter().map(ids).collect(),
            limits,
            routes,
            counters,
        }
    }

    fn route_name(&self, route: RouteIndex) -> &str {
        self.routes.get(route.get()).map_or("", |route| &route.name)
    }

    /// The counter `id` of a limit, for who is counted by it on a route. `None` when a part of its key is not known.
    fn key(
        &self,
        id: LimitId,
        limit: &LimitPolicy,
        route: &str,
        counted: &Counted<'_>,
    ) -> Option<CounterKey> {
        let keys = self.counters.keys();
        let with_parts = |mut hash: KeyHash| {
            for part in &limit.key {
                hash.part(self.part(*part, limit, route, counted)?.bytes());
            }
            if limit.has(KeyPart::Account)
                && limit.devices == Devices::Separate
                && let Some(device) = counted.device
            {
                hash.part(device);
            }
            Some(hash)
        };
        let counter = with_parts(keys.counter_hash(id))?;
        let bucket = match self.bucket(limit, counted) {
            Some(bucket) => bucket,
            None => Bucket::of(with_parts(keys.bucket_hash())?),
        };
        Some(CounterKey::of(counter, bucket))
    }

    /// Counters of one account stand together, and so do those of one session, of one address and of one subnet: a
    /// request then reads and writes one value for all of them. That has place for few, so whatever a client can vary
    /// at will (its address on a subnet, the networks from which an account is tried, its TLS fingerprint) makes a home
    /// of its own: else it would push out the others; that is `None`.
    fn bucket(&self, limit: &LimitPolicy, counted: &Counted<'_>) -> Option<Bucket> {
        let of = |part| limit.has(part);
        if of(KeyPart::Ja4) {
            return None;
        }
        let placed = [
            KeyPart::Address,
            KeyPart::Subnet,
            KeyPart::Asn,
            KeyPart::Country,
        ]
        .into_iter()
        .any(of);
        let keys = self.counters.keys();
        match (of(KeyPart::Account), of(KeyPart::Session), placed) {
            (true, false, false) => {
                Some(keys.bucket([b"account".as_slice(), mark(&counted.account)]))
            }
            (false, true, false) => {
                Some(keys.bucket([b"session".as_slice(), counted.session.unwrap_or_default()]))
            }
            (false, false, true) if of(KeyPart::Address) => {
                let address = Part::of(counted.principal.client, PrefixLengths::default());
                Some(keys.bucket([b"network".as_slice(), address.bytes()]))
            }
            (false, false, true) if of(KeyPart::Subnet) => {
                let subnet = self.subnet(limit, counted);
                Some(keys.bucket([b"network".as_slice(), subnet.bytes()]))
            }
            _ => None,
        }
    }

    fn part<'w>(
        &self,
        part: KeyPart,
        limit: &LimitPolicy,
        route: &'w str,
        counted: &Counted<'w>,
    ) -> Option<Part<'w>> {
        let network = &counted.signals.reputation.network;
        Some(match part {
            KeyPart::Address => Part::of(counted.principal.client, PrefixLengths::default()),
            KeyPart::Subnet => self.subnet(limit, counted),
            KeyPart::Asn => Part::Number(network.asn?.get().to_be_bytes()),
            KeyPart::Country => Part::Country(network.country?.to_bytes()),
            KeyPart::Route => Part::Borrowed(route.as_bytes()),
            KeyPart::Account => Part::Mark(counted.account?.bytes()),
            KeyPart::Session => Part::Borrowed(counted.session?),
            KeyPart::Ja4 => Part::Borrowed(counted.fingerprint()),
        })
    }

    fn subnet<'w>(&self, limit: &LimitPolicy, counted: &Counted<'_>) -> Part<'w> {
        Part::of(
            counted.principal.client,
            limit.subnet.unwrap_or(self.counters.subnet()),
        )
    }
}

fn mark(account: &Option<AccountMark>) -> &[u8] {
    account.as_ref().map_or(&[], AccountMark::as_bytes)
}

/// A part of a key, as bytes.
enum Part<'w> {
    Borrowed(&'w [u8]),
    Prefix([u8; 17]),
    Owned(Vec<u8>),
    Number([u8; 4]),
    Mark([u8; AccountMark::BYTES]),
    Country([u8; 2]),
}

impl Part<'_> {
    /// All clients whose address the host does not tell (behind a Unix socket) count as one.
    fn of(client: Option<ClientAddress>, lengths: PrefixLengths) -> Self {
        client.map_or(Self::Borrowed(b""), |client| {
            Self::Prefix(client.prefix(lengths).to_bytes())
        })
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Prefix(bytes) => bytes,
            Self::Owned(bytes) => bytes.as_slice(),
            Self::Number(bytes) => bytes,
            Self::Mark(bytes) => bytes,
            Self::Country(bytes) => bytes,
        }
    }
}

/// What tells the counters of a limit from those of another one of its name. The numbers with which they are compared,
/// and what follows, are no part of it: whoever makes a limit stricter forgives nobody. The lengths of prefixes stand
/// in every key.
fn what_is_counted(limit: &LimitPolicy) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |number: u64| bytes.extend_from_slice(&number.to_be_bytes());
    for part in &limit.key {
        put(u64::from(key_part_number(*part)));
    }
    put(u64::MAX);
    put(match &limit.count {
        Count::Attempts(_) => 1,
        Count::Failures(_) => 2,
        Count::Successes(_) => 3,
        Count::Distinct(DistinctBy::Agent, _) => 4,
        Count::Distinct(DistinctBy::Part(part), _) => {
            u64::from(key_part_number(*part)).saturating_add(4)
        }
    });
    let window = limit.terms.window.get().as_nanos();
    put(u64::try_from(window).unwrap_or(u64::MAX));
    bytes
}

const fn key_part_number(part: KeyPart) -> u8 {
    match part {
        KeyPart::Address => 1,
        KeyPart::Subnet => 2,
        KeyPart::Asn => 3,
        KeyPart::Country => 4,
        KeyPart::Route => 5,
        KeyPart::Account => 6,
        KeyPart::Session => 7,
        KeyPart::Ja4 => 8,
    }
}

/// Half of a number, at least one.
fn half(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number / 2).unwrap_or(NonZeroU32::MIN)
}
