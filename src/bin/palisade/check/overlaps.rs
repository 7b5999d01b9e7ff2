//! Which routes are judged together, and which hosts are left out.

use palisade::policy::Policy;
use palisade::route::{Asked, Host, HostPattern, RouteIndex};
use palisade::signals::Truth;
use serde_json::Value;

use super::matching;
use crate::describe;
use crate::documents::Found;

/// Which other routes a request for this one may be judged by, in words; each once, of however many matches it is true.
pub(super) fn of_route(policy: &Policy, tree: &Value, index: usize) -> Vec<String> {
    let several = matching(tree, index).map_or(&[][..], describe::several);
    let mut said = Vec::new();
    for words in several
        .iter()
        .flat_map(|matches| of_match(policy, matches, index))
    {
        if !said.contains(&words) {
            said.push(words);
        }
    }
    said
}

fn of_match(policy: &Policy, matches: &Value, index: usize) -> Vec<String> {
    let paths = plain_paths(matches);
    let Some(path) = paths.iter().find(|path| **path != "/") else {
        return Vec::new();
    };
    let methods = describe::texts(matches.get("methods"));
    let method = methods.first().unwrap_or(&"POST");
    let asked = Asked::only(method.as_bytes());
    let hidden = Asked {
        hidden: method.eq_ignore_ascii_case("POST"),
        ..asked.clone()
    };
    let mut said = Vec::new();
    let in_doubt = others(policy, &asked, path, index);
    if !in_doubt.is_empty() {
        said.push(format!(
            "a request of which nobody can tell for certain what it says may be for {} too: judged by all of them",
            in_doubt.join(" and ")
        ));
    }
    let mut names = others(policy, &asked, &format!("/{path}"), index);
    names.retain(|name| !in_doubt.contains(name));
    if !names.is_empty() {
        said.push(format!(
            "written otherwise, as in /{path} or {path};x, it may be for {} too: judged by all of them",
            names.join(" and ")
        ));
    }
    names = others(policy, &hidden, path, index);
    names.retain(|name| !in_doubt.contains(name));
    if !names.is_empty() {
        said.push(format!(
            "a POST with a body may be for another method (_method), so for {} too: judged by all of them",
            names.join(" and ")
        ));
    }
    said
}

/// The other routes that a request finds beside this one.
fn others<'p>(policy: &'p Policy, asked: &Asked<'_>, path: &str, index: usize) -> Vec<&'p str> {
    let own = RouteIndex::new(index);
    // What a request says is not known here.
    let mut says = |_| Truth::Unknown;
    let found = policy.routes.find(asked, None, path.as_bytes(), &mut says);
    let routes: Vec<RouteIndex> = found
        .iter()
        .flat_map(|found| found.routes.iter())
        .copied()
        .collect();
    if !routes.contains(&own) {
        return Vec::new();
    }
    let others = routes.into_iter().filter(|route| *route != own);
    others.map(|route| policy.route_name(route)).collect()
}

/// What hosts a route leaves out, if that may leave its paths unprotected.
pub(super) fn of_hosts(found: &Found, index: usize) -> Option<String> {
    let route = found.tree.pointer(&format!("/routes/{index}"))?;
    let several = describe::several(route.get("match")?);
    several
        .iter()
        .find_map(|matches| of_match_hosts(found, route, matches))
}

fn of_match_hosts(found: &Found, route: &Value, matches: &Value) -> Option<String> {
    let hosts = describe::texts(matches.get("hosts"));
    if hosts.is_empty() || is_everywhere(matches) {
        return None;
    }
    let routes = found.tree.get("routes").and_then(Value::as_array)?;
    let matching = routes.iter().filter_map(|other| other.get("match"));
    if matching
        .flat_map(describe::several)
        .any(|other| is_everywhere(other) && covers(other, matches))
    {
        return None;
    }
    let patterns: Vec<HostPattern> = hosts
        .iter()
        .filter_map(|host| HostPattern::new(host).ok())
        .collect();
    let admitted = |domain: &String| patterns.iter().any(|pattern| admits(pattern, domain));
    if !found.domains.is_empty() && found.domains.iter().all(admitted) {
        return None;
    }
    Some(format!(
        "route {}: a request with any other Host than {} is not protected, and may reach the same application; \
         leave hosts out, or have Envoy answer no other ones (domains: [{}] in its virtual_hosts)",
        route
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        hosts.join(" or "),
        hosts
            .iter()
            .map(|host| format!("{host:?}"))
            .collect::<Vec<_>>()
            .join(", "),
    ))
}

