use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;

fn from_head(of: &[AccountSource], lines: &[(&str, &str)]) -> Outcome {
    concluded(of, lines, BodyBytes::Absent)
}

fn segment(number: usize) -> AccountSource {
    AccountSource::PathSegment(NonZeroUsize::new(number).unwrap(), None)
}

#[test]
fn a_header_is_read_under_every_name_that_an_application_takes_for_it() {
    let of = [header("X-User")];
    assert_eq!(from_head(&of, &[("x-user", " Bob ")]), bob());
    assert_eq!(from_head(&of, &[("X_User", "bob")]), bob());
    assert_eq!(
        from_head(&of, &[("x-user", "bob"), ("x-user", "BOB")]),
        bob()
    );
    assert_eq!(
        from_head(&of, &[("x-user", "bob"), ("x-user", "eve")]),
        Err(AccountError::Conflict)
    );
    assert_eq!(
        from_head(&of, &[("x-user", "bob"), ("x_user", "eve")]),
        Err(AccountError::Conflict)
    );
    assert_eq!(
        from_head(&of, &[("x-user-id", "bob")]),
        Err(AccountError::Missing)
    );
}

#[test]
fn a_query_parameter_is_read_like_a_form() {
    let read = |target| from_head(&[query("email")], &[(":path", target)]);
    assert_eq!(read("/login?a=1&em%61il=bob#x"), bob());
    assert_eq!(
        read("/login?email=bob&email=eve"),
        Err(AccountError::Conflict)
    );
    assert_eq!(read("/login"), Err(AccountError::Missing));
    assert_eq!(
        from_head(&[query("email")], &[]),
        Err(AccountError::Missing)
    );
}

#[test]
fn basic_credentials_name_a_user_or_are_malformed() {
    let read = |lines: &[&str]| {
        let lines: Vec<_> = lines.iter().map(|line| ("authorization", *line)).collect();
        from_head(&[AccountSource::Basic], &lines)
    };
    assert_eq!(read(&["Basic Ym9iOnB3"]), bob());
    for doubtful in [
        &["Basic Ym9iOnB3", "basic Ym9iOnB3"][..],
        &["Basic  Ym9iOnB3"],
        &["Basic\tYm9iOnB3"],
        &["Basic Ym9iOnB3 x"],
        &["Bearer x, Basic Ym9iOnB3"],
        &["\u{8f}BasicYm9iOnB3"],
        &["xBasic Ym9iOnB3"],
    ] {
        assert_eq!(read(doubtful), Err(AccountError::Conflict), "{doubtful:?}");
    }
    assert_eq!(read(&["Basic Ym9i-OnB3"]), Err(AccountError::Malformed));
    assert_eq!(read(&["Basic Ym9i\"OnB3"]), Err(AccountError::Conflict));
    assert_eq!(read(&["Basic /Gp4OnB3"]), Err(AccountError::NotText));
    assert_eq!(
        read(&["Basic w7w6eA=="]),
        Ok("u\u{308} a\u{303}1\u{2044}4".to_owned())
    );
    assert_eq!(read(&["Bearer Ym9iOnB3"]), Err(AccountError::Missing));
}

#[test]
fn a_segment_of_the_path_is_the_same_in_all_readings_or_a_conflict() {
    for (target, expected) in [
        ("/users/bob/login?x=/users/eve", bob()),
        ("/users/B%6Fb", bob()),
        ("/users/bob@x.de/login", Ok("bob@x.de".to_owned())),
        ("/users/bob%40x.de/login", Ok("bob@x.de".to_owned())),
        ("/users/a+b", Ok("a+b".to_owned())),
        ("/users/bob/", bob()),
        ("/users", Err(AccountError::Missing)),
        ("/", Err(AccountError::Missing)),
        ("", Err(AccountError::Missing)),
        ("/users/eve/../bob", Err(AccountError::Conflict)),
        ("/users/./bob", Err(AccountError::Conflict)),
        ("/users//bob", Err(AccountError::Conflict)),
        ("//users/bob", Err(AccountError::Conflict)),
        ("/users/bob;a=eve", Err(AccountError::Conflict)),
        ("/users/bob%2feve", Err(AccountError::Conflict)),
        ("/users\\eve/bob", Err(AccountError::Conflict)),
        ("/users/%2562ob", Err(AccountError::Conflict)),
        ("/users/bob%00eve", Err(AccountError::NotText)),
        ("/users/%ff", Err(AccountError::NotText)),
    ] {
        assert_eq!(
            from_head(&[segment(2)], &[(":path", target)]),
            expected,
            "{target}"
        );
    }
    let long = format!("/users/bob/{}", "%2e/".repeat(2000));
    assert_eq!(
        from_head(&[segment(2)], &[(":path", &long)]),
        Err(AccountError::Malformed)
    );
}

