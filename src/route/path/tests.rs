mod spellings;

use super::*;
use proptest::prelude::*;

/// The readings as text, none when unreadable.
fn readings(raw: &[u8]) -> Vec<String> {
    interpretations(raw)
        .iter()
        .map(|path| path.escape_ascii().to_string())
        .collect()
}

fn finds(raw: &str, wanted: &str) -> bool {
    readings(raw.as_bytes()).iter().any(|path| path == wanted)
}

#[test]
fn the_canonical_form_is_what_most_servers_serve() {
    for (raw, path) in [
        ("/login", "/login"),
        ("/login/", "/login"),
        ("/login?x=/../y", "/login"),
        ("/login#x", "/login"),
        ("/", "/"),
        ("", "/"),
        ("?x", "/"),
        ("/?x", "/"),
        ("*", "/*"),
        ("login", "/login"),
        ("//login", "/login"),
        ("///a////b///", "/a/b"),
        ("/./login", "/login"),
        ("/login/.", "/login"),
        ("/a/b/../../login", "/login"),
        ("/../../login", "/login"),
        ("/login/..", "/"),
        ("/.", "/"),
        ("/%2e/%2E%2e/login", "/login"),
        ("/%6cogin", "/login"),
        ("/caf%C3%A9", "/café"),
        ("/a%20b", "/a b"),
        ("/a%40b", "/a@b"),
        ("/login;jsessionid=1", "/login"),
        ("/login;a=1/x;b=2/", "/login/x"),
        ("/public/..;/login", "/login"),
        ("/login/..;/", "/"),
        ("/login/;a/;b/x", "/login/x"),
        ("/login/../public", "/public"),
        ("/.well-known/x", "/.well-known/x"),
        ("/..a/.../b.", "/..a/.../b."),
        ("http://host/login", "/login"),
        ("HTTPS://host:80/login?x", "/login"),
        ("http://host", "/"),
        ("http://host?x", "/"),
        ("/http://host/login", "/http:/host/login"),
        ("/x/..%2flogin", "/x/..%2Flogin"),
        ("/login%3f%23%3b%5c%00", "/login%3F%23%3B%5C%00"),
        ("/%256cogin", "/%256cogin"),
        ("/100%", "/100%25"),
        ("/%%36c", "/%256c"),
        ("/%zz", "/%25zz"),
        ("/LOGIN", "/LOGIN"),
        ("\\login", "/\\login"),
    ] {
        let found = canonical(raw.as_bytes());
        assert_eq!(String::from_utf8_lossy(&found), path, "{raw}");
        let first = interpretations(raw.as_bytes())
            .iter()
            .next()
            .map(<[u8]>::to_vec);
        assert_eq!(
            first.as_deref(),
            Some(path.as_bytes()),
            "{raw}: the first reading"
        );
    }
}

