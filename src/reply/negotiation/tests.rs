use proptest::prelude::*;

use super::*;

fn auto(accept: &str) -> Format {
    negotiate(Preference::Auto, Some(accept.as_bytes()), None)
}

#[test]
fn the_client_gets_the_form_it_asks_for() {
    for (accept, expected) in [
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            Format::Html,
        ),
        ("text/html, application/json", Format::Html),
        ("text/*", Format::Html),
        ("application/json;q=0.5, text/html;q=0.5", Format::Html),
        ("application/problem+json, text/html;q=0.9", Format::Problem),
        ("application/problem+json", Format::Problem),
        (
            "application/problem+json, application/json",
            Format::Problem,
        ),
        ("application/*", Format::Problem),
        ("application/json", Format::Json),
        ("application/json, text/plain, */*", Format::Json),
        ("application/json, text/html;q=0.999", Format::Json),
        ("APPLICATION/JSON ; charset=utf-8 ; Q=1.000", Format::Json),
        (
            "text/html;level=1;q=0.1, text/html, */*;q=0.5",
            Format::Html,
        ),
        ("text/html;q=0.2, */*;q=0.3", Format::Problem),
    ] {
        assert_eq!(auto(accept), expected, "{accept}");
    }
}

#[test]
fn who_asks_for_anything_or_for_nothing_gets_problem_details() {
    assert_eq!(negotiate(Preference::Auto, None, None), Format::Problem);
    for accept in [
        "",
        "*/*",
        " , ,, ",
        "text",
        "/",
        "image/png",
        "*/*;q=0",
        "text/html;q=2",
        "text/html;q=0.1234",
        "text/html;q=-1",
        "text/html;q=",
        "*/html",
        "texthtml/",
        "\u{0}",
    ] {
        assert_eq!(auto(accept), Format::Problem, "{accept:?}");
    }
}

#[test]
fn what_the_client_excludes_it_does_not_get_while_anything_else_is_left() {
    for (accept, expected) in [
        ("text/html;q=0, */*", Format::Problem),
        ("text/html;q=0, text/*", Format::Problem),
        ("application/problem+json;q=0, */*", Format::Json),
        ("application/*;q=0, */*", Format::Html),
        (
            "application/json;q=0.000, application/problem+json;q=0, */*;q=0.1",
            Format::Html,
        ),
    ] {
        assert_eq!(auto(accept), expected, "{accept}");
    }
}

#[test]
fn an_endless_accept_header_is_read_only_at_its_start() {
    let many = format!("{}text/html", "image/png,".repeat(32));
    assert_eq!(auto(&many), Format::Problem);
    let far = format!("image/png;a={},text/html", "x".repeat(1_024));
    assert_eq!(auto(&far), Format::Problem);
    // Cut in the middle, this range would lose its quality of nothing.
    let cut = format!(
        "a/{},text/html;q=0",
        "x".repeat(1_024 - "a/,text/html".len())
    );
    assert_eq!(auto(&cut), Format::Problem);
    let full = format!("a/{},text/html", "x".repeat(1_024 - "a/,text/html".len()));
    assert_eq!(auto(&full), Format::Html);
}

#[test]
fn grpc_is_answered_in_grpc_whatever_else_is_wished() {
    for content_type in [
        "application/grpc",
        "application/grpc+proto",
        "Application/gRPC; charset=utf-8",
        "application/grpc-web",
        "application/grpc-web-text+proto",
    ] {
        for preference in [
            Preference::Auto,
            Preference::Problem,
            Preference::Json,
            Preference::Html,
        ] {
            let accept = Some(&b"text/html"[..]);
            let format = negotiate(preference, accept, Some(content_type.as_bytes()));
            assert_eq!(format, Format::Grpc, "{content_type} {preference:?}");
        }
    }
    for content_type in [
        "application/grpcx",
        "application/grp",
        "text/html",
        "",
        "application/json",
    ] {
        let format = negotiate(Preference::Auto, None, Some(content_type.as_bytes()));
        assert_eq!(format, Format::Problem, "{content_type}");
    }
}

#[test]
fn the_operators_preference_overrules_the_client() {
    for (preference, expected) in [
        (Preference::Problem, Format::Problem),
        (Preference::Json, Format::Json),
        (Preference::Html, Format::Html),
    ] {
        for accept in [
            None,
            Some(&b"text/html"[..]),
            Some(b"application/json"),
            Some(b"*/*;q=0"),
        ] {
            assert_eq!(negotiate(preference, accept, None), expected);
        }
    }
}

proptest! {
    #[test]
    fn no_accept_or_content_type_breaks_negotiation(
        accept in prop::collection::vec(any::<u8>(), 0..2_048),
        content_type in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let format = negotiate(Preference::Auto, Some(&accept), Some(&content_type));
        prop_assert_eq!(format == Format::Grpc, is_grpc(&content_type));
    }

    #[test]
    fn accept_like_text_never_gives_what_it_excludes(
        items in prop::collection::vec(
            ("(text/html|application/json|application/problem\\+json|\\*/\\*|text/\\*)", 0_u16..=1_000),
            1..8,
        ),
    ) {
        let accept: Vec<String> = items
            .iter()
            .map(|(range, q)| format!("{range};q={}.{:03}", q / 1_000, q % 1_000))
            .collect();
        let format = auto(&accept.join(", "));
        let quality = |wanted: &str| items.iter().filter(|(range, _)| range == wanted).map(|(_, q)| *q).max();
        let name = match format {
            Format::Html => "text/html",
            Format::Json => "application/json",
            _ => "application/problem+json",
        };
        let anything_left = items.iter().any(|(range, q)| *q > 0 && !range.contains('*'));
        prop_assert!(!anything_left || quality(name) != Some(0), "{accept:?} gave {format:?}");
    }
}