#[test]
fn a_cookie_is_read_percent_decoded() {
    let of = [AccountSource::Cookie(FieldName::new("user"))];
    assert_eq!(from_head(&of, &[("cookie", "a=1; user=b%6Fb")]), bob());
    assert_eq!(
        from_head(&of, &[("cookie", "user=a+b")]),
        Ok("a+b".to_owned())
    );
    assert_eq!(from_head(&of, &[("cookie", "USER=bob")]), bob());
    assert_eq!(
        from_head(&of, &[("cookie", "user=bob; user=eve")]),
        Err(AccountError::Conflict)
    );
    for lines in [
        &[("cookie", "user=bob"), ("cookie", "us%65r=eve")][..],
        &[("cookie", "user=bob; user[]=eve")],
        &[("cookie", "user=bob; a=b, user=eve")],
        &[("cookie", "user=bob; x=\"user=eve\"")],
    ] {
        assert_eq!(from_head(&of, lines), Ok("bob eve".to_owned()), "{lines:?}");
    }
}

#[test]
fn a_claim_is_read_and_a_token_that_is_no_jwt_says_nothing() {
    let of = [
        AccountSource::Claim(JsonPointer::key("sub")),
        query("email"),
    ];
    // {"sub":"bob"}
    let token = ("authorization", "Bearer e30.eyJzdWIiOiJib2IifQ.x");
    let opaque = ("authorization", "Bearer opaque");
    let target = (":path", "/?email=bob");
    assert_eq!(from_head(&of, &[token]), bob());
    assert_eq!(from_head(&of, &[token, target]), bob());
    assert_eq!(
        from_head(&of, &[token, (":path", "/?email=eve")]),
        Err(AccountError::Conflict)
    );
    assert_eq!(from_head(&of, &[opaque, target]), bob());
    assert_eq!(from_head(&of, &[opaque]), Err(AccountError::Malformed));
}

#[test]
fn sources_that_say_nothing_are_silent_and_those_that_speak_must_agree() {
    let of = [query("email"), header("x-user"), AccountSource::Basic];
    assert_eq!(from_head(&of, &[("x-user", "bob")]), bob());
    assert_eq!(
        from_head(&of, &[("x-user", "bob"), (":path", "/?email=")]),
        bob()
    );
    assert_eq!(
        from_head(&of, &[("x-user", "bob"), (":path", "/?email=BOB")]),
        bob()
    );
    assert_eq!(
        from_head(&of, &[("x-user", "bob"), (":path", "/?email=eve")]),
        Err(AccountError::Conflict)
    );
    let long = "x".repeat(513);
    assert_eq!(
        from_head(&of, &[("x-user", &long)]),
        Err(AccountError::TooLong)
    );
    assert_eq!(
        from_head(&[], &[("x-user", "bob")]),
        Err(AccountError::Missing)
    );
}

