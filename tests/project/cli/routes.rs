//! What is said of routes that overlap, and of hosts that are left out.

use super::{check, warned};

fn said(routes: &str) -> String {
    let (status, said, errors) = check(&format!("routes:\n{routes}"), &[]);
    assert_eq!(status, Some(0), "{errors}");
    said
}

const LOGIN: &str =
    "  - { name: login, match: { methods: [POST], path: /login }, on_unknown: deny }\n";

#[test]
fn routes_that_one_path_may_find_are_told() {
    let said_of = said(&format!(
        "{LOGIN}  - {{ name: everything, match: {{ path: {{ prefix: / }} }} }}\n"
    ));
    assert!(
        said_of.contains("as in //login or /login;x, it may be for everything too"),
        "{said_of}"
    );
    let alone = said(LOGIN);
    assert!(!alone.contains("may be for"), "{alone}");
    let apart = said(&format!(
        "{LOGIN}  - {{ name: admin, match: {{ path: {{ prefix: /admin }} }} }}\n"
    ));
    assert!(!apart.contains("may be for"), "{apart}");
}

#[test]
fn routes_that_a_form_may_find_by_another_method_are_told() {
    let said = said(&format!(
        "{LOGIN}  - {{ name: page, match: {{ methods: [GET], path: /login }} }}\n"
    ));
    assert!(said.contains("(_method), so for page too"), "{said}");
}

#[test]
fn hosts_that_are_left_out_are_warned_of() {
    let route = |matches: &str| {
        format!("  - {{ name: login, match: {{ {matches} }}, on_unknown: deny }}\n")
    };
    let warned = |routes: &str| warned(&format!("routes:\n{routes}"));
    let narrow = route("path: /login, hosts: [example.com, www.example.com]");
    let said = warned(&narrow);
    for words in [
        "any other Host than example.com or www.example.com is not protected",
        "domains: [\"example.com\", \"www.example.com\"]",
    ] {
        assert!(said.contains(words), "{words:?} in {said}");
    }
    for (other, is_warned) in [
        ("  - { name: other, match: { path: /login } }\n", false),
        (
            "  - { name: other, match: { path: { prefix: / } } }\n",
            false,
        ),
        (
            "  - { name: other, match: { path: /login, hosts: ['*'] } }\n",
            false,
        ),
        ("  - { name: other, match: { path: /admin } }\n", true),
        (
            "  - { name: other, match: { methods: [GET], path: /login } }\n",
            true,
        ),
        ("  - { name: other, match: { profile: true } }\n", true),
    ] {
        let said = warned(&format!("{narrow}{other}"));
        assert_eq!(said.contains("any other Host"), is_warned, "{other} {said}");
    }
    assert!(!warned(&route("path: /login")).contains("any other Host"));
}

#[test]
fn hosts_that_envoy_admits_no_others_of_are_not_warned_of() {
    let bootstrap = |hosts: &str, domains: &str| {
        let policy = format!(
            r#"{{"routes": [{{"name": "login", "match": {{"path": "/login", "hosts": {hosts}}}, "on_unknown": "deny"}}]}}"#
        );
        format!(
            "static_resources:\n  route_config: {{ virtual_hosts: [{{ name: x, domains: {domains} }}] }}\n  filter:\n    configuration: {{ value: '{policy}' }}\n"
        )
    };
    for (hosts, domains, is_warned) in [
        (
            r#"["example.com"]"#,
            r#"["example.com", "example.com:443"]"#,
            false,
        ),
        (
            r#"["*.example.com"]"#,
            r#"["*.example.com", "a.example.com"]"#,
            false,
        ),
        (r#"["*.example.com"]"#, r#"["*.a.example.com"]"#, false),
        (r#"["example.com"]"#, r#"["*"]"#, true),
        (
            r#"["example.com"]"#,
            r#"["example.com", "example.org"]"#,
            true,
        ),
        (r#"["any.example.com"]"#, r#"["*.example.com"]"#, true),
        (r#"["example.com"]"#, r#"["example.*"]"#, true),
    ] {
        let said = warned(&bootstrap(hosts, domains));
        assert_eq!(
            said.contains("any other Host"),
            is_warned,
            "{hosts} {domains} {said}"
        );
    }
}
