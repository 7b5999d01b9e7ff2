//! `palisade check` of limits.

use super::{check, warned};

/// Accounts in a form, sessions in a cookie, these limits and this route.
fn policy(limits: &str, route: &str) -> String {
    format!(
        "identity: {{ account: [{{ form: email }}, basic], session: [{{ cookie: sid }}] }}\n\
         limits: [{limits}]\n\
         routes: [{{ name: login, rules: [], match: {{ methods: [POST], path: /login }}, {route} }}]\n"
    )
}

#[test]
fn limits_are_told_in_the_order_in_which_they_are_asked() {
    let limits = "
        { name: account, key: [account], count: failures, limit: 10, window: 1h, block_for: growing },
        {
            name: typos, key: [subnet, account], count: failures, limit: 5, window: 10m, on_success: clear,
            devices: together,
        },
        {
            name: subnet, key: [subnet, route], limit: { clean: 60, risky: 5, unknown: 20 }, window: 1m,
            mobile: volume, when: { not: tor },
        },
        {
            name: spray, key: [subnet], count: distinct(account), limit: 20, window: 90s, then: challenge,
            mode: monitor, block_for: 1h, count_refused: true,
        },
        {
            name: agents, key: [asn], count: distinct(agent),
            limit: [{ when: hosting, limit: 3 }, { limit: 9 }], window: 1d, then: annotate,
        }";
    let route = "limits: [account, typos, subnet, spray, agents], failure: { status: [401] }, success: { header: [{ \
        name: set-cookie }] }";
    let api = "intelligence: { provider: ipasis, cluster: c, api_key_env: KEY }\n";
    let (status, said, wrong) = check(&format!("{SIGNED}{api}{}", policy(limits, route)), &[]);
    assert_eq!(status, Some(0), "{wrong}");
    let lines = [
        "    what goes on is counted:",
        "    - subnet: 60 attempts (5 where risky, 20 where unknown) in 1m by subnet and route -> limit 429, \
         mobile carriers included, only where not tor",
        "    - agents: 9 different User-Agents (3 where hosting) in 1d by asn -> annotate",
        "    the account is form email or basic; where nobody can tell it: deny 400",
        "    - spray: 20 different accounts in 90s by subnet -> challenge 403, then nothing for 1h, \
         and what is refused counts as well (only monitored)",
        "    - account: 10 failures in 1h by account -> limit 429, then nothing for 30s, doubling up to 1h; \
         known devices have a counter of their own",
        "    - typos: 5 failures in 10m by subnet and account -> limit 429, forgotten after a success",
    ];
    let told: Vec<&str> = said.lines().collect();
    let places: Vec<Option<usize>> = lines
        .iter()
        .map(|line| told.iter().position(|told| told == line))
        .collect();
    assert!(places.iter().all(Option::is_some), "{places:?} in {said}");
    assert!(places.is_sorted(), "{said}");
    assert!(!said.contains("warning:"), "{said}");
}