#[test]
fn the_same_name_in_query_and_body_says_the_same_or_conflicts() {
    let multipart = ("content-type", "multipart/form-data; boundary=B");
    let part = b"--B\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nbob\r\n--B--";
    for (of, kind, body) in [
        (form("email"), FORM, &b"email=bob"[..]),
        (query("email"), FORM, b"email=bob"),
        (
            AccountSource::Multipart(FieldName::new("email")),
            multipart,
            part,
        ),
        (query("email"), multipart, part),
        (json("/email"), JSON, b"{\"email\":\"bob\"}"),
        (query("email"), JSON, b"{\"email\":\"bob\"}"),
    ] {
        for (target, expected) in [
            ("/login?email=bob", bob()),
            ("/login?email=", bob()),
            ("/login?email_confirmation=eve", bob()),
            ("/login?email=eve", Err(AccountError::Conflict)),
            ("/login?email[]=bob", Err(AccountError::Conflict)),
        ] {
            let lines = [(":path", target), kind];
            let found = concluded(std::slice::from_ref(&of), &lines, BodyBytes::Whole(body));
            let is_query = matches!(of, AccountSource::Query(_));
            let ours = is_query && expected == bob();
            assert_eq!(
                found,
                if ours { bob() } else { expected },
                "{of:?} {target}"
            );
        }
    }
}

#[test]
fn a_nested_member_is_a_nested_field_in_the_query() {
    let body = BodyBytes::Whole(b"{\"user\":{\"email\":\"bob\"}}");
    let found = |target| concluded(&[json("/user/email")], &[(":path", target), JSON], body);
    assert_eq!(found("/login?user[email]=bob"), bob());
    assert_eq!(
        found("/login?user%5Bemail%5D=eve"),
        Err(AccountError::Conflict)
    );
    assert_eq!(found("/login?email=eve"), bob());
}

#[test]
fn a_path_segment_with_a_name_is_read_as_a_parameter_too() {
    let of = [AccountSource::PathSegment(
        NonZeroUsize::new(2).unwrap(),
        Some(FieldName::new("name")),
    )];
    assert_eq!(
        from_head(&of, &[(":path", "/users/bob/login?name=bob")]),
        bob()
    );
    assert_eq!(
        from_head(&of, &[(":path", "/users/bob/login?name=eve")]),
        Err(AccountError::Conflict)
    );
    let lines = [(":path", "/users/bob/login"), FORM];
    assert_eq!(
        concluded(&of, &lines, BodyBytes::Whole(b"name=eve")),
        Err(AccountError::Conflict)
    );
}

#[test]
fn a_cookie_beside_the_form_is_judged_as_well() {
    let found = |cookie| {
        let lines = [FORM, ("cookie", cookie)];
        concluded(&[form("email")], &lines, BodyBytes::Whole(b"email=bob"))
    };
    assert_eq!(found("email=bob; x=1"), bob());
    assert_eq!(found("email=eve"), Ok("bob eve".to_owned()));
    assert_eq!(found("last.email=eve; a=email=eve"), bob());
}

#[test]
fn an_upload_on_a_route_that_reads_the_query_is_not_read() {
    let of = [query("user")];
    let lines = |kind| [(":path", "/files?user=bob"), ("content-type", kind)];
    assert_eq!(need(&of, &lines("image/png")), BodyNeed::None);
    assert_eq!(
        concluded(&of, &lines("image/png"), BodyBytes::TooLarge),
        bob()
    );
    let odd = lines("application/x-www-form-urlencoded;");
    assert_eq!(need(&of, &odd), BodyNeed::Needed);
    let odd = lines("x-www-form");
    assert_eq!(
        concluded(&of, &odd, BodyBytes::TooLarge),
        Err(AccountError::ContentType)
    );
}

proptest! {
    #[test]
    fn any_head_has_a_result(lines: Vec<(String, String)>, target: String, value: String) {
        let of = [
            header("x-user"), query("email"), AccountSource::Basic, segment(1),
            AccountSource::Cookie(FieldName::new("user")), AccountSource::Claim(JsonPointer::key("sub")),
        ];
        let mut all: Vec<(&str, &str)> = lines.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend([(":path", target.as_str()), ("x-user", &value), ("cookie", &value), ("authorization", &value)]);
        let _ = from_head(&of, &all);
    }
}
