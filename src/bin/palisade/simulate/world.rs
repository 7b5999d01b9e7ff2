//! Who is asked: the filter's engine in this process, or a real Envoy. Both are seen as a client sees them.

use std::net::IpAddr;
use std::sync::Arc;

use palisade::decision::Action;
use palisade::policy::Policy;
use palisade::request::Change;
use palisade::telemetry::Event;
use palisade::time::Time;

use super::browser::Browser;
use super::site::{Asked, Site};
use crate::lone::{Api, Clock, Exchange, Lone, SharedMemory};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It reached the application.
    Passed,
    /// The client has to prove something first.
    Challenged,
    /// One too many.
    Limited,
    /// Denied.
    Denied,
}

/// What the client sees, and what it cost.
pub(super) struct Told {
    pub(super) outcome: Outcome,
    /// The body of one that was challenged, in which the challenge stands.
    pub(super) refusal: Option<Vec<u8>>,
    /// How often the API was asked.
    pub(super) lookups: u32,
}

/// Whoever answers requests.
pub(super) trait World {
    /// Sends a request. What the browser is told to keep, it keeps.
    ///
    /// # Errors
    /// When there is no answer, and why.
    fn send(&mut self, asked: Asked<'_>, browser: &mut Browser) -> Result<Told, String>;

    /// How many bytes are kept about all who came.
    fn stored(&self) -> Option<usize>;
}

/// The filter's engine in this process.
pub(super) struct Native {
    lone: Lone,
    site: Site,
}

impl Native {
    /// One of several that share what they keep, by its number.
    pub(super) fn beside(
        policy: Policy,
        site: Site,
        at: Time,
        (worker, memory): (u16, Arc<SharedMemory>),
    ) -> Self {
        let mut lone = Lone::beside(policy, Clock::At(at), memory);
        lone.repeat(worker);
        Self { lone, site }
    }

    /// What the engine takes an answer for, of a login that goes on; `None` where nobody wants to know, or it does not
    /// go on.
    pub(super) fn reads(&mut self, asked: Asked<'_>) -> Option<palisade::response::LoginResult> {
        let mut seen = None;
        let _ = self.exchange(asked, &mut Browser::default(), &mut |event| {
            if let Event::Login { result, .. } = event {
                seen = Some(*result);
            }
        });
        seen
    }

    fn exchange(
        &mut self,
        asked: Asked<'_>,
        browser: &mut Browser,
        hear: &mut impl FnMut(&Event),
    ) -> Told {
        let request = browser.request(&self.site, &asked);
        let peer = match asked.from {
            IpAddr::V4(address) => format!("{address}:1"),
            IpAddr::V6(address) => format!("[{address}]:1"),
        };
        self.lone.set_time(asked.at);
        let mut visit = self.lone.begin(Exchange {
            peer,
            head: request.head(),
            body: request.body,
            api: Api::Says(asked.says),
            ..Exchange::default()
        });
        let mut refusal = None;
        match &mut visit.effect.change {
            Some(Change::Refuse(refused)) => {
                keep(browser, &refused.reply.headers);
                refusal = Some(std::mem::take(&mut refused.reply.body));
            }
            Some(Change::Pass(pass)) => pass.cookies.iter().for_each(|line| browser.keep(line)),
            Some(Change::Reply(_) | Change::Strip) | None => {}
        }
        if visit.passes() {
            let answer = self.site.answer(asked.step, asked.reply);
            let effect = self.lone.answer(&mut visit, answer);
            effect
                .cookies
                .iter()
                .chain(&effect.device)
                .for_each(|line| browser.keep(line));
        }
        self.lone.end(visit);
        let (mut action, mut lookups) = (Action::Allow, 0_u32);
        for event in self.lone.take_events() {
            match event {
                Event::Request { action: found, .. } => action = action.max(found),
                Event::Lookup(_) => lookups = lookups.saturating_add(1),
                _ => {}
            }
            hear(&event);
        }
        let outcome = match action {
            Action::Allow | Action::StepUp => Outcome::Passed,
            Action::Challenge => Outcome::Challenged,
            Action::Limit => Outcome::Limited,
            Action::Deny => Outcome::Denied,
        };
        Told {
            outcome,
            refusal: refusal.filter(|_| outcome == Outcome::Challenged),
            lookups,
        }
    }
}

fn keep(browser: &mut Browser, headers: &[(&'static str, std::borrow::Cow<'static, str>)]) {
    let cookies = headers.iter().filter(|(name, _)| *name == "set-cookie");
    cookies.for_each(|(_, line)| browser.keep(line));
}

impl World for Native {
    fn send(&mut self, asked: Asked<'_>, browser: &mut Browser) -> Result<Told, String> {
        Ok(self.exchange(asked, browser, &mut |_| ()))
    }

    fn stored(&self) -> Option<usize> {
        Some(self.lone.stored())
    }
}
