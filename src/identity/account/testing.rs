use super::gathering::Gathering;
use super::{AccountLack, Normalisation};

/// An account as text.
pub(super) type Outcome = Result<String, AccountLack>;

/// What comes out of what is gathered with the default rules.
pub(super) fn gathered(read: impl FnOnce(&mut Gathering)) -> Outcome {
    let mut gathering = Gathering::new(Normalisation::default());
    read(&mut gathering);
    text(gathering.result())
}

pub(super) fn text(result: Result<super::Account, AccountLack>) -> Outcome {
    result.map(|account| String::from_utf8(account.as_bytes().to_vec()).expect("UTF-8"))
}
