//! How one route is protected.

use crate::agent::AgentUse;
use crate::breach::RoutePassword;
use crate::challenge::ChallengeKind;
use crate::decision::{Action, LimitIndex, Ruleset};
use crate::identity::account::{AccountError, AccountSources};
use crate::intelligence::Lookup;
use crate::reply::{Preference, RefusalTemplates};
use crate::response::{Classifier, Pointer};
use crate::travel::RouteTravel;

/// How one route is protected.
#[derive(Clone, Debug)]
pub struct Protection {
    /// Its name.
    pub name: String,
    /// Whether and how the address is looked up.
    pub lookup: Lookup,
    /// What it asks of the User-Agent.
    pub agent: AgentUse,
    /// What follows from what is known.
    pub ruleset: Ruleset,
    /// The limits that apply, in the order in which they are asked: see
    /// [`LimitPolicy::rank`](crate::limits::LimitPolicy::rank).
    pub limits: Vec<LimitIndex>,
    /// Where the account stands, if any limit needs it.
    pub account: Option<AccountSources>,
    /// Where passwords stand, if they matter.
    pub password: Option<RoutePassword>,
    /// Whether any limit needs the session.
    pub tells_sessions: bool,
    /// What a request gets whose account nobody can tell.
    pub on_missing_account: Action,
    /// What failed and successful logins look like.
    pub classifier: Classifier,
    /// Whether it matters what the application answers.
    pub watches: bool,
    /// Whether its answers tell which logins fail, and the autonomous systems' shares of them are learnt.
    pub tells_asn_failures: bool,
    /// Whether anybody asks for such a share.
    pub reads_asn_failures: bool,
    /// Whether its answers tell whose names its requests have.
    pub learns_names: bool,
    /// Where the body of an answer gives out a session.
    pub session_in_answer: Option<Pointer>,
    /// Whether the sessions of its requests are remembered with their accounts, since some route asks for those.
    pub remembers: bool,
    /// Whose accounts it is about.
    pub realm: String,
    /// Whether a success makes the client a known device of the account.
    pub sets_device: bool,
    /// Whether requests of revoked sessions are refused.
    pub heeds_revocations: bool,
    /// Whether its answers tell which sessions the application knows.
    pub notes_sessions: bool,
    /// What a challenge asks for.
    pub asks: ChallengeKind,
    /// What it has to do with travel.
    pub travel: RouteTravel,
    /// How refusals are told.
    pub format: Preference,
    /// Bodies of the operator's own for refusals.
    pub refusals: Option<Box<RefusalTemplates>>,
    /// What the application is told to ask for on a step up.
    pub step_up: String,
}

impl Protection {
    /// What a request gets whose account nobody can tell, for this reason. Where those without one go on, whoever names
    /// one in a way that nobody can read does not: the application may read it.
    #[must_use]
    pub fn without_account(&self, error: AccountError) -> Action {
        match (error, self.on_missing_account) {
            (AccountError::Missing, action) => action,
            (_, Action::Allow) => Action::Deny,
            (_, action) => action,
        }
    }
}
