//! What is printed.

use std::time::Duration;

use crate::measured::Pauses;

/// The time that no callback should take, in microseconds.
const TARGET: f64 = 1_000.0;
/// Of so many calls one may take longer than what is printed beside the longest.
const PART: u64 = 10_000;

/// What disturbs the measurement.
pub(crate) fn opening(gap: Option<Duration>) {
    match gap {
        Some(gap) => println!(
            "Envoy runs under chrt -f; a thread that only reads the clock is held up for {} us at most by this machine.",
            gap.as_micros()
        ),
        None => println!(
            "Envoy runs as anybody else, because chrt -f is not allowed: what else the machine does counts as pauses."
        ),
    }
    println!(
        "{:<44} {:<24} {:>9} {:>12} {:>12}",
        "scene", "callback", "calls", "99.99 % us", "longest us"
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
            "{:<44} {:<24} {:>9} {most:>12} {longest:>12.0}{}",
            if at == 0 { name } else { "" },
            callback,
            told.calls(),
            if longest > TARGET { " *" } else { "" }
        );
    }
}
