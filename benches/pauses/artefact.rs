//! The filter that times its callbacks.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the filter with the feature `pauses`, where it cannot be taken for what ships.
///
/// # Errors
/// What is missing.
pub(crate) fn build() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("target/pauses");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--release", "--lib"])
        .args(["--target", "wasm32-wasip1", "--features", "pauses"])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(root)
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    match status.success() {
        true => Ok(target.join("wasm32-wasip1/release/palisade.wasm")),
        false => Err("the filter does not build; rustup target add wasm32-wasip1".to_owned()),
    }
}