#[test]
fn a_request_that_some_server_serves_as_login_has_that_reading() {
    for raw in [
        "/login",
        "/login/",
        "/login//",
        "//login",
        "/./login",
        "/login/.",
        "/login/./",
        "/login?x",
        "/login#x",
        "/%6cogin",
        "/%6C%6F%67%69%6E",
        "/%256cogin",
        "/%25256cogin",
        "/%2525256cogin",
        "/%%36cogin",
        "/%u006cogin",
        "/%U006Cogin",
        "/login%2f",
        "/login%252f",
        "/login;jsessionid=1",
        "/login;/",
        "/login%3bjsessionid=1",
        "/login;a=%2f..%2fx",
        "/%256cogin;%2f..%2fx",
        "/login%20",
        "/login%20/",
        "/login%09%0a",
        "/login%00",
        "/login%00.png",
        "/login%2500.png",
        "/login%3f",
        "/login%3fx=1",
        "/login%3f/../public",
        "/login%23x",
        "/public%23/../login",
        "\\login",
        "/\\login",
        "/x\\..\\login",
        "/x%5c..%5clogin",
        "/x/..%5clogin",
        "/x/..%2flogin",
        "/x/..%252flogin",
        "/x/%2e%2e/login",
        "/x/%2e%2e%2flogin",
        "/x/.%2e/login",
        "/x/%252e%252e/login",
        "/public/..;/login",
        "/public/..;a=b/login",
        "/public/..%3b/login",
        "/public/%2e%2e;/login",
        "/public/;/../login",
        "/x;%2f../login",
        "/x//../login",
        "/x/y//..//../login",
        "/login//..",
        "/a/b/../../login",
        "/../login",
        "/x%2fy/../login",
        "/x%252fy/../login",
        "/x%252fy/%252e%252e/login",
        "/x%2fy/../%6cogin",
        "/x\\y/../%256cogin",
        "http://host/login",
        "http://host\\login",
        "http://a@b:80//login",
        "//host/login",
        "///host/login",
        "/\\host/login",
        "\\\\host\\login",
        "login",
        "./login",
        "../login",
    ] {
        assert!(
            finds(raw, "/login"),
            "{raw}: {:?}",
            readings(raw.as_bytes())
        );
    }
}

#[test]
fn a_path_is_found_below_a_prefix_by_those_who_do_not_follow_dot_segments() {
    for raw in [
        "/login/..;/",
        "/login/../public",
        "/login/..%2fpublic",
        "/%6cogin/../public",
    ] {
        let below = |path: &String| path.starts_with("/login/");
        assert!(readings(raw.as_bytes()).iter().any(below), "{raw}");
    }
}

#[test]
fn what_no_server_serves_as_login_has_no_such_reading() {
    for raw in [
        "/loginx",
        "/x/login",
        "/LOGIN",
        "/login.png",
        "/public?/login",
        "/public?/../login",
        "/public%3f/login",
        "/%6cogi",
        "/lo/gin",
        "/lo%2fgin",
        "/l ogin",
        "",
        "*",
    ] {
        assert!(
            !finds(raw, "/login"),
            "{raw}: {:?}",
            readings(raw.as_bytes())
        );
    }
}

#[test]
fn a_plain_path_is_borrowed_and_has_one_reading() {
    for (raw, path) in [
        ("/", "/"),
        ("/login", "/login"),
        ("/login/", "/login"),
        ("/login/?a=%2e;//", "/login"),
        ("/.well-known/a.b/c..d", "/.well-known/a.b/c..d"),
        ("/a@b:c/~x_-/!$&'()*+,=", "/a@b:c/~x_-/!$&'()*+,="),
        ("/café", "/café"),
    ] {
        let Interpretations::Plain(found) = interpretations(raw.as_bytes()) else {
            panic!("{raw} is plain");
        };
        assert_eq!(found, path.as_bytes(), "{raw}");
        assert!(
            std::ptr::eq(found.as_ptr(), raw.as_ptr()),
            "{raw} is borrowed"
        );
        assert!(
            matches!(canonical(raw.as_bytes()), Cow::Borrowed(_)),
            "{raw}"
        );
    }
}

#[test]
fn honest_paths_have_few_readings() {
    for (raw, most) in [
        ("/a%20b/c", 2),
        ("/caf%C3%A9/men%C3%BC", 2),
        ("/group%2Fproject/issues", 2),
        ("/shop/item;color=red?x", 2),
        ("/a/../b", 2),
        ("/a//b", 2),
        ("//a/b", 3),
    ] {
        let count = interpretations(raw.as_bytes()).iter().count();
        assert!(
            (1..=most).contains(&count),
            "{raw}: {:?}",
            readings(raw.as_bytes())
        );
    }
}

