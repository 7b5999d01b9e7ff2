//! Accounts by the names that the application has for them: who has two names has one limit.
//!
//! A request tells a name, and only the application knows whose it is. Where the operator has named a header for that
//! (`identity.account_header`), its answer says it, and from then on the name is counted as that account. The attempt
//! that has just been made is counted for it as well, before its answer goes on: where that is one too many, the answer
//! is held back. So whatever names are tried in whatever order, no more answers than the limit come through.

use std::rc::Rc;

use super::account::Accounts;
use super::assessment::Assessment;
use super::audit::AuditKind;
use super::engine::Engine;
use super::logs::Occasion;
use super::pass::Refused;
use super::report::Report;
use super::resume::Telling;
use super::unnamed::Unnamed;
use crate::fleet::Asking;
use crate::host::Host;
use crate::identity::account::{Account, AccountMark};
use crate::limits::Phase;
use crate::message::HeaderBlock;
use crate::principal::{Owner, Principal};
use crate::response::Origin;
use crate::session::{Aliases, StepResult};
use crate::telemetry::{AccountNameResult, Event, Meter};
use crate::time::Time;

/// What an answer tells of the account.
struct Named {
    accounts: Vec<AccountMark>,
    /// Whether it is clear which name is meant by it.
    is_certain: bool,
}

impl Engine {
    /// Puts the accounts that the application has for the names of a request in their place.
    #[inline(never)]
    pub(super) fn alias<H: Host>(
        &self,
        accounts: &mut Accounts,
        assessment: &Assessment,
        now: Time,
        (host, meter): (&H, &impl Meter),
    ) {
        let guard = &*assessment.subject.guard;
        let Some(aliases) = self.aliases.as_ref().filter(|_| guard.learns_names) else {
            return;
        };
        let realms = self.policy.realms_of(guard);
        let before = std::mem::take(&mut accounts.owners);
        for owner in before {
            let mut named = Vec::new();
            let mut is_open = false;
            for realm in &realms {
                let known = aliases.of(realm, &owner.account, now, host);
                // Where one of several applications has told nothing, the name itself stands for its account.
                is_open |= known.is_empty();
                for mark in known {
                    if !named.contains(&mark) {
                        named.push(mark);
                    }
                }
            }
            for mark in named {
                // Of a name that a session remembers, only what stands for it is known.
                let name = Some(&owner.account).filter(|name| name.remembered_mark().is_none());
                let own = self.owner((mark, owner.attempts), name, assessment, now, (host, meter));
                // A browser may have become known by the name alone.
                let device = own.device.or(owner.device);
                self.add(accounts, Owner { device, ..own });
            }
            if is_open {
                self.add(accounts, owner);
            }
        }
    }

    /// An account that a link names, the accounts that the application has for that name or calls so, and all names
    /// that have been used for them.
    #[inline(never)]
    pub(super) fn all_names(&self, name: Account, now: Time, host: &impl Host) -> Vec<Account> {
        let mut marks: Vec<AccountMark> = Vec::new();
        if let Some(aliases) = &self.aliases {
            for realm in self.policy.realms() {
                let mut accounts = aliases.of(realm, &name, now, host);
                accounts.push(aliases.told(realm, name.written()));
                for account in accounts {
                    marks.extend(aliases.names_of(realm, account, now, host));
                    marks.push(account);
                }
            }
        }
        let others = marks.into_iter().map(Account::remembered);
        std::iter::once(name).chain(others).collect()
    }

    /// The owner that the application means, by the name that the request has for it.
    #[inline(never)]
    fn owner(
        &self,
        (mark, attempts): (AccountMark, u32),
        name: Option<&Account>,
        assessment: &Assessment,
        now: Time,
        host: (&impl Host, &impl Meter),
    ) -> Owner {
        let account = Account::remembered(mark);
        let device = self.device(&account, assessment, now, host);
        let realm = assessment.subject.guard.realm.as_deref();
        let pledge = || Some(self.devices.as_ref()?.pledge(realm?, &account));
        Owner {
            device,
            pledge: name.and_then(|_| pledge()),
            name: name.cloned(),
            attempts,
            account,
        }
    }

    /// What the headers of an answer tell; `None` if that is nothing, or nothing new.
    #[inline(never)]
    fn told(
        &self,
        assessment: &Assessment,
        answer: &HeaderBlock,
        host: &impl Host,
    ) -> Option<Named> {
        let aliases = self.aliases.as_ref()?;
        let header = self.policy.identity.account_header.as_ref()?;
        let lines = answer.lines(header.as_str()).map(<[u8]>::trim_ascii);
        let realms = self.policy.realms_of(&assessment.subject.guard);
        let mut accounts: Vec<AccountMark> = Vec::new();
        for value in lines.filter(|value| !value.is_empty()) {
            for realm in &realms {
                let mark = aliases.told(realm, value);
                if !accounts.contains(&mark) {
                    accounts.push(mark);
                }
                if accounts.len() > Aliases::MOST {
                    host.meter(Event::AccountName(AccountNameResult::TooMany));
                    return None;
                }
            }
        }
        let owners = assessment.account().owners();
        let keys = self.sessions.keys();
        let is_known = |mark: &AccountMark| {
            let mut owners = owners.iter();
            owners.any(|owner| keys.account(&owner.account) == *mark)
        };
        if accounts.is_empty() {
            return None;
        }
        if accounts.len() == owners.len() && accounts.iter().all(is_known) {
            host.meter(Event::AccountName(AccountNameResult::Known));
            return None;
        }
        Some(Named {
            accounts,
            is_certain: realms.len() == 1 && assessment.account().has_one_name(),
        })
    }

