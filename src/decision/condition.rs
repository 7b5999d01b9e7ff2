use std::ops::Not;
use std::rc::Rc;

use super::{AgentSignal, ListIndex, NumberRange, ScaleRange, Signals, Trip};
use crate::intelligence::{AsnSet, AsnType, Connection, Country, Flag, Score};

/// Kleene's three-valued logic: of two, the lesser is "and", the greater is "or".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold.
    False,
    /// Nobody knows.
    Unknown,
    /// It holds.
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl From<Option<bool>> for Truth {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::from)
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A single signal.
    Leaf(Leaf),
    /// At least one holds.
    Any(Vec<Condition>),
    /// All hold.
    All(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

/// A test of one signal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// The flag holds.
    Flag(Flag),
    /// The score is in the range.
    Score(ScaleRange),
    /// The share of logins from the network that fail, in percent, is in the range.
    AsnFailureRate(ScaleRange),
    /// The network is one of these.
    Asn(AsnSet),
    /// The network's type is one of these.
    AsnType(Vec<AsnType>),
    /// The country is one of these; sorted.
    Country(Vec<Country>),
    /// One of these connects the address.
    Connection(Vec<Connection>),
    /// The User-Agent's signal holds.
    Agent(AgentSignal),
    /// The client is on the operator's list; with the list's name.
    List(ListIndex, Rc<str>),
    /// The address is private or reserved.
    Private,
    /// Nothing is known of the address.
    Unknown,
    /// The least speed since the last successful login is in the range, in km/h.
    TravelSpeed(NumberRange),
    /// The distance from the last successful login is in the range, in kilometres.
    TravelKm(NumberRange),
    /// That is faster than possible.
    ImpossibleTravel,
}

impl Condition {
    /// Whether the condition holds.
    #[must_use]
    pub fn test(&self, signals: &Signals) -> Truth {
        match self {
            Self::Leaf(leaf) => leaf.test(signals),
            Self::Not(inner) => !inner.test(signals),
            Self::Any(parts) => strongest(parts, signals, Truth::True),
            Self::All(parts) => strongest(parts, signals, Truth::False),
        }
    }

    /// The name of the first signal that made the condition hold, for reasons and counters.
    #[must_use]
    pub fn cause(&self, signals: &Signals) -> Option<&str> {
        match self {
            Self::Leaf(leaf) => (leaf.test(signals) == Truth::True).then(|| leaf.name()),
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().find_map(|part| part.cause(signals))
            }
            Self::Not(_) => None,
        }
    }

    /// Whether the two can never hold together, as far as their form says it: one is the opposite of the other, or asks for it.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        let is_opposite =
            |one: &Self, another: &Self| matches!(one, Self::Not(inner) if **inner == *another);
        let parts = |all: &Self, one: &Self| matches!(all, Self::All(parts) if parts.iter().any(|part| part.excludes(one)));
        is_opposite(self, other)
            || is_opposite(other, self)
            || parts(self, other)
            || parts(other, self)
    }

    /// Whether any part is about travel.
    #[must_use]
    pub fn is_about_travel(&self) -> bool {
        self.has(&|leaf| leaf.is_about_travel())
    }

    /// Whether it may hold because of how this client is known to have travelled, which says something of its account or session.
    #[must_use]
    pub fn depends_on_trip(&self, signals: &Signals) -> bool {
        signals.trip.travel().is_some_and(|travel| {
            self.has(&|leaf| {
                leaf.is_about_travel() || (matches!(leaf, Leaf::Score(_)) && travel.impossible)
            })
        })
    }

    /// Whether it may turn out otherwise once it is known how the client has travelled.
    #[must_use]
    pub fn awaits_trip(&self, signals: &Signals) -> bool {
        match signals.trip {
            Trip::Open(score) => self.has(&|leaf| {
                leaf.is_about_travel() || (matches!(leaf, Leaf::Score(_)) && score != signals.score)
            }),
            Trip::Unknown | Trip::Known(_) => false,
        }
    }

    fn has(&self, wanted: &impl Fn(&Leaf) -> bool) -> bool {
        match self {
            Self::Leaf(leaf) => wanted(leaf),
            Self::Not(inner) => inner.has(wanted),
            Self::Any(parts) | Self::All(parts) => parts.iter().any(|part| part.has(wanted)),
        }
    }
}

/// `decisive` settles the matter at once; else any unknown part leaves it unknown.
fn strongest(parts: &[Condition], signals: &Signals, decisive: Truth) -> Truth {
    let mut result = !decisive;
    for part in parts {
        let truth = part.test(signals);
        if truth == decisive {
            return decisive;
        }
        if truth == Truth::Unknown {
            result = Truth::Unknown;
        }
    }
    result
}

impl Leaf {
    fn test(&self, signals: &Signals) -> Truth {
        let network = &signals.reputation.network;
        match self {
            Self::Flag(flag) => signals.reputation.flags.get(*flag).into(),
            Self::Score(range) => {
                let holds =
                    |score: Option<Score>| score.map(|score| range.contains(score.get())).into();
                match signals.trip {
                    Trip::Open(score) if holds(score) != holds(signals.score) => Truth::Unknown,
                    _ => holds(signals.score),
                }
            }
            Self::AsnFailureRate(range) => signals
                .asn_failure_rate
                .map(|rate| range.contains(rate.get()))
                .into(),
            Self::Asn(asns) => network.asn.map(|asn| asns.contains(asn)).into(),
            Self::AsnType(types) => network.asn_type.map(|kind| types.contains(&kind)).into(),
            Self::Country(countries) => network
                .country
                .map(|country| countries.binary_search(&country).is_ok())
                .into(),
            Self::Connection(kinds) => {
                let connection = signals.reputation.connection();
                connection.map(|kind| kinds.contains(&kind)).into()
            }
            Self::Agent(signal) => signals.agent.get(*signal),
            Self::List(list, _) => signals.lists.get(*list),
            Self::Private => signals.private.into(),
            Self::Unknown => signals.unknown,
            Self::TravelSpeed(range) => {
                let travel = signals.trip.travel();
                travel.map(|travel| range.contains(travel.speed)).into()
            }
            Self::TravelKm(range) => {
                let travel = signals.trip.travel();
                travel.map(|travel| range.contains(travel.km.into())).into()
            }
            Self::ImpossibleTravel => signals.trip.travel().map(|travel| travel.impossible).into(),
        }
    }

    const fn is_about_travel(&self) -> bool {
        matches!(
            self,
            Self::TravelSpeed(_) | Self::TravelKm(_) | Self::ImpossibleTravel
        )
    }

    fn name(&self) -> &str {
        match self {
            Self::Flag(flag) => flag.name(),
            Self::Score(_) => "score",
            Self::AsnFailureRate(_) => "asn_failure_rate",
            Self::Asn(_) => "asn",
            Self::AsnType(_) => "asn_type",
            Self::Country(_) => "country",
            Self::Connection(_) => "connection",
            Self::Agent(signal) => signal.name(),
            Self::List(_, name) => name,
            Self::Private => "private",
            Self::Unknown => "unknown",
            Self::TravelSpeed(_) => "travel_speed",
            Self::TravelKm(_) => "travel_km",
            Self::ImpossibleTravel => "impossible_travel",
        }
    }
}

#[cfg(test)]
mod tests;
