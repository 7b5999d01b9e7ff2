//! The command line: names of applications (all of them without one), `--all`, `--write`.

use crate::application::{ALL, Application};

/// What is asked for.
pub(crate) struct Options {
    pub(crate) applications: Vec<&'static Application>,
    /// An application that this machine cannot have is a failure.
    pub(crate) all: bool,
    /// The table of the book, `docs/applications/runs.md`, is written anew.
    pub(crate) writes: bool,
}

impl Options {
    /// # Errors
    /// With words for the caller, when an argument is not known.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            applications: Vec::new(),
            all: false,
            writes: false,
        };
        for argument in arguments {
            match argument.as_str() {
                // Cargo says so itself.
                "--bench" => {}
                "--all" => options.all = true,
                "--write" => options.writes = true,
                name => {
                    let known = ALL.iter().find(|application| application.name == name);
                    options.applications.push(known.ok_or_else(|| {
                        let names: Vec<&str> = ALL.iter().map(|one| one.name).collect();
                        format!("{name:?} is no application; there are {}", names.join(", "))
                    })?);
                }
            }
        }
        if options.applications.is_empty() {
            options.applications = ALL.iter().collect();
        }
        Ok(options)
    }
}
