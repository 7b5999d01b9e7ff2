//! The one table of what `check` warns of.

use palisade::config::{Path, Step};

use crate::finding::Severity;

macro_rules! kinds {
    ($($kind:ident = $id:literal, $severity:ident: $says:literal;)*) => {
        /// What can be found in a configuration.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind { $(#[doc = $says] $kind),* }

        impl Kind {
            /// All of them, in order.
            pub(super) const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Its name.
            pub(super) const fn id(self) -> &'static str {
                match self { $(Self::$kind => $id),* }
            }

            /// What it is about.
            pub(super) const fn says(self) -> &'static str {
                match self { $(Self::$kind => $says),* }
            }

            /// How much it matters.
            pub(super) const fn severity(self) -> Severity {
                match self { $(Self::$kind => Severity::$severity),* }
            }
        }
    };
}

kinds! {
    Invalid = "invalid", Error: "The configuration is refused, by the filter as well.";
    MonitorMode = "monitor-mode", Note: "Nothing is refused yet.";
    Variable = "variable", Note: "A variable of the VM's environment was not checked.";
    Hops = "trusted-hops", Note: "Envoy finds the client's address by the number of trusted hops.";
    PatternInPath = "pattern-in-path", Warning: "An exact path has what looks like a pattern.";
    UnknownMethod = "unknown-method", Warning: "A method is none that clients use.";
    Everybody = "everybody-exempt", Warning: "A list exempts the whole Internet from all rules.";
    HostBits = "host-bits", Warning: "A network is written with bits of a host.";
    WrittenKey = "written-key", Warning: "A key stands where the name of a variable belongs.";
    NoIntelligence = "no-intelligence", Warning: "Something asks what only an API knows, and none is asked.";
    RouteNeverReached = "route-never-reached", Warning: "Earlier routes take all requests of a route.";
    RuleNeverReached = "rule-never-reached", Warning: "An earlier rule decides whenever a rule holds.";
    SameAnswer = "same-answer", Warning: "One answer is a sign of failure and of success.";
    ForwardedFor = "forwarded-for", Warning: "The client's header is one to which Envoy appends.";
    KeyInPath = "key-in-path", Warning: "The API's key is sent in the path, which ends in logs.";
    UnusedLimit = "unused-limit", Warning: "No route names a limit.";
    OwnKey = "own-key", Warning: "Challenges are signed with a key that ends with the proxy.";
    UnusedFleet = "unused-fleet", Warning: "No limit is counted by the fleet.";
    UnusedTravel = "unused-travel", Warning: "Nothing depends on travel.";
    UnusedLearned = "unused-learned", Warning: "Nothing asks for what is learnt.";
    UnusedBreaches = "unused-breached-passwords", Warning: "Nothing asks whether passwords are breached.";
    NoPassword = "no-password", Warning: "Passwords are told of, and no route says where they stand.";
    UnusedDevice = "unused-device", Warning: "No route makes a device known.";
    Lockout = "lockout", Warning: "Strangers can lock owners out.";
    NoUnlock = "no-unlock", Warning: "An account can be locked, and nothing lifts the lock.";
    MonitoredAccounts = "monitored-accounts", Warning: "The only limit on accounts is monitored, and the rest refuses.";
    EveryPath = "every-path", Warning: "A route that looks addresses up matches every path.";
    OpenAdmin = "open-admin", Warning: "An admin panel is open while the API fails.";
    AdminLogin = "admin-login", Warning: "The login of an admin panel has no limits.";
    DeniesNobody = "denies-nobody", Warning: "A route denies nobody.";
    DeniedBehindChallenge = "denied-behind-challenge", Warning: "Who answers a challenge passes a rule that would deny.";
    BackgroundSession = "background-without-session", Warning: "A background lookup has no session to revoke.";
    BackgroundUnknown = "background-unknown", Warning: "A background lookup makes each first request unknown.";
    TravelTells = "travel-tells", Warning: "A refusal tells that an account exists.";
    TravelBlind = "travel-without-lookup", Warning: "A route depends on travel and looks nothing up.";
    EveryMethod = "every-method", Warning: "A route counts accounts on all methods.";
    OptionalAccount = "optional-account", Warning: "Who leaves the account out passes its limits.";
    StatusGrants = "status-grants", Warning: "A status alone is enough for what only a login should get.";
    DefaultFailure = "default-failure", Warning: "A limit counts failures, and nobody says what one looks like.";
    NoSession = "no-session", Warning: "A second step finds no account from the step before.";
    OtherRealm = "other-realm", Warning: "A second step makes no device known in its realm.";
    NoSecondStep = "no-second-step", Warning: "A right password leads to a step that nobody protects.";
    SecondFactor = "second-factor", Warning: "The page of a second factor has no account.";
    UnusedNextStep = "unused-next-step", Warning: "Nothing follows from a next step.";
    LateDevice = "late-device", Warning: "A device is known to one Envoy alone.";
    OpenDoor = "open-door", Warning: "An application has a door that the policy leaves open.";
    OtherHosts = "other-hosts", Warning: "Requests with other hosts are not protected.";
    MissingCluster = "missing-cluster", Warning: "Envoy has no cluster of a name.";
    NoHttp2 = "no-http2", Warning: "The cluster of the rate limit service has no HTTP/2.";
    MissingVariable = "missing-variable", Warning: "A variable is not handed to the VM.";
    FailOpen = "fail-open", Warning: "Everything passes unjudged when the filter breaks.";
    ClientAddress = "client-address", Warning: "Every client can choose its address.";
    Disabled = "disabled", Warning: "The filter is disabled.";
    AfterRouter = "after-router", Warning: "The filter stands behind the router.";
    NoTags = "no-stats-tags", Warning: "Metrics have no labels.";
    SmallBuffer = "small-buffer", Warning: "Envoy cannot keep a body that is read.";
    LocalReply = "local-reply", Warning: "Envoy replaces the pages of the filter.";
}

/// Where a warning points.
#[derive(Clone, Debug)]
pub(super) enum At {
    /// Into the configuration.
    Policy(Path),
    /// Into the document around it.
    Document(Path),
}

/// Something that is legal, and perhaps not meant.
#[derive(Clone, Debug)]
pub(super) struct Warning {
    pub(super) kind: Kind,
    pub(super) at: At,
    pub(super) text: String,
}

impl Warning {
    /// About what stands at this place of the configuration, written as `routes/0/match`.
    pub(super) fn new(kind: Kind, place: &str, text: impl Into<String>) -> Self {
        Self {
            kind,
            at: At::Policy(path(place)),
            text: text.into(),
        }
    }

    /// About what stands in the document around the configuration.
    pub(super) fn around(kind: Kind, steps: Vec<Step>, text: impl Into<String>) -> Self {
        Self {
            kind,
            at: At::Document(Path(steps)),
            text: text.into(),
        }
    }
}

/// The way that a place such as `routes/0/match` names.
fn path(place: &str) -> Path {
    let steps = place.split('/').filter(|step| !step.is_empty());
    let step = |step: &str| match step.parse() {
        Ok(index) => Step::Element(index),
        Err(_) => Step::Field(step.to_owned()),
    };
    Path(steps.map(step).collect())
}
