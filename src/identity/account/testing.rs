use super::gathering::Gathering;
use super::{Account, AccountError, Candidates, Normalisation};

/// An account as text.
pub(super) type Outcome = Result<String, AccountError>;

/// What comes out of what is gathered with the default rules.
pub(super) fn gathered(read: impl FnOnce(&mut Gathering)) -> Outcome {
    let mut gathering = Gathering::new(Normalisation::default());
    read(&mut gathering);
    text(gathering.result())
}

/// The accounts, with blanks between them.
pub(super) fn text(result: Result<Candidates, AccountError>) -> Outcome {
    let text = |account: &Account| String::from_utf8(account.as_bytes().to_vec()).expect("UTF-8");
    result.map(|accounts| accounts.iter().map(text).collect::<Vec<_>>().join(" "))
}
