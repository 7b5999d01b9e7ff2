use log::{LevelFilter, Log, Metadata, Record};

use super::abi;

/// Sends log lines to the host, which filters them by its own level.
struct HostLogger;

impl Log for HostLogger {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        abi::log(record.level(), &record.args().to_string());
    }

    fn flush(&self) {}
}

/// Makes the `log` macros write to the host. A second call changes nothing.
pub(super) fn install() {
    if log::set_logger(&HostLogger).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}
