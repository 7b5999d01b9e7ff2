use super::*;
use crate::route::Case;
use proptest::prelude::*;

/// A route for all methods and hosts: `strictness`, then a glob.
fn route(strictness: u8, glob: &str) -> RouteMatch {
    RouteMatch {
        methods: Methods::default(),
        hosts: Vec::new(),
        paths: vec![PathPattern::glob(glob, Case::Sensitive).expect(glob)],
        strictness,
    }
}

fn table(routes: &[(u8, &str)]) -> RouteTable {
    RouteTable::new(
        routes
            .iter()
            .map(|(strictness, glob)| route(*strictness, glob))
            .collect(),
    )
}

fn find(table: &RouteTable, path: &str) -> Option<(usize, Reading)> {
    let found = table.find(b"POST", Some(b"example.com"), path.as_bytes())?;
    Some((found.route.get(), found.reading))
}

#[test]
fn the_first_route_in_the_configuration_is_found() {
    let table = table(&[(1, "/login"), (1, "/admin/**"), (9, "/**")]);
    for (path, index) in [
        ("/login", 0),
        ("/login/?x", 0),
        ("/admin", 1),
        ("/admin/x", 1),
        ("/x", 2),
    ] {
        assert_eq!(
            find(&table, path),
            Some((index, Reading::Canonical)),
            "{path}"
        );
    }
}

#[test]
fn a_request_for_nothing_protected_finds_nothing() {
    assert_eq!(find(&RouteTable::default(), "/login"), None);
    let table = table(&[(1, "/login")]);
    for path in ["/", "/x", "/%78/y", "/loginx", "", "*"] {
        assert_eq!(find(&table, path), None, "{path}");
    }
}

#[test]
fn method_host_and_path_must_all_fit() {
    let table = RouteTable::new(vec![
        RouteMatch {
            methods: Methods::new(["POST", "PUT"]).unwrap(),
            hosts: vec![
                HostPattern::new("a.com").unwrap(),
                HostPattern::new("*.b.com").unwrap(),
            ],
            paths: vec![
                PathPattern::exact("/login", Case::Insensitive).unwrap(),
                PathPattern::prefix("/session", Case::Sensitive).unwrap(),
            ],
            strictness: 1,
        },
        RouteMatch {
            paths: Vec::new(),
            ..route(9, "/")
        },
    ]);
    let find = |method: &str, authority: Option<&str>, path: &str| {
        table
            .find(
                method.as_bytes(),
                authority.map(str::as_bytes),
                path.as_bytes(),
            )
            .is_some()
    };
    assert!(find("POST", Some("a.com:443"), "/LOGIN"));
    assert!(find("put", Some("x.b.com."), "/session/new"));
    assert!(
        find("POST", None, "/login"),
        "a missing authority is every host"
    );
    assert!(!find("GET", Some("a.com"), "/login"));
    assert!(!find("POST", Some("b.com"), "/login"));
    assert!(!find("POST", Some("a.com"), "/x"));
    let unreadable = "/a".repeat(100_000);
    assert!(find("POST", Some("a.com"), &unreadable));
    assert!(
        !find("GET", Some("a.com"), &unreadable),
        "a route without paths is never found"
    );
    assert!(!find("POST", Some("c.com"), &unreadable));
}

#[test]
fn a_route_found_only_by_an_odd_reading_says_so() {
    let table = table(&[(1, "/login")]);
    for (path, reading) in [
        ("/login", Reading::Canonical),
        ("/./%6cogin;x", Reading::Canonical),
        ("//login", Reading::Canonical),
        ("/x/..%2flogin", Reading::Alternative),
        ("/%256cogin", Reading::Alternative),
        ("\\login", Reading::Alternative),
        ("/login%00.png", Reading::Alternative),
        ("/login%20", Reading::Alternative),
    ] {
        assert_eq!(find(&table, path), Some((0, reading)), "{path}");
    }
}

#[test]
fn a_lenient_route_cannot_be_used_to_get_past_a_strict_one() {
    let exempt_first = table(&[(0, "/static/**"), (2, "/**")]);
    let lenient_last = table(&[(2, "/login"), (1, "/**")]);
    for path in [
        "/static/..%2flogin",
        "/static/..;/%256cogin",
        "/static\\..\\login",
        "/static/..%5clogin",
    ] {
        assert_eq!(
            find(&exempt_first, path),
            Some((1, Reading::Ambiguous)),
            "{path}"
        );
        assert_eq!(
            find(&lenient_last, path),
            Some((0, Reading::Ambiguous)),
            "{path}"
        );
    }
    assert_eq!(
        find(&exempt_first, "/static/a.css"),
        Some((0, Reading::Canonical))
    );
    assert_eq!(
        find(&exempt_first, "/static/a%20b.css"),
        Some((0, Reading::Canonical))
    );
    assert_eq!(find(&lenient_last, "/a%2Fb"), Some((1, Reading::Canonical)));
}

