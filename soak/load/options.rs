//! What the command line says.

use std::time::Duration;

/// The options, all of which have a default.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// How long requests are sent.
    pub(crate) time: Duration,
    /// Requests in a second, on average.
    pub(crate) rate: u64,
    pub(crate) seed: u64,
    /// From one change of the configuration to the next.
    pub(crate) reload: Duration,
    /// Whether Envoy hands over bodies behind held heads: `allow_on_headers_stop_iteration`.
    pub(crate) flag: bool,
    /// Whether a violation does not end the run.
    pub(crate) keep_going: bool,
    /// Whether progress is printed.
    pub(crate) progress: bool,
}

pub(crate) const USAGE: &str = "cargo bench --bench soak --
    [--minutes N] [--seconds N] [--rate N] [--seed N] [--reload SECONDS] [--without-flag] [--keep-going]";

impl Options {
    /// Twenty seconds, as `make test` runs it.
    pub(crate) const SHORT: Self = Self {
        time: Duration::from_secs(20),
        rate: 100,
        seed: 1,
        reload: Duration::from_secs(4),
        flag: true,
        keep_going: false,
        progress: false,
    };

    /// Reads the arguments.
    ///
    /// # Errors
    /// Says which argument is wrong, and what was expected.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            time: Duration::from_secs(600),
            rate: 150,
            reload: Duration::from_secs(15),
            progress: true,
            ..Self::SHORT
        };
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let text = arguments
                    .next()
                    .ok_or_else(|| format!("{argument} needs a value"))?;
                let number = text.replace('_', "").parse::<u64>();
                number.map_err(|_| format!("{text:?} is no number"))
            };
            match argument.as_str() {
                "--bench" => {}
                "--minutes" => options.time = Duration::from_secs(number()?.max(1) * 60),
                "--seconds" => options.time = Duration::from_secs(number()?.max(10)),
                "--rate" => options.rate = number()?.clamp(1, 2_000),
                "--seed" => options.seed = number()?,
                "--reload" => options.reload = Duration::from_secs(number()?.max(3)),
                "--without-flag" => options.flag = false,
                "--keep-going" => options.keep_going = true,
                other => return Err(format!("{other:?} is no option; usage: {USAGE}")),
            }
        }
        Ok(options)
    }
}
