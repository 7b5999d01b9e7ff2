use super::*;
use crate::route::Case;
use proptest::prelude::*;

/// A route for all methods and hosts with this glob.
fn route(glob: &str) -> RouteMatch {
    RouteMatch {
        methods: Methods::default(),
        hosts: Vec::new(),
        paths: vec![PathPattern::glob(glob, Case::Sensitive).expect(glob)],
        content: None,
    }
}

/// The table of these routes, each with one match.
fn table_of(routes: Vec<RouteMatch>) -> RouteTable {
    let routes = routes.into_iter().enumerate();
    RouteTable::new(
        routes
            .map(|(place, own)| (RouteIndex::new(place), own))
            .collect(),
    )
}

/// What nobody asks.
fn unasked(_: ContentIndex) -> Truth {
    Truth::Unknown
}

/// A route for these methods alone.
fn route_for(methods: &[&str], glob: &str) -> RouteMatch {
    RouteMatch {
        methods: Methods::new(methods.iter().copied()).expect("methods"),
        ..route(glob)
    }
}

fn table(globs: &[&str]) -> RouteTable {
    table_of(globs.iter().map(|glob| route(glob)).collect())
}

fn find_asked(table: &RouteTable, asked: &Asked<'_>, path: &str) -> (Vec<usize>, Option<Reading>) {
    let found = table.find(asked, Some(b"example.com"), path.as_bytes(), &mut unasked);
    let reading = found.as_ref().map(|found| found.reading);
    let routes = found.map(|found| found.routes.iter().map(|route| route.get()).collect());
    (routes.unwrap_or_default(), reading)
}

fn find(table: &RouteTable, path: &str) -> (Vec<usize>, Option<Reading>) {
    find_asked(table, &Asked::only(b"POST"), path)
}

/// The routes that a POST with a body finds, whose head names these methods.
fn posted(table: &RouteTable, named: &[&str], path: &str) -> Vec<usize> {
    let named = named.iter().map(|name| name.as_bytes().to_vec()).collect();
    let asked = Asked {
        named,
        hidden: true,
        ..Asked::only(b"POST")
    };
    find_asked(table, &asked, path).0
}

#[test]
fn the_first_route_in_the_configuration_is_found() {
    let table = table(&["/login", "/admin/**", "/**"]);
    for (path, index) in [
        ("/login", 0),
        ("/login/?x", 0),
        ("/admin", 1),
        ("/admin/x", 1),
        ("/x", 2),
    ] {
        let found = (vec![index], Some(Reading::Canonical));
        assert_eq!(find(&table, path), found, "{path}");
    }
}

#[test]
fn a_request_for_nothing_protected_finds_nothing() {
    assert_eq!(find(&RouteTable::default(), "/login"), (vec![], None));
    let table = table(&["/login"]);
    for path in ["/", "/x", "/%78/y", "/loginx", "", "*", "/%ff", "/lo%80"] {
        assert_eq!(find(&table, path), (vec![], None), "{path}");
    }
}

