//! Instructions for each request, counted by a plugin of QEMU's user-mode emulation.
//!
//! Much slower than the machine but repeatable within half a percent, which time never is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::Result;
use crate::artefacts::Artefacts;
use crate::load::{Clients, Limit};
use crate::process::{Launch, Starter};
use crate::statistics::Quartiles;
use crate::variant::Variant;

/// Addresses of clients: fewer than in the windows, because a lookup under QEMU takes its time.
const CLIENTS: u32 = 1_000;
/// Windows for each variant.
const WINDOWS: u32 = 5;

/// QEMU and the plugin that counts.
pub(crate) struct Counter {
    qemu: String,
    plugin: PathBuf,
}

impl Counter {
    /// What it takes to count, or in one line what is missing.
    pub(crate) fn find(artefacts: &Artefacts) -> Result<std::result::Result<Self, String>> {
        let qemu = format!("qemu-{}", std::env::consts::ARCH);
        let Ok(version) = Command::new(&qemu).arg("--version").output() else {
            return Ok(Err(format!("no {qemu}; apt-get install qemu-user")));
        };
        let version = String::from_utf8(version.stdout)?;
        // The oldest version of the plugin interface that each QEMU still takes.
        let interface = if minor(&version) < Some((8, 2)) { 1 } else { 2 };
        let plugin = artefacts.target.join("instructions.so");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2"])
            .arg(format!("-DINTERFACE={interface}"))
            .arg("-o")
            .arg(&plugin)
            .arg(&artefacts.plugin)
            .status();
        if !compiled.is_ok_and(|status| status.success()) {
            let source = artefacts.plugin.display();
            return Ok(Err(format!("cc could not compile {source}")));
        }
        Ok(Ok(Self { qemu, plugin }))
    }

    /// The command that a program is put behind, and that counts into `directory`.
    pub(crate) fn command(&self, directory: &Path) -> [String; 3] {
        let counts = counts(directory);
        let plugin = format!("file={},out={}", self.plugin.display(), counts.display());
        [self.qemu.clone(), "-plugin".to_owned(), plugin]
    }
}

/// Major and minor version in `qemu-x86_64 version 7.2.22 (Debian ...)`.
fn minor(version: &str) -> Option<(u32, u32)> {
    let number = version.split_ascii_whitespace().nth(2)?;
    let mut parts = number.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

fn counts(directory: &Path) -> PathBuf {
    directory.join("instructions")
}

/// The instructions that all threads have executed.
fn read(directory: &Path) -> Result<u64> {
    let bytes = std::fs::read(counts(directory))?;
    let (numbers, _) = bytes.as_chunks();
    Ok(numbers
        .iter()
        .map(|number| u64::from_ne_bytes(*number))
        .sum())
}

/// Thousands of instructions for each request of every variant and its baseline.
pub(crate) fn measure(
    starter: &Starter<'_>,
    counter: &Counter,
    variants: &[Variant],
) -> Result<BTreeMap<Variant, f64>> {
    let mut figures = BTreeMap::new();
    for variant in Variant::with_baselines(variants) {
        eprintln!("bench: instructions, {}", variant.name());
        let envoy = starter.start(variant.server(), Launch::Counted(counter))?;
        let mut load = envoy.load(1, Clients::new(CLIENTS))?;
        let limit = Limit {
            time: Duration::from_secs(60),
            requests: CLIENTS,
        };
        for _ in 0..2 {
            load.run(variant.request(), limit)?;
        }
        let mut windows = Vec::new();
        for _ in 0..WINDOWS {
            let before = read(envoy.path())?;
            let requests = load.run(variant.request(), limit)?;
            let executed = read(envoy.path())?.saturating_sub(before);
            windows.push(executed as f64 / 1e3 / f64::from(requests));
        }
        let quartiles = Quartiles::of(windows).ok_or("no window")?;
        figures.insert(variant, quartiles.median);
    }
    Ok(figures)
}
