use super::{Account, AccountError, Candidates, Normalisation};

/// How many spellings of an account one request may hold. Nobody honest writes two.
const MAX_SPELLINGS: usize = 8;
/// How many accounts one request may be about beside the first. A browser may hold a few cookies of one name.
const MAX_OTHERS: usize = 3;

/// How many values are looked at that some reader may find beside the account. A browser may hold a few cookies of one
/// name, and each may be read in a few ways.
const MAX_CANDIDATES: usize = 32;

/// Who is told what the places of a request say.
pub(crate) trait Gather {
    /// A place says this. An empty value says nothing.
    fn value(&mut self, raw: &[u8]);

    /// A place says this, and may say as much of other attempts.
    fn attempt(&mut self, raw: &[u8]) {
        self.value(raw);
    }

    /// Some reader may find this in a place where honest clients send much that is no account: it is judged as well.
    fn candidate(&mut self, raw: &[u8]);

    /// A place says what cannot be read and what the application may read as anything.
    fn refuse(&mut self, error: AccountError);

    /// A place says what is nothing for any application.
    fn hint(&mut self, error: AccountError);

    /// A place says it so that some reader finds it and another one does not: it is judged, and nothing is owed to it.
    fn vague(&mut self) {}

    /// A place says what no client writes, so that some reader may find the account in it and another one not.
    fn doubt(&mut self) {
        self.refuse(AccountError::Conflict);
    }
}

/// What the sources of one request say together.
#[derive(Clone, Debug)]
pub(super) struct Gathering {
    normalisation: Normalisation,
    account: Option<Account>,
    candidates: Vec<Account>,
    /// How many attempts are made at each account.
    attempts: Vec<(Account, u32)>,
    /// How many have been looked at.
    looked_at: usize,
    /// The last spelling, so that repeating it costs no normalising.
    last: Vec<u8>,
    spellings: usize,
    /// Whether some reader may find no account.
    is_vague: bool,
    /// Something that may be any account.
    error: Option<AccountError>,
    /// Something that is no account, but of interest if there is none.
    hint: Option<AccountError>,
}

impl Gathering {
    pub(super) const fn new(normalisation: Normalisation) -> Self {
        Self {
            normalisation,
            account: None,
            candidates: Vec::new(),
            attempts: Vec::new(),
            looked_at: 0,
            last: Vec::new(),
            spellings: 0,
            is_vague: false,
            error: None,
            hint: None,
        }
    }

    pub(super) fn result(self) -> Result<Candidates, AccountError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.attempts.iter().map(|(_, count)| *count).sum::<u32>() > 1 {
            return self.batch();
        }
        let attempt = self.attempts.into_iter().map(|(account, _)| account);
        let own = self.account.into_iter().chain(attempt);
        let mut accounts = own.chain(self.candidates);
        let Some(mut first) = accounts.next() else {
            return Err(self.hint.unwrap_or(AccountError::Missing));
        };
        let mut others: Vec<Account> = Vec::new();
        for account in accounts {
            if account == first {
                first.also_written(&account);
            } else if let Some(known) = others.iter_mut().find(|other| **other == account) {
                known.also_written(&account);
            } else {
                others.push(account);
            }
        }
        match others.len() {
            0..=MAX_OTHERS => Ok(Candidates {
                first,
                others,
                attempts: Vec::new(),
                is_vague: self.is_vague,
            }),
            _ => Err(AccountError::Conflict),
        }
    }

    /// The accounts of several attempts; whoever else it may be about is one more of them.
    fn batch(self) -> Result<Candidates, AccountError> {
        let mut all = self.attempts;
        for account in self.account.into_iter().chain(self.candidates) {
            if all.iter().all(|(known, _)| *known != account) {
                all.push((account, 1));
            }
        }
        let attempts = all.iter().map(|(_, count)| *count).collect();
        let mut accounts = all.into_iter().map(|(account, _)| account);
        let first = accounts.next().ok_or(AccountError::Missing)?;
        Ok(Candidates {
            first,
            others: accounts.collect(),
            attempts,
            is_vague: self.is_vague,
        })
    }

    /// Whether one more spelling is looked at; a repetition of the last one is not.
    fn is_new(&mut self, raw: &[u8]) -> bool {
        if self.error.is_some() || (self.spellings > 0 && self.last == raw) {
            return false;
        }
        self.spellings = self.spellings.saturating_add(1);
        raw.clone_into(&mut self.last);
        true
    }
}