/// Whether a route is for every host.
fn is_everywhere(matches: &Value) -> bool {
    let hosts = describe::texts(matches.get("hosts"));
    let is_chosen_otherwise = matches.get("profile").and_then(Value::as_bool) == Some(true)
        && ["methods", "path", "hosts", "query", "form", "json"]
            .iter()
            .all(|field| matches.get(field).is_none());
    !is_chosen_otherwise && (hosts.is_empty() || hosts.contains(&"*"))
}

/// Whether what `inner` matches `outer` matches as well, as far as that can be seen.
fn covers(outer: &Value, inner: &Value) -> bool {
    !says(outer)
        && covers_methods(outer, inner)
        && (describe::every_path(outer) || outer.get("path") == inner.get("path"))
}

/// Whether a match depends on what a request says.
fn says(matches: &Value) -> bool {
    let kinds = ["query", "form", "json", "body"];
    kinds.iter().any(|kind| matches.get(kind).is_some())
}

fn covers_methods(outer: &Value, inner: &Value) -> bool {
    let methods = |matches: &Value| {
        let methods = describe::texts(matches.get("methods"));
        methods
            .iter()
            .map(|method| method.to_ascii_uppercase())
            .collect::<Vec<_>>()
    };
    let (wide, narrow) = (methods(outer), methods(inner));
    wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|method| wide.contains(method))
}

/// Whether a route with the match `outer` takes every request of `inner`.
pub(super) fn takes(outer: &Value, inner: &Value) -> bool {
    let only_profile =
        |matches: &Value| matches.get("profile").and_then(Value::as_bool) == Some(true);
    let hosts = |matches: &Value| describe::texts(matches.get("hosts")).join(" ");
    let same_case = outer.get("ignore_case") == inner.get("ignore_case");
    let prefixes: Vec<&str> = list(outer.get("path"))
        .into_iter()
        .filter_map(|path| path.get("prefix")?.as_str())
        .collect();
    let below = |path: &Value| {
        let text = ["exact", "prefix"]
            .iter()
            .find_map(|form| path.get(form)?.as_str());
        text.or_else(|| path.as_str()).is_some_and(|path| {
            prefixes.iter().any(|prefix| {
                let rest = path.strip_prefix(prefix.trim_end_matches('/'));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
    };
    let paths = list(inner.get("path"));
    let inside = !paths.is_empty()
        && paths
            .iter()
            .all(|path| below(path) || list(outer.get("path")).contains(path));
    !only_profile(outer)
        && !only_profile(inner)
        && (is_everywhere(outer) || hosts(outer) == hosts(inner))
        && (covers(outer, inner)
            || same_case && inside && covers_methods(outer, inner) && !says(outer))
}

/// One value, or all of a list.
fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(several)) => several.iter().collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one],
    }
}

/// Whether a route for these hosts is for all that a domain of Envoy's admits.
fn admits(pattern: &HostPattern, domain: &str) -> bool {
    match domain.strip_prefix('*') {
        // What is below the pattern's name at any depth is below each of its own.
        Some(rest) if rest.starts_with('.') && !rest.contains('*') => {
            pattern.matches(Host::read(Some(format!("any{rest}").as_bytes())))
                && !matches!(pattern, HostPattern::Exact(_))
        }
        Some(_) => *pattern == HostPattern::Any,
        None if domain.contains('*') => *pattern == HostPattern::Any,
        None => pattern.matches(Host::read(Some(domain.as_bytes()))),
    }
}

/// The paths of a match that are written out, exact or as prefixes.
fn plain_paths(matches: &Value) -> Vec<&str> {
    list(matches.get("path"))
        .into_iter()
        .filter_map(|path| {
            let form = |name: &str| path.get(name).and_then(Value::as_str);
            path.as_str()
                .or_else(|| form("exact"))
                .or_else(|| form("prefix"))
        })
        .collect()
}
