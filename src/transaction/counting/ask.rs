//! Before a request goes on: may it?

use super::settle::{Open, Role};
use super::{Counting, Excess, Who, half};
use crate::config::{Count, LimitPolicy, Mobile, Policy, Protection, Told};
use crate::decision::{LimitIndex, Mode};
use crate::identity::account::Accounts;
use crate::limits::{
    Answer, CounterKey, Distinct, DistinctThreshold, Limit, Operation, Taken, Terms, Threshold,
};
use crate::telemetry::{Event, LimitResult, Meter};
use crate::time::Time;
use crate::transaction::Host;

/// Which limits are asked: those that need the account have to wait until it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transaction) enum Phase {
    /// Those that do not need the account.
    WithoutAccount,
    /// All that have not been asked.
    All,
}

/// What the limits say.
#[derive(Clone, Debug, Default)]
pub(in crate::transaction) struct Asked {
    /// Which counters were asked.
    pub(in crate::transaction) keys: Vec<CounterKey>,
    /// Those that the request exceeds, in order.
    pub(in crate::transaction) exceeded: Vec<Excess>,
    /// What is to be told to them when the application has answered.
    pub(in crate::transaction) open: Vec<Open>,
}

/// One limit that is asked: which, and what of it.
pub(in crate::transaction) struct Question<'p> {
    index: LimitIndex,
    limit: &'p LimitPolicy,
    key: CounterKey,
    quota: u32,
    role: Option<Role>,
    operation: Operation,
    /// What more than volume it takes to refuse.
    evidence: Option<[Operation; 2]>,
}

/// So few different User-Agents on a full limit are suspicious on a network that many people share.
const FEW_AGENTS: u32 = 2;

