//! The defences of a policy, each by itself: what is left of the tree with some of them alone. Nothing is judged here;
//! what remains is compiled and run as any policy.

use serde_json::{Value, json};

/// One defence of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Rules on what is known of addresses, the built-in ones among them, and the lookups that they need.
    Reputation,
    /// Rules on User-Agents and TLS fingerprints.
    Agents,
    /// Rules on travel, and the lookups that they need.
    Travel,
    /// The limit of this name.
    Limit(String),
    /// Devices that an account knows.
    Devices,
}

impl Part {
    /// How it is called in reports and in `together`. A limit has its own name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Reputation => "reputation",
            Self::Agents => "agents",
            Self::Travel => "travel",
            Self::Limit(name) => name,
            Self::Devices => "devices",
        }
    }

    /// What a rule belongs to.
    fn of_rule(rule: &Value) -> Self {
        let Some(when) = rule.get("when") else {
            return Self::Reputation;
        };
        let (mut travel, mut agents, mut others) = (false, false, false);
        words(when, &mut |word| match word {
            "all" | "any" | "not" => {}
            "impossible_travel" | "travel_speed" | "travel_km" => travel = true,
            word if word.starts_with("agent_") || word == "ja4" => agents = true,
            _ => others = true,
        });
        match (travel, agents && !others) {
            (true, _) => Self::Travel,
            (false, true) => Self::Agents,
            (false, false) => Self::Reputation,
        }
    }
}

/// Every name that a condition uses.
fn words(condition: &Value, tell: &mut impl FnMut(&str)) {
    match condition {
        Value::String(word) => tell(word),
        Value::Array(items) => items.iter().for_each(|item| words(item, tell)),
        Value::Object(fields) => {
            for (name, inner) in fields {
                tell(name);
                if ["all", "any", "not"].contains(&name.as_str()) {
                    words(inner, tell);
                }
            }
        }
        _ => {}
    }
}

fn list<'t>(tree: &'t Value, name: &str) -> &'t [Value] {
    tree.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The defences of a policy, in the order in which they decide.
pub(super) fn parts(tree: &Value) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut add = |part: Part| {
        if !parts.contains(&part) {
            parts.push(part);
        }
    };
    let routes = list(tree, "routes");
    for route in routes {
        match route.get("rules").and_then(Value::as_array) {
            // The built-in rules hold.
            None => add(Part::Reputation),
            Some(rules) => rules.iter().for_each(|rule| add(Part::of_rule(rule))),
        }
    }
    let limits = list(tree, "limits").iter();
    let names = limits.filter_map(|limit| limit.get("name")?.as_str());
    names.for_each(|name| add(Part::Limit(name.to_owned())));
    if tree.get("device").is_some() {
        add(Part::Devices);
    }
    // Without anybody to ask, the built-in rules find nothing.
    let knows = ["intelligence", "geoip", "lists"]
        .iter()
        .any(|name| tree.get(name).is_some());
    parts.retain(|part| *part != Part::Reputation || knows);
    parts
}

/// The policy with these defences and no others, enforced.
pub(super) fn only(tree: &Value, kept: &[&Part]) -> Value {
    let mut tree = tree.clone();
    let has = |part: &Part| kept.contains(&part);
    let Some(top) = tree.as_object_mut() else {
        return tree;
    };
    top.insert("mode".to_owned(), json!("enforce"));
    let is_kept = |name: &Value| {
        name.as_str()
            .is_some_and(|name| has(&Part::Limit(name.to_owned())))
    };
    if let Some(limits) = top.get_mut("limits").and_then(Value::as_array_mut) {
        limits.retain(|limit| limit.get("name").is_some_and(is_kept));
    }
    // A limit that tells the clean from the risky must know which is which.
    let asks = |limit: &Value| {
        limit.get("limit").is_some_and(Value::is_object) || limit.get("mobile").is_some()
    };
    let limits = top.get("limits").and_then(Value::as_array);
    let asks = limits.is_some_and(|limits| limits.iter().any(asks));
    if !has(&Part::Reputation) && !has(&Part::Travel) && !asks {
        for name in ["intelligence", "geoip", "lists", "score", "learned"] {
            top.remove(name);
        }
    }
    if !has(&Part::Travel) {
        top.remove("travel");
    }
    if !has(&Part::Devices) {
        top.remove("device");
    }
    let routes = top.get_mut("routes").and_then(Value::as_array_mut);
    for route in routes.into_iter().flatten() {
        let Some(route) = route.as_object_mut() else {
            continue;
        };
        if let Some(limits) = route.get_mut("limits").and_then(Value::as_array_mut) {
            limits.retain(is_kept);
        }
        match route.get_mut("rules").and_then(Value::as_array_mut) {
            Some(rules) => rules.retain(|rule| has(&Part::of_rule(rule))),
            None if has(&Part::Reputation) => {}
            None => {
                route.insert("rules".to_owned(), json!([]));
            }
        }
        if !has(&Part::Reputation) {
            route.remove("on_unknown");
        }
        if !has(&Part::Devices) {
            route.remove("sets_device");
        }
        if !has(&Part::Travel) {
            route.remove("sets_position");
        }
    }
    tree
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Value {
        json!({
            "mode": "monitor", "intelligence": {}, "device": {},
            "limits": [{ "name": "account" }, { "name": "subnet" }],
            "routes": [
                { "name": "login", "limits": ["account", "subnet"], "rules": [
                    { "name": "far", "when": { "all": ["impossible_travel", { "country": ["DE"] }] } },
                    { "name": "old", "when": "agent_missing" },
                    "default",
                ] },
                { "name": "reset", "limits": ["subnet"] },
            ],
        })
    }

    #[test]
    fn a_policy_is_taken_apart_by_what_its_rules_and_limits_are_about() {
        let names: Vec<String> = parts(&policy())
            .iter()
            .map(|part| part.name().to_owned())
            .collect();
        assert_eq!(
            names,
            [
                "travel",
                "agents",
                "reputation",
                "account",
                "subnet",
                "devices"
            ]
        );
    }

    #[test]
    fn of_a_policy_only_what_was_asked_for_is_left_and_that_is_enforced() {
        let left = only(
            &policy(),
            &[&Part::Travel, &Part::Limit("subnet".to_owned())],
        );
        assert_eq!(left["mode"], "enforce");
        assert_eq!(left["limits"], json!([{ "name": "subnet" }]));
        assert_eq!(left["routes"][0]["limits"], json!(["subnet"]));
        assert_eq!(left["routes"][0]["rules"][0]["name"], "far");
        assert_eq!(left["routes"][0]["rules"].as_array().map(Vec::len), Some(1));
        assert_eq!(left["routes"][1]["rules"], json!([]));
        assert!(left.get("device").is_none() && left.get("intelligence").is_some());
        assert!(only(&policy(), &[]).get("intelligence").is_none());
        let mut classes = policy();
        classes["limits"][1]["limit"] = json!({ "clean": 9 });
        let left = only(&classes, &[&Part::Limit("subnet".to_owned())]);
        assert!(
            left.get("intelligence").is_some(),
            "it must know who is clean"
        );
    }
}
