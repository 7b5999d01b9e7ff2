//! What the benchmark needs: an Envoy, Palisade and the filter that does nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::fleet::Service;

pub(crate) struct Artefacts {
    /// The Envoy binary.
    pub(crate) envoy: PathBuf,
    /// The filter, if it has been built.
    pub(crate) palisade: Option<PathBuf>,
    /// The filter that does nothing.
    pub(crate) noop: PathBuf,
    /// Where built things go.
    pub(crate) target: PathBuf,
    /// The rate limit service, if the machine has it.
    pub(crate) service: Option<Service>,
}

impl Artefacts {
    pub(crate) fn gather() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let target = root.join("target/bench");
        std::fs::create_dir_all(&target)?;
        let palisade = root.join("target/palisade.wasm");
        Ok(Self {
            envoy: envoy(root)?,
            palisade: palisade.is_file().then_some(palisade),
            noop: noop(root, &target)?,
            target,
            service: match Service::start(root) {
                Ok(service) => Some(service),
                Err(missing) => {
                    println!("a fleet is left out: {missing}");
                    None
                }
            },
        })
    }
}

/// The path that `scripts/envoy.sh` prints; without the script, `ENVOY`.
fn envoy(root: &Path) -> Result<PathBuf> {
    let script = root.join("scripts/envoy.sh");
    let path = if script.is_file() {
        let output = Command::new("sh").arg(&script).current_dir(root).output()?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("no Envoy: {}", reason.trim()).into());
        }
        PathBuf::from(String::from_utf8(output.stdout)?.trim())
    } else {
        std::env::var_os("ENVOY")
            .map(PathBuf::from)
            .ok_or("no Envoy: set ENVOY=/path/to/envoy")?
    };
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("no Envoy: {} is not a file", path.display()).into())
    }
}

/// Builds the filter that does nothing.
fn noop(root: &Path, target: &Path) -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--release"])
        .args(["--target", "wasm32-wasip1", "--manifest-path"])
        .arg(root.join("benches/noop/Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .status()?;
    if !status.success() {
        return Err(
            "benches/noop does not build; is the target there? rustup target add wasm32-wasip1"
                .into(),
        );
    }
    Ok(target.join("wasm32-wasip1/release/noop.wasm"))
}
