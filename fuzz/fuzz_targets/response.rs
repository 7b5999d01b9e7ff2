//! Whatever an application answers, and in whatever pieces, it is classified, and a text in it is found; the pieces do
//! not matter.
#![no_main]

use palisade::message::{HeaderBlock, serialise};
use palisade::response::{
    BodySign, Classified, Classifier, Extent, LoginResult, Pointer, Scalar, Signs, Sought,
};

fn signs(body: Vec<BodySign>) -> Signs {
    Signs {
        body,
        ..Signs::default()
    }
}

fn run(classifier: &Classifier, body: &[u8], cut: usize) -> Option<LoginResult> {
    let head = HeaderBlock::new(serialise([(&b":status"[..], &b"200"[..])].into_iter()));
    let Classified::NeedsBody(mut partial) = classifier.headers(&head, false) else {
        return None;
    };
    match classifier.body(partial, body.get(..cut)?, Extent::Open) {
        Classified::Known(result) => return Some(result),
        Classified::NeedsBody(more) => partial = more,
        Classified::NeedsTrailers(_) => return None,
    }
    match classifier.body(partial, body, Extent::Whole) {
        Classified::Known(result) => Some(result),
        Classified::NeedsBody(_) | Classified::NeedsTrailers(_) => None,
    }
}

/// What is found in a part is what is found in the whole.
fn session(place: &Pointer, body: &[u8], cut: usize) {
    let cut = cut.checked_rem(body.len().saturating_add(1)).unwrap_or(0);
    let whole = place.text(body, true);
    assert_ne!(whole, Sought::Pending);
    match place.text(body.get(..cut).unwrap_or_default(), false) {
        Sought::Pending => {}
        found => assert!(found == whole || found == Sought::Nothing),
    }
}

libfuzzer_sys::fuzz_target!(|input: (usize, &[u8])| {
    let (cut, body) = input;
    let (Ok(error), Ok(list), Ok(all)) = ("/error".parse(), "/a/1".parse(), "".parse()) else {
        return;
    };
    session(&list, body, cut);
    let text = Scalar::Text("no".to_owned());
    let classifier = Classifier::new(
        signs(vec![
            BodySign::Equals(error, text),
            BodySign::Contains("bad".to_owned()),
        ]),
        signs(vec![
            BodySign::Says(list),
            BodySign::Equals(all, Scalar::Number(1.0)),
        ]),
    );
    let cut = cut.checked_rem(body.len().saturating_add(1)).unwrap_or(0);
    let whole = run(&classifier, body, 0);
    assert!(whole.is_some());
    assert_eq!(run(&classifier, body, cut), whole);
    let _ = classifier.headers(&HeaderBlock::new(body.to_vec()), true);
});
