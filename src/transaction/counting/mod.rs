//! Limits: who is counted, what is asked of the counters before a request goes on, and what is told to them afterwards.

mod ask;
mod learned;
mod settle;
mod share;
mod uniform;

use std::num::NonZeroU32;

use crate::address::{ClientAddress, PrefixLengths};
use crate::agent::Agent;
use crate::decision::{About, Exceeded, LimitIndex, Signals};
use crate::identity::session::Session;
use crate::limits::{Count, Devices, KeyPart, LimitPolicy, Told};
use crate::limits::{CounterKey, Home, Keys, LimitId, Operation, Table, Taken, Threshold};
use crate::policy::Policy;
use crate::route::RouteIndex;
use crate::store::{Budget, Written};
use crate::telemetry::{Event, Meter};
use crate::time::Time;

pub(super) use ask::Phase;
pub(super) use learned::Sample;
pub(super) use settle::Open;
pub(super) use share::{Charge, Party, Share};
use uniform::UniformIds;

use super::account::Owner;
use crate::host::Host;

/// The counters of one policy.
#[derive(Debug)]
pub(super) struct Counting {
    table: Table,
    /// What has been used once: nothing that is counted takes its place, and no setting changes its size.
    once: Table,
    keys: Keys,
    /// By [`LimitIndex`].
    ids: Vec<Ids>,
    uniform: UniformIds,
    subnet: PrefixLengths,
    asns: Option<learned::AsnCounters>,
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
}

/// Who a request comes from and is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who<'w> {
    pub(super) client: Option<ClientAddress>,
    pub(super) signals: &'w Signals,
    /// The account that is meant, where there may be several.
    pub(super) account: Option<&'w [u8]>,
    /// All accounts that the request may be about.
    pub(super) owners: &'w [Owner],
    /// Whether it is about one of them for certain.
    pub(super) is_sole: bool,
    /// The session that is meant, where there may be several.
    pub(super) session: Option<&'w [u8]>,
    /// All sessions that the request may belong to.
    pub(super) sessions: &'w [Session],
    /// The device from which that account has been used before.
    pub(super) device: Option<&'w [u8]>,
    /// Whether all devices of the account are meant together.
    pub(super) all_devices: bool,
    pub(super) agent: Agent<'w>,
}

/// A limit that a request exceeds, as it is kept while the request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Excess {
    pub(super) index: LimitIndex,
    /// The route that asks for the limit.
    pub(super) route: RouteIndex,
    pub(super) retry_after: std::time::Duration,
    pub(super) quota: u32,
    pub(super) about: About,
}

impl Excess {
    /// With what follows.
    pub(super) fn under(self, policy: &Policy) -> Option<Exceeded<'_>> {
        let limit = policy.limits.get(self.index.0)?;
        Some(Exceeded {
            index: self.index,
            rule: &limit.rule,
            retry_after: self.retry_after,
            quota: self.quota,
            window: limit.terms.window.get(),
            about: self.about,
        })
    }
}

/// So many times the quota of one device is that of all known devices of an account together.
const ALL_DEVICES: u32 = 4;

