//! What `palisade check` says of challenges.

use super::check;

const CHALLENGING: &str =
    "routes: [{ name: login, match: { path: /login }, rules: [{ when: vpn, then: challenge }] }]\n";
const WARNING: &str = "challenges are signed with a key that each Envoy makes for itself";

fn said(more: &str, routes: &str) -> String {
    let (status, said, errors) = check(&format!("{more}{routes}"), &[]);
    assert_eq!(status, Some(0), "{errors}");
    said
}

#[test]
fn what_a_challenge_asks_is_told_in_words() {
    let usual = said("", CHALLENGING);
    let line = "  a challenge is 50000 numbers to try, more with score and repetition, within 10m; solved, it holds 30m for one \
                rule in one subnet; posted forms up to 32768 bytes and 128 fields are kept\n";
    assert!(usual.contains(line), "{usual}");
    let own = said(
        "challenge: { difficulty: 9000, lifetime: 5m, endpoint: /pow, carry: { enabled: false }, \
         clearance: { lifetime: 1h, bound_to: asn, subnets: 7 } }\n",
        CHALLENGING,
    );
    let line = "  a challenge is 9000 numbers to try, more with score and repetition, within 5m; solved, it holds 1h for one \
                rule in one autonomous system, from 7 subnets; posted forms have to be sent again; GET /pow?route=NAME \
                gives one as JSON\n";
    assert!(own.contains(line), "{own}");
    let anywhere = said(
        "challenge: { clearance: { bound_to: nowhere } }\n",
        CHALLENGING,
    );
    assert!(
        anywhere.contains("for one rule from 5 subnets;"),
        "{anywhere}"
    );
}

#[test]
fn whoever_challenges_without_keys_is_warned() {
    let account = "identity: { account: [basic] }\n";
    for (more, route) in [
        ("", "rules: [{ when: vpn, then: challenge }]"),
        ("", "rules: [default]"),
        ("", "rules: [], on_unknown: challenge"),
        (
            "limits: [{ name: many, key: [subnet], limit: 5, window: 1m, then: challenge }]\n",
            "rules: [], limits: [many]",
        ),
        (
            "limits: [{ name: many, key: [account], limit: 5, window: 1m }]\n",
            "rules: [], limits: [many], on_missing_account: challenge",
        ),
        ("challenge: { endpoint: /pow }\n", "rules: []"),
    ] {
        let routes = format!("routes: [{{ name: login, match: {{ path: /login }}, {route} }}]\n");
        let bare = said(&format!("{account}{more}"), &routes);
        assert!(bare.contains(WARNING), "{more}{route}: {bare}");
        let keyed = said(
            &format!("{account}signing_keys_env: [PALISADE_KEY]\n{more}"),
            &routes,
        );
        assert!(!keyed.contains(WARNING), "{more}{route}: {keyed}");
        assert!(
            keyed.contains("  a challenge is "),
            "{more}{route}: {keyed}"
        );
    }
}

#[test]
fn nothing_is_said_of_challenges_where_nobody_is_challenged() {
    let said = said(
        "",
        "routes: [{ name: login, match: { path: /login }, rules: [{ when: tor, then: deny }] }]\n",
    );
    assert!(!said.contains("challenge"), "{said}");
}

#[test]
fn what_a_captcha_asks_and_does_without_service_is_told() {
    let captcha = "captcha: { provider: turnstile, cluster: siteverify, secret_env: S, hostnames: [example.com]";
    let usual = said(&format!("{captcha} }}\n"), CHALLENGING);
    assert!(usual.contains("challenges ask for a captcha"), "{usual}");
    let line = "captchas are verified by cluster siteverify within 2s; while that cannot be done, clients do a proof of work; \
                without a site key the challenge page shows none\n";
    assert!(usual.contains(line), "{usual}");
    let own = said(
        &format!("{captcha}, site_key: k, timeout: 500ms, on_unavailable: deny }}\n"),
        CHALLENGING,
    );
    let line = "within 500ms; while that cannot be done, clients are refused\n";
    assert!(own.contains(line), "{own}");
}
