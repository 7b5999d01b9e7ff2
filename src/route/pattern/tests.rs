use super::*;
use proptest::prelude::*;

type Constructor = fn(&str, Case) -> Result<PathPattern, PatternError>;

fn check(make: Constructor, case: Case, pattern: &str, yes: &[&str], no: &[&str]) {
    let compiled = make(pattern, case).expect(pattern);
    for path in yes {
        assert!(
            compiled.matches(path.as_bytes()),
            "{pattern} matches {path}"
        );
    }
    for path in no {
        assert!(
            !compiled.matches(path.as_bytes()),
            "{pattern} does not match {path}"
        );
    }
}

#[test]
fn an_exact_pattern_is_one_path() {
    let exact = PathPattern::exact;
    check(
        exact,
        Case::Sensitive,
        "/login",
        &["/login"],
        &["/LOGIN", "/login/x", "/logi", "/"],
    );
    check(
        exact,
        Case::Insensitive,
        "/Login",
        &["/login", "/LOGIN"],
        &["/logins"],
    );
    check(exact, Case::Sensitive, "/", &["/"], &["/x"]);
    check(
        exact,
        Case::Sensitive,
        "/café/a b",
        &["/café/a b"],
        &["/cafe/a b"],
    );
}

#[test]
fn a_prefix_ends_where_a_segment_ends() {
    let prefix = PathPattern::prefix;
    let yes = ["/admin", "/admin/x", "/admin/x/y", "/admin//x"];
    check(
        prefix,
        Case::Sensitive,
        "/admin",
        &yes,
        &["/administrator", "/Admin", "/x/admin", "/"],
    );
    check(
        prefix,
        Case::Insensitive,
        "/admin",
        &["/ADMIN/x"],
        &["/ADMINX"],
    );
    check(prefix, Case::Sensitive, "/", &["/", "/x", "/x/y"], &[]);
}

#[test]
fn a_star_stays_in_its_segment_and_two_stars_do_not() {
    let glob = PathPattern::glob;
    let check = |pattern, yes: &[&str], no: &[&str]| check(glob, Case::Sensitive, pattern, yes, no);
    check("/login", &["/login"], &["/loginx", "/x/login"]);
    check(
        "/login*",
        &["/login", "/login.json", "/logins"],
        &["/login/x", "/logi"],
    );
    check(
        "/*/login",
        &["/en/login"],
        &["/login", "/a/b/login", "/en/loginx"],
    );
    check(
        "/api/v*/l*n",
        &["/api/v1/login", "/api/v/ln"],
        &["/api/v1/l", "/api/v1/x/login"],
    );
    check(
        "/a*b*c",
        &["/abc", "/a-b-b-c", "/abcbc"],
        &["/ac", "/abcd", "/a/b/c"],
    );
    check("/ab*ba", &["/abba", "/ab-ba"], &["/aba", "/ab"]);
    check("/*", &["/x", "/x.y"], &["/", "/x/y"]);
    check("/**", &["/", "/x", "/x/y/z"], &[]);
    check(
        "/admin/**",
        &["/admin", "/admin/x", "/admin/x/y"],
        &["/administrator", "/"],
    );
    check(
        "/**/reset",
        &["/reset", "/a/reset", "/a/b/reset", "/reset/reset"],
        &["/reset/x", "/xreset"],
    );
    check(
        "/a/**/b/*/c",
        &["/a/b/x/c", "/a/b/b/b/c", "/a/y/z/b/x/c"],
        &["/a/b/c", "/a/x/c", "/a/b/x/c/d"],
    );
    check(
        "/**/a/**/b",
        &["/a/b", "/x/a/y/a/z/b"],
        &["/b/a", "/a", "/a/b/c"],
    );
    check("/", &["/"], &["/x"]);
}

#[test]
fn a_glob_without_case_matches_either() {
    let yes = ["/API/Login.JSON", "/api/x/y/LOGIN"];
    check(
        PathPattern::glob,
        Case::Insensitive,
        "/api/**/login*",
        &yes,
        &["/api/logon"],
    );
    check(
        PathPattern::glob,
        Case::Insensitive,
        "/x*YZ*w",
        &["/X-yz-W"],
        &["/x-y-z-w"],
    );
}

