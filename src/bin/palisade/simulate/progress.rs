//! How far a simulation is, and whether it is to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How far a simulation is. Ctrl-C stops it; what is known by then is told.
pub(super) struct Progress {
    bar: ProgressBar,
    stopped: Arc<AtomicBool>,
}

impl Progress {
    /// Of so many logins and attempts. The bar is on the standard error, if that is a terminal.
    pub(super) fn new(total: u64, stopped: Arc<AtomicBool>) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = "{msg} {wide_bar} {percent}% {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self { bar, stopped }
    }

    /// What is simulated now.
    pub(super) fn name(&self, name: &str) {
        self.bar.set_message(name.to_owned());
    }

    /// So many more are done.
    pub(super) fn add(&self, more: u64) {
        self.bar.inc(more);
    }

    /// Whether it is to stop.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
