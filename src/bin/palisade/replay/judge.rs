//! One policy and the requests of a log: each is judged when it came, and its answer is told when it was sent.

use std::rc::Rc;

use palisade::address::ClientAddress;
use palisade::decision::Action;
use palisade::intelligence::Knowledge;
use palisade::message::RequestHead;
use palisade::policy::Policy;
use palisade::request::{Change, HEADER_PREFIX};
use palisade::response::Origin;
use palisade::route::RouteIndex;
use palisade::telemetry::Event;
use palisade::time::Time;
use serde_json::Value;

use super::blind::{self, Sight};
use super::known::Recorded;
use super::order::Agenda;
use super::record::Record;
use crate::lone::{Clock, Exchange, Lone, Place, Visit, Writer, answer};

/// What became of a request under a policy.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    /// What happened.
    pub(super) action: Action,
    /// What would have happened, were what is monitored enforced.
    pub(super) would: Option<Action>,
    /// The route that decided.
    pub(super) route: Rc<str>,
    /// What the filter would have written of it, where it is not clean.
    pub(super) said: Option<Recorded>,
}

impl Verdict {
    /// The stricter of what happened and what would have.
    pub(super) fn strictest(&self) -> Action {
        self.would
            .map_or(self.action, |would| would.max(self.action))
    }

    /// Whether the request is refused, or would be.
    pub(super) fn refuses(&self) -> bool {
        !self.strictest().lets_through()
    }

    /// What is said under this name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.said.as_ref()?.text(name)
    }
}

/// How a request ended, as its line tells.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The application has answered with this status.
    Status(u16),
    /// Envoy has answered in its place.
    Envoy(Origin, u16),
    /// Nobody knows.
    Unknown,
}

impl End {
    fn of(record: &Record<'_>) -> Self {
        let Some(status) = record.status else {
            return Self::Unknown;
        };
        let was_refused = |state: &str| {
            let verdict = state.strip_prefix("verdict=").unwrap_or_default();
            ["deny", "limit", "challenge"]
                .iter()
                .any(|word| verdict.starts_with(word))
        };
        match record.details.as_deref() {
            // The log's own filter has answered.
            _ if record.state.as_deref().is_some_and(was_refused) => Self::Unknown,
            Some(details) if details.starts_with("palisade_") => Self::Unknown,
            Some(details) => match Origin::of(details.as_bytes(), Some(status), Some(1)) {
                Origin::Application | Origin::Redirect(_) => Self::Status(status),
                origin => Self::Envoy(origin, status),
            },
            None => Self::Status(status),
        }
    }
}

/// A policy, and all that it has seen of the log.
pub(super) struct Judge {
    policy: Policy,
    tree: Value,
    names: Vec<Rc<str>>,
    /// Made when it is known what the log tells.
    engine: Option<Lone>,
    /// Where the account of each route is written.
    places: Vec<Option<Place>>,
    session: Option<Place>,
    under_way: Agenda<(Visit, End)>,
    now: Time,
    /// The limits that were left out, since the log does not tell whom they count.
    pub(super) blind: Vec<String>,
}

impl Judge {
    /// A policy, and the tree that it was made of.
    pub(super) fn new(mut policy: Policy, tree: Value) -> Self {
        policy.annotations.headers.clear();
        policy.annotations.filter_state = true;
        policy.audit_lines_per_second = 0;
        let names = policy
            .protections
            .iter()
            .map(|own| own.name.as_str().into());
        Self {
            names: names.collect(),
            policy,
            tree,
            engine: None,
            places: Vec::new(),
            session: None,
            under_way: Agenda::default(),
            now: Time::default(),
            blind: Vec::new(),
        }
    }

    /// Whether the filter has anything to do with a request: some route may be meant, or an unlock link.
    pub(super) fn concerns(&self, record: &Record<'_>) -> bool {
        let is_link = |path: &str| record.path.split('?').next() == Some(path);
        if self
            .policy
            .unlock
            .as_ref()
            .is_some_and(|links| is_link(&links.path))
        {
            return true;
        }
        self.route(&written(record)).is_some()
    }

    fn route(&self, request: &Writer<'_>) -> Option<RouteIndex> {
        let headers = request.head();
        let head = RequestHead::read(&headers, HEADER_PREFIX.as_bytes());
        let found = self.policy.find(&head, &headers, true, None);
        found.map(|(found, _)| found.routes.first)
    }

    /// Whether the policy asks anybody for what is known of addresses.
    pub(super) const fn asks(&self) -> bool {
        self.policy.intelligence.is_some()
    }

    /// The client's address, by the policy's own trust.
    pub(super) fn client(&self, record: &Record<'_>) -> Option<ClientAddress> {
        let forwarded = record.forwarded.as_deref();
        let trusts = self.policy.trust.header().is_some();
        let lines = forwarded.filter(|_| trusts).map(str::as_bytes);
        let peer = record.client.as_bytes();
        let found = self.policy.trust.resolve(peer, lines.into_iter());
        found.map(|found| found.client)
    }

