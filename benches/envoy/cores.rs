//! One core for Envoy, another for the load, so that neither disturbs the other.

use std::process::{Command, Stdio};

use crate::Result;

pub(crate) struct Cores {
    /// The core that a measured Envoy runs on; `None` where there is only one.
    envoy: Option<u32>,
    /// Every core that may be used.
    all: String,
}

impl Cores {
    /// Moves this process to the second core that it may use and keeps the first for Envoy.
    pub(crate) fn take() -> Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let all = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
            .ok_or("/proc/self/status names no cores")?
            .trim()
            .to_owned();
        let [envoy, load, ..] = list(&all)[..] else {
            println!("only one core: Envoy and the load share it, expect noise");
            return Ok(Self { envoy: None, all });
        };
        let moved = Command::new("taskset")
            .args(["-cp", &load.to_string(), &std::process::id().to_string()])
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("taskset: {error}; apt-get install util-linux"))?;
        if !moved.success() {
            return Err(format!("taskset could not move the load to core {load}").into());
        }
        Ok(Self {
            envoy: Some(envoy),
            all,
        })
    }

    /// Runs a program on Envoy's core alone.
    pub(crate) fn pinned(&self) -> Command {
        self.on(&self
            .envoy
            .map_or_else(|| self.all.clone(), |core| core.to_string()))
    }

    /// Runs a program on every core.
    pub(crate) fn shared(&self) -> Command {
        self.on(&self.all)
    }

    fn on(&self, cores: &str) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", cores]);
        command
    }
}

/// The numbers in a list such as `0-1,4`.
fn list(text: &str) -> Vec<u32> {
    text.split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.parse().ok()?..=last.parse().ok()?)
        })
        .flatten()
        .collect()
}
