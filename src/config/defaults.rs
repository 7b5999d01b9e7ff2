//! What holds unless the operator says otherwise.

use crate::decision::{Action, Condition, Leaf, Mode, Revokes, Rule, ScaleRange};
use crate::intelligence::Flag;

/// The built-in rules: deny Tor, hosting and scores from 80; challenge VPNs, proxies and scores from 50.
pub(super) fn rules() -> Vec<Rule> {
    use Action::{Challenge, Deny};
    let flag = |flag: Flag| (flag.name(), Condition::Leaf(Leaf::Holds(flag.into())));
    let score = |name, text: &str| {
        let range: Option<ScaleRange> = text.parse().ok();
        range.map(|range| (name, Condition::Leaf(Leaf::score(range))))
    };
    [
        Some((
            flag(Flag::Tor),
            Deny,
            "Access through the Tor network is not possible here.",
        )),
        Some((
            flag(Flag::Hosting),
            Deny,
            "Access from data centres is not possible here.",
        )),
        score("score_high", ">=80").map(|rule| (rule, Deny, "This network is known for abuse.")),
        Some((flag(Flag::Vpn), Challenge, VERIFY)),
        Some((flag(Flag::Proxy), Challenge, VERIFY)),
        Some((flag(Flag::ResidentialProxy), Challenge, VERIFY)),
        score("score_medium", "50..80").map(|rule| (rule, Challenge, VERIFY)),
    ]
    .into_iter()
    .flatten()
    .map(|((name, when), then, message)| Rule {
        name: format!("default_{name}"),
        when,
        then,
        mode: Mode::Enforce,
        reason: None,
        message: Some(message.to_owned()),
        status: None,
        revokes: Revokes::ByAddress,
    })
    .collect()
}

const VERIFY: &str = "Please verify that you are a person before you go on.";

/// What a refused client is told when the rule has no message of its own.
pub(super) const fn message(action: Action) -> &'static str {
    match action {
        Action::Challenge => VERIFY,
        _ => "Access from this network is not possible here.",
    }
}
