//! Before a request goes on: may it?

use super::settle::{Open, Role, Taken};
use super::{Counted, Excess, Limits, Part, Sharing, half};
use crate::agent::is_suspicious;
use crate::decision::{About, Action, Mode, Signals, Truth};
use crate::host::Host;
use crate::limits::{
    Answer, Charge, Count, CounterKey, Distinct, DistinctBy, DistinctThreshold, KeyPart, Limit,
    LimitOutcome, LimitPolicy, Operation, Scope, Terms, Threshold,
};
use crate::principal::Principal;
use crate::route::RouteIndex;
use crate::telemetry::{Event, LimitResult, Meter};
use crate::time::Time;

/// Which limits are asked: those that need the account have to wait until it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Those that do not need the account.
    WithoutAccount,
    /// Those that need no more than what the head tells, of the account as well.
    SoFar,
    /// All that have not been asked.
    All,
    /// Those that count by account, which has only been told by the answer.
    OfAccount,
}

/// What the limits say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Which counters were asked.
    pub(crate) keys: Vec<CounterKey>,
    /// Those that the request exceeds, in order.
    pub(crate) exceeded: Vec<Excess>,
    /// What is to be told to them when the application has answered.
    pub(crate) open: Vec<Open>,
    /// What is taken back if the request has to come again.
    pub(crate) taken: Vec<Taken>,
    /// What the fleet is to be asked.
    pub(crate) shared: Vec<Sharing>,
}

/// One limit that is asked, for one attempt: which, for which routes, and what of it.
#[derive(Clone)]
pub(super) struct Question<'p> {
    pub(super) charge: &'p Charge,
    /// The routes that do not hold it against the client.
    sparing: &'p [RouteIndex],
    pub(super) limit: &'p LimitPolicy,
    pub(super) key: CounterKey,
    pub(super) quota: u32,
    role: Option<Role>,
    pub(super) operation: Operation,
    /// What more than volume it takes to refuse.
    evidence: Option<Box<[Operation]>>,
    /// Whether it is more than monitored, on any of its routes.
    pub(super) is_enforced: bool,
    /// Whose counter it is, where a challenge is to clear no other one.
    pub(super) about: About,
}

/// What there is to ask the limits of a phase.
pub(crate) struct Questions<'p>(Vec<Question<'p>>);

impl Questions<'_> {
    /// Whether nothing is left to ask.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Question<'_> {
    /// The routes that ask.
    pub(super) fn askers(&self) -> impl Iterator<Item = RouteIndex> {
        askers(self.charge, self.sparing)
    }
}

fn askers(charge: &Charge, sparing: &[RouteIndex]) -> impl Iterator<Item = RouteIndex> {
    let routes = charge.routes.iter().copied();
    routes.filter(|route| !sparing.contains(route))
}

/// The account and the session that a limit counts, where it asks for a challenge: who has answered for one is cleared
/// for no other.
fn about(limit: &LimitPolicy, counted: &Counted<'_>) -> About {
    if limit.rule.then != Action::Challenge {
        return About::NOBODY;
    }
    let account = counted.name.filter(|_| limit.has(KeyPart::Account));
    let session = counted.session.filter(|_| limit.has(KeyPart::Session));
    About::all([account.unwrap_or_default(), session.unwrap_or_default()])
}

/// Many people have several fingerprints: of Android, of iOS, and of what resumes a session.
const ONE_FINGERPRINT: u32 = 1;
/// So few different User-Agents on a full limit are suspicious on a network that many people share.
const FEW_AGENTS: u32 = 2;

