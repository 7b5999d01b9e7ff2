//! Honest people, who are never refused within their limits.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::client::{Manner, Origin, Outcome, Wire};
use super::policy::LOGIN;
use super::random::Random;
use super::waves::{form, post};
use super::world::{Shot, World};
use crate::support::{Request, Response, challenge, solve};

/// Somebody with an address, an account and a browser.
pub(crate) struct Person {
    world: Arc<World>,
    wire: Wire,
    case: u64,
    random: Random,
    client: String,
    account: String,
    cookies: Vec<String>,
    /// Logins so far that were no clean success: each may count as a failure.
    spent: u32,
}

/// What an answer looks like to the tests' other helpers.
pub(crate) fn response(outcome: &Outcome) -> Option<Response> {
    let reply = outcome.reply()?;
    let headers = reply.headers.iter();
    Some(Response {
        status: reply.status,
        headers: headers
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect(),
        body: reply.body.clone(),
        trailers: Vec::new(),
    })
}

/// Whether the answer is a challenge of ours.
pub(crate) fn is_challenged(outcome: &Outcome) -> bool {
    let words = "urn:palisade:challenge-required";
    outcome.origin() == Some(Origin::Palisade)
        && outcome
            .reply()
            .is_some_and(|reply| reply.text().contains(words))
}

impl Person {
    pub(crate) fn new(world: &Arc<World>, address: SocketAddr, number: u64) -> Self {
        let mut random = world.random(2, number);
        let case = world.model.open(format!("person {number}"), None);
        let second = if random.one_in(6) {
            77
        } else {
            1 + case / 62_500 % 60
        };
        let client = match random.below(4) {
            0 => format!("2a00:{:x}:{:x}::1", case / 65_536 + 1, case % 65_536),
            _ => format!("12.{second}.{}.{}", case / 250 % 250, case % 250 + 1),
        };
        let wire = match random.one_in(2) {
            true => Wire::http2(address),
            false => Wire::http1(address),
        };
        Self {
            world: Arc::clone(world),
            wire,
            case,
            random,
            client,
            account: format!("person-{case}@example.com"),
            cookies: Vec::new(),
            spent: 0,
        }
    }

    fn with(&self, request: Request) -> Request {
        let request = request
            .client(&self.client)
            .header("user-agent", "Mozilla/5.0 a browser");
        match self.cookies.is_empty() {
            true => request,
            false => request.header("cookie", self.cookies.join("; ")),
        }
    }

    /// Sends a request, and once more with the solution if it is challenged. Nothing else may refuse it.
    async fn send(&mut self, kind: &'static str, request: Request, manner: Manner) -> Outcome {
        let shot = Shot::new(kind, self.case, self.with(request.clone())).manner(manner);
        let mut outcome = self.world.send(&mut self.wire, shot).await;
        if is_challenged(&outcome)
            && let Some(response) = response(&outcome)
        {
            let solution = solve(&challenge(&response));
            let solved = self.with(request).header("x-palisade-solution", solution);
            outcome = self
                .world
                .send(&mut self.wire, Shot::new(kind, self.case, solved))
                .await;
            if let Some(clearance) = outcome
                .reply()
                .and_then(|reply| reply.cookie("__Host-palisade-clearance"))
            {
                self.cookies
                    .retain(|pair| !pair.starts_with("__Host-palisade-clearance"));
                self.cookies.push(clearance);
            }
        }
        let is_refused = outcome.origin() == Some(Origin::Palisade);
        let is_envoys =
            outcome.origin() == Some(Origin::Envoy) && !(502..=504).contains(&outcome.status());
        if is_refused || is_envoys {
            let said = outcome
                .reply()
                .map(|reply| reply.text())
                .unwrap_or_default();
            let what = format!("honest: {kind} got {}: {said}", outcome.status());
            self.world.model.violated("people", &what, self.case);
        }
        outcome
    }

    async fn login(&mut self, password: &str) -> bool {
        let request = post(&mut self.random, LOGIN.path, &self.account, password);
        let pause = Duration::from_millis(self.random.below(200) as u64);
        let manner = match self.random.below(5) {
            0 if matches!(self.wire, Wire::One(..)) => Manner::Slow { pieces: 3, pause },
            _ => Manner::Patient,
        };
        let outcome = self.send("person logs in", request, manner).await;
        let reply = outcome
            .reply()
            .filter(|reply| reply.status == 302 && !reply.is_cut);
        let Some(reply) = reply else {
            self.spent += 1;
            return false;
        };
        for name in ["sid=", "__Host-palisade-device-"] {
            if let Some(cookie) = reply.cookie(name) {
                self.cookies.retain(|pair| !pair.starts_with(name));
                self.cookies.push(cookie);
            }
        }
        true
    }

    /// Mistypes a password or two, logs in, looks around, sends something large.
    pub(crate) async fn run(mut self) {
        for _ in 0..self.random.below(3) {
            self.login("wrong").await;
        }
        let mut is_in = false;
        while !is_in && self.spent < LOGIN.most {
            is_in = self.login("right").await;
        }
        for number in 0..self.random.below(4) {
            let page = Request::get(format!("/account/{number}"));
            self.send("person reads", page, Manner::Patient).await;
        }
        if self.random.one_in(3) {
            self.upload().await;
        }
        if is_in && self.random.one_in(3) {
            self.is_under_attack().await;
        }
        self.world.model.close(self.case, "people", None);
    }

    /// Sends more than Envoy's buffers hold, and all of it must arrive.
    async fn upload(&mut self) {
        let length = 1_200_000 + self.random.below(1_000_000);
        let request = form("/upload", &"x".repeat(length))
            .replace("content-type", "application/octet-stream");
        let outcome = self.send("person uploads", request, Manner::Patient).await;
        let told = outcome
            .reply()
            .and_then(|reply| reply.header("x-soak-length"));
        if outcome.status() == 200 && told != Some(&length.to_string()) {
            let what = format!("{told:?} of {length} bytes came");
            self.world.model.violated("people", &what, self.case);
        }
    }

    /// Strangers lock the account, and its owner still gets in with the browser of before.
    async fn is_under_attack(&mut self) {
        let Some(device) = self
            .cookies
            .iter()
            .find(|pair| pair.contains("palisade-device"))
            .cloned()
        else {
            return;
        };
        let spent = self.spent;
        for _ in 0..LOGIN.most + 2 {
            let client = format!(
                "11.1.{}.{}",
                self.random.below(250),
                self.random.below(250) + 1
            );
            let guess = post(&mut self.random, LOGIN.path, &self.account, "wrong").client(&client);
            let mut wire = self.wire.another();
            self.world
                .send(&mut wire, Shot::new("stranger", self.case, guess))
                .await;
        }
        self.cookies = vec![device];
        self.spent = 0;
        // What he himself has failed at before he had the device is the strangers' counter, not the device's.
        while self.spent < LOGIN.most && !self.login("right").await {}
        self.spent += spent;
    }
}
