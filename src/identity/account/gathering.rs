use super::{Account, AccountLack, Normalisation};

/// How many spellings of an account one request may hold. Nobody honest writes two.
const MAX_SPELLINGS: usize = 8;

/// Who is told what the places of a request say.
pub(crate) trait Gather {
    /// A place says this. An empty value says nothing.
    fn value(&mut self, raw: &[u8]);

    /// A place says what cannot be read and what the application may read as anything.
    fn refuse(&mut self, lack: AccountLack);

    /// A place says what is nothing for any application.
    fn hint(&mut self, lack: AccountLack);
}

/// What the sources of one request say together.
#[derive(Clone, Debug)]
pub(super) struct Gathering {
    normalisation: Normalisation,
    account: Option<Account>,
    /// The last spelling, so that repeating it costs no normalising.
    last: Vec<u8>,
    spellings: usize,
    /// Something that may be any account.
    lack: Option<AccountLack>,
    /// Something that is no account, but of interest if there is none.
    hint: Option<AccountLack>,
}

impl Gathering {
    pub(super) const fn new(normalisation: Normalisation) -> Self {
        Self {
            normalisation,
            account: None,
            last: Vec::new(),
            spellings: 0,
            lack: None,
            hint: None,
        }
    }

    pub(super) fn result(self) -> Result<Account, AccountLack> {
        match (self.lack, self.account) {
            (Some(lack), _) => Err(lack),
            (None, Some(account)) => Ok(account),
            (None, None) => Err(self.hint.unwrap_or(AccountLack::Missing)),
        }
    }
}

impl Gather for Gathering {
    fn value(&mut self, raw: &[u8]) {
        if self.lack.is_some() || (self.spellings > 0 && self.last == raw) {
            return;
        }
        self.spellings = self.spellings.saturating_add(1);
        if self.spellings > MAX_SPELLINGS {
            return self.refuse(AccountLack::Conflict);
        }
        raw.clone_into(&mut self.last);
        match self.normalisation.account(raw) {
            Ok(account) => match &self.account {
                None => self.account = Some(account),
                Some(known) if *known == account => {}
                Some(_) => self.refuse(AccountLack::Conflict),
            },
            Err(AccountLack::Missing) => {}
            Err(lack) => self.refuse(lack),
        }
    }

    /// Nothing that is known besides counts. The first such lack is the result.
    fn refuse(&mut self, lack: AccountLack) {
        self.lack.get_or_insert(lack);
    }

    fn hint(&mut self, lack: AccountLack) {
        self.hint.get_or_insert(lack);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(steps: impl Fn(&mut Gathering)) -> Result<String, AccountLack> {
        let mut gathering = Gathering::new(Normalisation::default());
        steps(&mut gathering);
        gathering
            .result()
            .map(|account| String::from_utf8(account.as_bytes().to_vec()).unwrap())
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
        assert_eq!(values(&[]), Err(AccountLack::Missing));
        assert_eq!(values(&["", " "]), Err(AccountLack::Missing));
        assert_eq!(values(&["Bob", "bob ", "bob"]), Ok("bob".to_owned()));
        assert_eq!(values(&["", "bob", ""]), Ok("bob".to_owned()));
        assert_eq!(values(&["bob", "eve"]), Err(AccountLack::Conflict));
        assert_eq!(values(&["bob", "eve", "bob"]), Err(AccountLack::Conflict));
    }

    #[test]
    fn what_may_be_any_account_outweighs_what_is_known() {
        for lack in AccountLack::ALL {
            let before = gathered(|gathering| {
                gathering.refuse(lack);
                gathering.value(b"bob");
            });
            let after = gathered(|gathering| {
                gathering.value(b"bob");
                gathering.refuse(lack);
            });
            assert_eq!((before, after), (Err(lack), Err(lack)));
            let hinted = gathered(|gathering| {
                gathering.hint(lack);
                gathering.value(b"bob");
            });
            assert_eq!(hinted, Ok("bob".to_owned()));
            assert_eq!(gathered(|gathering| gathering.hint(lack)), Err(lack));
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
        assert_eq!(spelled(MAX_SPELLINGS + 1), Err(AccountLack::Conflict));
        let repeated = gathered(|gathering| (0..1000).for_each(|_| gathering.value(b"bob")));
        assert_eq!(repeated, Ok("bob".to_owned()));
    }
}