impl Counting {
    /// What there is to ask the limits of a phase.
    pub(in crate::transaction) fn questions<'p>(
        &self,
        policy: &'p Policy,
        protection: &Protection,
        who: &Who<'_>,
        (phase, exempt, before): (Phase, bool, &[CounterKey]),
    ) -> Vec<Question<'p>> {
        let mut questions = Vec::new();
        for index in &protection.limits {
            let Some(limit) = policy.limits.get(index.0) else {
                continue;
            };
            let now_or_later = match phase {
                Phase::All => true,
                Phase::WithoutAccount => {
                    let mut conditions = limit.conditions();
                    let awaits = conditions.any(|when| when.awaits_trip(who.signals));
                    !limit.needs_account() && !awaits
                }
            };
            // Whom a list exempts, the limits on its networks do not hold up either.
            if !now_or_later || (exempt && limit.counts_networks()) {
                continue;
            }
            let mut ask = |who: &Who<'_>| {
                let question = self.question(*index, limit, protection, who);
                questions.extend(question.filter(|question| !before.contains(&question.key)));
            };
            // Only the application knows which of several it takes, so each must be within the limit.
            let accounts = who.accounts.into_iter().flat_map(Accounts::iter);
            let accounts = accounts.map(|account| Some(account.as_bytes()));
            let nobody = (!limit.needs_account()).then_some(None);
            for account in accounts.filter(|_| nobody.is_none()).chain(nobody) {
                let who = Who { account, ..*who };
                if limit.tells_sessions() {
                    for session in who.sessions {
                        ask(&Who {
                            session: Some(session.as_bytes()),
                            ..who
                        });
                    }
                } else {
                    ask(&who);
                }
            }
        }
        questions
    }

    /// Asks, until one refuses that is enforced. What stands behind it, and was not asked, stays in `questions`.
    pub(in crate::transaction) fn ask(
        &self,
        questions: &mut Vec<Question<'_>>,
        protection: &Protection,
        who: &Who<'_>,
        now: Time,
        host: &impl Host,
    ) -> Asked {
        let operations: Vec<Operation> = questions
            .iter()
            .flat_map(|question| {
                let evidence = question.evidence.into_iter().flatten();
                std::iter::once(question.operation).chain(evidence)
            })
            .collect();
        let mut answers = self.run(&operations, now, host).into_iter();
        let mut asked = Asked::default();
        questions.retain(|question| {
            let answer = answers.next().flatten();
            let evidence = question.evidence.map(|_| {
                let mut is_allowed = || {
                    let taken = answers.next().flatten();
                    taken.map(|taken| taken.is_allowed())
                };
                [is_allowed(), is_allowed()]
            });
            let Some(taken) = answer else {
                return true;
            };
            asked.keys.push(question.key);
            let taken = (taken, evidence);
            self.conclude(question, taken, protection, who, now, &mut asked, host);
            false
        });
        asked
    }

    fn question<'p>(
        &self,
        index: LimitIndex,
        limit: &'p LimitPolicy,
        protection: &Protection,
        who: &Who<'_>,
    ) -> Option<Question<'p>> {
        if let Some(when) = &limit.when
            && when.test(who.signals) != crate::decision::Truth::True
        {
            return None;
        }
        let ids = *self.ids.get(index.0)?;
        let key = self.key(ids.own, limit, protection, who)?;
        let exact = !limit.counts_networks();
        let (operation, quota, role) = match &limit.count {
            Count::Attempts(choices) => {
                let threshold = choices.choose(who.signals);
                let operation = Limit::new(limit.terms).take(key, threshold);
                (operation, threshold.get(), None)
            }
            Count::Failures(choices) => {
                let threshold = choices.choose(who.signals);
                let own = Limit::new(limit.terms);
                // Where many people share the counter, an attempt under way is no failure yet.
                let operation = match exact {
                    true => own.reserve(key, threshold),
                    false => own.peek(key, threshold),
                };
                (operation, threshold.get(), Some(Role::Failures(threshold)))
            }
            Count::Successes(choices) => {
                let threshold = choices.choose(who.signals);
                let operation = Limit::new(limit.terms).peek(key, threshold);
                (operation, threshold.get(), Some(Role::Successes(threshold)))
            }
            Count::Distinct(told, choices) => {
                let threshold = choices.choose(who.signals);
                let part = match told {
                    Told::Part(part) => self.part(*part, protection, who)?,
                    Told::Agent => super::Part::Owned(who.agent.canonical()),
                };
                let value = self.keys.value(key, &[part.bytes()]);
                let operation = Distinct::new(limit.terms).see(key, value, threshold);
                (operation, threshold.get(), None)
            }
        };
        let evidence = limit.mobile == Mobile::Evidence
            && matches!(limit.count, Count::Attempts(_))
            && limit.counts_networks()
            && who.signals.reputation.is_shared() == Some(true);
        let binding = protection.ruleset.mode == Mode::Enforce
            && limit.rule.mode == Mode::Enforce
            && !limit.rule.then.lets_through()
            && !evidence;
        let evidence = match evidence {
            true => self.evidence(ids, limit, protection, who, quota),
            false => None,
        };
        Some(Question {
            index,
            limit,
            key,
            quota,
            role,
            operation: match binding {
                true => operation,
                false => operation.monitored(),
            },
            evidence,
        })
    }

    /// What else may speak against the network of a mobile carrier: failures, half as many as attempts would be too many, and one
    /// User-Agent all over.
    fn evidence(
        &self,
        ids: super::Ids,
        limit: &LimitPolicy,
        protection: &Protection,
        who: &Who<'_>,
        quota: u32,
    ) -> Option<[Operation; 2]> {
        let terms = Terms::new(limit.terms.window);
        let failures = self.key(ids.failures, limit, protection, who)?;
        let agents = self.key(ids.agents, limit, protection, who)?;
        let agent = self.keys.value(agents, &[&who.agent.canonical()]);
        Some([
            Limit::new(terms)
                .peek(failures, Threshold::new(half(quota).get())?)
                .monitored(),
            Distinct::new(terms)
                .see(agents, agent, DistinctThreshold::new(FEW_AGENTS)?)
                .monitored(),
        ])
    }

    #[expect(clippy::too_many_arguments, reason = "all that a request consists of")]
    fn conclude(
        &self,
        question: &Question<'_>,
        (taken, evidence): (Taken, Option<[Option<bool>; 2]>),
        protection: &Protection,
        who: &Who<'_>,
        now: Time,
        asked: &mut Asked,
        host: &impl Meter,
    ) {
        let limit = question.limit;
        let hit = |result| {
            host.meter(Event::LimitHit {
                limit: question.index,
                result,
            });
        };
        let mut granted = true;
        match taken.answer {
            Answer::Allowed(quota) if quota.near => hit(LimitResult::Near),
            Answer::Allowed(_) => {}
            // It goes on, but there is nothing to give back.
            Answer::AllowedUncounted => granted = false,
            Answer::Refused { retry_after, .. } => {
                granted = false;
                if let Some([failures, agents]) = evidence
                    && !(failures == Some(false)
                        || agents == Some(true)
                        || who.agent.signals().suspicious()
                        || who.signals.is_risky())
                {
                    hit(LimitResult::Spared);
                } else {
                    let enforced = protection.ruleset.mode == Mode::Enforce
                        && limit.rule.mode == Mode::Enforce;
                    hit(match enforced {
                        true => LimitResult::Exceeded,
                        false => LimitResult::Monitored,
                    });
                    asked.exceeded.push(Excess {
                        index: question.index,
                        retry_after,
                        quota: question.quota,
                    });
                }
            }
        }
        if let Some(role) = question.role.or_else(|| Role::forgiving(limit)) {
            let reserved = matches!(role, Role::Failures(_)) && !limit.counts_networks();
            let accounts = who.accounts.filter(|_| limit.needs_account());
            asked.open.push(Open {
                index: question.index,
                key: question.key,
                role,
                reserved: (reserved && granted).then_some(now),
                certain: accounts.is_none_or(|accounts| accounts.certain().is_some()),
            });
        }
        if question.evidence.is_some()
            && let Some(ids) = self.ids.get(question.index.0)
            && let Some(key) = self.key(ids.failures, limit, protection, who)
            && let Some(threshold) = Threshold::new(half(question.quota).get())
        {
            asked.open.push(Open {
                index: question.index,
                key,
                role: Role::Evidence(threshold),
                reserved: None,
                certain: true,
            });
        }
    }
}
