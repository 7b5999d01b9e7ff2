//! Rules, and the verdict that follows from them.

use super::{Action, Condition, Exceeded, Mode, Signals, Truth};

/// The reason of a request whose body, where the account may stand, has not come in time.
pub const ACCOUNT_LATE: &str = "account_late";

/// What the names of the lists' own rules start with, and no others.
pub const LIST_PREFIX: &str = "list_";

/// What the names of the built-in rules start with, and no others.
pub const DEFAULT_PREFIX: &str = "default_";

/// Whether a rule that denies or challenges has the session revoked, on a route that does not wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Revokes {
    /// Where it holds by what is known of the address alone.
    #[default]
    ByAddress,
    /// Whenever it holds.
    Always,
    /// Never.
    Never,
}

/// The position of a rule in its [`Ruleset`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleIndex(pub usize);

/// One rule: a condition, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name in metrics and logs.
    pub name: String,
    /// When it applies.
    pub when: Condition,
    /// What follows.
    pub then: Action,
    /// Whether it does follow.
    pub mode: Mode,
    /// The reason code told to client, log and application; else the name of the signal that held.
    pub reason: Option<String>,
    /// What the client is told; else a sentence that fits the action.
    pub message: Option<String>,
    /// The HTTP status of a refusal; else 403.
    pub status: Option<u16>,
    /// Whether it has the session revoked.
    pub revokes: Revokes,
}

impl Rule {
    /// Whether it has the session revoked of a request of which this is known, and `of_address` by its address alone.
    #[must_use]
    pub fn revokes(&self, of_address: &Signals) -> bool {
        match self.revokes {
            Revokes::ByAddress => {
                of_address.unknown != Truth::True && self.when.test(of_address) == Truth::True
            }
            Revokes::Always => true,
            Revokes::Never => false,
        }
    }
}

/// What was found, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictCause<'p> {
    /// A rule held.
    Rule(RuleIndex, &'p Rule),
    /// No rule held and nothing is known of the address: the route's `on_unknown`.
    Unknown(Action),
    /// A limit was exceeded.
    Limit(Exceeded<'p>),
    /// Nobody can tell which account the request is about, for this reason: the route's `on_missing_account`.
    NoAccount(&'static str, Action),
    /// The session is not to be trusted, for this reason, and this follows.
    Session(&'static str, Action),
    /// The client's captcha cannot be verified, and nothing else is asked instead.
    Unverifiable,
    /// The client has answered the challenge that was asked of it.
    Cleared,
    /// No rule held.
    Clean,
}

impl<'p> VerdictCause<'p> {
    /// What is done.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Rule(_, rule) => rule.then,
            Self::Unknown(action) | Self::NoAccount(_, action) | Self::Session(_, action) => action,
            Self::Limit(exceeded) => exceeded.rule.then,
            Self::Unverifiable => Action::Deny,
            Self::Cleared | Self::Clean => Action::Allow,
        }
    }

    /// The reason code: why.
    #[must_use]
    pub fn reason(self, signals: &Signals) -> &'p str {
        match self {
            Self::Rule(_, rule) => rule
                .reason
                .as_deref()
                .unwrap_or_else(|| rule.when.cause(signals).unwrap_or(&rule.name)),
            Self::Unknown(_) => "unknown",
            Self::Limit(exceeded) => &exceeded.rule.name,
            Self::NoAccount(reason, _) | Self::Session(reason, _) => reason,
            Self::Unverifiable => "captcha_unavailable",
            Self::Cleared => "cleared",
            Self::Clean => "clean",
        }
    }

    /// The name of the rule or limit that decided, if one did.
    #[must_use]
    pub fn name(self) -> Option<&'p str> {
        match self {
            Self::Rule(_, rule) => Some(&rule.name),
            Self::Limit(exceeded) => Some(&exceeded.rule.name),
            Self::Unknown(_)
            | Self::NoAccount(..)
            | Self::Session(..)
            | Self::Unverifiable
            | Self::Cleared
            | Self::Clean => None,
        }
    }

    /// Who asks for a challenge: what kind of finding, and the name of the rule or limit. A clearance is for that one
    /// alone; a rule and a limit may have the same name.
    #[must_use]
    pub fn asker(self) -> (&'static str, &'p str) {
        let kind = match self {
            Self::Rule(..) => "rule",
            Self::Limit(_) => "limit",
            Self::Unknown(_) => "unknown",
            Self::NoAccount(..) => "account",
            Self::Session(..) => "session",
            Self::Unverifiable | Self::Cleared | Self::Clean => "nobody",
        };
        (kind, self.name().unwrap_or_default())
    }

    /// What the operator tells the client, if anything.
    #[must_use]
    pub fn message(self) -> Option<&'p str> {
        match self {
            Self::Rule(_, rule) => rule.message.as_deref(),
            Self::Limit(exceeded) => exceeded.rule.message.as_deref(),
            Self::Unknown(_)
            | Self::NoAccount(..)
            | Self::Session(..)
            | Self::Unverifiable
            | Self::Cleared
            | Self::Clean => None,
        }
    }

    /// The HTTP status of a refusal.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Rule(_, rule) => rule.status.unwrap_or(403),
            Self::Limit(exceeded) => match (exceeded.rule.status, exceeded.rule.then) {
                (Some(status), _) => status,
                (None, Action::Limit) => 429,
                (None, _) => 403,
            },
            Self::NoAccount(ACCOUNT_LATE, Action::Deny) => 408,
            Self::NoAccount(_, Action::Deny) => 400,
            Self::Unknown(_)
            | Self::NoAccount(..)
            | Self::Session(..)
            | Self::Unverifiable
            | Self::Cleared
            | Self::Clean => 403,
        }
    }

    /// Whether one of the operator's lists has let the request through, whatever the rules say.
    #[must_use]
    pub fn is_exempt(self) -> bool {
        matches!(self, Self::Rule(_, rule) if rule.name.starts_with(LIST_PREFIX))
            && self.action() == Action::Allow
    }
}

