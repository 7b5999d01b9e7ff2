//! What happened to a request and what would change it, in words.

use palisade::signals::{Fact, Measure};

use super::entry::Entry;

/// The lines that explain an entry.
pub(super) fn explain(reference: &str, entry: &Entry) -> Vec<String> {
    let mut lines = vec![happened(reference, entry)];
    let mut add = |label: &str, text: String| {
        if !text.is_empty() {
            lines.push(format!("{label:<10} {text}"));
        }
    };
    add("request", request(entry));
    add("client", client(entry));
    add("known", known(entry));
    if let Some(accounts) = entry.get("accounts") {
        add(
            "account",
            format!("{accounts} (`palisade pseudonym POLICY NAME` says whether that is NAME)"),
        );
    }
    add("decided", decided(entry));
    add("because", because(entry));
    for (place, change) in changes(entry).into_iter().enumerate() {
        add(if place == 0 { "to change" } else { "" }, change);
    }
    lines
}

fn joined<'e>(parts: impl IntoIterator<Item = Option<&'e str>>, between: &str) -> String {
    parts
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(between)
}

/// Whether nothing but the log tells of it.
fn is_monitored(entry: &Entry) -> bool {
    entry.get("mode") == Some("monitor")
        || entry.get("monitored").is_some()
            && matches!(entry.get("verdict"), Some("allow" | "step_up"))
}

/// What was done, or would have been.
fn action(entry: &Entry) -> &str {
    let monitored = entry.get("monitored").filter(|_| is_monitored(entry));
    monitored.or(entry.get("verdict")).unwrap_or("refused")
}

fn happened(reference: &str, entry: &Entry) -> String {
    let done = match action(entry) {
        "allow" => "went on",
        "step_up" => "went on, and the application was told to ask for a second factor",
        "challenge" => "was challenged: the client had to prove something first",
        "limit" => "was refused for now: it was one too many",
        _ => "was denied",
    };
    let time = entry
        .get("time")
        .map_or_else(String::new, |time| format!(" at {time}"));
    match (is_monitored(entry), entry.get("palisade")) {
        (true, Some("monitored_revocation")) => {
            format!(
                "{reference}{time} went on: this is only monitored. Enforced, its session was revoked afterwards"
            )
        }
        (true, _) => {
            format!("{reference}{time} went on: this is only monitored. Enforced, it {done}")
        }
        (_, Some("revoked")) => {
            format!("{reference}{time} went on, and its session was revoked afterwards")
        }
        _ => format!("{reference}{time} {done}"),
    }
}

fn request(entry: &Entry) -> String {
    let line = joined([entry.get("method"), entry.get("host")], " ");
    let path = entry
        .get("path")
        .or(entry.get("request"))
        .unwrap_or_default();
    let id = entry.get("id").map(|id| format!("x-request-id {id}"));
    let line = format!("{line} {path}");
    joined(
        [
            Some(line.trim()).filter(|line| !line.is_empty()),
            id.as_deref(),
        ],
        ", ",
    )
}

fn client(entry: &Entry) -> String {
    let asn = entry.get("asn").map(|asn| format!("AS{asn}"));
    joined(
        [
            entry.get("client"),
            asn.as_deref(),
            entry.get("asn_type"),
            entry.get("connection"),
            entry.get("country"),
        ],
        ", ",
    )
}

fn known(entry: &Entry) -> String {
    let numbers = Measure::ALL.into_iter().filter_map(|measure| {
        let number = entry.get(measure.name())?;
        Some(format!("{} {number}", measure.name()))
    });
    let lists = entry
        .get("lists")
        .map(|lists| format!("on the lists {lists}"));
    let signals = entry
        .get("signals")
        .map(|signals| signals.replace(',', ", "));
    let all: Vec<String> = signals.into_iter().chain(numbers).chain(lists).collect();
    all.join("; ")
}

fn decided(entry: &Entry) -> String {
    let by = |kind: &str| entry.get(kind).map(|name| format!("{kind} {name}"));
    let by = by("rule").or_else(|| by("limit"));
    let route = entry.get("route").map(|route| format!("route {route}"));
    joined([route.as_deref(), by.as_deref()], ", ")
}

