//! What rules are about: conditions on signals.

use std::rc::Rc;

use super::{ListIndex, NumberRange, ScaleRange, Signals, TravelSignal};
use crate::breach::BreachSignal;
use crate::fingerprint::Ja4Pattern;
use crate::intelligence::{AsnSet, AsnType, Connection, Country};
use crate::signals::{ClientSignal, Fact, Measure, Membership, Truth};

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
    /// The fact holds.
    Holds(Fact),
    /// The number is in the range.
    Within(Measure, NumberRange),
    /// The network is one of these.
    Asn(AsnSet),
    /// The network's type is one of these.
    AsnType(Vec<AsnType>),
    /// The country is one of these; sorted.
    Country(Vec<Country>),
    /// One of these connects the address.
    Connection(Vec<Connection>),
    /// The TLS fingerprint is one of these.
    Ja4(Vec<Ja4Pattern>),
    /// The client is on the operator's list; with the list's name.
    List(ListIndex, Rc<str>),
}

impl Condition {
    /// Holds whatever is known.
    pub const ALWAYS: Self = Self::All(Vec::new());

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

    /// Whether the two can never hold together, as far as their form says it: one is the opposite of the other, or asks
    /// for it.
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

    /// Whether any part is about the password.
    #[must_use]
    pub fn is_about_password(&self) -> bool {
        self.has(&|leaf| leaf.is_about_password())
    }

    /// Whether it may hold because of how this client is known to have travelled, which says something of its account
    /// or session.
    #[must_use]
    pub fn depends_on_trip(&self, signals: &Signals) -> bool {
        signals.travel.travel().is_some_and(|travel| {
            self.has(&|leaf| leaf.is_about_travel() || (leaf.is_about_score() && travel.impossible))
        })
    }

    /// Whether it may turn out otherwise once it is known how the client has travelled, or what its password is.
    #[must_use]
    pub fn awaits(&self, signals: &Signals) -> bool {
        self.awaits_trip(signals)
            || signals.breach == BreachSignal::Open && self.is_about_password()
    }

    fn awaits_trip(&self, signals: &Signals) -> bool {
        match signals.travel {
            TravelSignal::Open(score) => self.has(&|leaf| {
                leaf.is_about_travel() || (leaf.is_about_score() && score != signals.score)
            }),
            TravelSignal::Unknown | TravelSignal::Known(_) => false,
        }
    }

    /// Whether any part is such a test.
    pub(crate) fn has(&self, wanted: &impl Fn(&Leaf) -> bool) -> bool {
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
    /// The score is in the range.
    #[must_use]
    pub fn score(range: ScaleRange) -> Self {
        Self::Within(Measure::Score, range.into())
    }

    fn test(&self, signals: &Signals) -> Truth {
        let network = &signals.reputation.network;
        match self {
            Self::Holds(fact) => signals.truth(*fact),
            Self::Within(measure, range) => {
                let holds =
                    |number: Option<u32>| number.map(|number| range.contains(number)).into();
                let known: Truth = holds(signals.number(*measure));
                match signals.travel {
                    // It would be another score, had the client travelled faster than possible.
                    TravelSignal::Open(score)
                        if self.is_about_score()
                            && holds(score.map(|score| score.get().into())) != known =>
                    {
                        Truth::Unknown
                    }
                    _ => known,
                }
            }
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
            Self::Ja4(patterns) => {
                let is_one = |ja4| patterns.iter().any(|pattern| pattern.matches(&ja4));
                signals.ja4.map(is_one).into()
            }
            Self::List(list, _) => signals.lists.get(*list),
        }
    }

    const fn is_about_score(&self) -> bool {
        matches!(self, Self::Within(Measure::Score, _))
    }

    const fn is_about_travel(&self) -> bool {
        matches!(
            self,
            Self::Within(Measure::TravelSpeed | Measure::TravelKm, _)
                | Self::Holds(Fact::Client(ClientSignal::ImpossibleTravel))
        )
    }

    const fn is_about_password(&self) -> bool {
        use ClientSignal::{BreachedPassword, PasswordUnknown};
        matches!(
            self,
            Self::Within(Measure::PasswordBreaches, _)
                | Self::Holds(Fact::Client(BreachedPassword | PasswordUnknown))
        )
    }

    fn name(&self) -> &str {
        match self {
            Self::Holds(fact) => fact.name(),
            Self::Within(measure, _) => measure.name(),
            Self::Asn(_) => Membership::Asn.name(),
            Self::AsnType(_) => Membership::AsnType.name(),
            Self::Country(_) => Membership::Country.name(),
            Self::Connection(_) => Membership::Connection.name(),
            Self::Ja4(_) => Membership::Ja4.name(),
            Self::List(_, name) => name,
        }
    }
}

#[cfg(test)]
mod tests;
