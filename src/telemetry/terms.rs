//! The words of the table of metrics: kinds, units, and what of a policy a metric belongs to.

/// How a metric behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only rises.
    Counter,
    /// It rises and falls.
    Gauge,
    /// It collects values.
    Histogram,
}

/// What the values of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Numbers of things.
    One,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

impl Unit {
    /// The name in the documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
        }
    }
}

/// Of what in a policy there is a metric each: where there is nothing of it, there is no metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Of nothing.
    Policy,
    /// Of the filter as it was built.
    Build,
    /// Of each route.
    Route,
    /// Of each route that has an account.
    Account,
    /// Of each route whose answers are looked at.
    Answer,
    /// Of each rule of each route.
    Rule,
    /// Of each limit of each route.
    Limit,
    /// Of each of the operator's lists.
    List,
    /// Of each intelligence provider with a budget.
    Budget,
    /// Of each table in shared memory that the policy uses.
    Table,
}

impl Scope {
    /// The labels that tell one from another, as Prometheus shows them.
    #[must_use]
    pub const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Policy => &[],
            Self::Build => &["revision", "version"],
            Self::Route | Self::Account | Self::Answer => &["route"],
            Self::Rule => &["route", "rule"],
            Self::Limit => &["route", "limit"],
            Self::List => &["list"],
            Self::Budget => &["provider"],
            Self::Table => &["table"],
        }
    }

    /// What a policy must have for there to be one, as the documents say it; empty when every policy has.
    #[must_use]
    pub const fn condition(self) -> &'static str {
        match self {
            Self::Policy | Self::Build | Self::Route | Self::Rule => "",
            Self::Account => "a route with an account",
            Self::Answer => "a route whose answers are looked at",
            Self::Limit => "`limits`",
            Self::List => "`lists`",
            Self::Budget => "`intelligence.daily_budget`",
            Self::Table => "whatever keeps something in shared memory",
        }
    }
}

/// Declares the features, each with what a policy must have to use it.
macro_rules! features {
    ($($(#[$about:meta])* $feature:ident = $condition:literal,)+) => {
        /// What of the filter a policy may use or not: what it does not use has no metrics.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Feature {
            $($(#[$about])* $feature),+
        }

        impl Feature {
            /// All of them.
            pub const ALL: [Self; [$($condition),+].len()] = [$(Self::$feature),+];

            /// What a policy must have to use it, as the documents say it; empty when every policy has.
            #[must_use]
            pub const fn condition(self) -> &'static str {
                match self {
                    $(Self::$feature => $condition),+
                }
            }
        }
    };
}

features! {
    /// What every policy uses.
    Always = "",
    /// What User-Agents say.
    Agents = "a route that asks for a signal of the User-Agent",
    /// The share of failed logins per autonomous system.
    AsnFailures = "`learned.asn_failures`",
    /// TLS fingerprints.
    Fingerprints = "`ja4`",
    /// Passwords that are known from breaches.
    Passwords = "`breached_passwords`",
    /// Headers for answers to successes.
    SuccessHeaders = "a route with `on_success`",
    /// Impossible travel.
    Travel = "a route that depends on travel",
    /// Devices that are known to accounts.
    Devices = "`device`",
    /// Challenges, of whatever kind.
    Challenges = "`challenge` as an action, anywhere",
    /// Captchas.
    Captcha = "`captcha`",
    /// Links that lift a lock.
    Unlock = "`unlock`",
    /// What may be used once, as solutions and links.
    Once = "challenges or `unlock`",
    /// Counters in shared memory: of limits, and the shares that networks have of whatever is scarce.
    Counters = "`limits`, or anything else that counts",
    /// A service that counts for several proxies.
    Fleet = "`fleet`",
    /// The intelligence API.
    Intelligence = "`intelligence`",
    /// Forwarded headers.
    TrustedProxies = "`client.trusted_proxies`",
    /// Routes that Envoy's route metadata names.
    Profiles = "a route with `match: { profile: true }`",
    /// Sessions that are judged once, and revoked.
    Sessions = "`session`",
    /// The accounts that sessions are used for.
    SessionAccounts = "a route whose account is that of its session",
    /// Names of accounts, as answers tell them.
    AccountNames = "`identity.account_header`",
    /// Notices to the application.
    Notices = "`session.notify`",
    /// Records in shared memory: of sessions, names, devices and positions.
    Records = "`session`, `device`, `identity.account_header`, or travel",
}
