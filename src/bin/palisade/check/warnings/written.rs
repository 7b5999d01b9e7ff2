//! What is seen only in what the operator wrote, since the policy has it no more.

use ipnet::IpNet;
use serde_json::Value;

use super::super::kinds::{Kind, Warning};
use crate::describe;

/// Warnings about texts.
pub(super) fn all(tree: &Value) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (place, text) in texts(tree) {
        let field = field(&place);
        match field {
            "cidrs" | "trusted_proxies" | "nat64_prefixes" => {
                warnings.extend(host_bits(&place, text))
            }
            "methods" => warnings.extend(method(&place, text)),
            "path" | "exact" if place.contains("/match/") || place.ends_with("/match/path") => {
                warnings.extend(pattern(&place, text));
            }
            _ if field.ends_with("_env") && !names_variable(text) => {
                let said = "this looks like a key and not like the name of a variable, such as PALISADE_KEY: write the name \
                            here, give the key to the VM in that variable, and make a new key, since this one stands in a file";
                warnings.push(Warning::new(Kind::WrittenKey, &place, said));
            }
            _ => {}
        }
    }
    warnings.extend(everybody(tree));
    warnings
}

/// Every text of a tree with its place, as in `routes/0/name`.
fn texts(tree: &Value) -> Vec<(String, &str)> {
    fn walk<'t>(value: &'t Value, place: &str, texts: &mut Vec<(String, &'t str)>) {
        let mut below = |step: &str, value| {
            let place = if place.is_empty() {
                step.to_owned()
            } else {
                format!("{place}/{step}")
            };
            walk(value, &place, texts);
        };
        match value {
            Value::String(text) => texts.push((place.to_owned(), text)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    below(&index.to_string(), item);
                }
            }
            Value::Object(fields) => fields.iter().for_each(|(name, value)| below(name, value)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk(tree, "", &mut all);
    all
}

/// The last field of a place.
fn field(place: &str) -> &str {
    let mut steps = place.rsplit('/');
    let named = |step: &&str| step.parse::<usize>().is_err();
    steps.find(named).unwrap_or_default()
}

/// Where a variable of this name is asked for.
pub(super) fn place_of_variable(tree: &Value, name: &str) -> String {
    let mut all = texts(tree).into_iter();
    let found = all.find(|(place, text)| field(place).ends_with("_env") && *text == name);
    found.map_or_else(String::new, |(place, _)| place)
}

/// The keys that stand where names of variables belong.
pub(crate) fn written_out_keys(tree: &Value) -> Vec<String> {
    let all = texts(tree).into_iter();
    let keys = all.filter(|(place, text)| field(place).ends_with("_env") && !names_variable(text));
    keys.map(|(_, text)| text.to_owned()).collect()
}

/// Whether a text looks like the name of a variable.
fn names_variable(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let usual = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    begins && text.len() <= 64 && text.bytes().all(usual)
}

fn host_bits(place: &str, text: &str) -> Option<Warning> {
    let network: IpNet = text.parse().ok()?;
    let whole = network.trunc();
    (network != whole).then(|| {
        let said = format!(
            "{text} has bits of a host, and means {whole}; write that, or the address alone"
        );
        Warning::new(Kind::HostBits, place, said)
    })
}

/// The methods of RFC 9110, PATCH, and those of WebDAV.
const METHODS: [&str; 17] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
];

fn method(place: &str, text: &str) -> Option<Warning> {
    if METHODS.iter().any(|known| known.eq_ignore_ascii_case(text)) {
        return None;
    }
    let near = METHODS.iter().map(|known| {
        (
            strsim::osa_distance(known, &text.to_ascii_uppercase()),
            known,
        )
    });
    let near = near.filter(|(distance, _)| *distance <= 2).min();
    let meant = near.map_or_else(String::new, |(_, known)| format!("; did you mean {known}?"));
    Some(Warning::new(
        Kind::UnknownMethod,
        place,
        format!("clients use no method {text:?}, so nothing may ever match{meant}"),
    ))
}

fn pattern(place: &str, text: &str) -> Option<Warning> {
    // Other forms are objects, in which these characters are meant.
    let names_form =
        ["prefix", "glob", "regex"].contains(&place.rsplit('/').next().unwrap_or_default());
    let odd = text.find(['*', '^', '$', '(', '[', '{', '?']);
    let odd = odd.filter(|_| !names_form)?;
    let sign = text.get(odd..)?.chars().next()?;
    let advice = match text.strip_suffix("/*").or_else(|| text.strip_suffix("/**")) {
        Some(before) if !before.contains('*') => format!("{{ prefix: {before} }}"),
        _ if sign == '*' => format!("{{ glob: {text:?} }}"),
        _ => format!("{{ regex: {text:?} }}, or {{ glob: .. }}"),
    };
    Some(Warning::new(
        Kind::PatternInPath,
        place,
        format!(
            "{text:?} is an exact path, in which {sign} stands for itself; for a pattern write {advice}"
        ),
    ))
}

/// Lists of which everybody is, and which let through.
fn everybody(tree: &Value) -> Vec<Warning> {
    let lists = tree.get("lists").and_then(Value::as_array);
    let mut warnings = Vec::new();
    for (index, list) in lists.into_iter().flatten().enumerate() {
        if list.get("then").and_then(Value::as_str) != Some("allow") {
            continue;
        }
        for (place, cidr) in describe::texts(list.get("cidrs")).iter().enumerate() {
            let network: Option<IpNet> = cidr.parse().ok();
            let wide = |network: IpNet| match network {
                IpNet::V4(network) => network.prefix_len() < 8,
                IpNet::V6(network) => network.prefix_len() < 16,
            };
            if network.is_some_and(wide) {
                let said = format!(
                    "{cidr} is a large part of the Internet, and `then: allow` exempts all of it from every rule"
                );
                warnings.push(Warning::new(
                    Kind::Everybody,
                    &format!("lists/{index}/cidrs/{place}"),
                    said,
                ));
            }
        }
    }
    warnings
}
