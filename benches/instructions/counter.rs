//! Instructions, counted by a plugin of QEMU's user-mode emulation: slow, but repeatable within half a percent, which
//! time never is.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// QEMU and the plugin that counts.
pub(crate) struct Counter {
    qemu: String,
    plugin: PathBuf,
}

impl Counter {
    /// What it takes to count, or in one line what is missing. `target` is where the plugin is compiled to.
    pub(crate) fn find(target: &Path) -> Result<std::result::Result<Self, String>> {
        let qemu = format!("qemu-{}", std::env::consts::ARCH);
        let Ok(version) = Command::new(&qemu).arg("--version").output() else {
            return Ok(Err(format!("no {qemu}; apt-get install qemu-user")));
        };
        let version = String::from_utf8(version.stdout)?;
        // The oldest version of the plugin interface that each QEMU still takes.
        let interface = if minor(&version) < Some((8, 2)) { 1 } else { 2 };
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions/plugin.c");
        let plugin = target.join("instructions.so");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2"])
            .arg(format!("-DINTERFACE={interface}"))
            .arg("-o")
            .arg(&plugin)
            .arg(&source)
            .status();
        if !compiled.is_ok_and(|status| status.success()) {
            return Ok(Err(format!("cc could not compile {}", source.display())));
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

/// The instructions that all threads of what counts into `directory` have executed.
pub(crate) fn read(directory: &Path) -> Result<u64> {
    let bytes = std::fs::read(counts(directory))?;
    let (numbers, _) = bytes.as_chunks();
    Ok(numbers
        .iter()
        .map(|number| u64::from_ne_bytes(*number))
        .sum())
}