#[test]
fn a_limits_own_subnet_is_told_in_bits() {
    let limits = "
        { name: site, key: [subnet], subnet: { ipv6: 48 }, limit: 9, window: 1m },
        { name: spread, key: [session], subnet: { ipv4: 16 }, count: distinct(subnet), limit: 9, window: 1m }";
    let (_, said, _) = check(&policy(limits, "limits: [site, spread]"), &[]);
    for line in [
        "- site: 9 attempts in 1m by subnet (/24, of IPv6 /48) ->",
        "- spread: 9 different subnets (/16, of IPv6 /64) in 1m by session ->",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
}

#[test]
fn how_likely_codes_are_guessed_is_told() {
    let limits = "{ name: code, limit: 3, window: 1h, codes: { length: 8 } }";
    let (_, said, _) = check(&policy(limits, "limits: [code]"), &[]);
    for line in [
        "- code_session: 3 attempts in 1h by session -> limit 429",
        "guessing a code succeeds: 1 in 1,388,",
        "a day (72 guesses at 100,000,000 codes, 1 valid at once)",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert!(!said.contains("never"), "{said}");
    let blind = policy(limits, "limits: [code]").replace(", session: [{ cookie: sid }]", "");
    let (_, said, _) = check(&blind, &[]);
    assert!(said.contains("by session -> limit 429: never"), "{said}");
    let limits = "{ name: code, limit: 3, window: 1h, codes: { length: 4 } }";
    let (status, _, wrong) = check(&policy(limits, "limits: [code]"), &[]);
    assert_eq!(status, Some(1));
    assert!(wrong.contains("1 in 139 a day"), "{wrong}");
}

const FAILURES: &str = "{ name: a, key: [account], count: failures, limit: 10, window: 1h }";
const NETWORK: &str = "{ name: a, key: [subnet], limit: 10, window: 1h }";
/// Without them, challenges of the built-in rules are warned of.
const KEYS: &str =
    "signing_keys_env: [PALISADE_KEY]\nunlock: { path: /unlock, redirect: /login }\n";
const SIGNED: &str =
    "signing_keys_env: [PALISADE_KEY]\nunlock: { path: /unlock, redirect: /login }\ndevice: {}\n";

/// What is perhaps not meant, each with the least that brings it about; and what is usual, without a warning.
#[test]
fn what_is_perhaps_not_meant_of_limits_is_warned_of() {
    let usual =
        "limits: [a], failure: { status: [401] }, success: { header: [{ name: set-cookie }] }";
    let page = "limits: [a], failure: { body: [{ contains: Wrong }] }, success: { header: [{ name: set-cookie }] }";
    let of = |signed: &str, limits: &str, route: &str| {
        warned(&format!("{signed}{}", policy(limits, route)))
    };
    for (signed, limits, route) in [
        (SIGNED, FAILURES, usual),
        (SIGNED, FAILURES, page),
        (KEYS, NETWORK, "limits: [a]"),
        (
            KEYS,
            "{ name: a, key: [account, subnet], limit: 9, window: 1h }",
            "limits: [a]",
        ),
    ] {
        assert_eq!(of(signed, limits, route), "", "{limits} {route}");
    }
    let open = &format!("{usual}, on_missing_account: allow");
    let by_status = "limits: [a], failure: { status: [401] }, success: { status: [302] }";
    let of_networks = "{ name: a, key: [subnet], count: failures, limit: 9, window: 1h }";
    let attempts = "{ name: a, key: [account], limit: 9, window: 1h }";
    let two = &format!("{NETWORK}, {}", NETWORK.replace("name: a", "name: b"));
    let told = "{ name: a, key: [account], limit: 9, window: 1h, then: annotate }";
    for (signed, limits, route, warning) in [
        (KEYS, told, "limits: [a]", "denies nobody"),
        (SIGNED, attempts, "limits: [a]", "no route sets its cookie"),
        (KEYS, two, "limits: [b]", "no route names the limit a"),
        (KEYS, FAILURES, usual, "lets strangers lock owners out"),
        (KEYS, of_networks, "limits: [a]", "needs `failure`"),
        (SIGNED, FAILURES, by_status, "a status alone is enough"),
        (SIGNED, FAILURES, open, "on_missing_account allow"),
    ] {
        let said = of(signed, limits, route);
        assert_eq!(said.lines().count(), 1, "{route}: {said}");
        assert!(said.contains(warning), "{route}: {said}");
    }
    let all = format!("{SIGNED}{}", policy(FAILURES, usual)).replace("methods: [POST], ", "");
    let said = warned(&all);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("takes every method"), "{said}");
}

#[test]
fn a_page_may_set_a_device_cookie_where_headers_wait() {
    let page = "limits: [a], failure: { body: [{ contains: Wrong }] }, success: { header: [{ name: set-cookie }] }";
    let policy: serde_json::Value =
        serde_yaml_ng::from_str(&format!("{SIGNED}{}", policy(FAILURES, page))).expect("YAML");
    let vm = "vm_config: { environment_variables: { host_env_keys: [PALISADE_KEY] } }";
    for (flag, warnings) in [("true", 0), ("false", 1)] {
        let filter = format!(
            "config:\n  allow_on_headers_stop_iteration: {flag}\n  {vm}\n  configuration: {{ value: {policy} }}\n"
        );
        assert_eq!(warned(&filter).lines().count(), warnings, "{flag}");
    }
}
