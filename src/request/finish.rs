//! A verdict is carried out: everybody is told what was decided.

use super::assessment::Assessment;
use super::audit::AuditKind;
use super::engine::Engine;
use super::form::Form;
use super::logs::Occasion;
use super::outcome::Outcome;
use super::pass::Pass;
use super::report::Report;
use super::unnamed::Unnamed;
use super::verdict::{JointVerdict, Ruling};
use super::watch::Watch;
use crate::challenge::Ask;
use crate::challenge::page::{Language, Task};
use crate::decision::{Action, Mode, Truth, VerdictCause};
use crate::host::Host;
use crate::identity::account::BodyBytes;
use crate::intelligence::Lookup;
use crate::message::HeaderBlock;
use crate::policy::Protection;
use crate::reply::{self, Fetch, Format, LocalReply, Preference};
use crate::session::{Sanction, Visit};
use crate::telemetry::{Event, Meter, SessionResult};
use crate::time::Time;

impl Engine {
    /// Tells everybody what was decided.
    pub(super) fn finish(
        &mut self,
        mut assessment: Box<Assessment>,
        (headers, body): (&HeaderBlock, BodyBytes<'_>),
        now: Time,
        host: &impl Host,
    ) -> Outcome {
        let reference = self.references.make();
        let is_refused = assessment.is_refused(&self.policy);
        if is_refused {
            self.take_back(&mut assessment, now, host);
        }
        let revokes = is_refused && self.revoke_now(&assessment, now, host);
        let policy = &self.policy;
        let cookies = self.challenger.earned(assessment.answers(), headers);
        let verdict = assessment.verdict(policy);
        let would = verdict.monitored;
        let would_be_refused = would.is_some_and(|would| !would.action().lets_through());
        let audit = match (is_refused, would_be_refused) {
            (true, _) if revokes => Some((Occasion::Refused, AuditKind::Revocation)),
            (true, _) => Some((Occasion::Refused, AuditKind::Refusal)),
            (false, true) => Some((Occasion::Monitored, AuditKind::Monitored)),
            (false, false) => None,
        };
        let audit =
            audit.and_then(|(occasion, kind)| Some((occasion, self.audit.take(kind, now, host)?)));
        count(verdict, host);
        for list in assessment.signals().lists.held() {
            host.meter(Event::ListHit(list));
        }
        let connection = assessment.signals().reputation.connection();
        if !verdict.enforced.action().lets_through() {
            host.meter(Event::RefusedConnection(connection));
        } else if would_be_refused {
            host.meter(Event::MonitoredConnection(connection));
        }
        let report = Report::new(&assessment, verdict, policy, &reference);
        let audit =
            audit.map(|(occasion, dropped)| report.audit_line(occasion, dropped, now, Some(host)));
        let strip = assessment.subject.strip;
        if verdict.enforced.action().lets_through() {
            let mut pass = report.pass(strip);
            pass.audit = audit;
            pass.cookies = cookies;
            pass.request_cookies
                .clone_from(&assessment.session().cookies);
            if let Some(earlier) = &assessment.subject.earlier {
                earlier.join(&mut pass);
            }
            let watch = match assessment.subject.guard.learns_names {
                true => {
                    let form = self.form(&assessment, headers);
                    Some(Watch::unnamed(Unnamed { assessment, form }))
                }
                false => self.watch(assessment),
            };
            return Outcome::Pass(pass, watch);
        }
        let form = self.form(&assessment, headers);
        let challenged = verdict.enforced.action() == Action::Challenge;
        let (challenger, client, answers) = (
            &self.challenger,
            assessment.client(policy),
            assessment.answers(),
        );
        let captcha = challenger
            .captcha_for(client, answers)
            .filter(|_| challenged);
        let work =
            (challenged && captcha.is_none()).then(|| challenger.issue(client, answers, now, host));
        let ask = match (captcha, &work) {
            (Some(captcha), _) => Some(Ask::Captcha(captcha)),
            (None, Some(work)) => Some(Ask::Work(work)),
            (None, None) => None,
        };
        if challenged {
            host.meter(Event::ChallengeIssued);
        }
        let mut refused = report.refused(strip, form, ask, audit);
        // Without a widget only the application's own pages have one, and there is nothing to show here.
        let task = ask.and_then(|ask| match ask {
            Ask::Work(work) => Some(Task::Work(work)),
            Ask::Captcha(captcha) => captcha.widget().map(Task::Captcha),
        });
        if let (Some(task), Format::Html) = (task, form.format) {
            refused.reply = LocalReply {
                status: refused.reply.status,
                details: refused.reply.details,
                ..challenger.page(answers, task, (headers, body), &reference, host)
            };
        }
        let set = cookies
            .into_iter()
            .map(|cookie| ("set-cookie", cookie.into()));
        refused.reply.headers.extend(set);
        self.sign_out(&assessment, verdict.enforced, &mut refused.reply);
        if let Some(fetch) = form.fetch {
            let path = headers.lines(":path").next();
            self.open_whole(fetch, (&assessment, path), &reference, &mut refused.reply);
        }
        Outcome::Refuse(Box::new(refused))
    }

    /// Watches the answer to a request, if it matters.
    #[inline(never)]
    pub(super) fn watch(&self, assessment: Box<Assessment>) -> Option<Box<Watch>> {
        let visit = self.visit(&assessment);
        let steps = self.steps(&assessment);
        Watch::of(assessment, visit, steps)
    }

    /// What is told about a request whose head must go on before its body has been judged.
    pub(super) fn pass_so_far(&mut self, assessment: &Assessment) -> Pass {
        let policy = &self.policy;
        let reference = self.references.make();
        let verdict = assessment.verdict(policy);
        let mut pass =
            Report::new(assessment, verdict, policy, &reference).pass(assessment.subject.strip);
        if let Some(earlier) = &assessment.subject.earlier {
            earlier.join(&mut pass);
        }
        pass.request_cookies
            .clone_from(&assessment.session().cookies);
        pass
    }

    /// What is remembered of a request that goes on; `None` where it does not matter which sessions there are.
    fn visit(&self, assessment: &Assessment) -> Option<Visit> {
        let (subject, signals) = (&assessment.subject, assessment.signals());
        let is_good = signals.unknown != Truth::True && !signals.is_risky();
        let whose = (subject.client, subject.unasked);
        let notes = subject.guard.notes_sessions;
        notes.then(|| Visit::of(&self.sessions, subject.sessions(), is_good, whose))
    }

    /// The form of a refusal: what programs read is in the same language everywhere.
    fn form(&self, assessment: &Assessment, headers: &HeaderBlock) -> Form {
        let (format, fetch) = self.format(assessment, headers);
        let language = match format {
            Format::Html => Language::negotiate(headers.lines("accept-language").next()),
            Format::Problem | Format::Json | Format::Grpc => Language::English,
        };
        Form {
            format,
            language,
            fetch,
        }
    }

    /// The form of the body of a refusal, and the fetch of a framework that it answers, where nobody has said how that
    /// is told of refusals.
    #[inline(never)]
    pub(super) fn format(
        &self,
        assessment: &Assessment,
        headers: &HeaderBlock,
    ) -> (Format, Option<Fetch>) {
        let protection = self
            .policy
            .protection(assessment.subject.guard.routes.first);
        let preference = protection.map_or(Preference::Auto, |protection| protection.format);
        let has_own = protection.is_some_and(|protection| protection.refusals.is_some());
        let line = |name| headers.lines(name).next();
        let format = reply::negotiate(preference, line("accept"), line("content-type"));
        let fetch = Fetch::read(line);
        // Scripts that fetch HTML show it inside a page, where ours could not repeat the request; and where the page
        // has a form of its own for refusals, it is the script that reads them.
        let is_script = line("sec-fetch-dest") == Some(b"empty") || fetch.is_some();
        let format = match (format, preference) {
            (Format::Html, Preference::Auto)
                if is_script
                    && (has_own || assessment.enforced(&self.policy) == Action::Challenge) =>
            {
                Format::Problem
            }
            _ => format,
        };
        let is_free = preference == Preference::Auto && !has_own;
        (format, fetch.filter(|_| is_free))
    }

    /// Revokes the session of a request that a rule denies at once, on a route where it could have gone on. Whether
    /// that is news of it.
    fn revoke_now(&mut self, assessment: &Assessment, now: Time, host: &impl Host) -> bool {
        if assessment.session().is_denied() {
            return false;
        }
        let goes_on = |own: &Protection| own.lookup == Lookup::Background;
        let Ruling { route, cause } = assessment.ruled(&self.policy, goes_on).enforced;
        if assessment.sanction(&self.policy, cause) != Some(Sanction::Deny) {
            return false;
        }
        let reason = cause.reason(assessment.signals());
        let names = (self.policy.route_name(route), reason);
        let references = self.sessions.references(assessment.subject.sessions());
        let client = assessment.subject.client;
        let news =
            self.sessions
                .revoke(&references, Sanction::Deny, names, client, (now, now), host);
        if let Some(fleet) = &self.fleet {
            fleet.revoke(news.sessions, Sanction::Deny);
        }
        news.is_any
    }

    /// Ends the session in the browser as well, where it is refused.
    fn sign_out(&self, assessment: &Assessment, ruling: Ruling<'_>, reply: &mut LocalReply) {
        let is_over = match ruling.cause {
            // What another host of the site had the browser send beside the application's own cookie ends nothing.
            VerdictCause::Session(_, action) => {
                let distrust = assessment.session().distrust;
                action == Action::Deny && distrust.is_some_and(|distrust| distrust.is_all)
            }
            cause => {
                let protection = self.policy.protection(ruling.route);
                let goes_on = protection.is_some_and(|own| own.lookup == Lookup::Background);
                goes_on && assessment.sanction(&self.policy, cause) == Some(Sanction::Deny)
            }
        };
        if !is_over {
            return;
        }
        let lines = self.sessions.ending();
        let lines = lines.map(|(name, value)| (name, value.into()));
        reply.headers.extend(lines);
    }
}

/// Under the route whose rule or limit decided; where none did, under the one that an honest client means.
fn count(verdict: JointVerdict<'_>, host: &impl Meter) {
    let hit = |ruling: Ruling<'_>, mode: Mode| {
        if let VerdictCause::Rule(rule, _) = ruling.cause {
            let route = ruling.route;
            host.meter(Event::RuleHit { route, rule, mode });
        }
    };
    let Ruling { route, cause } = verdict.enforced;
    let action = cause.action();
    host.meter(Event::Request { route, action });
    hit(verdict.enforced, Mode::Enforce);
    if matches!(cause, VerdictCause::Session(..)) {
        host.meter(Event::Session(SessionResult::Refused));
    }
    if let Some(monitored) = verdict.monitored {
        let (route, action) = (monitored.route, monitored.action());
        host.meter(Event::Monitored { route, action });
        hit(monitored, Mode::Monitor);
    }
}