impl<'w> Who<'w> {
    /// All known devices of the account together.
    pub(super) fn on_any_device(self) -> Self {
        Self {
            device: Some(b"all devices"),
            all_devices: true,
            ..self
        }
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

impl Counting {
    /// The counters of `policy`. `secret` keys what stands in shared memory, so it must be the same
    /// in all workers.
    pub(super) fn new(policy: &Policy, namespace: &str, secret: [u8; 16]) -> Self {
        let keys = Keys::new(secret);
        let ids = |limit: &LimitPolicy| {
            let parameters = what_is_counted(limit);
            let id = |kind: &[u8]| keys.limit(&limit.rule.name, &[kind, &parameters]);
            Ids {
                own: id(b""),
                failures: id(b"failures"),
                agents: id(b"agents"),
            }
        };
        Self {
            table: Table::new(namespace, policy.counters),
            once: Table::new(&format!("{namespace}/once"), Budget::ONCE),
            ids: policy.limits.iter().map(ids).collect(),
            asns: policy
                .asn_failures
                .map(|settings| learned::AsnCounters::new(settings, &keys)),
            uniform: UniformIds::new(policy.uniform, &keys),
            keys,
            subnet: policy.identity.subnet,
        }
    }

    /// The counter `id` of a limit, for who is counted by it on a route. `None` when a part of its key is not known.
    fn key(
        &self,
        id: LimitId,
        limit: &LimitPolicy,
        route: &str,
        who: &Who<'_>,
    ) -> Option<CounterKey> {
        let mut parts: Vec<Part<'_>> = Vec::with_capacity(limit.key.len().saturating_add(1));
        for part in &limit.key {
            parts.push(self.part(*part, limit, route, who)?);
        }
        if limit.has(KeyPart::Account) && limit.devices == Devices::Separate {
            parts.extend(who.device.map(Part::Borrowed));
        }
        let home = self.home(limit, who, &parts);
        Some(self.keys.counter(id, home, parts.iter().map(Part::bytes)))
    }

    /// Counters of one account stand together, and so do those of one session, of one address and of one subnet: a request then reads
    /// and writes one value for all of them. That has place for few, so whatever a client can vary at will (its address on a
    /// subnet, the networks from which an account is tried) makes a home of its own: else it would push out the others.
    fn home(&self, limit: &LimitPolicy, who: &Who<'_>, parts: &[Part<'_>]) -> Home {
        let of = |part| limit.has(part);
        let placed = [
            KeyPart::Address,
            KeyPart::Subnet,
            KeyPart::Asn,
            KeyPart::Country,
        ]
        .into_iter()
        .any(of);
        match (of(KeyPart::Account), of(KeyPart::Session), placed) {
            (true, false, false) => self
                .keys
                .home([b"account".as_slice(), who.account.unwrap_or_default()]),
            (false, true, false) => self
                .keys
                .home([b"session".as_slice(), who.session.unwrap_or_default()]),
            (false, false, true) if of(KeyPart::Address) => {
                let address = Part::of(who.client, PrefixLengths::default());
                self.keys.home([b"network".as_slice(), address.bytes()])
            }
            (false, false, true) if of(KeyPart::Subnet) => {
                let subnet = self.subnet(limit, who);
                self.keys.home([b"network".as_slice(), subnet.bytes()])
            }
            _ => self.keys.home(parts.iter().map(Part::bytes)),
        }
    }

    fn part<'w>(
        &self,
        part: KeyPart,
        limit: &LimitPolicy,
        route: &'w str,
        who: &Who<'w>,
    ) -> Option<Part<'w>> {
        let network = &who.signals.reputation.network;
        Some(match part {
            KeyPart::Address => Part::of(who.client, PrefixLengths::default()),
            KeyPart::Subnet => self.subnet(limit, who),
            KeyPart::Asn => Part::Number(network.asn?.get().to_be_bytes()),
            KeyPart::Country => Part::Country(network.country?.to_bytes()),
            KeyPart::Route => Part::Borrowed(route.as_bytes()),
            KeyPart::Account => Part::Borrowed(who.account?),
            KeyPart::Session => Part::Borrowed(who.session?),
        })
    }

    fn subnet<'w>(&self, limit: &LimitPolicy, who: &Who<'_>) -> Part<'w> {
        Part::of(who.client, limit.subnet.unwrap_or(self.subnet))
    }

    /// Does these operations, and counts what they cost the table.
    fn run(&self, operations: &[Operation], now: Time, host: &impl Host) -> Vec<Option<Taken>> {
        if operations.is_empty() {
            return Vec::new();
        }
        let all = self.table.run_all(operations, now, host);
        for taken in all.iter().flatten() {
            count_written(taken.written, host);
        }
        all
    }
}

fn count_written(written: Written, host: &impl Meter) {
    match written {
        Written::Evicted => host.meter(Event::CounterEvicted),
        Written::NoRoom | Written::GaveUp | Written::Unavailable => host.meter(Event::CountGivenUp),
        Written::Unchanged | Written::Stored | Written::ReplacedExpired => {}
    }
}

/// A part of a key, as bytes.
enum Part<'w> {
    Borrowed(&'w [u8]),
    Prefix([u8; 17]),
    Owned(Vec<u8>),
    Number([u8; 4]),
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
            Self::Country(bytes) => bytes,
        }
    }
}

/// What tells the counters of a limit from those of another one of its name. The numbers with which they are compared, and what
/// follows, are no part of it: whoever makes a limit stricter forgives nobody. The lengths of prefixes stand in every key.
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
        Count::Distinct(Told::Agent, _) => 4,
        Count::Distinct(Told::Part(part), _) => u64::from(key_part_number(*part)).saturating_add(4),
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
    }
}

/// Half of a number, at least one.
fn half(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number / 2).unwrap_or(NonZeroU32::MIN)
}
