//! What the tests need beside Rust, got by `scripts/browser.sh` unless it is named in the environment.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where everything stands.
pub(crate) struct Tools {
    /// Chromium's binary.
    pub(crate) chromium: String,
    packages: String,
}

impl Tools {
    /// Asked once for all tests.
    pub(crate) fn get() -> &'static Self {
        static TOOLS: OnceLock<Tools> = OnceLock::new();
        TOOLS.get_or_init(|| {
            let variable = |name: &str| std::env::var(name).ok();
            if let (Some(chromium), Some(packages)) =
                (variable("CHROMIUM"), variable("NODE_PACKAGES"))
            {
                return Self { chromium, packages };
            }
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/browser.sh");
            // What it says is shown at once: it may have much to get.
            let output = Command::new(script).stderr(Stdio::inherit()).output();
            let output = output.expect(script);
            assert!(output.status.success(), "{script} has failed, see above");
            let printed = String::from_utf8(output.stdout).expect("text");
            let (chromium, packages) = printed
                .trim_end()
                .strip_prefix("CHROMIUM=")
                .and_then(|rest| rest.split_once(" NODE_PACKAGES="))
                .expect("both");
            Self {
                chromium: chromium.to_owned(),
                packages: packages.to_owned(),
            }
        })
    }

    /// A file of a package.
    pub(crate) fn file(&self, name: &str) -> String {
        let path = format!("{}/{name}", self.packages);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}
