//! `palisade check` reads YAML as Envoy and Kubernetes do.

use super::check;

/// What is told of a bare policy that is refused, word for word, each mistake with its line and column.
fn told(policy: &str) -> String {
    let (status, said, wrong) = check(policy, &[]);
    assert_eq!(status, Some(1), "{said}");
    let messages = wrong.lines().filter_map(|line| {
        let (place, message) = line.split_once(": error: ")?;
        let (_, place) = place.split_once("policy.yaml:")?;
        Some(format!("{place}: {message}"))
    });
    messages.collect::<Vec<_>>().join("\n")
}

const ROUTE: &str = "routes:\n  - name: login\n    match: { path: /login }\n";

#[test]
fn a_word_that_became_a_boolean_is_told_to_be_quoted() {
    assert_eq!(
        told(&format!(
            "{ROUTE}    failure: {{ header: [{{ name: x-ok, equals: no }}] }}\n    \
             rules: [{{ name: y, when: {{ country: [SE, NO] }}, then: deny }}]\n"
        )),
        "4:47: routes[0].failure.header[0].equals = false: expected a string; \
         without quotes YAML reads no, off and n as false: \
         put the word in quotes\n\
         5:21: routes[0].rules[0].name = true: expected a string; \
         without quotes YAML reads yes, on and y as true: \
         put the word in quotes\n\
         5:46: routes[0].rules[0].when.country[1] = false: expected a two-letter country code such as DE; \
         without quotes YAML reads no, off and n as false: put the word in quotes"
    );
}

#[test]
fn a_number_where_a_text_is_expected_is_told_to_be_quoted() {
    assert_eq!(
        told(&format!(
            "{ROUTE}    failure: {{ header: [{{ name: x-ok, equals: 010 }}] }}\n"
        )),
        "4:47: routes[0].failure.header[0].equals = 8: expected a string; \
         without quotes YAML reads this as a number: \
         put it in quotes"
    );
}

#[test]
fn what_envoy_and_kubernetes_read_differently_is_refused() {
    assert_eq!(
        told(&format!("{ROUTE}    message: 08\n    limits: [!!str on]\n")),
        "4:5: routes[0].message = \"08\": there is no such field; \
         expected one of name, match, lookup, on_unknown, rules, limits, \
         account, password, body, on_missing_account, failure, success, on_success, next_step, locked, session_in_answer, count_locked, realm, sets_device, sets_position, mode, format, refusals, challenge, on_revoked, step_up\n\
         4:14: 08 is a text to Envoy and a number to Kubernetes: put it in quotes, or write a decimal number\n\
         5:14: a tag means one thing to Envoy and another to Kubernetes: leave it out, and put texts in quotes\n\
         5:14: routes[0].limits[0] = true: expected a string; \
         without quotes YAML reads yes, on and y as true: \
         put the word in quotes"
    );
    // A text to Envoy and a number to Kubernetes, in a file that may be for either.
    assert_eq!(
        told(&format!("{ROUTE}    step_up: 1.5\n")),
        "4:14: routes[0].step_up = 1.5: expected a string; \
         without quotes YAML reads this as a number: put it in quotes \
         (as Kubernetes reads it)"
    );
    assert_eq!(
        told(&format!("{ROUTE}{ROUTE}")),
        "4:1: the field routes stands here more than once"
    );
}

#[test]
fn a_file_of_one_host_is_read_as_that_host_reads_it() {
    let policy = "{ routes: [{ name: login, match: { path: /login }, step_up: 1.5 }] }";
    let (status, _, wrong) = check(&format!("configuration: {{ value: {policy} }}\n"), &[]);
    assert_eq!(status, Some(0), "a text to Envoy: {wrong}");
    let plugin = format!("apiVersion: v1\nspec: {{ pluginConfig: {policy} }}\n");
    let (status, _, wrong) = check(&plugin, &[]);
    assert_eq!(status, Some(1));
    assert!(wrong.contains("put it in quotes\n"), "{wrong}");
    let (_, _, wrong) = check(
        &format!("static_resources: {{}}\n---\nconfiguration: {{ value: {policy} }}\n"),
        &[],
    );
    assert!(
        wrong.contains("Envoy reads only the first document"),
        "{wrong}"
    );
    let two =
        "apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nspec: { pluginConfig: { routes: [] } }\n";
    let (_, _, wrong) = check(two, &[]);
    assert!(wrong.contains("at least one protected route"), "{wrong}");
}

#[test]
fn a_boolean_word_of_the_configuration_needs_no_quotes() {
    for word in ["off", "Off", "no", "false", "\"off\""] {
        let (status, said, wrong) = check(&format!("{ROUTE}    lookup: {word}\n"), &[]);
        assert_eq!(status, Some(0), "{word}: {wrong}");
        assert!(said.contains("looks nothing up"), "{word}: {said}");
    }
    let wrong = told(&format!("{ROUTE}    lookup: on\n"));
    assert!(
        wrong.starts_with("4:13: routes[0].lookup = true: expected one of inline"),
        "{wrong}"
    );
}
