//! What disturbs a thread on this machine that nothing of lower priority can interrupt.

use std::process::Command;
use std::time::{Duration, Instant};

/// The argument by which this program only reads the clock.
pub(crate) const WATCH: &str = "--watch-the-clock";

const WATCHED: Duration = Duration::from_secs(4);
/// A real-time thread that never sleeps is stopped by the kernel for a part of each second; one that rests is not.
const ROUND: Duration = Duration::from_millis(100);
const REST: Duration = Duration::from_millis(50);

/// How the threads of Envoy are scheduled.
pub(crate) const CHRT: [&str; 2] = ["--fifo", "--all-tasks"];
pub(crate) const PRIORITY: &str = "10";

/// The longest time between two readings of the clock, by a thread that does nothing else.
pub(crate) fn longest_gap() -> Duration {
    let mut longest = Duration::ZERO;
    let start = Instant::now();
    while start.elapsed() < WATCHED {
        let round = Instant::now();
        let mut last = round;
        while last - round < ROUND {
            let now = Instant::now();
            longest = longest.max(now - last);
            last = now;
        }
        std::thread::sleep(REST);
    }
    longest
}

/// What was measured under `chrt -f`; `None` where that is not allowed.
pub(crate) fn measure() -> Option<Duration> {
    let program = std::env::current_exe().ok()?;
    let output = Command::new("chrt")
        .args(["--fifo", PRIORITY])
        .arg(program)
        .arg(WATCH)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(Duration::from_nanos(text.trim().parse().ok()?))
}
