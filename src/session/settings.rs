use crate::records::Life;
use crate::session::OutboxSettings;
use crate::store::Budget;

/// What is kept of sessions.
#[derive(Clone, Debug)]
pub struct SessionPolicy {
    /// After how long a session's address is looked up again.
    pub max_age: Life,
    /// How long a session stays revoked.
    pub revoke_for: Life,
    /// The `set-cookie` lines that end a revoked session in the browser.
    pub expired: Vec<String>,
    /// Whether browsers are told to forget all cookies of the site.
    pub clear_site_data: bool,
    /// The memory of all that.
    pub budget: Budget,
    /// How the application is told of revocations.
    pub notify: Option<OutboxSettings>,
}