fn because(entry: &Entry) -> String {
    let said = |name: &str| entry.get(name).unwrap_or("?");
    let reason = entry.get("reason").unwrap_or_default();
    if let Some(limit) = entry.get("limit") {
        return match entry.get("count") {
            Some("0") => format!("the limit {limit} could not be counted, and refuses then"),
            _ => format!(
                "the limit {limit} had counted {} where {} go through in {} seconds",
                said("count"),
                said("threshold"),
                said("window")
            ),
        };
    }
    match reason {
        "unknown" => "nothing is known of the address: the lookup failed, or is off, or the address is private".to_owned(),
        "account_missing" => "the request names no account where the policy looks for one".to_owned(),
        "account_late" => "the body, where the account stands, did not come in time".to_owned(),
        reason if reason.starts_with("account_") => {
            format!("nobody can tell which account the request is about ({reason})")
        }
        "session_revoked" => "its session had been revoked: an address from which it was used turned out to be bad".to_owned(),
        "session_unreadable" => "its session is written so that readers disagree about it".to_owned(),
        "captcha_unavailable" => "the captcha's service did not answer".to_owned(),
        "cleared" => "the client had answered the challenge".to_owned(),
        reason => match Fact::ALL.into_iter().find(|fact| fact.name() == reason) {
            Some(fact) => sentence(fact),
            None if Measure::from_name(reason).is_some() => {
                format!("{reason} was {}, which the rule takes for too high", said(reason))
            }
            None => format!("the reason of the rule is {reason:?}"),
        },
    }
}

/// What a signal means, in the words of the documents.
fn sentence(fact: Fact) -> String {
    let sentence = match fact {
        Fact::Flag(flag) => flag.sentence(),
        Fact::Agent(signal) => signal.sentence(),
        Fact::Client(signal) => signal.sentence(),
    };
    let sentence = sentence.trim_end_matches('.');
    let mut letters = sentence.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// What the operator can do about it.
fn changes(entry: &Entry) -> Vec<String> {
    let said = |name: &str| entry.get(name).unwrap_or("?");
    let reason = entry.get("reason").unwrap_or_default();
    let mut changes = Vec::new();
    if let Some(limit) = entry.get("limit") {
        if let Some(seconds) = entry.get("retry_after") {
            changes.push(format!(
                "wait: it goes through {seconds} seconds later, if nothing more is counted"
            ));
        }
        if entry.get("accounts").is_some() {
            changes.push(
                "let the owner in: `palisade unlock --account NAME` makes a link, if the policy has `unlock`".to_owned(),
            );
        }
        changes.push(format!(
            "raise `limit` of the limit {limit}, or write `mode: monitor` on it"
        ));
        return changes;
    }
    match (reason, entry.get("rule")) {
        (_, Some(rule)) if rule.starts_with("list_") => {
            let list = rule.trim_start_matches("list_");
            changes.push(format!("correct your list {list}, which holds the client, or its `then`"));
        }
        (_, Some(rule)) => {
            let asn = entry.get("asn").map_or_else(String::new, |asn| format!(", or `asns: [AS{asn}]`"));
            changes.push(format!(
                "trust this network: `lists: [{{ name: trusted, cidrs: [{}], then: allow }}]`{asn}",
                said("client")
            ));
            let whose = match rule.starts_with("default_") {
                true => "is built in: `rules` of your own on the route stand in its place",
                false => "is yours: change its `when` or `then`, or write `mode: monitor` on it",
            };
            changes.push(format!("the rule {rule} {whose}"));
        }
        ("unknown", _) => {
            changes.push("see whether the API answers: palisade_lookups, and docs/operate/api-down.md".to_owned());
            changes.push(format!("write another `on_unknown` on the route {}", said("route")));
        }
        (reason, _) if reason.starts_with("account_") => changes.push(format!(
            "name the place from which your application reads the account on the route {}: docs/operate/troubleshooting.md",
            said("route")
        )),
        (reason, _) if reason.starts_with("session_") => {
            changes.push("let them log in anew, from another network".to_owned());
        }
        ("captcha_unavailable", _) => changes.push("see what the service says: palisade_captchas".to_owned()),
        _ => {}
    }
    changes
}