#[test]
fn among_equally_strict_routes_the_first_in_the_configuration_is_found() {
    let table = table(&[(1, "/login"), (1, "/**")]);
    assert_eq!(find(&table, "/x/..%2flogin"), Some((0, Reading::Ambiguous)));
    assert_eq!(
        find(&table, &"/a".repeat(100_000)),
        Some((0, Reading::Unreadable))
    );
}

#[test]
fn a_path_that_cannot_be_read_finds_the_strictest_route() {
    let table = table(&[(0, "/static/**"), (1, "/login"), (3, "/admin"), (2, "/**")]);
    let padded = format!("/login/..;/{}", "a/..;/".repeat(2_000));
    assert_eq!(find(&table, &padded), Some((2, Reading::Unreadable)));
    assert_eq!(
        find(&self::table(&[(0, "/static/**")]), &padded),
        Some((0, Reading::Unreadable))
    );
}

#[test]
fn readings_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> = Reading::ALL.map(Reading::name).into();
    assert_eq!(names.len(), Reading::ALL.len());
}

/// One way of writing a path differently, at a place that `at` chooses.
fn respelled(path: &str, way: u8, at: usize) -> String {
    let slashes: Vec<usize> = path.match_indices('/').map(|(index, _)| index).collect();
    let slash = slashes[at % slashes.len()];
    let (head, tail) = path.split_at(slash);
    let escaped = |format: fn(char) -> String| {
        let (before, after) = path.split_at(at % path.len());
        let mut after = after.chars();
        // The first slash stays, so that it is a path, and what is escaped is not escaped again.
        match after.next() {
            Some(next) if next != '%' && !before.is_empty() => {
                format!("{before}{}{}", format(next), after.as_str())
            }
            _ => path.to_owned(),
        }
    };
    match way % 10 {
        0 => format!("{head}/.{tail}"),
        1 => format!("{head}/x/..{tail}"),
        2 => format!("{head}/{tail}"),
        3 => escaped(|next| format!("%{:02x}", u32::from(next))),
        4 => escaped(|next| format!("%25{:02X}", u32::from(next))),
        5 if head.is_empty() => path.to_owned(),
        5 => format!("{head};a=b{tail}"),
        6 => format!("{path}/"),
        7 => format!("{path};v=1"),
        8 => format!("{head}/x/..;{tail}"),
        _ => format!("{head}/y\\..{tail}"),
    }
}

proptest! {
    #[test]
    fn every_spelling_of_a_protected_path_is_found(
        path in prop_oneof![Just("/login"), Just("/api/v1/session"), Just("/a")],
        ways in proptest::collection::vec((any::<u8>(), any::<usize>()), 0..6),
        query in prop_oneof![Just(""), Just("?x=/../y"), Just("#z")],
    ) {
        let table = table(&[(0, "/x/**"), (2, path), (1, "/**")]);
        let mut raw = path.to_owned();
        for (way, at) in ways {
            raw = respelled(&raw, way, at);
        }
        raw.push_str(query);
        prop_assert_eq!(find(&table, &raw).map(|(index, _)| index), Some(1), "{}", raw);
    }

    #[test]
    fn a_few_changes_of_spelling_are_read_and_not_given_up(
        first in (any::<u8>(), any::<usize>()), second in (any::<u8>(), any::<usize>()),
    ) {
        let raw = respelled(&respelled("/api/session", first.0, first.1), second.0, second.1);
        let found = find(&table(&[(1, "/api/session")]), &raw);
        prop_assert!(matches!(found, Some((0, Reading::Canonical | Reading::Alternative))), "{} {:?}", raw, found);
    }

    #[test]
    fn arbitrary_requests_never_panic(
        method in proptest::collection::vec(any::<u8>(), 0..8),
        authority in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20)),
        path in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let table = RouteTable::new(vec![
            RouteMatch { hosts: vec![HostPattern::new("*.a").unwrap()], ..route(1, "/*/**/a*b") },
        ]);
        let _ = table.find(&method, authority.as_deref(), &path);
    }
}
