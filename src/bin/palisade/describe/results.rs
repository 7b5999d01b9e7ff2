//! What answers of the application come to, beside failures and successes.

use palisade::policy::Protection;
use palisade::response::Rest;

/// What a route makes of answers that are neither a plain failure nor a success.
pub(crate) fn results(protection: &Protection) -> Vec<&'static str> {
    let classifier = &protection.classifier;
    let mut words = Vec::new();
    if classifier.knows_steps() {
        words.push("a right step that is not the last counts against nobody, and grants nothing");
    }
    match classifier.counts_lock() {
        Some(true) => words.push("the application's own lock counts as a failure"),
        Some(false) => {
            words.push("the application's own lock counts against nobody, unless the answer shows a failure too");
        }
        None => {}
    }
    match classifier.rest() {
        Rest::Neither => {}
        Rest::Failure => words.push("what shows no result is a failure"),
        Rest::Otherwise => words.push("what shows no result, or cannot be read, is a failure"),
    }
    words
}
