//! The table of signals. `docs/design/add-a-signal.md` says how to add one.

use super::facts::Numbered;

kind! {
    /// What a provider of IP intelligence, or a geoip header, says of the address.
    ///
    /// Stored values hold a flag by its place, so a new one comes last.
    Flag: "The address is " {
        Vpn = "vpn", "the exit of a virtual private network", weighs 35;
        Proxy = "proxy", "a public or open proxy", weighs 35;
        Tor = "tor", "a Tor exit", weighs 90;
        Relay = "relay", "a privacy relay of a platform vendor", weighs 10;
        ResidentialProxy = "residential_proxy", "a proxy that leads through somebody's home connection", weighs 50;
        Hosting = "hosting", "in a datacenter or cloud", weighs 40;
        Mobile = "mobile", "a mobile carrier's, shared by many people", weighs -20 "many people share such an address";
        Abuse = "abuse", "a known source of abuse", weighs 80;
        Crawler = "crawler", "a crawler or search engine", weighs 0;
    }
}

kind! {
    /// What the User-Agent and its client hints say.
    AgentSignal: "The User-Agent " {
        Missing = "agent_missing", "is missing or blank", weighs 0;
        Scripted = "agent_scripted", "is that of an HTTP library or a tool", weighs 0;
        Headless = "agent_headless", "is that of a browser that a program steers", weighs 0;
        Impossible = "agent_impossible",
            "says to be a browser as no browser does, or its client hints say something else", weighs 0;
        Uniform = "agent_uniform", "is one of very few on a subnet that should have many", weighs 0;
        CrawlerClaimed = "crawler_claimed", "says to be a crawler, as anybody can", weighs 0;
        CrawlerVerified = "crawler_verified", "says so, and the address is known to be one", weighs 0;
        CrawlerUnverified = "crawler_unverified", "says so, and the address is known to be none", weighs 0;
        Contradicted = "agent_contradicted",
            "says to be a browser, and the TLS fingerprint is that of an HTTP library", weighs 0;
    }
}

kind! {
    /// What we know of the client ourselves.
    ClientSignal: "It holds when " {
        Private = "private", "the address is private or reserved";
        Unknown = "unknown", "nothing is known of the address", weighs 0 "with 0 such an address has no score";
        ImpossibleTravel = "impossible_travel",
            "the client cannot be here so soon after the last successful login",
            weighs 0 "on routes where the account is looked for (or the session, see `travel.subject`)";
        BreachedPassword = "breached_password",
            "the password was seen in breaches at least `breached_passwords.min_count` times";
        PasswordUnknown = "password_unknown",
            "the password was to be checked and nobody knows: it cannot be read for certain, or the service has not told";
    }
}

/// The numbers that a measure can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// From 0 to 100.
    Hundred,
    /// From 0 up.
    Open,
}

measures! {
    /// A signal that is a number. As a condition it is in a range.
    Measure: "The number is " {
        Score = "score", "the score", Hundred "";
        AsnFailureRate = "asn_failure_rate",
            "the share of logins from the autonomous system that fail, in percent", Hundred "",
            weighs 0 "where all logins fail; with a lower rate as much less. Needs `learned.asn_failures`";
        TravelSpeed = "travel_speed", "the least speed in km/h since the last successful login", Open "km/h";
        PasswordBreaches = "password_breaches",
            "how often the password was seen in breaches, rounded down to 1, 10, 100 and so on", Open "times";
        TravelKm = "travel_km", "the distance from the last successful login in kilometres", Open "km";
    }
}

kind! {
    /// A signal that is one of many values. As a condition it is among those that are listed.
    Membership: "It holds when " {
        Asn = "asn", "the autonomous system is one of these";
        AsnType = "asn_type", "the network is of one of these types";
        Connection = "connection", "one of these connects the client to the Internet";
        Country = "country", "the country is one of these two-letter codes";
        List = "list", "the client is on the list of this name";
        Ja4 = "ja4", "the TLS fingerprint (JA4) is one of these, or begins like one that ends with `*`";
    }
}

impl Numbered for Flag {
    const ALL: &'static [Self] = &Self::ALL;

    fn number(self) -> u8 {
        self.number()
    }
}

impl Numbered for AgentSignal {
    const ALL: &'static [Self] = &Self::ALL;

    fn number(self) -> u8 {
        self.number()
    }
}
