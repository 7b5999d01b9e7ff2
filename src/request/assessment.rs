//! A request as far as it has been judged, and the verdict that follows from it.

use std::cell::Cell;

use super::account::{AccountState, Accounts};
use super::subject::Subject;
use super::verdict::{JointVerdict, KeptVerdict, Ruling, reason};
use crate::agent::Agent;
use crate::challenge::{Answers, Asker, Client};
use crate::decision::{About, Action, Conclusion, Mode, Signals, Verdict, VerdictCause};
use crate::decision::{AgentFacts, ListSet, Truth};
use crate::identity::account::AccountError;
use crate::identity::session::Session;
use crate::intelligence::{Flag, Knowledge, Reputation, UnknownReason};
use crate::limits::{Asked, CounterKey, Excess, Open, Sharing, Taken};
use crate::nonempty::NonEmpty;
use crate::policy::{Policy, Protection};
use crate::principal::Principal;
use crate::route::RouteIndex;
use crate::session::{Distrust, Known, Sanction};
use crate::travel::{TravelState, Traveller};

/// A request as far as it has been judged. What its verdict depends on is changed by methods alone, kept until then.
#[derive(Debug)]
pub(super) struct Assessment {
    pub(super) subject: Subject,
    signals: Signals,
    /// What is kept of its sessions.
    session: Known,
    /// What the rules of each of its routes make of that.
    rules: Option<NonEmpty<Conclusion>>,
    account: AccountState,
    /// Where the client is, and who it is, where travel matters.
    pub(super) travel_state: TravelState,
    /// The counters that have been asked.
    pub(super) asked: Vec<CounterKey>,
    /// The limits that it exceeds.
    exceeded: Vec<Excess>,
    /// The counters that want to know what became of it.
    pub(super) open: Vec<Open>,
    /// The attempts that were counted, as long as it may have to come again.
    pub(super) taken: Vec<Taken>,
    /// What the fleet is still to be asked.
    pub(super) shared: Vec<Sharing>,
    /// Whether the fleet has been asked about what it has answered a challenge with.
    pub(super) is_spent: bool,
    /// Those whose challenge the client has answered.
    cleared: Vec<Asker>,
    /// How it has answered.
    answers: Answers,
    verdict: Cell<Option<KeptVerdict>>,
    /// What follows from it, which most want to know and nothing else.
    action: Cell<Option<Action>>,
}

impl Assessment {
    /// In a box: it goes from hand to hand, and is large.
    pub(super) fn new(subject: Subject, signals: Signals, session: Known) -> Box<Self> {
        Box::new(Self {
            subject,
            signals,
            session,
            rules: None,
            account: AccountState::Open,
            travel_state: TravelState::Open(false),
            asked: Vec::new(),
            exceeded: Vec::new(),
            open: Vec::new(),
            taken: Vec::new(),
            shared: Vec::new(),
            is_spent: false,
            cleared: Vec::new(),
            answers: Answers::default(),
            verdict: Cell::new(None),
            action: Cell::new(None),
        })
    }

    /// A client of which this is known, and which has done nothing yet.
    pub(super) fn of(policy: &Policy, subject: Subject, knowledge: Knowledge) -> Box<Self> {
        let signals = signals(policy, &subject, knowledge);
        Self::new(subject, signals, Known::default())
    }

    pub(super) const fn signals(&self) -> &Signals {
        &self.signals
    }

    pub(super) const fn session(&self) -> &Known {
        &self.session
    }

    pub(super) const fn account(&self) -> &AccountState {
        &self.account
    }

    pub(super) fn exceeded(&self) -> &[Excess] {
        &self.exceeded
    }

    pub(super) const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Its client, as far as what is asked of it depends on that.
    pub(super) fn client<'c>(&'c self, policy: &'c Policy) -> Client<'c> {
        self.subject.client_of(policy, &self.signals)
    }

