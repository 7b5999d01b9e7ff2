//! What statuses, headers and trailers say.

use proptest::prelude::*;

use super::*;

fn known(lines: &[(&str, &str)]) -> LoginResult {
    match Classifier::default().headers(&block(lines), false) {
        Classified::Known(result) => result,
        more => panic!("{more:?}"),
    }
}

#[test]
fn by_default_401_and_403_fail_and_200_to_399_succeed() {
    assert!(!Classifier::default().reads_bodies());
    for (status, result) in [
        ("200", LoginResult::Success),
        ("302", LoginResult::Success),
        ("399", LoginResult::Success),
        ("400", LoginResult::Neither),
        ("401", LoginResult::Failure),
        ("403", LoginResult::Failure),
        ("404", LoginResult::Neither),
        ("429", LoginResult::Neither),
        ("503", LoginResult::Neither),
        ("101", LoginResult::Neither),
        ("", LoginResult::Neither),
        ("20x", LoginResult::Neither),
        ("-200", LoginResult::Neither),
        ("99999999999999999999", LoginResult::Neither),
    ] {
        assert_eq!(known(&[(":status", status)]), result, "{status}");
    }
    assert_eq!(known(&[]), LoginResult::Neither);
}

#[test]
fn a_cookie_that_is_ended_shows_no_success() {
    let sign = |value| Signs {
        headers: vec![HeaderSign {
            name: crate::address::HeaderName::new("set-cookie").expect("a name"),
            value,
        }],
        ..Signs::NONE
    };
    let session = || sign(ValueMatch::Prefix("sid=".to_owned()));
    let classifier = Classifier::new(Signs::NONE, session());
    let known = |classifier: &Classifier, line: &str| {
        let lines = [(":status", "200"), ("set-cookie", line)];
        match classifier.headers(&block(&lines), true) {
            Classified::Known(result) => result,
            more => panic!("{more:?}"),
        }
    };
    assert_eq!(known(&classifier, "sid=new; Path=/"), LoginResult::Success);
    for line in [
        "sid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0",
        "sid=%20; Max-Age=0",
        "sid=deleted; Max-Age=0",
        "sid=",
    ] {
        assert_eq!(known(&classifier, line), LoginResult::Neither, "{line}");
        let steps = Classifier::new(Signs::NONE, Signs::NONE).with_next_step(session());
        assert_eq!(known(&steps, line), LoginResult::Neither, "{line}");
        let fails = Classifier::new(session(), Signs::default_success());
        assert_eq!(known(&fails, line), LoginResult::Failure, "{line}");
    }
    let both = [
        (":status", "200"),
        ("set-cookie", "sid="),
        ("set-cookie", "sid=new"),
    ];
    let both = classifier.headers(&block(&both), true);
    assert_eq!(both, Classified::Known(LoginResult::Success));
}

const GRPC: [(&str, &str); 2] = [(":status", "200"), ("content-type", "application/grpc")];

#[test]
fn a_grpc_response_is_judged_by_its_trailers() {
    let classifier = Classifier::default();
    for (trailers, result) in [
        (&[("grpc-status", "0")][..], LoginResult::Success),
        (&[("grpc-status", "16")], LoginResult::Failure),
        (&[("Grpc-Status", "7")], LoginResult::Failure),
        (&[("grpc-status", "14")], LoginResult::Neither),
        (&[("grpc-status", "")], LoginResult::Neither),
        (&[("grpc-status", "zero")], LoginResult::Neither),
        (
            &[("grpc-status", "16"), ("grpc-status", "0")],
            LoginResult::Failure,
        ),
        (&[("grpc-message", "?")], LoginResult::Unreadable),
        (&[], LoginResult::Unreadable),
    ] {
        let Classified::NeedsTrailers(partial) = classifier.headers(&block(&GRPC), false) else {
            panic!("the trailers are needed");
        };
        let found = classifier.trailers(partial, (b"", Extent::Whole), &block(trailers));
        assert_eq!(found, result, "{trailers:?}");
    }
}

#[test]
fn a_grpc_response_without_its_status_says_nothing_however_it_ends() {
    let classifier = Classifier::default();
    let unreadable = Classified::Known(LoginResult::Unreadable);
    assert_eq!(classifier.headers(&block(&GRPC), true), unreadable);
    let Classified::NeedsTrailers(partial) = classifier.headers(&block(&GRPC), false) else {
        panic!("the trailers are needed");
    };
    assert_eq!(classifier.body(partial, b"\0\0", Extent::Whole), unreadable);
    assert_eq!(partial.cut_off(), LoginResult::Unreadable);
}