/// What the rules of one route make of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict<'p> {
    /// What happens.
    pub enforced: VerdictCause<'p>,
    /// What would have happened, had the rule or the policy that is only monitored been enforced.
    pub monitored: Option<VerdictCause<'p>>,
}

/// A [`Verdict`] of rules alone, to be kept while a request waits: positions instead of references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conclusion {
    enforced: Kept,
    monitored: Option<Kept>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Rule(RuleIndex),
    Unknown,
    Clean,
}

impl Conclusion {
    /// Nothing yet.
    pub const OPEN: Self = Self {
        enforced: Kept::Clean,
        monitored: None,
    };
}

impl From<Verdict<'_>> for Conclusion {
    fn from(verdict: Verdict<'_>) -> Self {
        let keep = |cause: VerdictCause<'_>| match cause {
            VerdictCause::Rule(index, _) => Kept::Rule(index),
            VerdictCause::Unknown(_) => Kept::Unknown,
            VerdictCause::Limit(_)
            | VerdictCause::NoAccount(..)
            | VerdictCause::Session(..)
            | VerdictCause::Unverifiable
            | VerdictCause::Cleared
            | VerdictCause::Clean => Kept::Clean,
        };
        Self {
            enforced: keep(verdict.enforced),
            monitored: verdict.monitored.map(keep),
        }
    }
}

/// Whether the signals suffice for a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluation<'p> {
    /// Nothing that could still be learnt changes it.
    Decided(Verdict<'p>),
    /// It depends on something that is not known yet.
    Open,
}

/// The ordered rules of one route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    /// The rules; the first that holds decides.
    pub rules: Vec<Rule>,
    /// What is done when no rule holds and nothing is known of the address.
    pub on_unknown: Action,
    /// The whole policy's mode.
    pub mode: Mode,
}

impl Ruleset {
    /// Judges what is known so far. `Open` as soon as a rule that comes first depends on what can still be learnt.
    #[must_use]
    pub fn evaluate(&self, signals: &Signals) -> Evaluation<'_> {
        self.walk(signals, |_| false)
            .map_or(Evaluation::Open, Evaluation::Decided)
    }

    /// Judges with all that is known of the address. `Open` as soon as a rule that comes first depends on how the
    /// client has travelled or what its password is, and that is not found out yet.
    #[must_use]
    pub fn so_far(&self, signals: &Signals) -> Evaluation<'_> {
        self.walk(signals, |rule| {
            !rule.is_some_and(|rule| rule.when.awaits(signals))
        })
        .map_or(Evaluation::Open, Evaluation::Decided)
    }

    /// Judges with what is known now: a rule about the unknown does not hold.
    #[must_use]
    pub fn conclude(&self, signals: &Signals) -> Verdict<'_> {
        self.walk(signals, |_| true).unwrap_or(Verdict {
            enforced: VerdictCause::Clean,
            monitored: None,
        })
    }

    /// What these rules concluded before.
    #[must_use]
    pub fn recall(&self, conclusion: Conclusion) -> Verdict<'_> {
        let recall = |kept| match kept {
            Kept::Rule(index) => self
                .rules
                .get(index.0)
                .map_or(VerdictCause::Clean, |rule| VerdictCause::Rule(index, rule)),
            Kept::Unknown => VerdictCause::Unknown(self.on_unknown),
            Kept::Clean => VerdictCause::Clean,
        };
        Verdict {
            enforced: recall(conclusion.enforced),
            monitored: conclusion.monitored.map(recall),
        }
    }

    /// `skips` says whether to go on where nobody knows whether a rule holds, or whether anything is known of the
    /// address; else the walk ends.
    fn walk(
        &self,
        signals: &Signals,
        skips: impl Fn(Option<&Rule>) -> bool,
    ) -> Option<Verdict<'_>> {
        let mut monitored = None;
        for (index, rule) in self.rules.iter().enumerate() {
            match rule.when.test(signals) {
                Truth::True => {}
                Truth::Unknown if !skips(Some(rule)) => return None,
                Truth::Unknown | Truth::False => continue,
            }
            let cause = VerdictCause::Rule(RuleIndex(index), rule);
            match rule.mode {
                Mode::Enforce => return Some(self.verdict(cause, monitored)),
                Mode::Monitor => monitored = monitored.or(Some(cause)),
            }
        }
        let cause = match signals.unknown {
            Truth::True => VerdictCause::Unknown(self.on_unknown),
            Truth::Unknown if !skips(None) => return None,
            Truth::Unknown | Truth::False => VerdictCause::Clean,
        };
        Some(self.verdict(cause, monitored))
    }

    const fn verdict<'p>(
        &self,
        cause: VerdictCause<'p>,
        monitored: Option<VerdictCause<'p>>,
    ) -> Verdict<'p> {
        match self.mode {
            Mode::Enforce => Verdict {
                enforced: cause,
                monitored,
            },
            Mode::Monitor => Verdict {
                enforced: VerdictCause::Clean,
                monitored: Some(cause),
            },
        }
    }
}

#[cfg(test)]
mod tests;