#[test]
fn a_regular_expression_is_for_the_whole_path() {
    let regex = PathPattern::regex;
    let yes = ["/login", "/v2/login"];
    check(
        regex,
        Case::Sensitive,
        "(/v[0-9]+)?/login",
        &yes,
        &["/login/x", "/x/login", "/LOGIN"],
    );
    check(
        regex,
        Case::Sensitive,
        "/a|/b",
        &["/a", "/b"],
        &["/ab", "/a/b", "/x/b"],
    );
    check(
        regex,
        Case::Insensitive,
        "/login",
        &["/LoGin"],
        &["/logins"],
    );
    check(
        regex,
        Case::Sensitive,
        "(?m)/login",
        &["/login"],
        &["/login\n/x"],
    );
    let any = PathPattern::regex("/x.", Case::Sensitive).unwrap();
    assert!(
        any.matches(b"/x\xff"),
        "a byte that is not UTF-8 is a character"
    );
}

#[test]
fn a_pattern_that_no_path_could_match_is_refused_with_the_right_spelling() {
    for (pattern, canonical) in [
        ("/login/", "/login"),
        ("login", "/login"),
        ("", "/"),
        ("//x", "/x"),
        ("/a/../b", "/b"),
        ("/a/.", "/a"),
        ("/%6cogin", "/login"),
        ("/a%20b", "/a b"),
        ("/login?x", "/login"),
        ("/login#x", "/login"),
        ("/login;x", "/login"),
        ("https://host/login", "/login"),
        ("/100%", "/100%25"),
        ("/a%2fb", "/a%2Fb"),
    ] {
        let expected = PatternError::NotCanonical {
            canonical: canonical.to_owned(),
        };
        for make in [
            PathPattern::exact as Constructor,
            PathPattern::prefix,
            PathPattern::glob,
        ] {
            assert_eq!(
                make(pattern, Case::Sensitive).unwrap_err(),
                expected,
                "{pattern}"
            );
            assert!(make(canonical, Case::Sensitive).is_ok(), "{canonical}");
        }
        assert!(
            expected
                .to_string()
                .contains(&format!("such as {canonical:?}"))
        );
    }
}

#[test]
fn other_faults_of_patterns_are_named() {
    let long = format!("/{}", "x".repeat(MAX_PATTERN));
    for (make, pattern, message) in [
        (
            PathPattern::exact as Constructor,
            long.as_str(),
            "expected at most 1024",
        ),
        (PathPattern::regex, &long, "expected at most 1024"),
        (PathPattern::glob, "/a**", "expected ** alone"),
        (PathPattern::glob, "/***", "expected ** alone"),
        (PathPattern::glob, "/users/{id}", "brackets and braces"),
        (PathPattern::glob, "/[ab]", "brackets and braces"),
        (PathPattern::regex, "login", "begins with a slash"),
        (PathPattern::regex, "/(", "not a regular expression"),
        (PathPattern::regex, "/a)|(b", "not a regular expression"),
        (PathPattern::regex, "/\\pL", "not a regular expression"),
        (
            PathPattern::regex,
            "/(a{99}){99}{99}",
            "not a regular expression",
        ),
    ] {
        let error = make(pattern, Case::Sensitive)
            .expect_err(pattern)
            .to_string();
        assert!(error.contains(message), "{pattern:.20}: {error}");
    }
}

proptest! {
    #[test]
    fn a_glob_matches_what_the_regular_expression_of_the_same_meaning_matches(
        segments in proptest::collection::vec("\\*\\*|\\*|\\*?[ab]{1,2}(\\*[ab]{1,2}){0,2}\\*?", 1..5),
        path in "(/[ab]{0,4}){0,4}/[ab]{1,4}",
    ) {
        let pattern = format!("/{}", segments.join("/"));
        let segment = |text: &String| match text.as_str() {
            "**" => "(/[^/]*)*".to_owned(),
            text => format!("/{}", text.replace('*', "[^/]*")),
        };
        let regex = PathPattern::regex(&segments.iter().map(segment).collect::<String>(), Case::Sensitive).unwrap();
        let glob = PathPattern::glob(&pattern, Case::Sensitive).unwrap();
        prop_assert_eq!(glob.matches(path.as_bytes()), regex.matches(path.as_bytes()), "{} {}", pattern, path);
    }

    #[test]
    fn arbitrary_patterns_and_paths_never_panic(
        pattern in prop_oneof!["(/[a*.%2f;]{0,4}){0,5}", ".{0,20}"],
        path in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        for make in [PathPattern::exact as Constructor, PathPattern::prefix, PathPattern::glob, PathPattern::regex] {
            for case in [Case::Sensitive, Case::Insensitive] {
                if let Ok(compiled) = make(&pattern, case) {
                    let _ = compiled.matches(&path);
                }
            }
        }
    }
}
