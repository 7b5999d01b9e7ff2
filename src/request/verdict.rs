//! What is decided about a request, and by which of the routes that it may be for.

use crate::decision::{ACCOUNT_LATE, Action, Mode, RuleIndex, Verdict, VerdictCause};
use crate::identity::account::AccountError;
use crate::limits::Excess;
use crate::policy::Policy;
use crate::route::RouteIndex;

/// What was found, under which route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruling<'p> {
    pub(super) route: RouteIndex,
    pub(super) cause: VerdictCause<'p>,
}

impl<'p> Ruling<'p> {
    pub(super) const fn new(route: RouteIndex, cause: VerdictCause<'p>) -> Self {
        Self { route, cause }
    }

    pub(super) const fn action(self) -> Action {
        self.cause.action()
    }
}

/// The strictest of what all routes of a request find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JointVerdict<'p> {
    /// What happens.
    pub(super) enforced: Ruling<'p>,
    /// What would have happened, had what is only monitored been enforced.
    pub(super) monitored: Option<Ruling<'p>>,
}

impl<'p> JointVerdict<'p> {
    /// That of one route.
    pub(super) fn of(route: RouteIndex, verdict: Verdict<'p>) -> Self {
        Self {
            enforced: Ruling::new(route, verdict.enforced),
            monitored: verdict.monitored.map(|cause| Ruling::new(route, cause)),
        }
    }

    /// Nothing was found.
    pub(super) const fn clean(route: RouteIndex) -> Self {
        Self {
            enforced: Ruling::new(route, VerdictCause::Clean),
            monitored: None,
        }
    }

    /// The same with another finding, if that is stricter.
    #[must_use]
    pub(super) fn with(mut self, ruling: Ruling<'p>, mode: Mode) -> Self {
        let action = ruling.action();
        match mode {
            Mode::Enforce if action > self.enforced.action() => self.enforced = ruling,
            Mode::Monitor if action > self.monitored.map_or(Action::Allow, Ruling::action) => {
                self.monitored = Some(ruling);
            }
            Mode::Enforce | Mode::Monitor => {}
        }
        self
    }

    /// The same with the verdict of another route, where that is stricter.
    #[must_use]
    pub(super) fn joined(self, other: Self) -> Self {
        let joined = self.with(other.enforced, Mode::Enforce);
        match other.monitored {
            Some(monitored) => joined.with(monitored, Mode::Monitor),
            None => joined,
        }
    }
}

/// A [`JointVerdict`] as it is kept with its request: positions instead of references.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptVerdict {
    enforced: (RouteIndex, KeptCause),
    monitored: Option<(RouteIndex, KeptCause)>,
}

#[derive(Clone, Copy, Debug)]
enum KeptCause {
    Rule(RuleIndex),
    Unknown(Action),
    Limit(Excess),
    NoAccount(&'static str, Action),
    Session(&'static str, Action),
    Unverifiable,
    Cleared,
    Clean,
}

impl From<JointVerdict<'_>> for KeptVerdict {
    fn from(verdict: JointVerdict<'_>) -> Self {
        let keep = |Ruling { route, cause }: Ruling<'_>| {
            let kept = match cause {
                VerdictCause::Rule(index, _) => KeptCause::Rule(index),
                VerdictCause::Unknown(action) => KeptCause::Unknown(action),
                VerdictCause::Limit(exceeded) => KeptCause::Limit(Excess::of(exceeded, route)),
                VerdictCause::NoAccount(reason, action) => KeptCause::NoAccount(reason, action),
                VerdictCause::Session(reason, action) => KeptCause::Session(reason, action),
                VerdictCause::Unverifiable => KeptCause::Unverifiable,
                VerdictCause::Cleared => KeptCause::Cleared,
                VerdictCause::Clean => KeptCause::Clean,
            };
            (route, kept)
        };
        Self {
            enforced: keep(verdict.enforced),
            monitored: verdict.monitored.map(keep),
        }
    }
}

impl KeptVerdict {
    /// The verdict, under the policy under which it was made.
    pub(super) fn under(self, policy: &Policy) -> JointVerdict<'_> {
        let recall = |(route, kept)| {
            let cause = match kept {
                KeptCause::Rule(index) => policy
                    .protection(route)
                    .and_then(|own| own.ruleset.rules.get(index.0))
                    .map_or(VerdictCause::Clean, |rule| VerdictCause::Rule(index, rule)),
                KeptCause::Unknown(action) => VerdictCause::Unknown(action),
                KeptCause::Limit(excess) => excess
                    .under(&policy.limits)
                    .map_or(VerdictCause::Clean, VerdictCause::Limit),
                KeptCause::NoAccount(reason, action) => VerdictCause::NoAccount(reason, action),
                KeptCause::Session(reason, action) => VerdictCause::Session(reason, action),
                KeptCause::Unverifiable => VerdictCause::Unverifiable,
                KeptCause::Cleared => VerdictCause::Cleared,
                KeptCause::Clean => VerdictCause::Clean,
            };
            Ruling { route, cause }
        };
        JointVerdict {
            enforced: recall(self.enforced),
            monitored: self.monitored.map(recall),
        }
    }
}

/// The reason code of a request whose account nobody can tell.
pub(super) const fn reason(error: AccountError) -> &'static str {
    match error {
        AccountError::Missing => "account_missing",
        AccountError::Conflict => "account_conflict",
        AccountError::ContentType => "account_content_type",
        AccountError::Encoded => "account_encoded",
        AccountError::TooLarge => "account_too_large",
        AccountError::Late => ACCOUNT_LATE,
        AccountError::Malformed => "account_malformed",
        AccountError::NotText => "account_not_text",
        AccountError::TooLong => "account_too_long",
        AccountError::NotAllowed => "account_not_allowed",
        AccountError::Batch => "account_batch",
    }
}
