//! What another Palisade, earlier in the same chain of filters, has told the application: the next one adds to it.

use std::borrow::Cow;

use super::context::{self, Dictionary, Item};
use super::names::{EARLIER_STATE, MONITORED, STEP_UP};
use super::pass::{Line, Pass};
use crate::decision::Action;
use crate::host::Host;
use crate::message::HeaderBlock;
use crate::signals::Annotation;

/// The annotations of an earlier Palisade.
///
/// That there was one is told by the filter state that it leaves, which no client can write: it had removed by then
/// whatever the client had sent under our prefix. Headers alone prove nothing.
#[derive(Debug)]
pub(super) struct Earlier {
    headers: Vec<Line>,
    state: String,
}

/// How two values of one name become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    /// The stricter verdict.
    Strictest,
    /// The higher number.
    Highest,
    /// What both lists hold, separated by commas.
    List,
    /// What both dictionaries hold.
    Dictionary,
    /// The later one.
    Latest,
}

impl Join {
    /// By the name of a header without our prefix, or a key of a dictionary.
    fn of(name: &str) -> Self {
        match name.strip_prefix("x-palisade-").unwrap_or(name) {
            "verdict" | "monitored" => Self::Strictest,
            "score" => Self::Highest,
            "step-up" | "step_up" | "reason" | "signals" | "lists" | "limits" => Self::List,
            "context" => Self::Dictionary,
            _ => Self::Latest,
        }
    }

    fn join(self, earlier: &str, later: &str) -> String {
        let strictness = |verdict: &str| {
            let mut actions = Action::ALL.into_iter();
            actions.find(|action| action.name() == verdict)
        };
        let is_earlier = match self {
            Self::Strictest => strictness(earlier) > strictness(later),
            Self::Highest => earlier.parse::<u8>().ok() > later.parse::<u8>().ok(),
            Self::List => return union(earlier.split(','), later.split(',')).join(","),
            Self::Dictionary => return join_dictionaries(earlier, later),
            Self::Latest => false,
        };
        if is_earlier { earlier } else { later }.to_owned()
    }
}

/// All of both, each once.
fn union<'v>(
    earlier: impl Iterator<Item = &'v str>,
    later: impl Iterator<Item = &'v str>,
) -> Vec<&'v str> {
    let mut all: Vec<&str> = earlier.collect();
    for one in later {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

fn join_dictionaries(earlier: &str, later: &str) -> String {
    let mut members = context::read(later);
    for (key, item) in context::read(earlier) {
        match members.iter_mut().find(|(other, _)| *other == key) {
            Some((_, own)) => *own = join_items(Join::of(&key), &item, own),
            None => members.push((key, item)),
        }
    }
    let mut joined = Dictionary::default();
    for (key, item) in &members {
        joined.item(key, item);
    }
    joined.into_text()
}

fn join_items(join: Join, earlier: &Item, later: &Item) -> Item {
    match (earlier, later) {
        (Item::List(earlier), Item::List(later)) => {
            let (earlier, later) = (earlier.iter(), later.iter());
            let all = union(earlier.map(String::as_str), later.map(String::as_str));
            Item::List(all.into_iter().map(str::to_owned).collect())
        }
        (Item::Bare(earlier), Item::Bare(later)) => Item::Bare(join.join(earlier, later)),
        (Item::Text(earlier), Item::Text(later)) => Item::Text(join.join(earlier, later)),
        (_, later) => later.clone(),
    }
}

impl Earlier {
    /// What it has told, if there was one.
    pub(super) fn read(headers: &HeaderBlock, host: &impl Host) -> Option<Box<Self>> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let state = text(&host.filter_state(EARLIER_STATE)?);
        let names = Annotation::ALL.map(Annotation::header);
        let names = names.into_iter().chain([STEP_UP, MONITORED]);
        let header = |name| Some((name, Cow::Owned(text(headers.lines(name).next()?))));
        let headers = names.filter_map(header).collect();
        Some(Box::new(Self { headers, state }))
    }

    /// Has a request that goes on carry both.
    pub(super) fn join(&self, pass: &mut Pass) {
        for (name, value) in &self.headers {
            match pass.headers.iter_mut().find(|(other, _)| other == name) {
                Some((_, own)) => *own = Join::of(name).join(value, own).into(),
                None => pass.headers.push((name, value.clone())),
            }
        }
        if let Some(state) = &mut pass.state {
            *state = join_dictionaries(&self.state, state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_verdict_holds_whoever_comes_first_and_lists_hold_both() {
        for (name, earlier, later, joined) in [
            ("x-palisade-verdict", "allow", "step_up", "step_up"),
            ("x-palisade-verdict", "step_up", "allow", "step_up"),
            ("x-palisade-verdict", "step_up", "no verdict", "step_up"),
            (MONITORED, "deny", "challenge", "deny"),
            ("x-palisade-score", "9", "80", "80"),
            ("x-palisade-score", "80", "9", "80"),
            ("x-palisade-reason", "tor", "vpn", "tor,vpn"),
            (
                "x-palisade-signals",
                "tor,vpn",
                "vpn,hosting",
                "tor,vpn,hosting",
            ),
            (STEP_UP, "mfa", "mfa", "mfa"),
            (
                "x-palisade-context",
                r#"reason="tor", score=9, signals=("tor"), country="DE", travel_km=7"#,
                r#"reason="vpn", score=80, signals=("vpn" "tor"), country="FR", monitored=deny"#,
                r#"reason="tor,vpn", score=80, signals=("tor" "vpn"), country="FR", monitored=deny, travel_km=7"#,
            ),
            ("x-palisade-country", "DE", "FR", "FR"),
        ] {
            assert_eq!(Join::of(name).join(earlier, later), joined, "{name}");
        }
    }

    #[test]
    fn every_header_that_lists_something_is_joined_as_a_list() {
        for annotation in Annotation::ALL {
            let lists = matches!(
                annotation,
                Annotation::Reason | Annotation::Signals | Annotation::Lists | Annotation::Limits
            );
            let join = Join::of(annotation.header());
            assert_eq!(join == Join::List, lists, "{annotation:?}");
        }
    }
}