impl Gather for Gathering {
    fn value(&mut self, raw: &[u8]) {
        if !self.is_new(raw) {
            return;
        }
        // Readers of mailboxes take what stands in angle brackets, unless the application cuts that out.
        let has_brackets = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'<' | b'>'));
        let is_cut = self.normalisation.remove.is_some();
        if self.spellings > MAX_SPELLINGS || has_brackets(raw) && !is_cut {
            return self.doubt();
        }
        match self.normalisation.account(raw) {
            Ok(account) if has_brackets(account.as_bytes()) => self.doubt(),
            Ok(account) => match &mut self.account {
                None => self.account = Some(account),
                Some(known) if *known == account => {
                    known.also_written(&account);
                }
                Some(_) => self.doubt(),
            },
            Err(AccountError::Missing) => {}
            Err(error) => self.refuse(error),
        }
    }

    fn attempt(&mut self, raw: &[u8]) {
        if self.error.is_some() {
            return;
        }
        match self.normalisation.account(raw) {
            // An attempt that names nobody may be one at anybody.
            Err(AccountError::Missing) => self.refuse(AccountError::Malformed),
            Err(error) => self.refuse(error),
            Ok(account) => match self
                .attempts
                .iter_mut()
                .find(|(known, _)| *known == account)
            {
                Some((known, count)) => {
                    known.also_written(&account);
                    *count = count.saturating_add(1);
                }
                None => self.attempts.push((account, 1)),
            },
        }
    }

    /// What is no account to our rules is none to the application either: a candidate is never a reason to refuse by
    /// itself.
    fn candidate(&mut self, raw: &[u8]) {
        if self.error.is_some() {
            return;
        }
        self.looked_at = self.looked_at.saturating_add(1);
        if self.looked_at > MAX_CANDIDATES {
            return self.doubt();
        }
        if let Ok(account) = self.normalisation.account(raw) {
            let mut known = self.candidates.iter_mut();
            if let Some(known) = known.find(|known| **known == account) {
                known.also_written(&account);
                return;
            }
            match self.candidates.len() {
                0..=MAX_OTHERS => self.candidates.push(account),
                _ => self.doubt(),
            }
        }
    }

    /// Nothing that is known besides counts. The first such lack is the result.
    fn refuse(&mut self, error: AccountError) {
        self.error.get_or_insert(error);
    }

    fn hint(&mut self, error: AccountError) {
        self.hint.get_or_insert(error);
    }

    fn vague(&mut self) {
        self.is_vague = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::text;
    use super::*;

    fn gathered(steps: impl Fn(&mut Gathering)) -> Result<String, AccountError> {
        let mut gathering = Gathering::new(Normalisation::default());
        steps(&mut gathering);
        text(gathering.result())
    }

    #[test]
    fn candidates_are_judged_beside_the_account_and_never_refused() {
        let both = gathered(|gathering| {
            gathering.candidate(b"eve");
            gathering.value(b"bob");
            gathering.candidate(b"Bob");
            gathering.candidate(b"\xff");
        });
        assert_eq!(both, Ok("bob eve".to_owned()));
        assert_eq!(
            gathered(|gathering| gathering.candidate(b"eve")),
            Ok("eve".to_owned())
        );
        let many =
            gathered(|gathering| (b'a'..=b'e').for_each(|letter| gathering.candidate(&[letter])));
        assert_eq!(many, Err(AccountError::Conflict));
        let again = |times: usize| {
            gathered(|gathering| (0..times).for_each(|_| gathering.candidate(b"eve")))
        };
        assert_eq!(again(MAX_CANDIDATES), Ok("eve".to_owned()));
        assert_eq!(again(MAX_CANDIDATES + 1), Err(AccountError::Conflict));
    }

    #[test]
    fn values_that_are_one_account_agree_and_others_conflict() {
        let values = |values: &[&str]| {
            gathered(|gathering| {
                for value in values {
                    gathering.value(value.as_bytes());
                }
            })
        };
        assert_eq!(values(&[]), Err(AccountError::Missing));
        assert_eq!(values(&["", " "]), Err(AccountError::Missing));
        assert_eq!(values(&["Bob", "bob ", "bob"]), Ok("bob".to_owned()));
        assert_eq!(values(&["", "bob", ""]), Ok("bob".to_owned()));
        assert_eq!(values(&["bob", "eve"]), Err(AccountError::Conflict));
        assert_eq!(values(&["bob", "eve", "bob"]), Err(AccountError::Conflict));
    }

    #[test]
    fn what_may_be_any_account_outweighs_what_is_known() {
        for error in AccountError::ALL {
            let before = gathered(|gathering| {
                gathering.refuse(error);
                gathering.value(b"bob");
            });
            let after = gathered(|gathering| {
                gathering.value(b"bob");
                gathering.refuse(error);
            });
            assert_eq!((before, after), (Err(error), Err(error)));
            let hinted = gathered(|gathering| {
                gathering.hint(error);
                gathering.value(b"bob");
            });
            assert_eq!(hinted, Ok("bob".to_owned()));
            assert_eq!(gathered(|gathering| gathering.hint(error)), Err(error));
        }
    }

    #[test]
    fn many_spellings_of_one_account_are_a_conflict_so_that_work_is_bounded() {
        let spelled = |count: usize| {
            gathered(|gathering| {
                for number in 0..count {
                    gathering.value(format!("bob{}", " ".repeat(number)).as_bytes());
                }
            })
        };
        assert_eq!(spelled(MAX_SPELLINGS), Ok("bob".to_owned()));
        assert_eq!(spelled(MAX_SPELLINGS + 1), Err(AccountError::Conflict));
        let repeated = gathered(|gathering| (0..1000).for_each(|_| gathering.value(b"bob")));
        assert_eq!(repeated, Ok("bob".to_owned()));
    }
}
