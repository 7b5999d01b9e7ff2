//! How far a replay has come, on a terminal; and whether somebody has pressed Ctrl-C.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::interrupt;

/// A line at the foot of the terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    start: Instant,
    read: Arc<AtomicU64>,
    interrupted: Arc<AtomicBool>,
}

impl Progress {
    /// Begins; `read` counts the bytes of these files that were read.
    pub(super) fn begin(files: &[String], read: &Arc<AtomicU64>) -> Self {
        let sizes = files
            .iter()
            .map(|file| std::fs::metadata(file).ok().filter(|data| data.is_file()));
        let sizes: Option<Vec<u64>> = sizes.map(|data| data.map(|data| data.len())).collect();
        let whole = sizes.map(|sizes| {
            sizes
                .iter()
                .fold(0, |sum: u64, size| sum.saturating_add(*size))
        });
        let bar = match (std::io::stderr().is_terminal(), whole) {
            (false, _) => ProgressBar::hidden(),
            (true, Some(whole)) => {
                let bar = ProgressBar::new(whole);
                if let Ok(style) = ProgressStyle::with_template(
                    "{wide_bar} {percent} %  {bytes} of {total_bytes}  {msg}  {eta} left",
                ) {
                    bar.set_style(style);
                }
                bar
            }
            (true, None) => ProgressBar::new_spinner(),
        };
        Self {
            bar,
            start: Instant::now(),
            read: Arc::clone(read),
            // Where it cannot be heard, it ends the replay without a word.
            interrupted: interrupt::heard().unwrap_or_default(),
        }
    }

    /// Whether somebody has pressed Ctrl-C.
    pub(super) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// So many lines have been read.
    pub(super) fn tell(&self, lines: u64) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(self.read.load(Ordering::Relaxed));
        self.bar
            .set_message(format!("{} lines/s", rate(lines, self.start.elapsed())));
    }

    /// How long it took.
    pub(super) fn end(&self) -> Duration {
        self.bar.finish_and_clear();
        self.start.elapsed()
    }
}

/// So many a second.
pub(super) fn rate(lines: u64, time: Duration) -> u64 {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    lines
        .saturating_mul(1_000)
        .checked_div(milliseconds.max(1))
        .unwrap_or(0)
}