#[test]
fn method_host_and_path_must_all_fit() {
    let table = table_of(vec![
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
            content: None,
        },
        RouteMatch {
            paths: Vec::new(),
            ..route("/")
        },
    ]);
    let find = |method: &str, authority: Option<&str>, path: &str| {
        let asked = Asked::only(method.as_bytes());
        table
            .find(
                &asked,
                authority.map(str::as_bytes),
                path.as_bytes(),
                &mut unasked,
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
    let table = table(&["/login"]);
    for (path, reading) in [
        ("/login", Reading::Canonical),
        ("/./%6cogin;x", Reading::Canonical),
        ("//login", Reading::Canonical),
        ("/x/..%2flogin", Reading::Alternative),
        ("/%256cogin", Reading::Alternative),
        ("\\login", Reading::Alternative),
        ("/login%00.png", Reading::Alternative),
        ("/login%20", Reading::Alternative),
        ("/lo%80gin", Reading::Alternative),
        ("/login.", Reading::Alternative),
    ] {
        assert_eq!(find(&table, path), (vec![0], Some(reading)), "{path}");
    }
}

#[test]
fn every_route_that_some_reading_finds_is_found() {
    let table = table(&["/static/**", "/login", "/**"]);
    for path in [
        "/static/..%2flogin",
        "/static/..;/%256cogin",
        "/static\\..\\login",
        "/static/..%5clogin",
    ] {
        let (routes, reading) = find(&table, path);
        assert!(routes.contains(&0) && routes.contains(&1), "{path}");
        assert_eq!(reading, Some(Reading::Ambiguous), "{path}");
    }
    for path in ["//login", "/login;x", "/lo%80gin", "/login%00/../static"] {
        let (routes, reading) = find(&table, path);
        assert!(routes.contains(&1), "{path}");
        assert_eq!(reading, Some(Reading::Ambiguous), "{path}");
    }
}

#[test]
fn first_comes_the_route_that_an_honest_client_means() {
    let table = table(&["/x/**", "/login", "/**"]);
    assert_eq!(find(&table, "//login").0, [1, 2]);
    assert_eq!(find(&table, "/x/../login").0, [1, 0]);
    assert_eq!(find(&table, "/x/..%2flogin").0, [0, 1]);
}

#[test]
fn an_honest_path_finds_one_route() {
    let table = table(&["/static/**", "/login", "/**"]);
    for (path, route) in [
        ("/static/a.css", 0),
        ("/static/a%20b.css", 0),
        ("/static/caf%C3%A9", 0),
        ("/static/%E2%80%8D.png", 0),
        ("/login/?next=%2F", 1),
        ("/a%2Fb", 2),
        ("/100%25", 2),
        ("/a;jsessionid=1", 2),
        ("/wiki/Inc.", 2),
        ("/v1/things:undelete", 2),
    ] {
        assert_eq!(
            find(&table, path),
            (vec![route], Some(Reading::Canonical)),
            "{path}"
        );
    }
}

#[test]
fn a_path_that_cannot_be_read_finds_every_route_of_method_and_host() {
    let mut routes = vec![
        route("/static/**"),
        route_for(&["PUT"], "/x"),
        route("/login"),
    ];
    routes.push(RouteMatch {
        hosts: vec![HostPattern::new("other.com").unwrap()],
        ..route("/")
    });
    let table = table_of(routes);
    let padded = format!("/login/..;/{}", "a/..;/".repeat(2_000));
    assert_eq!(
        find(&table, &padded),
        (vec![0, 2], Some(Reading::Unreadable))
    );
    assert_eq!(posted(&table, &["PUT"], &padded), [0, 1, 2]);
}

#[test]
fn a_request_that_may_be_for_another_method_finds_the_routes_of_both() {
    let routes = vec![
        route_for(&["PATCH"], "/account"),
        route_for(&["GET"], "/login"),
        route_for(&["POST"], "/login"),
        route("/**"),
    ];
    let table = table_of(routes);
    for (named, path, wanted) in [
        (&[][..], "/account", &[3, 0][..]),
        (&[], "/login", &[2, 1]),
        (&[], "/other", &[3]),
        (&["put"], "/login", &[2, 1, 3]),
        (&["PATCH"], "/account", &[3, 0]),
    ] {
        assert_eq!(posted(&table, named, path), wanted, "{named:?} {path}");
    }
    let head = |named: &str, path| {
        let named = vec![named.as_bytes().to_vec()];
        let asked = Asked {
            named,
            ..Asked::only(b"GET")
        };
        find_asked(&table, &asked, path).0
    };
    assert_eq!(head("POST", "/login"), [1, 2]);
    assert_eq!(head("DELETE", "/account"), [3]);
}

#[test]
fn a_route_is_hidden_only_if_no_reading_and_no_named_method_finds_it() {
    let table = table_of(vec![route_for(&["PUT"], "/a"), route_for(&["POST"], "/b")]);
    let hidden = |named: &[&str], path: &str| {
        let named = named.iter().map(|name| name.as_bytes().to_vec()).collect();
        let asked = Asked {
            named,
            hidden: true,
            ..Asked::only(b"POST")
        };
        let found = table
            .find(&asked, None, path.as_bytes(), &mut unasked)
            .expect("a route");
        found
            .hidden
            .iter()
            .map(|route| route.get())
            .collect::<Vec<_>>()
    };
    assert_eq!(hidden(&[], "/a"), [0]);
    assert_eq!(hidden(&[], "/b%3f/../a"), [0]);
    assert_eq!(hidden(&[], &"/a".repeat(5_000)), [0]);
    assert!(hidden(&["PUT"], "/a").is_empty());
    assert!(hidden(&[], "/b").is_empty());
}

#[test]
fn a_form_for_a_route_of_posts_finds_that_one_alone() {
    let table = table_of(vec![route_for(&["POST"], "/login"), route("/**")]);
    assert_eq!(posted(&table, &[], "/login"), [0]);
    assert_eq!(posted(&table, &[], "/x"), [1]);
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
    match way % 14 {
        // What stands between a sign and its digits is no escape to anybody.
        9..=12 if path.contains('%') => path.to_owned(),
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
        // What vanishes, or is more than it looks like, on its way to some application.
        9 => escaped(|next| format!("%80{next}")),
        10 => escaped(|next| format!("%E2%80%8B{next}")),
        11 => escaped(|next| format!("%09{next}")),
        12 => escaped(|next| match next {
            '/' => "%c0%af".to_owned(),
            _ => next.to_string(),
        }),
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
        let table = table(&["/x/**", path, "/**"]);
        let mut raw = path.to_owned();
        for (way, at) in ways {
            raw = respelled(&raw, way, at);
        }
        raw.push_str(query);
        prop_assert!(find(&table, &raw).0.contains(&1), "{}", raw);
    }

    #[test]
    fn a_few_changes_of_spelling_are_read_and_not_given_up(
        first in (any::<u8>(), any::<usize>()), second in (any::<u8>(), any::<usize>()),
    ) {
        let raw = respelled(&respelled("/api/session", first.0, first.1), second.0, second.1);
        let (_, reading) = find(&table(&["/api/session"]), &raw);
        prop_assert!(matches!(reading, Some(Reading::Canonical | Reading::Alternative)), "{} {:?}", raw, reading);
    }

    #[test]
    fn arbitrary_requests_never_panic(
        method in proptest::collection::vec(any::<u8>(), 0..8),
        authority in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20)),
        path in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let table = table_of(vec![
            RouteMatch { hosts: vec![HostPattern::new("*.a").unwrap()], ..route_for(&["PUT"], "/*/**/a*b") },
        ]);
        let asked = Asked { hidden: true, ..Asked::only(&method) };
        let _ = table.find(&asked, authority.as_deref(), &path, &mut unasked);
    }
}