impl Limits {
    /// What there is to ask the limits of a phase: those of `charges`, in their order, but none of the counters that
    /// were asked `before`. The routes that are `exempting` hold nothing against the client's network.
    #[inline(never)]
    pub(crate) fn questions<'p>(
        &'p self,
        charges: &'p [Charge],
        principal: Principal<'_>,
        signals: &Signals,
        (phase, exempting, before): (Phase, &'p [RouteIndex], &[CounterKey]),
    ) -> Questions<'p> {
        let counted = &Counted::new(principal, signals);
        let mut questions = Vec::with_capacity(charges.len());
        for charge in charges {
            let Some(limit) = self.limits.get(charge.limit.0) else {
                continue;
            };
            let now_or_later = match phase {
                Phase::All => true,
                Phase::OfAccount => limit.has(KeyPart::Account),
                Phase::WithoutAccount | Phase::SoFar => {
                    let mut conditions = limit.conditions();
                    let awaits = conditions.any(|when| when.awaits(signals));
                    (phase == Phase::SoFar || !limit.needs_account()) && !awaits
                }
            };
            // Whom a list exempts, the limits on its networks do not hold up either.
            let sparing = match limit.counts_networks() {
                true => exempting,
                false => &[],
            };
            if !now_or_later || askers(charge, sparing).next().is_none() {
                continue;
            }
            let mut ask = |counted: &Counted<'_>, times: u32| {
                let Some(question) = self.question((charge, sparing), limit, counted) else {
                    return;
                };
                // Before the account was known, one attempt was counted.
                let is_asked = before.contains(&question.key);
                let times = times.saturating_sub(u32::from(is_asked));
                let times = usize::try_from(times).unwrap_or(usize::MAX);
                questions.extend(std::iter::repeat_n(question, times));
            };
            let mut ask_of_sessions = |counted: &Counted<'_>, times: u32| {
                if limit.tells(KeyPart::Session) {
                    // Only the application knows which of several it takes, so each must be within the limit.
                    for session in counted.principal.sessions {
                        let counted = Counted {
                            session: Some(session.as_bytes()),
                            ..*counted
                        };
                        ask(&counted, times);
                    }
                } else {
                    ask(counted, times);
                }
            };
            if limit.needs_account() {
                let keys = self.counters.keys();
                let mut names = Vec::new();
                // Likewise of several accounts, and of a name beside the account that the application has for it.
                for owner in counted.principal.owners {
                    let account = keys.account(&owner.account);
                    let name = owner.name.as_ref().map(|name| keys.account(name));
                    let name = name.filter(|name| !names.contains(name));
                    names.extend(name);
                    let marks = match limit.has(KeyPart::Account) {
                        true => [Some(account), name],
                        // Those that are told apart are told apart by name, whether or not it is known whose that is.
                        false => [Some(name.unwrap_or(account)), None],
                    };
                    for mark in marks.into_iter().flatten() {
                        let own = Counted {
                            account: Some(mark),
                            name: Some(owner.account.as_bytes()),
                            device: owner.device.as_ref().map(|device| &device.id.bytes()[..]),
                            ..*counted
                        };
                        ask_of_sessions(&own, owner.attempts);
                        if own.device.is_some() && limit.bounds_devices() {
                            ask_of_sessions(&own.on_any_device(), owner.attempts);
                        }
                    }
                }
            } else {
                ask_of_sessions(counted, counted.principal.attempts);
            }
        }
        Questions(questions)
    }

    /// Asks, until one refuses that is enforced. What stands behind it, and was not asked, stays in `questions`.
    #[inline(never)]
    pub(crate) fn ask(
        &self,
        Questions(questions): &mut Questions<'_>,
        principal: Principal<'_>,
        signals: &Signals,
        now: Time,
        host: &impl Host,
    ) -> Asked {
        let mut operations = Vec::with_capacity(questions.len());
        for question in &*questions {
            operations.push(question.operation);
            if let Some(evidence) = &question.evidence {
                operations.extend_from_slice(evidence);
            }
        }
        let counted = &Counted::new(principal, signals);
        let mut answers = self.counters.run(&operations, now, host).into_iter();
        let mut asked = Asked::default();
        questions.retain(|question| {
            let answer = answers.next().flatten();
            let evidence = question.evidence.as_ref().map(|evidence| {
                let told = answers.by_ref().take(evidence.len());
                let mut told = told.map(|outcome| outcome.map(|outcome| outcome.is_allowed()));
                let failures = told.next().flatten();
                (failures, told.any(|few| few == Some(true)))
            });
            let Some(outcome) = answer else {
                return true;
            };
            asked.keys.push(question.key);
            let outcome = (outcome, evidence);
            self.conclude(question, outcome, counted, now, &mut asked, host);
            false
        });
        asked
    }

    #[inline(never)]
    fn question<'p>(
        &self,
        (charge, sparing): (&'p Charge, &'p [RouteIndex]),
        limit: &'p LimitPolicy,
        counted: &Counted<'_>,
    ) -> Option<Question<'p>> {
        // A limit applies unless it is known that it does not: nobody is let through because the API fails.
        if let Some(when) = &limit.when
            && when.test(counted.signals) == Truth::False
        {
            return None;
        }
        let ids = *self.ids.get(charge.limit.0)?;
        let route = self.route_name(charge.routes.first);
        let key = self.key(ids.own, limit, route, counted)?;
        let exact = !limit.counts_networks();
        let (operation, quota, role) = match &limit.count {
            Count::Attempts(choices) => {
                let threshold = counted.share(choices.choose(counted.signals));
                let operation = Limit::new(limit.terms).take(key, threshold);
                (operation, threshold.get(), None)
            }
            Count::Failures(choices) => {
                let threshold = counted.share(choices.choose(counted.signals));
                let own = Limit::new(limit.terms);
                // Where many people share the counter, an attempt under way is no failure yet.
                let operation = match exact {
                    true => own.reserve(key, threshold),
                    false => own.peek(key, threshold),
                };
                (operation, threshold.get(), Some(Role::Failures(threshold)))
            }
            Count::Successes(choices) => {
                let threshold = counted.share(choices.choose(counted.signals));
                let operation = Limit::new(limit.terms).reserve(key, threshold);
                (operation, threshold.get(), Some(Role::Successes(threshold)))
            }
            Count::Distinct(by, choices) => {
                let threshold = choices.choose(counted.signals);
                let part = match by {
                    DistinctBy::Part(part) => self.part(*part, limit, route, counted)?,
                    DistinctBy::Agent => Part::Owned(counted.principal.agent.canonical()),
                };
                let value = self.counters.keys().value(key, &[part.bytes()]);
                let operation = Distinct::new(limit.terms).see(key, value, threshold);
                (operation, threshold.get(), None)
            }
        };
        let evidence =
            limit.seeks_evidence() && counted.signals.reputation.is_shared() == Some(true);
        let enforces = |route: RouteIndex| {
            let own = self.routes.get(route.get());
            own.is_some_and(|own| own.is_enforced)
        };
        let is_enforced = limit.rule.mode == Mode::Enforce && askers(charge, sparing).any(enforces);
        let binding = is_enforced && !limit.rule.then.lets_through() && !evidence;
        let evidence = match evidence {
            true => self.evidence(ids, limit, route, counted, quota),
            false => None,
        };
        Some(Question {
            charge,
            sparing,
            limit,
            key,
            quota,
            role,
            operation: match binding {
                true => operation,
                false => operation.monitored(),
            },
            evidence,
            is_enforced,
            about: about(limit, counted),
        })
    }

    /// What else may speak against the network of a mobile carrier: failures, half as many as attempts would be too
    /// many, and one User-Agent or one TLS fingerprint all over. Where a request has none, as over HTTP/3, that says
    /// nothing.
    fn evidence(
        &self,
        ids: super::Ids,
        limit: &LimitPolicy,
        route: &str,
        counted: &Counted<'_>,
        quota: u32,
    ) -> Option<Box<[Operation]>> {
        let terms = Terms::new(limit.terms.window);
        let failures = self.key(ids.failures, limit, route, counted)?;
        let agents = self.key(ids.agents, limit, route, counted)?;
        let agent = self
            .counters
            .keys()
            .value(agents, &[&counted.principal.agent.canonical()]);
        let uniform = |key, value, few| {
            let threshold = DistinctThreshold::new(few)?;
            Some(Distinct::new(terms).see(key, value, threshold).monitored())
        };
        let mut evidence = vec![
            Limit::new(terms)
                .peek(failures, Threshold::new(half(quota).get())?)
                .monitored(),
            uniform(agents, agent, FEW_AGENTS)?,
        ];
        if let Some(ja4) = &counted.signals.ja4 {
            let fingerprints = self.key(ids.fingerprints, limit, route, counted)?;
            let value = self.counters.keys().value(fingerprints, &[ja4.as_bytes()]);
            evidence.push(uniform(fingerprints, value, ONE_FINGERPRINT)?);
        }
        Some(evidence.into())
    }

    fn conclude(
        &self,
        question: &Question<'_>,
        (outcome, evidence): (LimitOutcome, Option<(Option<bool>, bool)>),
        counted: &Counted<'_>,
        now: Time,
        asked: &mut Asked,
        host: &impl Meter,
    ) {
        let limit = question.limit;
        let route = question.askers().next();
        let route = route.unwrap_or(question.charge.routes.first);
        let hit = |result| {
            host.meter(Event::LimitHit {
                route,
                limit: question.charge.limit,
                result,
            });
        };
        let is_spared = evidence.is_some_and(|(failures, is_uniform)| {
            !(failures == Some(false)
                || is_uniform
                || is_suspicious(counted.principal.agent.signals(counted.signals.ja4))
                || counted.signals.is_risky())
        });
        let (mut granted, mut fills, mut near) = (true, false, false);
        match outcome.answer {
            Answer::Allowed(quota) => {
                fills = quota.remaining == 0;
                near = quota.near;
                let counter = (question.key, question.quota);
                let taken = Taken::of(limit, question.charge.limit, counter, now);
                asked.taken.extend(taken);
                if near {
                    hit(LimitResult::Near);
                }
            }
            // It goes on, but there is nothing to give back.
            Answer::AllowedUncounted => granted = false,
            Answer::Refused {
                counted: count,
                retry_after,
                ..
            } => {
                granted = false;
                if is_spared {
                    hit(LimitResult::Spared);
                } else {
                    hit(match question.is_enforced {
                        true => LimitResult::Exceeded,
                        false => LimitResult::Monitored,
                    });
                    asked.exceeded.extend(question.askers().map(|route| Excess {
                        index: question.charge.limit,
                        route,
                        retry_after,
                        count,
                        quota: question.quota,
                        about: question.about,
                    }));
                }
            }
        }
        if outcome.is_allowed() && limit.terms.scope == Scope::Fleet {
            asked.share(Sharing::of(question, is_spared, near, now));
        }
        if let Some(role) = question.role.or_else(|| Role::forgiving(limit)) {
            let reserved = match role {
                Role::Failures(_) => !limit.counts_networks(),
                Role::Successes(_) => true,
                Role::Forgiving | Role::Evidence(_) => false,
            };
            asked.open.push(Open {
                index: question.charge.limit,
                key: question.key,
                role,
                reserved: (reserved && granted).then_some(now),
                fills,
                shared: None,
                is_sole: !limit.needs_account() || counted.principal.is_sole,
                is_batch: counted.principal.attempts > 1,
            });
        }
        if question.evidence.is_some()
            && let Some(ids) = self.ids.get(question.charge.limit.0)
            && let route = self.route_name(question.charge.routes.first)
            && let Some(key) = self.key(ids.failures, limit, route, counted)
            && let Some(threshold) = Threshold::new(half(question.quota).get())
        {
            asked.open.push(Open {
                index: question.charge.limit,
                key,
                role: Role::Evidence(threshold),
                reserved: None,
                fills: false,
                shared: None,
                is_sole: true,
                is_batch: counted.principal.attempts > 1,
            });
        }
    }
}
