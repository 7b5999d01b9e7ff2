//! Ctrl-C, of commands that tell what they know by then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The status with which a command ends that was stopped: what it has told is not all.
pub(crate) const STATUS: u8 = 130;

/// What is true as soon as somebody has pressed Ctrl-C. Whoever presses it twice wants to wait no more: that ends the
/// command. At most once in a process.
///
/// # Errors
/// When it cannot be heard: then the first one ends the command, as it does everywhere.
pub(crate) fn heard() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let pressed = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&pressed);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(STATUS.into());
        }
    })?;
    Ok(pressed)
}
