//! What became of all requests of a log, added up: what a report is made of.

use std::collections::BTreeMap;

use palisade::address::{ClientAddress, PrefixLengths};
use palisade::decision::Action;
use palisade::intelligence::Knowledge;
use palisade::time::Time;
use serde::Serialize;

use super::fault::{Faults, Faulty};
use super::judge::{Doubts, Verdict};
use super::known::Recorded;
use super::record::Record;
use super::sketch::{Frequent, Sketch};

/// How many examples are kept of anything.
const EXAMPLES: usize = 20;
/// How many of the most frequent ones are named.
const NAMED: usize = 20;
/// The most hours that are told apart: more than eleven years.
const HOURS: usize = 100_000;
const HOUR: u64 = 3_600;

/// How many requests got what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Outcomes {
    pub(super) allow: u64,
    pub(super) step_up: u64,
    pub(super) challenge: u64,
    pub(super) limit: u64,
    pub(super) deny: u64,
}

impl Outcomes {
    pub(super) const fn add(&mut self, action: Action) {
        let count = match action {
            Action::Allow => &mut self.allow,
            Action::StepUp => &mut self.step_up,
            Action::Challenge => &mut self.challenge,
            Action::Limit => &mut self.limit,
            Action::Deny => &mut self.deny,
        };
        *count = count.saturating_add(1);
    }

    /// Each action with its number.
    pub(super) const fn each(self) -> [(Action, u64); 5] {
        [
            (Action::Allow, self.allow),
            (Action::StepUp, self.step_up),
            (Action::Challenge, self.challenge),
            (Action::Limit, self.limit),
            (Action::Deny, self.deny),
        ]
    }

    /// How many there are.
    pub(super) fn all(self) -> u64 {
        self.each()
            .iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// How many did not go on.
    pub(super) const fn refused(self) -> u64 {
        self.challenge
            .saturating_add(self.limit)
            .saturating_add(self.deny)
    }
}

/// A request that was refused, or judged otherwise by another policy.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Example {
    /// `FILE:LINE`.
    pub(super) place: String,
    pub(super) time: String,
    pub(super) client: String,
    pub(super) route: String,
    /// What became of it, and why.
    pub(super) what: String,
}

impl Example {
    pub(super) fn new(place: String, record: &Record<'_>, verdict: &Verdict, what: String) -> Self {
        Self {
            place,
            time: record.time.rfc3339(),
            client: record.client.clone().into_owned(),
            route: verdict.route.to_string(),
            what,
        }
    }
}

/// Requests that were refused although their login had succeeded.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct FalsePositives {
    pub(super) count: u64,
    /// By what decided.
    pub(super) by: BTreeMap<String, u64>,
    pub(super) examples: Vec<Example>,
}

/// The verdicts that the filter itself has written into the log, beside those of the replay.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Agreement {
    pub(super) same: u64,
    pub(super) differ: u64,
    /// What the log cannot tell, by the reason.
    pub(super) untold: BTreeMap<&'static str, u64>,
    pub(super) examples: Vec<Example>,
}

/// The verdicts of another policy beside those of the first one.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Comparison {
    /// The file of the other policy.
    pub(super) policy: String,
    pub(super) same: u64,
    /// `allow -> deny`, and how often.
    pub(super) differ: BTreeMap<String, u64>,
    /// What the other policy does with all.
    pub(super) outcomes: Outcomes,
    pub(super) examples: Vec<Example>,
}

/// All that is known when the log is at its end, or was interrupted.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    pub(super) policy: String,
    pub(super) lines: u64,
    /// Lines that are requests.
    pub(super) requests: u64,
    /// Of them those to protected routes.
    pub(super) protected: u64,
    pub(super) formats: BTreeMap<&'static str, u64>,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) interrupted: bool,
    pub(super) faults: BTreeMap<&'static str, Faulty>,
    /// Requests that stood so late in the log that they were judged as if they had come later.
    pub(super) late: u64,
    /// What happened, with what is only monitored as if it were enforced.
    pub(super) outcomes: Outcomes,
    /// Of them those that were only monitored.
    pub(super) only_monitored: u64,
    pub(super) routes: BTreeMap<String, Outcomes>,
    /// By `ROUTE / RULE`.
    pub(super) rules: BTreeMap<String, Outcomes>,
    pub(super) limits: BTreeMap<String, Outcomes>,
    pub(super) reasons: BTreeMap<String, Outcomes>,
    /// By the hour's first moment.
    pub(super) hours: BTreeMap<String, Outcomes>,
    pub(super) networks: Vec<Frequent>,
    pub(super) asns: Vec<Frequent>,
    pub(super) accounts: Vec<Frequent>,
    pub(super) false_positives: FalsePositives,
    /// Requests to protected routes of whose address nothing was known.
    pub(super) unknown: u64,
    pub(super) agreement: Option<Agreement>,
    pub(super) against: Option<Comparison>,
    /// What the log does not tell.
    pub(super) cannot_know: Vec<String>,
    pub(super) seconds: f64,
    pub(super) lines_per_second: u64,
}

