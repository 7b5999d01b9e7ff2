//! The command line: names of applications (all of them without one), `--all`, `--write`, `--short`.

use crate::application::{ALL, Application};

/// What is asked for.
pub(crate) struct Options {
    pub(crate) applications: Vec<&'static Application>,
    /// An application that this machine cannot have is a failure.
    pub(crate) all: bool,
    /// What was played is written into the table of the book, `docs/applications/runs.md`.
    pub(crate) writes: bool,
    /// Only the main scenes are played, in both modes.
    pub(crate) short: bool,
}

impl Options {
    /// # Errors
    /// With words for the caller, when an argument is not known.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            applications: Vec::new(),
            all: false,
            writes: false,
            short: false,
        };
        for argument in arguments {
            match argument.as_str() {
                // Cargo says so itself.
                "--bench" => {}
                "--all" => options.all = true,
                "--write" => options.writes = true,
                "--short" => options.short = true,
                name => {
                    let known = ALL.iter().find(|application| application.name == name);
                    options.applications.push(known.ok_or_else(|| {
                        let names: Vec<&str> = ALL.iter().map(|one| one.name).collect();
                        format!("{name:?} is no application; there are {}", names.join(", "))
                    })?);
                }
            }
        }
        if options.writes && options.short {
            return Err("--write needs all scenes, and --short leaves some out".to_owned());
        }
        if options.applications.is_empty() {
            options.applications = ALL.iter().collect();
        }
        Ok(options)
    }
}