/// A table of three routes for one path, of which the first two ask for more; what they find when a request says it so.
fn told(first: Truth, second: Truth, path: &str) -> Vec<usize> {
    let asking = |content, glob: &str| RouteMatch {
        content: Some(ContentIndex(content)),
        ..route(glob)
    };
    let table = table_of(vec![
        asking(0, "/login"),
        asking(1, "/login"),
        route("/login"),
    ]);
    let mut says = |ContentIndex(content)| [first, second][content];
    let found = table.find(&Asked::only(b"POST"), None, path.as_bytes(), &mut says);
    let routes = found.iter().flat_map(|found| found.routes.iter());
    routes.map(|route| route.get()).collect()
}

#[test]
fn what_a_request_says_decides_between_routes_of_one_path() {
    use Truth::{False, True, Unknown};
    for (first, second, routes) in [
        (True, True, vec![0]),
        (False, True, vec![1]),
        (False, False, vec![2]),
        (Unknown, True, vec![0, 1]),
        (Unknown, False, vec![0, 2]),
        (False, Unknown, vec![1, 2]),
        (Unknown, Unknown, vec![0, 1, 2]),
        (True, Unknown, vec![0]),
    ] {
        for path in ["/login", "//login", "/login%00"] {
            assert_eq!(
                told(first, second, path),
                routes,
                "{first:?} {second:?} {path}"
            );
        }
    }
}

#[test]
fn a_route_of_several_matches_is_found_by_each_and_once() {
    let index = RouteIndex::new(4);
    let table = RouteTable::new(vec![
        (index, route("/login")),
        (index, route_for(&["PUT"], "/session")),
        (index, route("/login")),
    ]);
    assert_eq!(find(&table, "/login").0, [4]);
    assert_eq!(find(&table, "/session").0, Vec::<usize>::new());
    assert_eq!(find_asked(&table, &Asked::only(b"PUT"), "/session").0, [4]);
}
