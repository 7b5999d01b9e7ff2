//! The command line: names of applications (all of them without one), `--all`, `--write`, `--short`, `--scene=WORDS`.

use crate::application::{ALL, Application};

/// What is asked for.
pub(crate) struct Options {
    pub(crate) applications: Vec<&'static Application>,
    /// An application that this machine cannot have is a failure.
    pub(crate) all: bool,
    /// What was played is written into the table of the book, `docs/applications/runs.md`.
    pub(crate) writes: bool,
    /// What is left out.
    pub(crate) choice: Choice,
}

/// Which scenes are played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Only the main ones, in one mode.
    pub(crate) short: bool,
    /// Only those whose names hold one of these words; all, without any.
    pub(crate) words: Vec<String>,
}

impl Choice {
    /// Whether everything is played.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a scene is played.
    pub(crate) fn has(&self, scene: &str, is_main: bool) -> bool {
        let mut words = self.words.iter();
        (is_main || !self.short)
            && (self.words.is_empty() || words.any(|words| scene.contains(words)))
    }

    /// The modes of `allow_on_headers_stop_iteration` in which they are played.
    pub(crate) const fn modes(&self) -> &'static [bool] {
        if self.short { &[false] } else { &[true, false] }
    }
}

impl Options {
    /// # Errors
    /// With words for the caller, when an argument is not known.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            applications: Vec::new(),
            all: false,
            writes: false,
            choice: Choice::default(),
        };
        for argument in arguments {
            match argument.as_str() {
                // Cargo says so itself.
                "--bench" => {}
                "--all" => options.all = true,
                "--write" => options.writes = true,
                "--short" => options.choice.short = true,
                words if words.starts_with("--scene=") => {
                    let words = words.trim_start_matches("--scene=").to_owned();
                    options.choice.words.push(words);
                }
                name => {
                    let known = ALL.iter().find(|application| application.name == name);
                    options.applications.push(known.ok_or_else(|| {
                        let names: Vec<&str> = ALL.iter().map(|one| one.name).collect();
                        format!("{name:?} is no application; there are {}", names.join(", "))
                    })?);
                }
            }
        }
        if options.writes && !options.choice.is_all() {
            return Err("--write needs all scenes; --short and --scene leave some out".to_owned());
        }
        if options.applications.is_empty() {
            let starts_quickly = |one: &&Application| !options.choice.short || one.is_quick;
            options.applications = ALL.iter().filter(starts_quickly).collect();
        }
        Ok(options)
    }
}
