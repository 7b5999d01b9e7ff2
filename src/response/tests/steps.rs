//! Steps that are right and not the last, the application's own lock, and what is left.

use proptest::prelude::*;

use super::*;
use LoginResult::{Failure, Locked, Neither, NextStep, Success, Unreadable};

fn body(text: &str) -> Signs {
    Signs {
        body: vec![BodySign::Contains(text.to_owned())],
        ..Signs::default()
    }
}

fn full(counts_locked: bool) -> Classifier {
    Classifier::new(body("wrong"), body("welcome"))
        .with_next_step(body("code"))
        .with_lock(body("locked"), counts_locked)
}

/// What the body shows that says all of these.
fn shown(classifier: &Classifier, words: &[&str]) -> LoginResult {
    let head = [(":status", "200"), ("content-type", "text/html")];
    whole(classifier, &head, words.join(" ").as_bytes())
}

#[test]
fn of_several_results_the_worst_for_the_client_counts() {
    for (words, counted, uncounted) in [
        (&["welcome"][..], Success, Success),
        (&["welcome", "code"], NextStep, NextStep),
        (&["welcome", "code", "wrong"], Failure, Failure),
        (&["welcome", "code", "locked"], Locked, Locked),
        (&["wrong", "locked"], Locked, Failure),
        (&["nothing"], Neither, Neither),
    ] {
        assert_eq!(shown(&full(true), words), counted, "{words:?}");
        assert_eq!(shown(&full(false), words), uncounted, "{words:?}");
    }
}

#[test]
fn a_sign_six_thousand_bytes_into_a_page_is_found() {
    let page = |sign: &str| ["x".repeat(6_000), sign.to_owned()].concat();
    for (sign, result) in [
        ("wrong", Failure),
        ("code", NextStep),
        ("locked", Locked),
        ("welcome", Success),
    ] {
        assert_eq!(shown(&full(true), &[&page(sign)]), result);
    }
}

#[test]
fn what_hides_a_worse_result_is_no_better_one() {
    let header = |name: &str| Signs {
        headers: vec![HeaderSign {
            name: crate::address::HeaderName::new(name).expect("a name"),
            value: ValueMatch::Present,
        }],
        ..Signs::default()
    };
    let zipped = [
        (":status", "200"),
        ("content-encoding", "gzip"),
        ("x-in", ""),
    ];
    let read = |classifier: &Classifier| whole(classifier, &zipped, b"code");
    let success = || Classifier::new(header("x-out"), header("x-in"));
    assert_eq!(read(&success()), Success);
    assert_eq!(read(&success().with_next_step(body("code"))), Unreadable);
    assert_eq!(read(&success().with_lock(body("locked"), true)), Unreadable);
    let failing = Classifier::new(header("x-in"), body("welcome"));
    assert_eq!(read(&failing.with_lock(body("locked"), true)), Failure);
}

#[test]
fn what_is_left_is_a_failure_where_the_operator_says_so() {
    let named = |rest| full(true).with_rest(rest);
    for (shown, rest, writes, strictest) in [
        (Neither, Rest::Neither, true, Neither),
        (Neither, Rest::Failure, true, Failure),
        (Neither, Rest::Otherwise, true, Failure),
        (Neither, Rest::Otherwise, false, Neither),
        (Unreadable, Rest::Failure, true, Unreadable),
        (Unreadable, Rest::Otherwise, true, Failure),
        (Unreadable, Rest::Otherwise, false, Unreadable),
        (NextStep, Rest::Otherwise, true, NextStep),
        (Success, Rest::Otherwise, true, Success),
        (
            LoginResult::Undelivered,
            Rest::Otherwise,
            true,
            LoginResult::Undelivered,
        ),
    ] {
        let joint = named(rest).conclude(shown, writes);
        assert_eq!(joint.strictest, strictest, "{shown:?} {rest:?} {writes}");
        assert_eq!(joint.counts, strictest == Failure);
        let may = matches!(shown, Success | Unreadable);
        assert_eq!(
            joint.may_succeed, may,
            "an unread success may have been one"
        );
    }
}

proptest! {
    #[test]
    fn pieces_show_what_the_whole_shows(
        words in prop::collection::vec(0..5_usize, 0..6), cuts in prop::collection::vec(1..9_usize, 0..20),
        counts: bool,
    ) {
        let all = ["wrong", "welcome", "code", "locked", "nothing"];
        let words: Vec<&str> = words.into_iter().filter_map(|word| all.get(word).copied()).collect();
        let text = words.join(" ");
        let classifier = full(counts);
        let mut classified = classifier.headers(&block(&[(":status", "200")]), false);
        let mut end = 0;
        for cut in cuts {
            end = (end + cut).min(text.len());
            if let Classified::NeedsBody(partial) = classified {
                classified = classifier.body(partial, &text.as_bytes()[..end], Extent::Open);
            }
        }
        if let Classified::NeedsBody(partial) = classified {
            classified = classifier.body(partial, text.as_bytes(), Extent::Whole);
        }
        prop_assert_eq!(classified, Classified::Known(shown(&classifier, &words)));
    }
}
