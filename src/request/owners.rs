//! Which accounts a request is about: those that it names, and those of its session.

use super::account::{AccountReading, Accounts, HeadReadings};
use super::assessment::Assessment;
use super::engine::Engine;
use super::resume::Telling;
use crate::device::Device;
use crate::host::Host;
use crate::identity::account::{Account, AccountError, BodyBytes, Candidates, SessionUse};
use crate::principal::Owner;
use crate::session::{Recalled, Remembrance, Steps};
use crate::telemetry::{Event, Meter, SessionAccountResult};
use crate::time::Time;

impl Engine {
    /// Which accounts the request is about, to each of its routes, and whether its device is known.
    pub(super) fn accounts<H: Host>(
        &self,
        assessment: &Assessment,
        head: HeadReadings,
        body: BodyBytes<'_>,
        now: Time,
        (host, meter): (&H, Telling<'_, H>),
    ) -> Accounts {
        let (mut accounts, meter) = (Accounts::default(), &meter);
        let mut recalled = None;
        for reading in head.conclude(&self.policy, &assessment.subject.guard, body) {
            let AccountReading {
                group,
                named,
                session,
            } = reading;
            let named = match session {
                SessionUse::None => named.map(Some),
                SessionUse::Joined | SessionUse::Required => {
                    let sessions = assessment.subject.sessions();
                    let recall = || self.sessions.recall_accounts(sessions, now, host);
                    let recalled = recalled.get_or_insert_with(recall);
                    self.join(
                        (named, session),
                        recalled,
                        &mut accounts,
                        assessment,
                        now,
                        (host, meter),
                    )
                }
            };
            match named {
                Ok(candidates) => {
                    let attempts = candidates.as_ref().map(Candidates::attempts);
                    let attempts = attempts.unwrap_or_default().to_vec();
                    accounts.is_batch |= !attempts.is_empty();
                    accounts.doubtful |= candidates.as_ref().is_some_and(Candidates::is_vague);
                    for (place, account) in candidates.into_iter().flatten().enumerate() {
                        let attempts = attempts.get(place).copied().unwrap_or(1);
                        self.name(
                            (account, attempts),
                            &mut accounts,
                            assessment,
                            now,
                            (host, meter),
                        );
                    }
                }
                Err(error) => {
                    assessment.subject.guard.tell_lack((group, error), meter);
                    accounts.errors.push((group, error));
                }
            }
        }
        self.alias(&mut accounts, assessment, now, (host, meter));
        accounts
    }

    /// Adds an account that the request names, and how many attempts it makes at it.
    fn name(
        &self,
        (account, attempts): (Account, u32),
        accounts: &mut Accounts,
        assessment: &Assessment,
        now: Time,
        (host, meter): (&impl Host, &impl Meter),
    ) {
        let keys = self.sessions.keys();
        let is_same = |owner: &&mut Owner| match owner.account.remembered_mark() {
            // Only its mark is known of an account that a session remembers.
            Some(mark) => mark == keys.account(&account),
            None => owner.account == account,
        };
        match accounts.owners.iter_mut().find(is_same) {
            // Its session knows it as well, but not how it is written.
            Some(known) if known.account.remembered_mark().is_some() => {
                let device = self.device(&account, assessment, now, (host, meter));
                *known = Owner {
                    account,
                    name: None,
                    device,
                    pledge: None,
                    attempts: attempts.max(known.attempts),
                };
            }
            // Nobody knows which spelling the application takes.
            Some(known) => {
                known.attempts = known.attempts.max(attempts);
                if known.account.also_written(&account) {
                    known.device = None;
                }
            }
            None => {
                let device = self.device(&account, assessment, now, (host, meter));
                accounts.owners.push(Owner {
                    account,
                    name: None,
                    device,
                    pledge: None,
                    attempts,
                });
            }
        }
    }

    /// Adds the accounts of its session to those that the request names, which are told again, if it names any; or why
    /// nobody can tell any.
    ///
    /// A request that names an account may be about the one of its session all the same: an application whose steps
    /// share a path looks at the fields of the step that it is at.
    fn join(
        &self,
        (named, session): (Result<Candidates, AccountError>, SessionUse),
        recalled: &Recalled,
        accounts: &mut Accounts,
        assessment: &Assessment,
        now: Time,
        (host, meter): (&impl Host, &impl Meter),
    ) -> Result<Option<Candidates>, AccountError> {
        let tell = |result| meter.meter(Event::SessionAccount(result));
        let named = match named {
            Ok(named) => Some(named),
            Err(AccountError::Missing) => None,
            Err(error) => return Err(error),
        };
        let (remembrance, named) = match (recalled, named) {
            (Recalled::Unreadable, _) => return Err(AccountError::Conflict),
            (Recalled::Unknown(_), named) if named.is_none() || session == SessionUse::Required => {
                tell(SessionAccountResult::Unknown);
                return Err(AccountError::Missing);
            }
            (Recalled::Unknown(None), named) => return Ok(named),
            (Recalled::Known(all) | Recalled::Unknown(Some(all)), named) => (all, named),
        };

        if *remembrance == Remembrance::TooMany {
            tell(SessionAccountResult::TooMany);
            return Err(AccountError::Conflict);
        }
        tell(SessionAccountResult::Known);
        let (is_certain, pledge) = match remembrance {
            Remembrance::Sole {
                is_certain, pledge, ..
            } => (*is_certain, *pledge),
            _ => (false, None),
        };
        for mark in remembrance.accounts() {
            let account = Account::remembered(*mark);
            let mut owners = accounts.owners.iter();
            if owners.any(|owner| self.sessions.keys().account(&owner.account) == *mark) {
                continue;
            }
            accounts.doubtful |= !is_certain;
            let realm = assessment.subject.guard.realm.as_deref();
            let identity = assessment.subject.identity.as_deref();
            let device = pledge.and_then(|pledge| {
                let devices = self.devices.as_ref()?;
                let cookies = identity?.cookies();
                devices.find_pledged((realm?, &pledge), cookies, now, (host, meter))
            });
            accounts.owners.push(Owner {
                account,
                name: None,
                device,
                pledge,
                attempts: 1,
            });
        }
        Ok(named)
    }

    /// The device of the request, if it is known to this account.
    #[inline(never)]
    pub(super) fn device(
        &self,
        account: &Account,
        assessment: &Assessment,
        now: Time,
        host: (&impl Host, &impl Meter),
    ) -> Option<Device> {
        let devices = self.devices.as_ref()?;
        let identity = assessment.subject.identity.as_ref()?;
        let realm = assessment.subject.guard.realm.as_deref()?;
        devices.find((realm, account), identity.cookies(), now, host)
    }

    /// What is remembered of a request that goes on, for the steps that follow; `None` where no route asks for the
    /// accounts of sessions.
    #[inline(never)]
    pub(super) fn steps(&self, assessment: &Assessment) -> Option<Steps> {
        let subject = &assessment.subject;
        if !subject.guard.remembers {
            return None;
        }
        let owners = assessment.account().owners().iter();
        let named: Vec<&Owner> = owners.filter(|owner| owner.is_named()).collect();
        let pledge = match named.as_slice() {
            [owner] => owner.pledge.or_else(|| {
                let realm = subject.guard.realm.as_deref()?;
                Some(self.devices.as_ref()?.pledge(realm, &owner.account))
            }),
            _ => None,
        };
        let keys = self.sessions.keys();
        let marks = named
            .iter()
            .map(|owner| keys.account(&owner.account))
            .collect();
        let whose = (subject.client, subject.unasked);
        let named = Remembrance::of(marks, pledge);
        self.sessions.follow(
            subject.sessions(),
            named,
            assessment.account().has_no_lack(),
            whose,
        )
    }
}
