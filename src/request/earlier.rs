//! What another Palisade, earlier in the same chain of filters, has told the application: the next one adds to it.

use std::borrow::Cow;

use super::names::{MONITORED, MONITORED_STATE, REASON, STEP_UP, VERDICT};
use super::pass::{Pass, State};
use crate::decision::Action;
use crate::host::Host;
use crate::message::HeaderBlock;
use crate::policy::Annotation;

/// The annotations of an earlier Palisade.
///
/// That there was one is told by the filter state that it leaves, which no client can write: it had removed by then whatever the client had sent
/// under our prefix. Headers alone prove nothing.
#[derive(Debug)]
pub(super) struct Earlier {
    headers: Vec<State>,
    state: Vec<State>,
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
    /// The later one.
    Latest,
}

impl Join {
    fn of(name: &str) -> Self {
        match name {
            "x-palisade-verdict" | MONITORED | VERDICT | MONITORED_STATE => Self::Strictest,
            "x-palisade-score" => Self::Highest,
            STEP_UP | "x-palisade-reason" | "x-palisade-signals" | "x-palisade-lists"
            | "x-palisade-limits" | REASON => Self::List,
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
            Self::List => {
                let mut all: Vec<&str> = earlier.split(',').collect();
                for one in later.split(',') {
                    if !all.contains(&one) {
                        all.push(one);
                    }
                }
                return all.join(",");
            }
            Self::Latest => false,
        };
        if is_earlier { earlier } else { later }.to_owned()
    }
}

impl Earlier {
    /// What it has told, if there was one.
    pub(super) fn read(headers: &HeaderBlock, host: &impl Host) -> Option<Box<Self>> {
        let text = |bytes: &[u8]| Cow::Owned(String::from_utf8_lossy(bytes).into_owned());
        let verdict = host.filter_state(VERDICT)?;
        let told = [REASON, MONITORED_STATE]
            .into_iter()
            .filter_map(|name| Some((name, text(&host.filter_state(name)?))));
        let state = std::iter::once((VERDICT, text(&verdict)))
            .chain(told)
            .collect();
        let names = Annotation::ALL.map(Annotation::header);
        let names = names.into_iter().chain([STEP_UP, MONITORED]);
        let header = |name| Some((name, text(headers.lines(name).next()?)));
        let headers = names.filter_map(header).collect();
        Some(Box::new(Self { headers, state }))
    }

    /// Has a request that goes on carry both.
    pub(super) fn join(&self, pass: &mut Pass) {
        join(&self.headers, &mut pass.headers);
        if !pass.state.is_empty() {
            join(&self.state, &mut pass.state);
        }
    }
}

fn join(earlier: &[State], later: &mut Vec<State>) {
    for (name, value) in earlier {
        match later.iter_mut().find(|(other, _)| other == name) {
            Some((_, own)) => *own = Join::of(name).join(value, own).into(),
            None => later.push((*name, value.clone())),
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
