//! The path on which challenges and refusals are shown by themselves, without being judged: as JSON for widgets in the
//! application's own forms, as a page where a script could not show one.

use super::assessment::Assessment;
use super::engine::Engine;
use super::report::usual;
use crate::challenge::page::{Language, Task, Then};
use crate::challenge::{Answers, ChallengeKind, ENDPOINT_DETAILS, json_reply};
use crate::decision::Action;
use crate::host::Host;
use crate::message::{HeaderBlock, RequestHead};
use crate::reply::{
    self, Fetch, Format, Kind, LocalReply, Preference, Refusal, Status, Usual, is_own_path,
};
use crate::session::is_embedded;
use crate::telemetry::Event;

impl Engine {
    /// Makes a refusal one that a framework shows as a whole page: that of the request itself, where its address alone
    /// shows it, else one of ours.
    #[inline(never)]
    pub(super) fn open_whole(
        &self,
        fetch: Fetch,
        (assessment, path): (&Assessment, Option<&[u8]>),
        reference: &str,
        reply: &mut LocalReply,
    ) {
        let ruling = assessment.verdict(&self.policy).enforced;
        let challenges = ruling.action() == Action::Challenge;
        let own = path.filter(|path| fetch.is_page && is_own_path(path));
        let endpoint = self.challenger.endpoint();
        let to = match own.and_then(|path| str::from_utf8(path).ok()) {
            // Turbo shows whole pages by itself: what is no page, by asking for it again.
            Some(_) if fetch.framework == reply::Framework::Turbo => return,
            // A second request like a refused one would count.
            Some(path) if challenges => path.to_owned(),
            _ if challenges => {
                let route = assessment.client(&self.policy).route;
                format!("{endpoint}?route={route}")
            }
            _ => {
                let told = usual(ruling.cause).name();
                format!("{endpoint}?refused={told}&reference={reference}")
            }
        };
        fetch.framework.open(to, reply);
    }

    /// The answer to a request for a challenge or a refusal alone; `None` for all others.
    pub(super) fn alone(
        &mut self,
        head: &RequestHead<'_>,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Option<LocalReply> {
        let query = self.challenger.endpoint_query(head.path, head.method)?;
        let gives_json = self.challenger.gives_json();
        if is_embedded(head) {
            let error = "{\"error\":\"a challenge is fetched and not embedded\"}";
            return gives_json.then(|| json_reply(403, error.to_owned()));
        }
        let parameter = |name: &str| {
            let mut pairs = query.split(|byte| *byte == b'&');
            pairs.find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        };
        let line = |name| headers.lines(name).next();
        if let Some(fetch) = Fetch::read(line) {
            return Some(page(fetch.framework.followed()));
        }
        let is_page = line("sec-fetch-dest") != Some(b"empty")
            && reply::negotiate(Preference::Auto, head.accept, None) == Format::Html;
        if let Some(told) = parameter("refused").filter(|_| is_page) {
            return self.refusal_alone(told, parameter("reference"), headers);
        }
        let found = parameter("route").and_then(|name| {
            let route = self.policy.route_named(name)?;
            let guard = self.guard_of(route)?;
            let subject = self.passer_by(guard, head, headers, host);
            let knowledge = self.ahead(&subject, host.now(), host);
            Some(Assessment::of(&self.policy, subject, knowledge))
        });
        match found {
            Some(assessment) if is_page => self.challenge_alone(&assessment, headers, host),
            // Work is only given out while captchas cannot be verified.
            Some(assessment) if assessment.subject.guard.asks != ChallengeKind::Captcha => {
                gives_json.then(|| {
                    host.meter(Event::ChallengeIssued);
                    let client = assessment.client(&self.policy);
                    let answers = Answers::default();
                    let work = self.challenger.issue(client, &answers, host.now(), host);
                    json_reply(200, work.json())
                })
            }
            _ => gives_json.then(|| {
                let error = "{\"error\":\"no route of this name asks for a proof of work\"}";
                json_reply(404, error.to_owned())
            }),
        }
    }

    /// The page of a challenge that the next request answers; `None` where there is nothing that a page could show.
    fn challenge_alone(
        &mut self,
        assessment: &Assessment,
        headers: &HeaderBlock,
        host: &impl Host,
    ) -> Option<LocalReply> {
        let client = assessment.client(&self.policy);
        let answers = Answers::default();
        let challenger = &self.challenger;
        let work;
        let task = match challenger.captcha_for(client, &answers) {
            Some(captcha) => Task::Captcha(captcha.widget()?),
            None => {
                work = challenger.issue(client, &answers, host.now(), host);
                Task::Work(&work)
            }
        };
        host.meter(Event::ChallengeIssued);
        let reference = self.references.make();
        let shown = (&answers, task, Then::SendAgain);
        Some(LocalReply {
            details: ENDPOINT_DETAILS.to_owned(),
            ..challenger.shown(shown, headers, &reference, host)
        })
    }

    /// The page of a refusal that a script could not show, in the usual words for it.
    #[inline(never)]
    fn refusal_alone(
        &self,
        told: &[u8],
        reference: Option<&[u8]>,
        headers: &HeaderBlock,
    ) -> Option<LocalReply> {
        let usual = Usual::ALL
            .into_iter()
            .find(|usual| usual.name().as_bytes() == told)?;
        let (kind, status) = match usual {
            Usual::TooMany => (Kind::Limited, Status::new(429)?),
            _ => (Kind::Denied, Status::FORBIDDEN),
        };
        let language = Language::negotiate(headers.lines("accept-language").next());
        let refusal = Refusal {
            status,
            kind,
            code: "",
            title: reply::title(kind, language),
            message: usual.message(language),
            next: usual.next(language),
            language,
            contact: self.policy.contact.as_ref(),
            quota: None,
            retry_after: None,
            ask: None,
            own: None,
            reference: str::from_utf8(reference.unwrap_or_default()).unwrap_or_default(),
        };
        Some(LocalReply {
            details: ENDPOINT_DETAILS.to_owned(),
            ..reply::render(&refusal, Format::Html, &self.policy.reply_templates)
        })
    }
}

/// A page that is nobody's to keep.
fn page(html: &str) -> LocalReply {
    LocalReply {
        status: 200,
        details: ENDPOINT_DETAILS.to_owned(),
        headers: vec![
            ("content-type", "text/html; charset=utf-8".into()),
            ("cache-control", "no-store".into()),
            ("x-content-type-options", "nosniff".into()),
        ],
        body: html.as_bytes().to_vec(),
        grpc_status: None,
    }
}