    /// The same, and how it has answered, which is to change.
    pub(super) fn answering<'c>(&'c mut self, policy: &'c Policy) -> (Client<'c>, &'c mut Answers) {
        self.reconsider();
        (
            self.subject.client_of(policy, &self.signals),
            &mut self.answers,
        )
    }

    /// Knows these signals, and what the rules make of them.
    pub(super) fn conclude(&mut self, signals: Signals, rules: NonEmpty<Conclusion>) {
        self.reconsider();
        self.signals = signals;
        self.rules = Some(rules);
    }

    /// Knows which accounts it is about.
    pub(super) fn identify(&mut self, accounts: Accounts) {
        self.reconsider();
        self.account = AccountState::Read(accounts);
    }

    /// Forgets which accounts it is about: its body may tell of others.
    pub(super) fn reopen(&mut self) {
        self.reconsider();
        self.account = AccountState::Open;
    }

    /// Hears what limits say.
    pub(super) fn hear(&mut self, asked: Asked) {
        if !asked.exceeded.is_empty() {
            self.reconsider();
        }
        self.asked.extend(asked.keys);
        self.exceeded.extend(asked.exceeded);
        self.open.extend(asked.open);
        self.taken.extend(asked.taken);
        self.shared.extend(asked.shared);
    }

    /// Is of sessions that are revoked.
    pub(super) fn distrust(&mut self, revoked: Vec<(Sanction, Session)>) {
        if !revoked.is_empty() {
            self.reconsider();
            self.session.hear(revoked, self.subject.sessions().len());
        }
    }

    /// Exceeds these limits as well.
    pub(super) fn exceed(&mut self, exceeded: Vec<Excess>) {
        if !exceeded.is_empty() {
            self.reconsider();
            self.exceeded.extend(exceeded);
        }
    }

    /// Has answered none: what it has brought has been used before.
    pub(super) fn clear_nothing(&mut self) {
        self.reconsider();
        self.cleared.clear();
    }

    /// Has answered this challenge.
    pub(super) fn clear(&mut self, asker: Asker) {
        self.reconsider();
        self.cleared.push(asker);
    }

    /// What is known of it, whatever its routes make of that.
    pub(super) fn into_known(self: Box<Self>) -> (Subject, Signals, Known) {
        let this = *self;
        (this.subject, this.signals, this.session)
    }

    /// What is left of it when it has gone on: whom it is about, and what its answer matters to.
    pub(super) fn into_remains(self: Box<Self>) -> (Subject, AccountState, TravelState, Vec<Open>) {
        let this = *self;
        (this.subject, this.account, this.travel_state, this.open)
    }

    /// Who it comes from and is about.
    pub(super) fn principal(&self) -> Principal<'_> {
        let identity = self.subject.identity.as_deref();
        Principal {
            client: self.subject.client,
            owners: self.account.owners(),
            attempts: self.account.attempts(),
            is_sole: self.account.is_certain(),
            sessions: self.subject.sessions(),
            agent: identity.map_or(Agent::default(), |identity| identity.agent()),
        }
    }

    /// The strictest verdict of rules, of limits, and of what is not known, under all routes that it may be for.
    pub(super) fn verdict<'p>(&self, policy: &'p Policy) -> JointVerdict<'p> {
        if let Some(kept) = self.verdict.get() {
            return kept.under(policy);
        }
        let verdict = self.find_verdict(policy);
        self.verdict.set(Some(verdict.into()));
        self.action.set(Some(verdict.enforced.action()));
        verdict
    }

    /// Something has changed on which the verdict depends.
    fn reconsider(&self) {
        self.verdict.set(None);
        self.action.set(None);
    }

    fn find_verdict<'p>(&self, policy: &'p Policy) -> JointVerdict<'p> {
        let guard = &*self.subject.guard;
        let is_cleared = |ruling| self.is_cleared(policy, ruling);
        let mut verdict = self.ruled(policy, |_| true);
        let strict =
            |verdict: JointVerdict<'p>, ruling: Ruling<'p>, mode: Mode| match is_cleared(ruling) {
                true => verdict,
                false => verdict.with(ruling, mode),
            };
        if let Some(Distrust { reason, action, .. }) = self.session.distrust {
            let heeding = policy
                .candidates(guard)
                .filter(|(_, own)| own.heeds_revocations);
            for (route, own) in heeding {
                let ruling = Ruling::new(route, VerdictCause::Session(reason, action));
                verdict = strict(verdict, ruling, own.ruleset.mode);
            }
        }
        if let AccountState::Read(accounts) = &self.account {
            for (group, error) in &accounts.errors {
                let is_missed = |route: &&RouteIndex| {
                    *error != AccountError::Missing || !guard.hidden.contains(route)
                };
                let routes = guard.accounts.get(*group).into_iter();
                let routes = routes.flat_map(NonEmpty::iter).filter(is_missed);
                for (route, own) in
                    routes.filter_map(|route| Some((*route, policy.protection(*route)?)))
                {
                    let cause =
                        VerdictCause::NoAccount(reason(*error), own.without_account(*error));
                    verdict = strict(verdict, Ruling::new(route, cause), own.ruleset.mode);
                }
            }
        }
        for excess in &self.exceeded {
            let found = excess
                .under(&policy.limits)
                .zip(policy.protection(excess.route));
            let Some((exceeded, own)) = found else {
                continue;
            };
            let mode = match exceeded.rule.mode {
                Mode::Enforce => own.ruleset.mode,
                Mode::Monitor => Mode::Monitor,
            };
            let ruling = Ruling::new(excess.route, VerdictCause::Limit(exceeded));
            verdict = strict(verdict, ruling, mode);
        }
        let is_challenged = verdict.enforced.action() == Action::Challenge;
        if is_challenged && self.answers.is_unverifiable(policy.captcha.as_ref()) {
            verdict.enforced.cause = VerdictCause::Unverifiable;
        }
        verdict
    }

    /// The strictest verdict of the rules alone, of the routes `of` which it is asked, without those whose challenge
    /// has been answered.
    pub(super) fn ruled<'p>(
        &self,
        policy: &'p Policy,
        of: impl Fn(&Protection) -> bool,
    ) -> JointVerdict<'p> {
        let guard = &*self.subject.guard;
        let candidates = policy.candidates(guard).enumerate();
        let verdicts = candidates.filter(|(_, (_, own))| of(own));
        let verdicts = verdicts.map(|(place, (route, own))| {
            let mut verdict = JointVerdict::of(route, self.ruled_by(place, own));
            if self.is_cleared(policy, verdict.enforced) {
                verdict.enforced.cause = VerdictCause::Cleared;
            }
            verdict
        });
        verdicts
            .reduce(JointVerdict::joined)
            .unwrap_or(JointVerdict::clean(guard.routes.first))
    }

    /// The verdict of the rules of one route, at this place of its guard.
    pub(super) fn ruled_by<'p>(&self, place: usize, protection: &'p Protection) -> Verdict<'p> {
        let ruleset = &protection.ruleset;
        let rules = self.rules.as_ref();
        match rules.and_then(|rules| rules.iter().nth(place)) {
            Some(conclusion) => ruleset.recall(*conclusion),
            None => ruleset.conclude(&self.signals),
        }
    }

    /// The routes on which one of the operator's lists lets it through.
    pub(super) fn exempting(&self, policy: &Policy) -> Vec<RouteIndex> {
        let candidates = policy.candidates(&self.subject.guard).enumerate();
        candidates
            .filter(|(place, (_, own))| self.ruled_by(*place, own).enforced.is_exempt())
            .map(|(_, (route, _))| route)
            .collect()
    }

    /// What happens to it.
    pub(super) fn enforced(&self, policy: &Policy) -> Action {
        match self.action.get() {
            Some(action) => action,
            None => self.verdict(policy).enforced.action(),
        }
    }

    /// Whether it does not reach the application.
    pub(super) fn is_refused(&self, policy: &Policy) -> bool {
        !self.enforced(policy).lets_through()
    }

    /// Who asks for the challenge of this ruling. None is answered lastingly where nobody can tell which account a
    /// request is about: no limit on accounts counts such a request, so each has to be answered for by itself.
    pub(super) fn asker(&self, policy: &Policy, ruling: Ruling<'_>) -> Option<Asker> {
        let (kind, name) = ruling.cause.asker();
        let about = self.about(policy, ruling.cause);
        let own = policy.protection(ruling.route)?;
        let parts = [
            own.name.as_bytes(),
            kind.as_bytes(),
            name.as_bytes(),
            about.bytes(),
        ];
        let is_lasting = !matches!(ruling.cause, VerdictCause::NoAccount(..));
        Some(Asker::new(own.asks, parts, is_lasting))
    }

    /// Whether the client has answered the challenge of this ruling.
    fn is_cleared(&self, policy: &Policy, ruling: Ruling<'_>) -> bool {
        ruling.action() == Action::Challenge
            && !self.cleared.is_empty()
            && self
                .asker(policy, ruling)
                .is_some_and(|asker| self.cleared.contains(&asker))
    }

    /// Whose account or session the finding is about.
    fn about(&self, policy: &Policy, cause: VerdictCause<'_>) -> About {
        match cause {
            VerdictCause::Limit(exceeded) => exceeded.about,
            VerdictCause::Session(..) => self
                .session
                .distrust
                .map_or(About::NOBODY, |distrust| distrust.about),
            VerdictCause::Rule(_, rule) if rule.when.depends_on_trip(&self.signals) => {
                self.travellers(policy)
            }
            _ => About::NOBODY,
        }
    }

    /// Those whose travel is judged.
    fn travellers(&self, policy: &Policy) -> About {
        match policy.travel.map(|travel| travel.subject) {
            Some(Traveller::Account) => {
                let owners = self.account.owners().iter();
                About::all(owners.map(|owner| owner.account.as_bytes()))
            }
            Some(Traveller::Session) => {
                About::all(self.subject.sessions().iter().map(Session::as_bytes))
            }
            None => About::NOBODY,
        }
    }

    /// What a finding means for the session: what is known of the address does, or what the operator says. A list says
    /// something of a network and nothing of a session, and neither does it that nothing is known: else everybody would
    /// lose his session when the API fails. Nor does a request that another site has had made.
    pub(super) fn sanction(&self, policy: &Policy, cause: VerdictCause<'_>) -> Option<Sanction> {
        let VerdictCause::Rule(_, rule) = cause else {
            return None;
        };
        let of_address = self.signals.of_address();
        let of_address = Signals {
            score: policy.weights.score(&of_address),
            ..of_address
        };
        let revokes = !self.subject.cross_site && rule.revokes(&of_address);
        Sanction::of(rule.then).filter(|_| revokes)
    }
}

