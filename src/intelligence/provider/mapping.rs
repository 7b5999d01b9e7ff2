//! Where each signal stands in an answer: the compiled form of [`RawFields`].

use crate::intelligence::{AsnType, Flag, Flags, Score};
use crate::json::{Mistakes, Place};

use super::fields::{
    RawAsnType, RawDirection, RawFields, RawFlag, RawFlagTest, RawOtherwise, RawPosition, RawScore,
    RawTest,
};
use super::path::FieldPath;
use super::read;

/// The places of all signals.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Mapping {
    pub(super) flags: Vec<FlagPlace>,
    pub(super) scores: Vec<ScorePlace>,
    pub(super) asns: Vec<FieldPath>,
    pub(super) asn_types: Vec<AsnTypePlace>,
    pub(super) countries: Vec<FieldPath>,
    pub(super) positions: Vec<PositionPlace>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct FlagPlace {
    pub(super) flag: Flag,
    pub(super) path: FieldPath,
    pub(super) test: Test,
    pub(super) otherwise: RawOtherwise,
    pub(super) unless: Vec<Flag>,
    pub(super) fallback: bool,
}

impl FlagPlace {
    /// Whether what it says counts, beside what the places before it have said.
    pub(super) fn is_heeded(&self, before: &Flags) -> bool {
        !self.fallback || before.get(self.flag).is_none()
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    IsTrue,
    Present,
    OneOf(Vec<String>),
    AtLeast(f64),
    Domain(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct ScorePlace {
    pub(super) path: FieldPath,
    pub(super) scale: Scale,
    pub(super) words: Vec<(String, f64)>,
}

/// How a provider's number becomes a risk of 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    harmless: f64,
    hostile: f64,
}

impl Scale {
    /// A scale on which the first number is harmless and the second, another one, hostile.
    fn new(raw: &RawScore) -> Option<Self> {
        let (harmless, hostile) = match raw.direction {
            RawDirection::Risk => (raw.min, raw.max),
            RawDirection::Trust => (raw.max, raw.min),
        };
        let span = raw.max - raw.min;
        (span.is_finite() && span > 0.0).then_some(Self { harmless, hostile })
    }

    /// The risk; a number beyond the scale, such as a code of an error, says nothing.
    pub(super) fn score(self, number: f64) -> Option<Score> {
        let share = (number - self.harmless) / (self.hostile - self.harmless);
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::as_conversions,
            reason = "from 0 to 100"
        )]
        Some(Score::clamped((share * 100.0).round() as i64))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct AsnTypePlace {
    pub(super) path: FieldPath,
    pub(super) words: Vec<(String, AsnType)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PositionPlace {
    pub(super) degrees: Degrees,
    /// Where the radius stands, and the widest one.
    pub(super) radius: Option<(FieldPath, f64)>,
    /// One of them must say something, if there are any.
    pub(super) with: Vec<FieldPath>,
    /// None of them may be true.
    pub(super) without: Vec<FieldPath>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Degrees {
    Text(FieldPath),
    Pair {
        latitude: FieldPath,
        longitude: FieldPath,
    },
}

impl Mapping {
    /// Checks what the operator wrote; each problem is noted under its place.
    pub(super) fn compile(raw: &RawFields, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Self {
        let mut flags = Vec::new();
        for flag in Flag::ALL {
            let compile = |raw: &RawFlag, at: &Place<'_>, mistakes: &mut Mistakes<'_>| {
                flag_place(flag, raw, at, mistakes)
            };
            flags.extend(places(
                raw.flag(flag),
                &at.field(flag.name()),
                mistakes,
                compile,
            ));
        }
        let mapping = Self {
            flags,
            scores: places(&raw.score, &at.field("score"), mistakes, score_place),
            asns: places(&raw.asn, &at.field("asn"), mistakes, field_path),
            asn_types: places(
                &raw.asn_type,
                &at.field("asn_type"),
                mistakes,
                asn_type_place,
            ),
            countries: places(&raw.country, &at.field("country"), mistakes, field_path),
            positions: places(
                &raw.position,
                &at.field("position"),
                mistakes,
                position_place,
            ),
        };
        if *raw == RawFields::default() {
            mistakes.add(at, &"expected at least one signal, such as vpn or score");
        }
        mapping
    }
}

/// More than any API needs, and a bound on the work of one answer.
const MAX_PLACES: usize = 32;

fn places<R, T>(
    raw: &Option<Vec<R>>,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
    compile: impl Fn(&R, &Place<'_>, &mut Mistakes<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(raw) = raw else { return Vec::new() };
    if raw.is_empty() || raw.len() > MAX_PLACES {
        refuse_count(at, raw.len(), mistakes);
    }
    raw.iter()
        .take(MAX_PLACES)
        .enumerate()
        .filter_map(|(index, raw)| compile(raw, &at.element(index), mistakes))
        .collect()
}

/// The same for all kinds of places: once in the filter, not once for each.
#[inline(never)]
fn refuse_count(at: &Place<'_>, count: usize, mistakes: &mut Mistakes<'_>) {
    let sentence = format_args!("expected 1 to {MAX_PLACES} places, not {count}");
    mistakes.add(at, &sentence);
}

#[expect(
    clippy::ptr_arg,
    reason = "the shape that `places` asks for when a place is written as a text"
)]
fn field_path(text: &String, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<FieldPath> {
    mistakes.take(at, text.parse())
}

fn flag_place(
    flag: Flag,
    raw: &RawFlag,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<FlagPlace> {
    let raw = match raw {
        RawFlag::Path(path) => {
            return Some(FlagPlace {
                flag,
                path: field_path(path, at, mistakes)?,
                test: Test::IsTrue,
                otherwise: RawOtherwise::No,
                unless: Vec::new(),
                fallback: false,
            });
        }
        RawFlag::Test(raw) => raw,
    };
    let path = field_path(&raw.path, &at.field("path"), mistakes);
    let test = mistakes.take(&at.field("when"), test(raw));
    let mut unless = Vec::new();
    for (index, name) in raw.unless.iter().enumerate() {
        match Flag::from_name(name) {
            Some(other) if other != flag => unless.push(other),
            _ => mistakes.add(
                &at.field("unless").element(index),
                &format_args!("expected another flag than {}, such as vpn", flag.name()),
            ),
        }
    }
    Some(FlagPlace {
        flag,
        path: path?,
        test: test?,
        otherwise: raw.otherwise,
        unless,
        fallback: raw.fallback,
    })
}

fn test(raw: &RawFlagTest) -> Result<Test, &'static str> {
    match &raw.when {
        None => Ok(Test::IsTrue),
        Some(RawTest::Present) => Ok(Test::Present),
        Some(RawTest::OneOf(words))
            if words.is_empty() || words.iter().any(|word| word.0.is_empty()) =>
        {
            Err("expected one_of with at least one word and no empty one")
        }
        Some(RawTest::OneOf(words)) => Ok(Test::OneOf(
            words.iter().map(|word| word.0.clone()).collect(),
        )),
        Some(RawTest::AtLeast(number)) if !number.is_finite() => {
            Err("expected at_least with a finite number")
        }
        Some(RawTest::AtLeast(number)) => Ok(Test::AtLeast(*number)),
        Some(RawTest::Domain(domains))
            if domains.is_empty() || !domains.iter().all(|domain| read::is_host_name(domain)) =>
        {
            Err("expected domain with at least one host name, such as googlebot.com")
        }
        Some(RawTest::Domain(domains)) => Ok(Test::Domain(domains.clone())),
    }
}

fn score_place(raw: &RawScore, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> Option<ScorePlace> {
    let path = field_path(&raw.path, &at.field("path"), mistakes);
    let scale = mistakes.require(at, Scale::new(raw), &"expected min below max");
    for (word, _) in raw.words.iter().filter(|(_, number)| !number.is_finite()) {
        mistakes.add(&at.field("words").field(word), &"expected a finite number");
    }
    Some(ScorePlace {
        path: path?,
        scale: scale?,
        words: raw
            .words
            .iter()
            .map(|(word, number)| (word.clone(), *number))
            .collect(),
    })
}

fn asn_type_place(
    raw: &RawAsnType,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<AsnTypePlace> {
    let raw = match raw {
        RawAsnType::Path(path) => {
            return Some(AsnTypePlace {
                path: field_path(path, at, mistakes)?,
                words: Vec::new(),
            });
        }
        RawAsnType::Words(raw) => raw,
    };
    let path = field_path(&raw.path, &at.field("path"), mistakes);
    let mut words = Vec::new();
    for (word, name) in &raw.words {
        match AsnType::from_name(name) {
            Some(kind) => words.push((word.clone(), kind)),
            None => mistakes.add(
                &at.field("words").field(word),
                &format_args!("expected isp, hosting, business, education, government or mobile"),
            ),
        }
    }
    Some(AsnTypePlace { path: path?, words })
}

/// What is wider than a region tells no place.
const WIDEST_RADIUS: u16 = 200;

fn check_radius(widest: u16, at: &Place<'_>, mistakes: &mut Mistakes<'_>) -> f64 {
    if !(1..=1_000).contains(&widest) {
        mistakes.add(at, &"expected 1 to 1000 km");
    }
    f64::from(widest)
}

fn position_place(
    raw: &RawPosition,
    at: &Place<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Option<PositionPlace> {
    let raw = match raw {
        RawPosition::Path(path) => {
            return Some(PositionPlace {
                degrees: Degrees::Text(field_path(path, at, mistakes)?),
                radius: None,
                with: Vec::new(),
                without: Vec::new(),
            });
        }
        RawPosition::Place(raw) => raw,
    };
    let degrees = match (&raw.path, &raw.latitude, &raw.longitude) {
        (Some(path), None, None) => {
            field_path(path, &at.field("path"), mistakes).map(Degrees::Text)
        }
        (None, Some(latitude), Some(longitude)) => {
            let latitude = field_path(latitude, &at.field("latitude"), mistakes);
            let longitude = field_path(longitude, &at.field("longitude"), mistakes);
            latitude
                .zip(longitude)
                .map(|(latitude, longitude)| Degrees::Pair {
                    latitude,
                    longitude,
                })
        }
        _ => {
            mistakes.add(at, &"expected either path, or latitude and longitude");
            None
        }
    };
    let widest = raw.max_radius.unwrap_or(WIDEST_RADIUS);
    let widest = check_radius(widest, &at.field("max_radius"), mistakes);
    let radius = raw.radius.as_ref().and_then(|path| {
        let path = field_path(path, &at.field("radius"), mistakes)?;
        Some((path, widest))
    });
    let mut several = |name: &str, paths: &[String]| -> Vec<FieldPath> {
        let at = &at.field(name);
        if paths.len() > MAX_PLACES {
            mistakes.add(at, &format_args!("expected at most {MAX_PLACES} paths"));
        }
        let paths = paths.iter().take(MAX_PLACES).enumerate();
        paths
            .filter_map(|(index, path)| field_path(path, &at.element(index), mistakes))
            .collect()
    };
    let (with, without) = (several("with", &raw.with), several("without", &raw.without));
    Some(PositionPlace {
        degrees: degrees?,
        radius,
        with,
        without,
    })
}
