//! Of passwords.

use palisade::policy::Policy;
use palisade::signals::Measure;
use serde_json::Value;

use super::super::kinds::{Kind, Warning};

pub(super) fn all(policy: &Policy, tree: &Value) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut read = policy
        .protections
        .iter()
        .filter_map(|route| route.password.as_ref());
    if policy.breaches.is_some() && !read.any(|own| own.matters.checks) {
        warnings.push(Warning::new(
            Kind::UnusedBreaches,
            "breached_passwords",
            "`breached_passwords` is given, but no rule, limit, on_success or named annotation asks for it on a route \
             that has `password`, so nobody is asked",
        ));
    }
    let told = tree.pointer("/annotate/headers").and_then(Value::as_array);
    let name = Measure::PasswordBreaches.name();
    let is_told = told.is_some_and(|told| told.iter().any(|header| *header == name));
    let routes = tree.get("routes").and_then(Value::as_array);
    let stands = |route: &Value| route.get("password").is_some();
    if is_told && !routes.is_some_and(|routes| routes.iter().any(stands)) {
        warnings.push(Warning::new(
            Kind::NoPassword,
            "annotate/headers",
            format!(
                "the annotation {name} is named, but no route says where its `password` stands"
            ),
        ));
    }
    warnings
}