/// Adds up.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) summary: Summary,
    pub(super) faults: Faults,
    hours: BTreeMap<u64, Outcomes>,
    networks: Sketch,
    asns: Sketch,
    accounts: Sketch,
    span: Option<(Time, Time)>,
}

impl Tally {
    /// A line that is a request.
    pub(super) fn request(&mut self, format: &'static str, time: Time) {
        let summary = &mut self.summary;
        more(&mut summary.requests);
        match summary.formats.get_mut(format) {
            Some(count) => more(count),
            None => {
                summary.formats.insert(format, 1);
            }
        }
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    /// A request to a protected route, judged.
    pub(super) fn judged(
        &mut self,
        (record, client, known): (&Record<'_>, Option<ClientAddress>, Knowledge),
        verdict: &Verdict,
        succeeded: bool,
        place: impl FnOnce() -> String,
    ) {
        let summary = &mut self.summary;
        let action = verdict.strictest();
        more(&mut summary.protected);
        summary.outcomes.add(action);
        if action != verdict.action {
            more(&mut summary.only_monitored);
        }
        count(&mut summary.routes, &verdict.route, action);
        let hour = record.time.nanos() / 1_000_000_000 / HOUR;
        if self.hours.len() < HOURS || self.hours.contains_key(&hour) {
            self.hours.entry(hour).or_default().add(action);
        }
        if matches!(known, Knowledge::Lacking(..)) {
            more(&mut summary.unknown);
        }
        let Some(said) = &verdict.said else {
            return;
        };
        if let Some(rule) = said.text("rule") {
            count(
                &mut summary.rules,
                &format!("{} / {rule}", verdict.route),
                action,
            );
        }
        if let Some(limit) = said.text("limit") {
            count(&mut summary.limits, limit, action);
        }
        if let Some(reason) = said.text("reason") {
            count(&mut summary.reasons, reason, action);
        }
        if !verdict.refuses() {
            return;
        }
        if let Some(client) = client {
            self.networks
                .add(&client.prefix(PrefixLengths::SITE).to_string());
        }
        if let Some(asn) = known.reputation().network.asn {
            self.asns.add(&format!("AS{asn}"));
        }
        for account in said.list("accounts") {
            self.accounts.add(account);
        }
        if said.list("accounts").is_empty()
            && let Some(account) = &record.account
        {
            self.accounts.add(account);
        }
        if succeeded {
            let positives = &mut summary.false_positives;
            more(&mut positives.count);
            let by = decided(said);
            more(positives.by.entry(by.clone()).or_default());
            if positives.examples.len() < EXAMPLES {
                let what = format!("{} by {by}", action.name());
                positives
                    .examples
                    .push(Example::new(place(), record, verdict, what));
            }
        }
    }

    /// The filter itself has written this into the line.
    pub(super) fn recorded(
        &mut self,
        recorded: &Recorded,
        record: &Record<'_>,
        verdict: &Verdict,
        doubts: &Doubts,
        place: impl FnOnce() -> String,
    ) {
        let agreement = self.summary.agreement.get_or_insert_default();
        if enforced_alike(recorded, verdict)
            && recorded.text("monitored") == verdict.would.map(Action::name)
        {
            more(&mut agreement.same);
            return;
        }
        if let Some(why) = untold(recorded, verdict, doubts) {
            more(agreement.untold.entry(why).or_default());
            return;
        }
        more(&mut agreement.differ);
        if agreement.examples.len() < EXAMPLES {
            let was = recorded.text("verdict").unwrap_or_default();
            let what = format!(
                "was {was} by {}, and is {} by {}",
                decided(recorded),
                verdict.action.name(),
                verdict
                    .said
                    .as_ref()
                    .map_or_else(|| "nothing".to_owned(), decided),
            );
            agreement
                .examples
                .push(Example::new(place(), record, verdict, what));
        }
    }

    /// Another policy has judged the same request.
    pub(super) fn compared(
        &mut self,
        record: &Record<'_>,
        (one, other): (&Verdict, &Verdict),
        place: impl FnOnce() -> String,
    ) {
        let comparison = self.summary.against.get_or_insert_default();
        let (before, after) = (one.strictest(), other.strictest());
        comparison.outcomes.add(after);
        if before == after {
            more(&mut comparison.same);
            return;
        }
        let what = format!("{} -> {}", before.name(), after.name());
        more(comparison.differ.entry(what.clone()).or_default());
        if comparison.examples.len() < EXAMPLES {
            let by = |verdict: &Verdict| {
                verdict
                    .said
                    .as_ref()
                    .map_or_else(|| "nothing".to_owned(), decided)
            };
            let what = format!("{what}: {}, {}", by(one), by(other));
            comparison
                .examples
                .push(Example::new(place(), record, other, what));
        }
    }

    /// All that is known now.
    pub(super) fn finish(mut self) -> Summary {
        let summary = &mut self.summary;
        let hours = self.hours.iter();
        let hour = |number: &u64| Time::from_secs(number.saturating_mul(HOUR)).rfc3339();
        summary.hours = hours.map(|(number, all)| (hour(number), *all)).collect();
        summary.networks = self.networks.top(NAMED);
        summary.asns = self.asns.top(NAMED);
        summary.accounts = self.accounts.top(NAMED);
        let faults = self.faults.iter();
        summary.faults = faults
            .map(|(fault, faulty)| (fault.name(), faulty.clone()))
            .collect();
        summary.first = self.span.map(|(first, _)| first.rfc3339());
        summary.last = self.span.map(|(_, last)| last.rfc3339());
        self.summary
    }
}

const fn more(count: &mut u64) {
    *count = count.saturating_add(1);
}

fn count(all: &mut BTreeMap<String, Outcomes>, name: &str, action: Action) {
    match all.get_mut(name) {
        Some(outcomes) => outcomes.add(action),
        None => {
            let mut outcomes = Outcomes::default();
            outcomes.add(action);
            all.insert(name.to_owned(), outcomes);
        }
    }
}

/// What decided: a rule, a limit, or else the reason.
pub(super) fn decided(said: &Recorded) -> String {
    let by = |kind: &str| said.text(kind).map(|name| format!("{kind} {name}"));
    by("rule")
        .or_else(|| by("limit"))
        .or_else(|| by("reason"))
        .unwrap_or_else(|| "nothing".to_owned())
}

/// Whether both have enforced the same, for the same reason.
fn enforced_alike(recorded: &Recorded, verdict: &Verdict) -> bool {
    recorded.text("verdict") == Some(verdict.action.name())
        && ["reason", "rule", "limit"]
            .iter()
            .all(|name| recorded.text(name) == verdict.text(name))
}

/// Why the log cannot tell what the filter has judged by.
fn untold(recorded: &Recorded, verdict: &Verdict, doubts: &Doubts) -> Option<&'static str> {
    let reason = recorded.text("reason").unwrap_or_default();
    if reason == "cleared" || reason.starts_with("captcha_") {
        return Some("a challenge that the client had answered: that stands in a cookie");
    }
    if reason.starts_with("session_") {
        return Some("a session that had been revoked");
    }
    if reason.starts_with("account_") {
        return Some("an account that nobody could read from the request");
    }
    if recorded.text("ref").is_none() {
        return Some(
            "what was known of the address: that stands in `context`, which the line has not",
        );
    }
    let (limit, own) = (recorded.text("limit"), verdict.text("limit"));
    let either = |names: &[String]| {
        let mut both = limit.iter().chain(&own);
        both.any(|limit| names.iter().any(|name| name == limit))
    };
    if either(&doubts.blind) {
        return Some("a limit on accounts, of which the log has none");
    }
    // What would have refused a request in monitor mode has no name in the log.
    let is_only_watched = enforced_alike(recorded, verdict) && !doubts.estimated.is_empty();
    if is_only_watched || either(&doubts.estimated) {
        return Some(
            "how many different ones there were: a key that is drawn at the start tells them apart",
        );
    }
    None
}