    /// What a login with this status has come to, by the signs of the route that decided.
    pub(super) fn succeeded(&self, verdict: &Verdict, record: &Record<'_>) -> bool {
        let End::Status(status) = End::of(record) else {
            return false;
        };
        let route = self.policy.route_named(verdict.route.as_bytes());
        let protection = route.and_then(|route| self.policy.protection(route));
        let writes = !["GET", "HEAD", "OPTIONS"].contains(&&*record.method);
        writes
            && protection.is_some_and(|own| {
                own.classifier.status(status) == palisade::response::LoginResult::Success
            })
    }

    /// Makes the engine, now that it is known what the log tells; what it cannot judge by is said.
    pub(super) fn open(&mut self, sight: Sight) -> Vec<String> {
        let mut policy = self.policy.clone();
        let blinded = blind::blind(&mut policy, &self.tree, sight);
        let routes = 0..self.policy.protections.len();
        let place = |route| {
            let place = Place::of_account(&self.tree, route).and_then(Place::read);
            place.filter(|_| sight.accounts)
        };
        self.places = routes.map(place).collect();
        let session = self
            .tree
            .pointer("/identity/session/0")
            .and_then(Place::read);
        self.session = session.filter(|_| sight.sessions);
        self.engine = Some(Lone::new(policy, Clock::At(self.now)));
        self.blind = blinded.limits;
        blinded.notes
    }

    /// Judges a request, of whose address this is known.
    pub(super) fn judge(&mut self, time: Time, record: &Record<'_>, known: Knowledge) -> Verdict {
        self.advance(time);
        let mut request = written(record);
        let route = self.route(&request);
        if let Some(agent) = &record.agent {
            request.header("user-agent", &**agent);
        }
        if let Some(forwarded) = &record.forwarded {
            request.header("x-forwarded-for", &**forwarded);
        }
        let place = route.and_then(|route| self.places.get(route.get())?.as_ref());
        if let Some((place, account)) = place.zip(record.account.as_deref()) {
            place.put(account, &mut request);
        }
        if let Some((place, session)) = self.session.as_ref().zip(record.session.as_deref()) {
            place.put(session, &mut request);
        }
        let exchange = Exchange {
            peer: record.client.clone().into_owned(),
            head: request.head(),
            body: request.body,
            ja4: record.ja4.as_deref().map(str::to_owned),
            known: Some(known),
            ..Exchange::default()
        };
        let Some(lone) = &mut self.engine else {
            return self.unjudged();
        };
        let visit = lone.begin(exchange);
        let events = lone.take_events();
        let verdict = told(&visit, &events, &self.names);
        if visit.passes() {
            let end = End::of(record);
            let until = time.plus(record.duration);
            self.under_way.add(until, (visit, end));
        } else {
            lone.end(visit);
        }
        verdict.unwrap_or_else(|| self.unjudged())
    }

    fn unjudged(&self) -> Verdict {
        Verdict {
            action: Action::Allow,
            would: None,
            route: "".into(),
            said: None,
        }
    }

    /// Time passes: what has been answered by then is told.
    fn advance(&mut self, time: Time) {
        while let Some((at, (mut visit, end))) = self.under_way.due(time) {
            let Some(lone) = &mut self.engine else {
                return;
            };
            self.now = self.now.max(at.min(time));
            lone.set_time(self.now);
            match end {
                End::Status(status) => visit.set_origin(Origin::Redirect(status)),
                End::Envoy(origin, status) => {
                    visit.set_origin(origin);
                    lone.answer(&mut visit, answer(status));
                }
                End::Unknown => visit.set_origin(Origin::Envoy),
            }
            lone.end(visit);
        }
        self.now = self.now.max(time);
        if let Some(lone) = &mut self.engine {
            lone.set_time(self.now);
            // Nobody wants to know what the answers have counted.
            let _ = lone.take_events();
        }
    }

    /// The latest time that was judged: what comes later with an earlier time is judged by this one.
    pub(super) const fn now(&self) -> Time {
        self.now
    }
}

/// Method, host and path of a request.
fn written<'r>(record: &'r Record<'_>) -> Writer<'r> {
    Writer {
        method: (&*record.method).into(),
        path: (&*record.path).into(),
        host: (&*record.host).into(),
        ..Writer::default()
    }
}

/// What the engine says of a request, if it was protected.
fn told(visit: &Visit, events: &[Event], names: &[Rc<str>]) -> Option<Verdict> {
    let judged = events.iter().find_map(|event| match event {
        Event::Request { route, action } => Some((*route, *action)),
        _ => None,
    });
    let (route, action) = judged?;
    let would = events.iter().find_map(|event| match event {
        Event::Monitored { action, .. } => Some(*action),
        _ => None,
    });
    let state = match &visit.effect.change {
        Some(Change::Pass(pass)) => pass.state.as_deref(),
        Some(Change::Refuse(refused)) => Some(refused.state.as_str()),
        _ => None,
    };
    let said = state.filter(|state| *state != "verdict=allow");
    let said = said.and_then(|state| Recorded::read(Some(state), None));
    let route = names.get(route.get()).cloned().unwrap_or_default();
    Some(Verdict {
        action,
        would,
        route,
        said,
    })
}
