//! `palisade check` of the doors that applications are known to have.

use super::check;

/// What is said of the doors of this policy for WordPress.
fn wordpress(routes: &str) -> Vec<String> {
    let policy = format!(
        "application: wordpress\n\
         identity: {{ account: [{{ form: log }}] }}\n\
         limits: [{{ name: account, key: [account], count: failures, limit: 5, window: 1h }}]\n\
         routes:\n{routes}"
    );
    let (status, said, wrong) = check(&policy, &[]);
    assert_eq!(status, Some(0), "{wrong}");
    let lines = said
        .lines()
        .filter_map(|line| line.strip_suffix(" [open-door]"));
    let lines = lines.filter_map(|line| line.split_once(": warning: wordpress has the door "));
    lines.map(|(_, door)| door.to_owned()).collect()
}

const CLOSED: &str = "  - { name: closed, match: { path: [/xmlrpc.php, { prefix: /wp-json }] }, rules: [{ when: always, then: deny }] }
  - { name: query, match: { query: { rest_route: { present: true } } }, rules: [{ when: always, then: deny }] }
";

#[test]
fn a_door_without_a_route_is_told() {
    let login = "  - { name: login, match: { methods: [POST], path: /wp-login.php }, account: [{ form: log }, { form: user_login }], limits: [account], rules: [], failure: otherwise, success: { header: [{ name: set-cookie }] } }\n";
    assert_eq!(
        wordpress(login),
        [
            "xmlrpc (POST /xmlrpc.php): no route is for it",
            "xmlrpc_others (POST /xmlrpc.php): no route is for it",
            "rest (GET /wp-json/wp/v2/users/me): no route is for it",
            "rest_by_query (GET /?rest_route=/wp/v2/users/me): no route is for it",
        ]
    );
    assert!(wordpress(&format!("{login}{CLOSED}")).is_empty());
}

#[test]
fn a_door_whose_route_limits_and_denies_nobody_is_told() {
    let routes =
        format!("{CLOSED}  - {{ name: site, match: {{ path: {{ prefix: / }} }}, rules: [] }}\n");
    assert_eq!(
        wordpress(&routes),
        [
            "login (POST /wp-login.php): route site neither counts by account or session there nor denies everybody",
            "lost_password (POST /wp-login.php?action=lostpassword): route site neither counts by account or session there nor denies everybody",
        ]
    );
}

#[test]
fn a_door_whose_account_stands_elsewhere_is_told() {
    let login = |missing: &str| {
        format!(
            "  - {{ name: login, match: {{ methods: [POST], path: /wp-login.php }}, on_missing_account: {missing}, limits: [account], rules: [], failure: otherwise, success: {{ header: [{{ name: set-cookie }}] }} }}\n{CLOSED}"
        )
    };
    for (missing, follows) in [
        ("deny", "so that nobody gets in"),
        ("allow", "and lets it through"),
    ] {
        let line = format!(
            "lost_password (POST /wp-login.php?action=lostpassword): route login finds no account in it ({follows})"
        );
        assert_eq!(wordpress(&login(missing)), [line]);
    }
}

#[test]
fn an_application_that_nobody_knows_is_refused() {
    let policy = "application: wordpres\nroutes: [{ name: login, match: { path: /login } }]\n";
    let (status, _, wrong) = check(policy, &[]);
    assert_eq!(status, Some(1));
    assert!(wrong.contains("did you mean wordpress?"), "{wrong}");
}

#[test]
fn every_shipped_policy_keeps_all_doors_of_its_application() {
    let files = std::fs::read_dir("policies").expect("policies");
    let files = files.map(|file| file.expect("a policy").path());
    let mut count = 0;
    for path in files.filter(|path| path.is_file()) {
        let name = path.file_stem().expect("a name").to_str().expect("text");
        let text = std::fs::read_to_string(&path).expect("text");
        assert!(text.contains(&format!("\napplication: {name}\n")), "{name}");
        let (status, said, wrong) = check(&text, &[]);
        assert_eq!(status, Some(0), "{name}: {wrong}");
        assert!(!said.contains("has the door"), "{name}: {said}");
        count += 1;
    }
    assert_eq!(count, palisade::config::Application::ALL.len());
}