    /// Adds an owner, unless it is there already.
    #[inline(never)]
    fn add(&self, accounts: &mut Accounts, owner: Owner) {
        let keys = self.sessions.keys();
        let mark = keys.account(&owner.account);
        let mut owners = accounts.owners.iter_mut();
        let Some(known) = owners.find(|known| keys.account(&known.account) == mark) else {
            accounts.owners.push(owner);
            return;
        };
        // In a batch, attempts by one name are others than those by another one.
        known.attempts = match accounts.is_batch {
            true => known.attempts.saturating_add(owner.attempts),
            false => known.attempts.max(owner.attempts),
        };
        known.device = known.device.or(owner.device);
        known.pledge = known.pledge.or(owner.pledge);
        // Nobody knows which of two names the application takes.
        accounts.doubtful |= known.name.is_some() && owner.name.is_some();
        known.name = known.name.take().or(owner.name);
    }

    /// Counts a request that has gone on for the account that its answer names, and remembers whose name it has used.
    ///
    /// # Errors
    /// That is one attempt too many: what the client is told instead of the answer.
    #[inline(never)]
    pub(super) fn named_by(
        &mut self,
        unnamed: Unnamed,
        answer: &HeaderBlock,
        host: &impl Host,
    ) -> Result<Box<Assessment>, Box<Refused>> {
        let Unnamed {
            mut assessment,
            form,
        } = unnamed;
        let now = host.now();
        // No line of another's answer is the application's.
        let told = match host.origin() {
            Origin::Application => self.told(&assessment, answer, host),
            _ => None,
        };
        let Some(told) = told else {
            return Ok(assessment);
        };
        self.learn(&assessment, &told, now, host);
        self.count_named(&mut assessment, &told, now, host);
        if !assessment.is_refused(&self.policy) {
            // Its answer does not wait for that.
            let shared = std::mem::take(&mut assessment.shared);
            let asking = Asking::of(shared, self.revocable(&assessment));
            self.count_beside(&mut assessment, asking, now, host);
            return Ok(assessment);
        }
        host.meter(Event::AccountName(AccountNameResult::Withheld));
        // The application may have taken the client's own session for the account's.
        if let Some(steps) = self.steps(&assessment) {
            steps.settled(StepResult::Doubtful, &self.sessions, now, host);
        }
        self.take_back(&mut assessment, now, host);
        let dropped = self.audit.take(AuditKind::Refusal, now, host);
        let reference = self.references.make();
        let verdict = assessment.verdict(&self.policy);
        let report = Report::new(&assessment, verdict, &self.policy, &reference);
        let line = |dropped| report.audit_line(Occasion::Refused, dropped, now, Some(host));
        let audit = dropped.map(line);
        let mut refused = report.refused(false, form, None, audit);
        if let Some(fetch) = form.fetch {
            self.open_whole(fetch, (&assessment, None), &reference, &mut refused.reply);
        }
        Err(Box::new(refused))
    }

    /// Remembers whose a name is, where the request has one alone.
    #[inline(never)]
    fn learn(&self, assessment: &Assessment, told: &Named, now: Time, host: &impl Host) {
        let realms = self.policy.realms_of(&assessment.subject.guard);
        let owner = assessment.account().owners().first();
        let name = owner.map(Owner::name);
        // What a session remembers may be what stands for an account of the application, and no name.
        let name = name.filter(|name| name.remembered_mark().is_none());
        match (&self.aliases, realms.as_slice(), name) {
            (Some(aliases), [realm], Some(name)) if told.is_certain => {
                aliases.learn((realm, name), &told.accounts, now, host);
                host.meter(Event::AccountName(AccountNameResult::Learnt));
            }
            // Else whoever sends two names would have one of them counted as the other's account.
            _ => host.meter(Event::AccountName(AccountNameResult::Doubtful)),
        }
    }

    /// Counts the attempt for the accounts that are told and that it has not been counted for. It stays counted for the
    /// name as well: a header that tells something else than whose password was tried forgives nothing.
    #[inline(never)]
    fn count_named(&self, assessment: &mut Assessment, told: &Named, now: Time, host: &impl Host) {
        let guard = Rc::clone(&assessment.subject.guard);
        let (keys, meter) = (self.sessions.keys(), &Telling(Some(host)));
        let before = assessment.account().owners();
        let name = before.first().filter(|_| told.is_certain).map(Owner::name);
        let attempts = assessment.account().attempts();
        let (mut owners, mut news): (Vec<Owner>, Vec<Owner>) = (Vec::new(), Vec::new());
        for mark in &told.accounts {
            let own = self.owner((*mark, attempts), name, assessment, now, (host, meter));
            let mut counted = before.iter();
            if counted.all(|owner| keys.account(&owner.account) != *mark) {
                news.push(own.clone());
            }
            owners.push(own);
        }
        if told.is_certain {
            assessment.identify(Accounts {
                owners,
                ..Accounts::default()
            });
        }
        let exempting = assessment.exempting(&self.policy);
        let asked = assessment.asked.clone();
        let phase = (Phase::OfAccount, exempting.as_slice(), asked.as_slice());
        let is_sole = told.is_certain && told.accounts.len() == 1;
        let mut questions = self.limits.questions(
            &guard.charges,
            Principal {
                owners: &news,
                is_sole,
                ..assessment.principal()
            },
            assessment.signals(),
            phase,
        );
        while !questions.is_empty() && !assessment.is_refused(&self.policy) {
            let asked = self.limits.ask(
                &mut questions,
                Principal {
                    owners: &news,
                    is_sole,
                    ..assessment.principal()
                },
                assessment.signals(),
                now,
                host,
            );
            assessment.hear(asked);
        }
    }
}
