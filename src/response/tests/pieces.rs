//! A body says the same in pieces as whole.

use proptest::prelude::*;

use super::bodies::{OK, fits, is, says, text};
use super::*;

/// Bodies that are JSON more often than chance would have it.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let parts = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"",
        "\\",
        " ",
        "0",
        "1",
        "1.",
        "-",
        "e",
        "true",
        "false",
        "null",
        "bad",
        "ba",
        "d",
        "\u{e9}",
        "{\"a\":",
        "{\"b\":[0,",
    ]);
    let texts = prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat().into_bytes());
    let padded = (texts.clone(), 1_000_usize..1_030, texts.clone())
        .prop_map(|(start, padding, end)| [start, vec![b' '; padding], end].concat());
    prop_oneof![texts, padded, prop::collection::vec(any::<u8>(), 0..64)]
}

fn several() -> Vec<Classifier> {
    let signs = |body| Signs {
        body,
        ..Signs::default()
    };
    let pairs = [
        (vec![BodySign::Contains("bad".to_owned())], vec![says("/a")]),
        (vec![says("/a/b")], vec![is("/a", Scalar::Number(1.0))]),
        (
            vec![is("/b/1", text("a")), is("/a", Scalar::Bool(false))],
            vec![says("")],
        ),
        (
            vec![is("", Scalar::Number(1.0))],
            vec![says("/a"), BodySign::Contains("1".to_owned())],
        ),
    ];
    pairs
        .into_iter()
        .map(|(failure, success)| Classifier::new(signs(failure), signs(success)))
        .collect()
}

proptest! {
    #[test]
    fn a_body_in_pieces_says_what_the_whole_says(
        body in bodies(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        forgets: bool,
    ) {
        for classifier in several() {
            let expected = whole(&classifier, &OK, &body);
            let Classified::NeedsBody(start) = classifier.headers(&block(&OK), false) else {
                panic!("the body is needed");
            };
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
            cuts.sort_unstable();
            let mut partial = start;
            let mut result = None;
            for cut in cuts {
                let from = if forgets { start } else { partial };
                match classifier.body(from, &body[..cut], Extent::Open) {
                    Classified::Known(known) => {
                        prop_assert_eq!(known, expected, "after {} bytes", cut);
                        result = Some(known);
                        break;
                    }
                    Classified::NeedsBody(more) => partial = more,
                    Classified::NeedsTrailers(_) => panic!("no sign is in trailers"),
                }
            }
            let last = classifier.body(partial, &body, Extent::Whole);
            prop_assert_eq!(result.map_or(last, Classified::Known), Classified::Known(expected));
        }
    }

    #[test]
    fn what_serde_finds_in_a_whole_document_is_found(
        before in prop::collection::vec("[a-z\"\\\\{}\\[\\],: ]{0,8}", 0..5),
        value in -1_000_i32..1_000,
        pad in 0_usize..3,
    ) {
        let before: Vec<serde_json::Value> = before.into_iter().map(serde_json::Value::from).collect();
        let document = serde_json::json!({ "a": { "0": before, "k~/": [null, { "v": value }] }, "z": pad });
        let body = if pad == 0 { document.to_string() } else { serde_json::to_string_pretty(&document).expect("JSON") };
        let path = "/a/k~0~1/1/v";
        prop_assert_eq!(document.pointer(path), Some(&serde_json::Value::from(value)));
        prop_assert!(fits(is(path, Scalar::Number(f64::from(value))), body.as_bytes()));
        prop_assert_eq!(fits(says(path), body.as_bytes()), value != 0);
        prop_assert!(!fits(says("/a/k~0~1/2/v"), body.as_bytes()));
    }
}
