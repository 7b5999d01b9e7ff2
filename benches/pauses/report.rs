//! What is printed.

use std::time::Duration;

use crate::measured::Pauses;

/// The time that no callback should take, in microseconds.
const TARGET: u64 = 1_000;
/// Of so many calls one may take longer than what is printed beside the longest.
const PART: u64 = 10_000;

/// What disturbs the measurement.
pub(crate) fn opening(gap: Option<Duration>) {
    match gap {
        Some(gap) => println!(
            "Envoy runs under chrt -f; a thread that only reads the clock is held up for {} us at most by this \
             machine.",
            gap.as_micros()
        ),
        None => println!(
            "Envoy runs as anybody else, because chrt -f is not allowed: what else the machine does counts as pauses."
        ),
    }
    println!(
        "{:<54} {:<22} {:>7} {:>8} {:>11} {:>11} {:>10}",
        "scene", "callback", "calls", "half us", "99.99 % us", "longest us", "over 1 ms"
    );
}

/// The lines of one scene: callbacks by how long they took.
pub(crate) fn scene(name: &str, pauses: &Pauses) {
    let mut callbacks: Vec<_> = pauses.iter().collect();
    callbacks.sort_by(|(_, one), (_, other)| other.longest().total_cmp(&one.longest()));
    for (at, (callback, told)) in callbacks.iter().enumerate() {
        let most = told
            .all_but_one_in(PART)
            .map_or_else(|| "-".to_owned(), |most| most.to_string());
        let longest = told.longest();
        println!(
            "{:<54} {:<22} {:>7} {:>8} {most:>11} {longest:>11.0} {:>10}",
            if at == 0 { name } else { "" },
            callback,
            told.calls(),
            told.all_but_one_in(2).unwrap_or_default(),
            told.above(TARGET),
        );
    }
}
