//! Pages that are made of the code, and not written: `make reference` makes them anew.

use palisade::telemetry::Family;

use super::tables::metric_row;
use super::{ROOT, command_line, settings, signals};

/// The environment variable with which this test writes the pages instead of comparing them.
const WRITE: &str = "PALISADE_WRITE_REFERENCE";

fn metrics() -> String {
    let mut page = String::from(
        "# Metrics\n\nThis page is made of the declarations by `make reference`. [Metrics](../observe/metrics.md) says how they are \
         read, and which ones to look at.\n\nThe names are those of `/stats/prometheus`, with the labels that the `stats_tags` of \
         [envoy/ipasis.yaml](../../envoy/ipasis.yaml) make. In `/stats`, each is `wasmcustom.NAME.LABEL=VALUE`, such as \
         `wasmcustom.palisade_requests.route=login.verdict=deny`. Where a policy does not have what stands under *only with*, \
         there is no series.\n\n<!-- metrics -->\n| metric | kind | unit | labels | only with | counts |\n|---|---|---|---|---|---|\n",
    );
    for family in Family::ALL {
        page += &format!("| {} |\n", metric_row(family).join(" | "));
    }
    page
}

#[test]
fn the_reference_is_what_the_code_declares() {
    for (file, made) in [
        ("docs/reference/settings.md", settings::page()),
        ("docs/reference/signals.md", signals::page()),
        ("docs/reference/metrics.md", metrics()),
        ("docs/reference/cli.md", command_line::page()),
    ] {
        let path = std::path::Path::new(ROOT).join(file);
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            there == made,
            "{file} is not what the code declares: run `make reference`"
        );
    }
}
