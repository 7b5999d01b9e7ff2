//! What logs tell of a request: filter state for access logs, and the audit line. Both are made of the same members.

use super::context::Dictionary;
use super::line::AuditLine;
use super::members::Members;
use super::pseudonym::pseudonym;
use super::report::Report;
use super::verdict::Ruling;
use crate::decision::{Mode, VerdictCause};
use crate::host::{HeadLine, Host};
use crate::principal::Owner;
use crate::time::Time;

/// The most accounts of one request that are named.
const ACCOUNTS: usize = 4;
/// The most bytes of a line of the head that are shown.
const SHOWN: usize = 255;

/// What an audit line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// A request that is refused.
    Refused,
    /// A request that would have been refused.
    Monitored,
    /// A session that is revoked after its request has gone on.
    Revoked,
    /// A session that would have been.
    MonitoredRevocation,
}

impl Occasion {
    const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Monitored => "monitored",
            Self::Revoked => "revoked",
            Self::MonitoredRevocation => "monitored_revocation",
        }
    }
}

impl Report<'_> {
    /// What logs are about: what refuses the request, or would; else what was found, enforced or not.
    fn finding(&self) -> (Ruling<'_>, Mode) {
        let enforced = self.verdict.enforced;
        match self.verdict.monitored {
            Some(would)
                if enforced.action().lets_through()
                    && (enforced.cause == VerdictCause::Clean
                        || !would.action().lets_through()) =>
            {
                (would, Mode::Monitor)
            }
            _ => (enforced, Mode::Enforce),
        }
    }

    /// Filter state for access logs, in one value: each is a host call. Of a request that is refused, or would be, all
    /// that the audit log tells as well; but what access logs have of Envoy.
    pub(super) fn state(&self) -> String {
        let mut state = Dictionary::default();
        state.token("verdict", self.verdict.enforced.action().name());
        let (ruling, _) = self.finding();
        if ruling.cause != VerdictCause::Clean {
            self.write_why(ruling, &mut state);
        }
        if let Some(monitored) = self.verdict.monitored {
            state.token("monitored", monitored.action().name());
        }
        if !ruling.action().lets_through() {
            state.text("ref", self.reference);
            self.write_who(&mut state);
        }
        state.into_text()
    }

    /// The audit line of a request, as far as `host` still has its head.
    pub(super) fn audit_line(
        &self,
        occasion: Occasion,
        dropped_before: u64,
        now: Time,
        host: Option<&impl Host>,
    ) -> String {
        let (ruling, mode) = match (occasion, self.verdict.monitored) {
            (Occasion::MonitoredRevocation, Some(would)) => (would, Mode::Monitor),
            _ => self.finding(),
        };
        let mut line = AuditLine::new("palisade", occasion.name());
        line.text("time", &now.rfc3339());
        line.text("ref", self.reference);
        for (name, of) in [
            ("id", HeadLine::Id),
            ("method", HeadLine::Method),
            ("host", HeadLine::Host),
        ] {
            if let Some(value) = host.and_then(|host| host.head_line(of)) {
                line.text(name, &shown(&value));
            }
        }
        line.token(
            "mode",
            match mode {
                Mode::Enforce => "enforce",
                Mode::Monitor => "monitor",
            },
        );
        line.token("verdict", ruling.action().name());
        self.write_why(ruling, &mut line);
        self.write_who(&mut line);
        if dropped_before > 0 {
            line.integer("dropped_before", dropped_before);
        }
        line.into_text()
    }

    fn write_why(&self, Ruling { route, cause }: Ruling<'_>, to: &mut impl Members) {
        to.text("reason", cause.reason(self.signals));
        to.text("route", self.policy.route_name(route));
        match cause {
            VerdictCause::Rule(_, rule) => to.text("rule", &rule.name),
            VerdictCause::Limit(exceeded) => {
                to.text("limit", &exceeded.rule.name);
                to.integer("count", exceeded.count.into());
                to.integer("threshold", exceeded.quota.into());
                to.integer("window", exceeded.window.as_secs());
                to.integer("retry_after", exceeded.retry_after.as_secs());
            }
            _ => {}
        }
    }

    /// Who it comes from, whom it is about, and what is known of that.
    fn write_who(&self, to: &mut impl Members) {
        if let Some(client) = self.client {
            to.text("client", &client.to_string());
        }
        if let Some(keys) = &self.policy.challenges.keys {
            let named = self.owners.iter().map(Owner::name);
            let named = named.filter(|account| account.remembered_mark().is_none());
            let named: Vec<String> = named
                .take(ACCOUNTS)
                .map(|account| pseudonym(account, keys.current()))
                .collect();
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            to.list("accounts", &named);
        }
        self.write_known(to);
        to.list("lists", &self.lists().collect::<Vec<_>>());
    }
}

/// Bytes of a client's as logs show them: visible ASCII and blanks, and no more than a line has place for.
fn shown(bytes: &[u8]) -> String {
    let visible = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '?',
    };
    bytes.iter().take(SHOWN).map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_byte_of_a_client_breaks_a_line_or_makes_it_long() {
        assert_eq!(shown(b"shop.example:8443"), "shop.example:8443");
        assert_eq!(shown("a\r\n\u{202e}\0\x7f\"".as_bytes()), "a???????\"");
        assert_eq!(shown(&[b'a'; 70_000]).len(), SHOWN);
    }
}
