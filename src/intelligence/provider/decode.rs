//! An answer -> a [`Reputation`].

use crate::intelligence::network::is_of_satellites;
use crate::intelligence::{AsnType, Flag, Flags, Network, Position, Reputation};
use crate::json::Json;

use super::fields::RawOtherwise;
use super::mapping::{Degrees, FlagPlace, Mapping, PositionPlace, Test};
use super::path::FieldPath;
use super::read::{self, Reading};

/// What was read from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// What the answer says of the address.
    pub reputation: Reputation,
    /// How many places of the mapping exist in the answer in a form that can be read, null included. None at
    /// all means that the API has changed its answer, or that the mapping is wrong.
    pub mapped_fields: usize,
}

/// Reads every mapped signal. Bounded by the size of the answer times the number of places.
pub(super) fn decode(mapping: &Mapping, answer: &Json) -> Decoded {
    let mut reader = Reader {
        answer,
        mapped_fields: 0,
    };
    let asn = reader.first(&mapping.asns, |reader, path| {
        reader.first_value(path, read::asn)
    });
    let position = reader.first(&mapping.positions, Reader::position);
    let network = Network {
        asn,
        asn_type: reader.first(&mapping.asn_types, |reader, place| {
            reader.first_value(&place.path, |value| read::asn_type(value, &place.words))
        }),
        country: reader.first(&mapping.countries, |reader, path| {
            reader.first_value(path, read::country)
        }),
        position: position.filter(|_| !asn.is_some_and(is_of_satellites)),
    };
    let score = reader.first(&mapping.scores, |reader, place| {
        reader
            .first_value(&place.path, |value| {
                read::number_or_word(value, &place.words)
            })
            .and_then(|number| place.scale.score(number))
    });
    let mut flags = reader.flags(&mapping.flags);
    if network.asn_type == Some(AsnType::Mobile) && flags.get(Flag::Mobile).is_none() {
        flags.put(Flag::Mobile, Some(true));
    }
    Decoded {
        reputation: Reputation {
            flags,
            score,
            network,
        },
        mapped_fields: reader.mapped_fields,
    }
}

struct Reader<'a> {
    answer: &'a Json,
    mapped_fields: usize,
}

impl Reader<'_> {
    /// What the first place says that says anything. Every place is tried, so that all are counted.
    fn first<P, T>(
        &mut self,
        places: &[P],
        mut read: impl FnMut(&mut Self, &P) -> Option<T>,
    ) -> Option<T> {
        places.iter().fold(None, |known, place| {
            let said = read(self, place);
            known.or(said)
        })
    }

    /// What the first value at the path says that says anything.
    fn first_value<T>(
        &mut self,
        path: &FieldPath,
        read: impl Fn(&Json) -> Reading<T>,
    ) -> Option<T> {
        self.readings(path, read)
            .into_iter()
            .find_map(Reading::known)
    }

    fn readings<T>(
        &mut self,
        path: &FieldPath,
        read: impl Fn(&Json) -> Reading<T>,
    ) -> Vec<Reading<T>> {
        let readings: Vec<_> = path.find(self.answer).into_iter().map(read).collect();
        if readings
            .iter()
            .any(|reading| !matches!(reading, Reading::Unreadable))
        {
            self.mapped_fields = self.mapped_fields.saturating_add(1);
        }
        readings
    }

    fn position(&mut self, place: &PositionPlace) -> Option<Position> {
        let position = match &place.degrees {
            Degrees::Text(path) => self.first_value(path, read::position),
            Degrees::Pair {
                latitude,
                longitude,
            } => {
                let latitude = self.first_value(latitude, read::degrees);
                let longitude = self.first_value(longitude, read::degrees);
                read::place(latitude?, longitude?)
            }
        };
        // They are no signals, and do not show that the mapping fits.
        let says = |paths: &[FieldPath], read: fn(&Json) -> Reading<bool>| {
            let mut values = paths.iter().flat_map(|path| path.find(self.answer));
            values.any(|value| read(value) == Reading::Says(true))
        };
        let precise = place.with.is_empty() || says(&place.with, read::presence);
        let wide = place.radius.as_ref().is_some_and(|(path, widest)| {
            let mut radii = path.find(self.answer).into_iter();
            radii.any(|radius| {
                read::number(radius)
                    .known()
                    .is_some_and(|radius| radius > *widest)
            })
        });
        position.filter(|_| precise && !wide && !says(&place.without, read::flag))
    }

    /// All flags. Places with `unless` come second, so that their order among the flags does not matter.
    fn flags(&mut self, places: &[FlagPlace]) -> Flags {
        let mut flags = Flags::default();
        for place in places.iter().filter(|place| place.unless.is_empty()) {
            let said = self.flag(place);
            if place.is_heeded(&flags) {
                combine(&mut flags, place.flag, said);
            }
        }
        let unconditional = flags;
        for place in places.iter().filter(|place| !place.unless.is_empty()) {
            let said = self.flag(place);
            let explained = |other: &Flag| unconditional.get(*other) == Some(true);
            if place.is_heeded(&flags) && !place.unless.iter().any(explained) {
                combine(&mut flags, place.flag, said);
            }
        }
        flags
    }

    fn flag(&mut self, place: &FlagPlace) -> Option<bool> {
        let read = |value: &Json| match &place.test {
            Test::IsTrue => read::flag(value),
            Test::Present => read::presence(value),
            Test::OneOf(words) => read::membership(value, words),
            Test::Domain(domains) => read::below(value, domains),
            Test::AtLeast(least) => match read::number(value) {
                Reading::Says(number) => Reading::Says(number >= *least),
                Reading::Blank => Reading::Blank,
                Reading::Unreadable => Reading::Unreadable,
            },
        };
        let said = self
            .readings(&place.path, read)
            .into_iter()
            .filter_map(Reading::known)
            .reduce(|one, other| one || other);
        match (said, place.otherwise) {
            (Some(false), RawOtherwise::Unknown) => None,
            (said, _) => said,
        }
    }
}

/// Yes wins over no, and no over unknown.
fn combine(flags: &mut Flags, flag: Flag, said: Option<bool>) {
    if said == Some(true) || flags.get(flag).is_none() {
        flags.put(flag, said.or(flags.get(flag)));
    }
}
