use std::num::NonZeroUsize;

use proptest::prelude::*;

use super::*;

fn from_head(of: &[AccountSource], lines: &[(&str, &str)]) -> Outcome {
    concluded(of, lines, BodyBytes::Absent)
}

fn segment(number: usize) -> AccountSource {
    AccountSource::PathSegment(NonZeroUsize::new(number).unwrap())
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
        Err(AccountLack::Conflict)
    );
    assert_eq!(
        from_head(&of, &[("x-user", "bob"), ("x_user", "eve")]),
        Err(AccountLack::Conflict)
    );
    assert_eq!(
        from_head(&of, &[("x-user-id", "bob")]),
        Err(AccountLack::Missing)
    );
}

#[test]
fn a_query_parameter_is_read_like_a_form() {
    let read = |target| from_head(&[query("email")], &[(":path", target)]);
    assert_eq!(read("/login?a=1&em%61il=bob#x"), bob());
    assert_eq!(
        read("/login?email=bob&email=eve"),
        Err(AccountLack::Conflict)
    );
    assert_eq!(read("/login"), Err(AccountLack::Missing));
    assert_eq!(from_head(&[query("email")], &[]), Err(AccountLack::Missing));
}

#[test]
fn basic_credentials_name_a_user_or_are_malformed() {
    let read = |lines: &[&str]| {
        let lines: Vec<_> = lines.iter().map(|line| ("authorization", *line)).collect();
        from_head(&[AccountSource::Basic], &lines)
    };
    assert_eq!(read(&["Basic Ym9iOnB3"]), bob());
    assert_eq!(read(&["Basic Ym9iOnB3", "basic Qm9iOng="]), bob());
    assert_eq!(
        read(&["Basic Ym9iOnB3", "Basic ZXZlOng="]),
        Err(AccountLack::Conflict)
    );
    assert_eq!(read(&["Basic Ym9i!OnB3"]), Err(AccountLack::Malformed));
    assert_eq!(read(&["Basic /zp4"]), Err(AccountLack::NotText));
    assert_eq!(read(&["Bearer Ym9iOnB3"]), Err(AccountLack::Missing));
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
        ("/users", Err(AccountLack::Missing)),
        ("/", Err(AccountLack::Missing)),
        ("", Err(AccountLack::Missing)),
        ("/users/eve/../bob", Err(AccountLack::Conflict)),
        ("/users/./bob", Err(AccountLack::Conflict)),
        ("/users//bob", Err(AccountLack::Conflict)),
        ("//users/bob", Err(AccountLack::Conflict)),
        ("/users/bob;a=eve", Err(AccountLack::Conflict)),
        ("/users/bob%2feve", Err(AccountLack::Conflict)),
        ("/users\\eve/bob", Err(AccountLack::Conflict)),
        ("/users/%2562ob", Err(AccountLack::Conflict)),
        ("/users/bob%00eve", Err(AccountLack::NotText)),
        ("/users/%ff", Err(AccountLack::NotText)),
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
        Err(AccountLack::Malformed)
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
    assert_eq!(
        from_head(&of, &[("cookie", "USER=bob")]),
        Err(AccountLack::Missing)
    );
    for lines in [
        &[("cookie", "user=bob; user=eve")][..],
        &[("cookie", "user=bob"), ("cookie", "us%65r=eve")],
        &[("cookie", "user=bob; user[]=eve")],
    ] {
        assert_eq!(
            from_head(&of, lines),
            Err(AccountLack::Conflict),
            "{lines:?}"
        );
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
        Err(AccountLack::Conflict)
    );
    assert_eq!(from_head(&of, &[opaque, target]), bob());
    assert_eq!(from_head(&of, &[opaque]), Err(AccountLack::Malformed));
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
        Err(AccountLack::Conflict)
    );
    let long = "x".repeat(513);
    assert_eq!(
        from_head(&of, &[("x-user", &long)]),
        Err(AccountLack::TooLong)
    );
    assert_eq!(
        from_head(&[], &[("x-user", "bob")]),
        Err(AccountLack::Missing)
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