#[test]
fn what_would_cost_too_much_is_unreadable_instead_of_unread() {
    let long = "/a".repeat(MAX_LENGTH);
    let heavy = format!("/..;/%2e%2e//x\\{}", "a".repeat(MAX_LENGTH - 20));
    let nested = format!("/%{}6cogin", "25".repeat(MAX_READINGS));
    let mixed = "/%2f//..;/%5c\\;a%3b/%2e./%252f%3f/..%00/%20".to_owned();
    let megabytes = format!("/{}", "%2e%2e%2f;".repeat(1_000_000));
    for raw in [long, heavy, nested, mixed, megabytes] {
        assert_eq!(
            interpretations(raw.as_bytes()),
            Interpretations::Unreadable,
            "{:.40}",
            raw
        );
    }
    let query = format!("/login?{}", "%2e/".repeat(1_000_000));
    assert_eq!(
        interpretations(query.as_bytes()),
        Interpretations::Plain(b"/login")
    );
    let plain = format!("/{}", "a".repeat(MAX_LENGTH - 1));
    assert_eq!(
        interpretations(plain.as_bytes()),
        Interpretations::Plain(plain.as_bytes())
    );
}

/// Bytes that mean something to somebody, so that arbitrary paths are odd ones.
fn odd_path() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "/",
            "//",
            ".",
            "..",
            "/../",
            "/..;/",
            ";",
            "%",
            "%2",
            "%2e",
            "%2F",
            "%5c",
            "%25",
            "%00",
            "%3f",
            "%3B",
            "%u0061",
            "\\",
            "?",
            "#",
            "a",
            "bc",
            " ",
            "%20",
            "http://",
            ":",
            "%ff",
            "%61",
            "%c0",
            "%af",
            "%e2%80%8b",
            ":$",
            "%EF%BD%8C",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_canonical_form_of_a_canonical_path_is_itself(raw in odd_path()) {
        let once = canonical(&raw).into_owned();
        prop_assert_eq!(canonical(&once).into_owned(), once.clone(), "of {}", raw.escape_ascii());
    }

    #[test]
    fn every_reading_begins_with_a_slash_and_ends_without_and_none_is_twice(raw in odd_path()) {
        let readings: Vec<_> = interpretations(&raw).iter().map(<[u8]>::to_vec).collect();
        for (index, path) in readings.iter().enumerate() {
            prop_assert!(path == b"/" || path.starts_with(b"/") && !path.ends_with(b"/"));
            prop_assert!(!readings[..index].contains(path));
        }
        if let Some(first) = readings.first() {
            prop_assert_eq!(&canonical(&raw).into_owned(), first);
        }
        prop_assert!(readings.len() <= MAX_READINGS);
        prop_assert!(readings.iter().map(Vec::len).sum::<usize>() <= MAX_BYTES);
    }

    #[test]
    fn whatever_a_server_does_in_whatever_order_is_a_reading(
        raw in odd_path(),
        steps in proptest::collection::vec(0..rewrite::REWRITES.len() + rewrite::RESPELLINGS.len(), 0..6),
    ) {
        let all = [&rewrite::REWRITES[..], &rewrite::RESPELLINGS].concat();
        let before_query = raw.split(|byte| *byte == b'?').next().unwrap();
        let mut path = finished(before_query.to_vec());
        for step in steps {
            path = finished(all[step](&path).unwrap_or(path));
        }
        let readings = spellings(&raw);
        prop_assert!(
            readings == Interpretations::Unreadable || readings.iter().any(|reading| reading == path),
            "{} of {}", path.escape_ascii(), raw.escape_ascii()
        );
    }

    #[test]
    fn a_plain_path_is_what_no_step_changes(raw in odd_path()) {
        if let Interpretations::Plain(path) = interpretations(&raw) {
            for rewrite in rewrite::REWRITES {
                prop_assert_eq!(rewrite(path), None);
            }
        }
        if let Interpretations::Plain(path) = spellings(&raw) {
            for rewrite in rewrite::REWRITES.iter().chain(&rewrite::RESPELLINGS) {
                prop_assert_eq!(rewrite(path), None);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(raw in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = interpretations(&raw);
        let _ = spellings(&raw);
        let _ = canonical(&raw);
    }
}
