//! A path of any bytes is read in a bounded number of ways, its canonical form is stable, and whatever one way of
//! reading it finds is found.
#![no_main]

use std::sync::LazyLock;

use palisade::route::{
    Asked, Case, Interpretations, Methods, PathPattern, RouteIndex, RouteMatch, RouteTable,
    canonical, interpretations, spellings,
};

static TABLE: LazyLock<RouteTable> = LazyLock::new(|| {
    let route = |methods: &[&str], path: &str| RouteMatch {
        methods: Methods::new(methods.iter().copied()).expect("methods"),
        hosts: Vec::new(),
        paths: vec![PathPattern::prefix(path, Case::Sensitive).expect("a path")],
        content: None,
    };
    let routes = [
        route(&["PATCH"], "/a"),
        route(&["POST"], "/a/b"),
        route(&[], "/a"),
        route(&[], "/login"),
    ];
    let routes = routes.into_iter().enumerate();
    RouteTable::new(
        routes
            .map(|(place, own)| (RouteIndex::new(place), own))
            .collect(),
    )
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let once = canonical(bytes).into_owned();
    assert_eq!(canonical(&once).into_owned(), once);
    assert!(interpretations(bytes).iter().count() <= 32);
    let readings = spellings(bytes);
    assert!(readings.iter().count() <= 32);
    if readings != Interpretations::Unreadable {
        let taken_apart = interpretations(bytes);
        assert!(
            taken_apart
                .iter()
                .all(|one| readings.iter().any(|other| one == other))
        );
    }
    let asked = Asked {
        hidden: true,
        ..Asked::only(b"POST")
    };
    let found = TABLE.find(&asked, None, bytes, &mut |_| {
        palisade::signals::Truth::Unknown
    });
    let has = |route: usize| {
        found
            .iter()
            .flat_map(|found| found.routes.iter())
            .any(|other| other.get() == route)
    };
    for reading in readings.iter() {
        let below = |own: &[u8]| {
            let rest = reading.strip_prefix(own);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        assert!(!below(b"/login") || has(3));
        assert!(!below(b"/a/b") || has(1));
        assert!(!below(b"/a") || has(0));
    }
});
