//! A wall clock that a test sets.

use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The wall clock of one Envoy. Its monotonic one, by which its own timers run, goes on as it does.
#[derive(Debug)]
pub struct Clock {
    directory: TempDir,
}

impl Clock {
    /// A clock that goes right. Needs a C compiler, as Rust's linker does.
    pub fn new() -> Self {
        let directory = TempDir::with_prefix("palisade-clock-").unwrap();
        let clock = Self { directory };
        clock.set(0);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/clock.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-o"])
            .arg(clock.resolver())
            .arg(source)
            .arg("-ldl")
            .status()
            .unwrap();
        assert!(compiled.success());
        clock
    }

    /// Sets it so many seconds ahead of the right time, or behind it.
    pub fn set(&self, seconds: i64) {
        let new = self.directory.path().join("new");
        std::fs::write(&new, seconds.to_string()).unwrap();
        std::fs::rename(&new, self.step()).unwrap();
    }

    fn resolver(&self) -> PathBuf {
        self.directory.path().join("clock.so")
    }

    fn step(&self) -> PathBuf {
        self.directory.path().join("step")
    }

    /// What a process must be told whose clock this is to be.
    pub(super) fn variables(&self) -> [(String, PathBuf); 2] {
        [
            ("LD_PRELOAD".to_owned(), self.resolver()),
            ("CLOCK_STEP".to_owned(), self.step()),
        ]
    }
}
