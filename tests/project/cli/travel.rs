//! `palisade check` of impossible travel.

use super::{check, warned};

/// A login route with this rule, and more of everything.
fn policy(rule: &str, route: &str, more: &str) -> String {
    format!(
        "intelligence: {{ provider: ipasis, cluster: ipasis, api_key_env: KEY }}\n\
         identity: {{ account: [{{ form: email }}] }}\n{more}\n\
         routes: [{{
             name: login, match: {{ methods: [POST], path: /login }},
             rules: [{rule}, {{ when: tor, then: deny }}], failure: {{ status: [401] }},
             success: {{ header: [{{ name: set-cookie }}] }}, {route}
         }}]\n"
    )
}

const STEP_UP: &str = "{ name: far, when: { any: [impossible_travel, { travel_speed: '>500', travel_km: '<=3000' }] \
    }, then: step_up }";

#[test]
fn travel_is_told_in_words() {
    let (status, said, wrong) = check(&policy(STEP_UP, "", "travel: { max_speed: 900 }"), &[]);
    assert_eq!(status, Some(0), "{wrong}");
    for line in [
        "  impossible travel is above 900 km/h since the last successful login of the account, 100 km taken off, \
         within 30d; 135168 positions are kept",
        "    1. far -> step_up: impossible_travel or (travel_km <=3000 km and travel_speed >=501 km/h)",
        "    a success moves the last position, unless the travel was impossible",
    ] {
        assert!(said.lines().any(|told| told == line), "{line} in {said}");
    }
    let second = "}, { name: other, match: { path: /other }, account: [{ form: a }], rules: [{ when: \
        impossible_travel, then: step_up }], sets_position: false";
    let (_, said, _) = check(&policy(STEP_UP, second, ""), &[]);
    assert!(
        said.contains("    a success does not move the last position"),
        "{said}"
    );
}

#[test]
fn what_is_perhaps_not_meant_of_travel_is_warned_of() {
    assert_eq!(warned(&policy(STEP_UP, "", "")), "");
    for (rule, route, more, words) in [
        (
            "{ when: impossible_travel, then: deny }",
            "",
            "",
            "learns that the account exists",
        ),
        (STEP_UP, "lookup: off", "", "looks nothing up"),
        (
            "{ when: vpn, then: deny }",
            "",
            "travel: { max_speed: 900 }",
            "no position is kept",
        ),
    ] {
        let warnings = warned(&policy(rule, route, more));
        assert!(warnings.contains(words), "{words} in {warnings}");
    }
}