pub(super) fn signals(policy: &Policy, subject: &Subject, knowledge: Knowledge) -> Signals {
    let reputation = knowledge.reputation().or(subject.geoip);
    // When the API was asked and failed, a local database alone does not make the address known.
    let unknown = match knowledge {
        Knowledge::Lacking(_, UnknownReason::Failed(_) | UnknownReason::FailedBefore) => true,
        _ => reputation.is_unknown(),
    };
    let lists = policy
        .lists
        .memberships(subject.client, reputation.network.asn);
    let agent = agent_facts(policy, subject, &reputation, lists);
    let signals = Signals {
        agent,
        reputation,
        lists,
        ja4: subject.ja4,
        private: subject.private,
        unknown: unknown.into(),
        ..Signals::NOTHING_KNOWN
    };
    Signals {
        score: policy.weights.score(&signals),
        ..signals
    }
}

/// What the User-Agent says, with what is known of the address.
pub(super) fn agent_facts(
    policy: &Policy,
    subject: &Subject,
    reputation: &Reputation,
    lists: ListSet,
) -> AgentFacts {
    let facts = subject.agent.facts;
    if facts == AgentFacts::UNKNOWN {
        return facts;
    }
    let is_crawler = Truth::from(reputation.flags.get(Flag::Crawler));
    facts.checked(is_crawler.max(policy.lists.is_crawler(lists)))
}