#[test]
fn trailers_only_and_answers_in_between_are_judged_by_their_headers() {
    for (content_type, more, result) in [
        (
            "application/grpc",
            ("grpc-status", "16"),
            LoginResult::Failure,
        ),
        (
            "application/grpc",
            ("grpc-status", "0"),
            LoginResult::Success,
        ),
        (
            "application/grpc",
            ("grpc-status", "5"),
            LoginResult::Neither,
        ),
        (
            "Application/gRPC+proto",
            ("grpc-status", "16"),
            LoginResult::Failure,
        ),
        (
            "application/grpc-web; a=b",
            ("grpc-status", "16"),
            LoginResult::Failure,
        ),
        // No gRPC: what stands there means nothing.
        (
            "application/grpcx",
            ("grpc-status", "16"),
            LoginResult::Success,
        ),
        ("text/html", ("grpc-status", "16"), LoginResult::Success),
    ] {
        let lines = [(":status", "200"), ("content-type", content_type), more];
        assert_eq!(known(&lines), result, "{lines:?}");
    }
    for (status, result) in [
        ("401", LoginResult::Failure),
        ("403", LoginResult::Failure),
        ("503", LoginResult::Neither),
    ] {
        let lines = [(":status", status), ("content-type", "application/grpc")];
        assert_eq!(known(&lines), result, "{status}");
    }
    let unauthenticated = Signs {
        grpc_statuses: vec![16],
        ..Signs::default()
    };
    let classifier = Classifier::new(unauthenticated, Signs::default_success());
    let lines = [(":status", "401"), ("content-type", "application/grpc")];
    assert_eq!(
        classifier.headers(&block(&lines), false),
        Classified::Known(LoginResult::Failure),
        "clients take a 401 for UNAUTHENTICATED"
    );
}

#[test]
fn every_line_of_a_header_is_looked_at_and_its_name_has_no_case() {
    let sign = |value| Signs {
        headers: vec![HeaderSign {
            name: crate::address::HeaderName::new("Set-Cookie").expect("a name"),
            value,
        }],
        ..Signs::default()
    };
    let lines = [
        (":status", "200"),
        ("set-cookie", "theme=dark"),
        ("Set-Cookie", "session=1; Secure"),
    ];
    for (value, fits) in [
        (ValueMatch::Present, true),
        (ValueMatch::Prefix("session=".to_owned()), true),
        (ValueMatch::Prefix("SESSION=".to_owned()), false),
        (ValueMatch::Contains("Secure".to_owned()), true),
        (ValueMatch::Contains("secure".to_owned()), false),
        (ValueMatch::Equals("theme=dark".to_owned()), true),
        (ValueMatch::Equals("theme".to_owned()), false),
        (ValueMatch::Contains("dark\0session".to_owned()), false),
    ] {
        let classifier = Classifier::new(Signs::default_failure(), sign(value.clone()));
        let expected = if fits {
            LoginResult::Success
        } else {
            LoginResult::Neither
        };
        assert_eq!(whole(&classifier, &lines, b""), expected, "{value:?}");
        let failing = Classifier::new(sign(value.clone()), Signs::default_success());
        let expected = if fits {
            LoginResult::Failure
        } else {
            LoginResult::Success
        };
        assert_eq!(whole(&failing, &lines, b""), expected, "{value:?}");
    }
}

#[test]
fn a_successful_body_may_still_fail_by_its_trailers() {
    let success = Signs {
        body: vec![BodySign::Contains("token".to_owned())],
        ..Signs::default()
    };
    let classifier = Classifier::new(Signs::default_failure(), success);
    for (body, status, result) in [
        (&b"a token"[..], "0", LoginResult::Success),
        (b"a token", "16", LoginResult::Failure),
        (b"nothing", "0", LoginResult::Neither),
        (b"nothing", "16", LoginResult::Failure),
    ] {
        let trailers = block(&[("grpc-status", status)]);
        let Classified::NeedsBody(partial) = classifier.headers(&block(&GRPC), false) else {
            panic!("the body is needed");
        };
        assert_eq!(
            classifier.trailers(partial, (body, Extent::Whole), &trailers),
            result
        );
        let found = classifier.body(partial, body, Extent::Bounded);
        let bounded = match result {
            // A success might stand where nobody looks.
            LoginResult::Neither => LoginResult::Unreadable,
            known => known,
        };
        let Classified::NeedsTrailers(partial) = found else {
            panic!("the trailers are needed, not {found:?}");
        };
        let rest: (&[u8], Extent) = (b"", Extent::Bounded);
        assert_eq!(classifier.trailers(partial, rest, &trailers), bounded);
    }
}

#[test]
fn statuses_are_written_as_numbers_classes_and_ranges() {
    for (text, first, last) in [
        ("401", 401, 401),
        (" 401 ", 401, 401),
        ("4xx", 400, 499),
        ("5XX", 500, 599),
        ("500..600", 500, 599),
        ("500..=599", 500, 599),
        ("500 .. 501", 500, 500),
    ] {
        let range = StatusRange::new(first, last);
        assert_eq!(text.parse().ok(), range, "{text}");
        assert_eq!(
            range.map(|range| range.to_string()),
            Some(format!("{first}..={last}"))
        );
    }
    for text in [
        "",
        "99",
        "600",
        "0xx",
        "6xx",
        "4x",
        "xx",
        "500..500",
        "500..=600",
        "404..400",
        "..",
        "-4xx",
        "65536",
    ] {
        assert!(text.parse::<StatusRange>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn arbitrary_heads_and_trailers_never_panic(head: Vec<u8>, trailers: Vec<u8>, body: Vec<u8>, ends: bool) {
        let classifier = Classifier::default();
        let head = HeaderBlock::new(head);
        if let Classified::NeedsTrailers(partial) = classifier.headers(&head, ends) {
            let _ = classifier.trailers(partial, (&body, Extent::Open), &HeaderBlock::new(trailers));
        }
    }
}
