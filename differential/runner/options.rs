//! What the command line says.

use super::place::Place;

/// The options, all of which have a default.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Requests for each framework and place.
    pub(crate) requests: u64,
    pub(crate) seed: u64,
    /// Only these; empty is all.
    pub(crate) frameworks: Vec<String>,
    pub(crate) places: Vec<Place>,
    /// How many differences of one framework and place are made as small as possible.
    pub(crate) shrink: usize,
    /// Whether a framework that cannot be had is a mistake: where CI has promised it.
    pub(crate) all: bool,
}

pub(crate) const USAGE: &str = "cargo bench --bench differential --
    [--requests N] [--seed N] [--framework NAME].. [--place NAME].. [--shrink N] [--all]";

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// Says which argument is wrong, and what was expected.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            requests: 20_000,
            seed: 1,
            frameworks: Vec::new(),
            places: Vec::new(),
            shrink: 40,
            all: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--bench" => {}
                "--all" => options.all = true,
                "--requests" => options.requests = number(&value()?)?,
                "--seed" => options.seed = number(&value()?)?,
                "--shrink" => {
                    options.shrink = usize::try_from(number(&value()?)?).unwrap_or(usize::MAX)
                }
                "--framework" => options.frameworks.push(value()?),
                "--place" => {
                    let name = value()?;
                    let place = Place::ALL.into_iter().find(|place| place.name() == name);
                    let names = Place::ALL.map(Place::name).join(", ");
                    options.places.push(
                        place.ok_or_else(|| {
                            format!("{name:?} is no place; expected one of {names}")
                        })?,
                    );
                }
                other => return Err(format!("{other:?} is no option; usage: {USAGE}")),
            }
        }
        if options.places.is_empty() {
            options.places = Place::ALL.to_vec();
        }
        Ok(options)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.replace('_', "")
        .parse()
        .map_err(|_| format!("{text:?} is no number"))
}
