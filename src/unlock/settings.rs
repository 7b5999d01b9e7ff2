use crate::signing::SigningKeys;

/// Links that lift the lock of one account.
#[derive(Clone, Debug)]
pub struct UnlockLinks {
    /// Their path.
    pub path: String,
    /// The parameter with the token.
    pub parameter: String,
    /// Where the browser is sent then.
    pub redirect: String,
    /// What the tokens are signed with.
    pub keys: SigningKeys,
}
