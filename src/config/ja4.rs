//! Where the client's TLS fingerprint is found, and who asks for it.

use crate::address::HeaderName;
use crate::decision::Leaf;
use crate::fingerprint::Ja4Source;
use crate::json::{FromJson, Mistakes, Place};
use crate::limits::{KeyPart, LimitPolicy};
use crate::policy::Protection;
use crate::signals::{AgentSignal, Fact};

/// Where Envoy tells the JA4 fingerprint of the client's ClientHello. `{}` reads it from the filter state
/// `palisade.ja4`, which `set_filter_state` before this filter fills with `%TLS_JA4_FINGERPRINT%`.
#[derive(Clone, Debug, Default, FromJson)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RawJa4 {
    /// A request header instead. Envoy must overwrite it before this filter: else clients write it.
    #[serde(default)]
    pub header: Option<String>,
}

/// Compiles `ja4`, which must be there if anybody asks for the fingerprint.
pub(super) fn compile(
    raw: Option<&RawJa4>,
    at: &Place<'_>,
    routes: &[Protection],
    (limits, is_named): (&[LimitPolicy], bool),
    mistakes: &mut Mistakes<'_>,
) -> Option<Ja4Source> {
    let Some(given) = raw else {
        let asking = routes.iter().find(|route| asks(route, limits));
        if let Some(route) = asking {
            mistakes.add(at, &format_args!(
                "the route {} asks for ja4 or agent_contradicted in a rule or a limit; expected it as well, {{}} for the \
                 filter state palisade.ja4",
                route.name
            ));
        } else if is_named {
            mistakes.add(
                at,
                &"the score or an annotation asks for ja4 or agent_contradicted; expected it as well, {} for the filter \
                  state palisade.ja4",
            );
        }
        return None;
    };
    let Some(name) = &given.header else {
        return Some(Ja4Source::FilterState);
    };
    let name = mistakes.take(&at.field("header"), HeaderName::new(name))?;
    Some(Ja4Source::Header(name))
}

fn asks(route: &Protection, limits: &[LimitPolicy]) -> bool {
    let tests = |leaf: &Leaf| {
        matches!(
            leaf,
            Leaf::Ja4(_) | Leaf::Holds(Fact::Agent(AgentSignal::Contradicted))
        )
    };
    let mut rules = route.ruleset.rules.iter();
    let own = route.limits.iter();
    let mut own = own.filter_map(|index| limits.get(index.0));
    rules.any(|rule| rule.when.has(&tests))
        || own.any(|limit| {
            limit.tells(KeyPart::Ja4) || limit.conditions().any(|when| when.has(&tests))
        })
}
