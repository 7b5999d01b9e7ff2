mod bodies;
mod heads;
mod pieces;
mod steps;

use super::*;
use crate::message::{HeaderBlock, serialise};

fn block(lines: &[(&str, &str)]) -> HeaderBlock {
    let lines = lines
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    HeaderBlock::new(serialise(lines))
}

fn pointer(text: &str) -> Pointer {
    text.parse().expect(text)
}

/// The result of a response with this body in one piece.
fn whole(classifier: &Classifier, lines: &[(&str, &str)], body: &[u8]) -> LoginResult {
    match classifier.headers(&block(lines), false) {
        Classified::Known(result) => result,
        Classified::NeedsBody(partial) => match classifier.body(partial, body, Extent::Whole) {
            Classified::Known(result) => result,
            more => panic!("{more:?} after the end"),
        },
        Classified::NeedsTrailers(partial) => partial.cut_off(),
    }
}
