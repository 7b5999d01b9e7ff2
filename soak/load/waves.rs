//! Waves of guesses: from everywhere at one account, session or network of its own, of which exactly so many get
//! through.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{Manner, Origin, Outcome, Wire};
use super::model::Fate;
use super::policy::{Key, Limited};
use super::random::Random;
use super::world::{Shot, World};
use crate::support::Request;

/// How long a count may lag behind what it counts: what never reached anybody is given back when that is known.
const LAG: Duration = Duration::from_secs(8);

/// Any address: two in twenty are exits of Tor or VPNs, as the API says, and one in four is of IPv6.
pub(crate) fn anywhere(random: &mut Random) -> String {
    let (two, three, four) = (random.below(250), random.below(250), random.below(250) + 1);
    match random.below(20) {
        0 => format!("11.66.{three}.{four}"),
        1 => format!("11.77.{three}.{four}"),
        2..7 => format!(
            "2600:{:x}:{:x}::{four:x}",
            random.below(0xffff),
            random.below(0xffff)
        ),
        _ if two == 66 || two == 77 => format!("11.1.{three}.{four}"),
        _ => format!("11.{two}.{three}.{four}"),
    }
}

/// A post of these fields in one of the three forms that applications read.
pub(crate) fn post(random: &mut Random, path: &str, email: &str, password: &str) -> Request {
    match random.below(4) {
        0 => Request::post(path)
            .header("content-type", "application/json")
            .body(json!({ "email": email, "password": password }).to_string()),
        1 => {
            let part = |name: &str, value: &str| {
                format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
            };
            let body = format!(
                "{}{}--b--\r\n",
                part("email", email),
                part("password", password)
            );
            Request::post(path)
                .header("content-type", "multipart/form-data; boundary=b")
                .body(body)
        }
        _ => form(path, &format!("email={email}&password={password}")),
    }
}

/// A post of this form.
pub(crate) fn form(path: &str, body: &str) -> Request {
    Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

/// One wave against a limit.
pub(crate) struct Wave {
    world: Arc<World>,
    address: SocketAddr,
    of: Limited,
    pub(crate) case: u64,
    random: Random,
}

impl Wave {
    /// A new victim, of whom so many guesses may get through.
    pub(crate) fn new(
        world: &Arc<World>,
        address: SocketAddr,
        of: Limited,
        most: u32,
        number: u64,
    ) -> Self {
        let random = world.random(1, number);
        let what = format!("wave {number} at {}", of.path);
        Self {
            case: world.model.open(what, Some(most)),
            world: Arc::clone(world),
            address,
            of,
            random,
        }
    }

    /// The victim's name.
    pub(crate) fn victim(&self) -> String {
        format!("victim-{}@example.com", self.case)
    }

    /// A guess, from anywhere.
    pub(crate) fn guess(&mut self) -> Request {
        let client = self.client(false);
        self.guess_from(&client)
    }

    fn guess_from(&mut self, client: &str) -> Request {
        let victim = self.victim();
        let request = post(&mut self.random, self.of.path, &victim, "wrong").client(client);
        match self.of.key {
            Key::Session => request.header("cookie", format!("theme=dark; sid=wave-{}", self.case)),
            _ => request,
        }
    }

    /// An address to guess from; a `good` one is not refused for itself.
    fn client(&mut self, good: bool) -> String {
        match self.of.key {
            Key::Subnet => {
                // Each case has a /24 of its own, by its number.
                let (one, two) = (self.case / 65_536 % 60, self.case / 256 % 256);
                format!(
                    "{}.{two}.{}.{}",
                    130 + one,
                    self.case % 256,
                    self.random.below(250) + 1
                )
            }
            _ if good => format!(
                "11.1.{}.{}",
                self.random.below(250),
                self.random.below(250) + 1
            ),
            _ => anywhere(&mut self.random),
        }
    }

    /// So many guesses at once, over both protocols; some clients leave, some guesses reach nobody.
    pub(crate) async fn burst(&mut self, guesses: usize) {
        let mut tasks = Vec::new();
        let is_network = self.of.key == Key::Subnet;
        for _ in 0..guesses {
            let request = self.guess();
            let mut shot = Shot::new(self.of.name, self.case, request);
            let mut is_new = false;
            // Networks are given nothing back, so that all of these must arrive.
            if !is_network {
                let wait = Duration::from_millis(self.random.below(120) as u64);
                let manner = match self.random.below(16) {
                    0 => Manner::LeavesInBody,
                    1 => Manner::LeavesWaiting(wait),
                    2 => Manner::LeavesInAnswer,
                    3 => Manner::Slow {
                        pieces: 4,
                        pause: wait,
                    },
                    _ => Manner::Patient,
                };
                is_new = matches!(manner, Manner::Patient | Manner::LeavesWaiting(_))
                    && self.random.one_in(2);
                shot = shot.manner(manner);
                // Where the body tells who is counted, whoever leaves in mid-body has asked for nothing yet.
                if manner == Manner::LeavesInBody && self.of.key == Key::Account {
                    shot = shot.fate(Fate::Nobody);
                } else if !matches!(manner, Manner::LeavesWaiting(_)) && self.random.one_in(10) {
                    // Of one whose client is gone nobody can tell afterwards where it got.
                    shot = shot.fate(if self.of.gives_back {
                        Fate::Nobody
                    } else {
                        Fate::Wasted
                    });
                }
            }
            let (world, address) = (Arc::clone(&self.world), self.address);
            tasks.push(tokio::spawn(async move {
                let mut wire = if is_new {
                    Wire::http2(address)
                } else {
                    Wire::http1(address)
                };
                world.send(&mut wire, shot).await;
            }));
        }
        for task in tasks {
            super::joined(&self.world.model, task.await);
        }
    }

    /// One guess of a client that waits for its answer, from an address of which nothing bad is known.
    pub(crate) async fn one(&mut self) -> Outcome {
        let client = self.client(true);
        let shot = Shot::new(self.of.name, self.case, self.guess_from(&client));
        self.world.send(&mut Wire::http1(self.address), shot).await
    }

    /// Guesses on until `most` have got through or no more do, and then twice more, in vain.
    pub(crate) async fn exhaust(&mut self, most: u32) {
        let deadline = Instant::now() + LAG;
        let mut vain = 0;
        while vain < 3 {
            let outcome = self.one().await;
            let count = self.world.model.count(self.case);
            let is_refused = outcome.origin() == Some(Origin::Palisade);
            if is_refused && (count.possible() >= most || Instant::now() > deadline) {
                vain += 1;
            } else if is_refused {
                tokio::time::sleep(Duration::from_millis(100)).await;
            } else if Instant::now() > deadline + LAG {
                return;
            }
        }
    }

    /// The whole wave: a burst, then whatever is left of the limit.
    pub(crate) async fn run(mut self) {
        let guesses = self.of.most as usize * 2 + self.random.below(6);
        self.burst(guesses).await;
        self.exhaust(self.of.most).await;
        self.world
            .model
            .close(self.case, self.of.name, Some(self.of.most));
    }
}
