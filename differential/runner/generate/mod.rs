//! Requests around two accounts: a decoy and a victim.
//!
//! A third is what honest clients send; the rest is a grammar of spellings, mutated.

mod authorization;
mod cookie;
mod form;
mod honest;
mod json;
mod multipart;
mod path;
mod spelling;

use super::place::{Case, Field, Place};
use super::random::Random;
use super::request::Request;

/// Decoys and victims.
const ACCOUNTS: [(&str, &str); 4] = [
    ("junk@a.example", "victim@b.example"),
    ("junk7", "victim"),
    ("eve", "Victim"),
    ("12345", "67890"),
];
const SESSIONS: (&str, &str) = ("decoy0123456789", "secret0123456789");

/// Bytes that readers pass over, cut away or fold.
const NOISE: [&[u8]; 52] = [
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\x01",
    b"\x08",
    b"\x0b",
    b"\x0c",
    b"\x1b",
    b"\x1c",
    b"\x1d",
    b"\x1e",
    b"\x1f",
    b"\x7f",
    b"\xc2\x80",
    b"\xc2\x85",
    b"\xc2\xa0",
    b"\xc2\xad",
    b"\xcd\x8f",
    b"\xd8\x9c",
    b"\xe1\x9a\x80",
    b"\xe1\xa0\x8e",
    b"\xe2\x80\x80",
    b"\xe2\x80\x83",
    b"\xe2\x80\x8b",
    b"\xe2\x80\x8c",
    b"\xe2\x80\x8d",
    b"\xe2\x80\x8e",
    b"\xe2\x80\x8f",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xa9",
    b"\xe2\x80\xaa",
    b"\xe2\x80\xae",
    b"\xe2\x80\xaf",
    b"\xe2\x81\x9f",
    b"\xe2\x81\xa0",
    b"\xe2\x81\xa6",
    b"\xe3\x80\x80",
    b"\xe3\x85\xa4",
    b"\xef\xb8\x8f",
    b"\xef\xbb\xbf",
    b"\xef\xbf\xb9",
    b"\xef\xbf\xbd",
    b"\xef\xbf\xbe",
    b"\xf3\xa0\x80\xa0",
    b"\x80",
    b"\xa0",
    b"\xff",
    b"\xc0\xa0",
    b"\xed\xa0\x80",
];

/// A text with `J` for every decoy and `V` for every victim, so that inputs of one kind are alike.
pub(crate) fn anonymous(text: &str) -> String {
    let pairs = ACCOUNTS.into_iter().chain([SESSIONS]);
    pairs.fold(text.to_owned(), |text, (decoy, victim)| {
        text.replace(decoy, "J").replace(victim, "V")
    })
}

/// What makes one request.
pub(crate) struct Generator {
    random: Random,
    field: Field,
    decoy: &'static str,
    victim: &'static str,
}

/// The request of this number.
pub(crate) fn case(seed: u64, place: Place, number: u64) -> Case {
    let stream = Place::ALL
        .iter()
        .position(|other| *other == place)
        .unwrap_or_default();
    let mut random = Random::new(seed, u64::try_from(stream).unwrap_or_default(), number);
    let (decoy, victim) = match place {
        Place::Cookie | Place::Bearer => SESSIONS,
        _ => ACCOUNTS[random.below(ACCOUNTS.len())],
    };
    let field = if random.one_in(3) {
        Field::Nested
    } else {
        Field::Flat
    };
    let is_honest = random.one_in(3);
    let mut generator = Generator {
        random,
        field,
        decoy,
        victim,
    };
    let (request, honest) = if is_honest {
        let (request, expected) = generator.honest(place);
        (request, Some(expected))
    } else {
        (generator.hostile(place), None)
    };
    let request = Request {
        is_http2: generator.random.one_in(3),
        ..request
    };
    Case {
        place,
        field,
        request,
        honest,
    }
}

impl Generator {
    fn hostile(&mut self, place: Place) -> Request {
        let request = match place {
            Place::Form => self.form(),
            Place::Multipart => self.multipart(),
            Place::Json => self.json(),
            Place::Body => match self.random.below(4) {
                0 => self.form(),
                1 => self.multipart(),
                2 => self.json(),
                _ => self.disagreeing(),
            },
            Place::Query => self.query(),
            Place::Cookie => self.cookies(),
            Place::Basic | Place::Bearer => self.authorization(place),
            Place::Segment => self.segment(),
            Place::Route => self.route(),
        };
        self.beside(place, request)
    }

    /// A body of one kind under the type of another.
    fn disagreeing(&mut self) -> Request {
        let (mut one, other) = match self.random.below(3) {
            0 => (self.form(), self.json()),
            1 => (self.json(), self.form()),
            _ => (self.multipart(), self.form()),
        };
        one.body = other.body;
        one
    }

    /// The same name in a place beside, and methods that are not what they seem.
    fn beside(&mut self, place: Place, mut request: Request) -> Request {
        let name = self.field.name();
        if matches!(
            place,
            Place::Form | Place::Multipart | Place::Json | Place::Body
        ) {
            if self.random.one_in(6) {
                let pair = self.pair(true);
                request.target.push(b'?');
                request.target.extend(pair);
            }
            if self.random.one_in(12) {
                let value = self.value();
                request = request.header("cookie", [name.as_bytes(), b"=", &value].concat());
            }
        }
        if place == Place::Segment && self.random.one_in(4) {
            let value = self.random.pick(&["name", "email", "0", "segment"]);
            let pair = format!(
                "{}{value}={}",
                if request.target.contains(&b'?') {
                    '&'
                } else {
                    '?'
                },
                self.decoy
            );
            request.target.extend(pair.bytes());
        }
        if place != Place::Route && place != Place::Segment && self.random.one_in(20) {
            request.target = self
                .random
                .pick(&["/login/code", "/users/x/login", "/other", "/"])
                .into();
        }
        if self.random.one_in(25) {
            let method = self
                .random
                .pick(&["GET", "POST", "PUT", "PATCH", "DELETE", "get"]);
            match self.random.below(4) {
                0 => request = request.header("x-http-method-override", method),
                1 => request = request.header("x-method-override", method),
                2 => {
                    let sign = if request.target.contains(&b'?') {
                        "&"
                    } else {
                        "?"
                    };
                    request
                        .target
                        .extend(format!("{sign}_method={method}").bytes());
                }
                _ if place == Place::Route => {
                    request = request
                        .header("content-type", "application/x-www-form-urlencoded")
                        .with_body(format!("_method={method}"));
                }
                _ => request = request.header("x-http-method", method),
            }
        }
        request
    }

    /// A request without a body, to a route.
    fn head_only(&mut self) -> Request {
        if self.random.one_in(2) {
            Request::new("POST", "/login")
        } else {
            Request::new("GET", "/account")
        }
    }

    /// The decoy or the victim, the victim more often.
    fn account(&mut self) -> &'static str {
        if self.random.below(5) < 2 {
            self.decoy
        } else {
            self.victim
        }
    }

    fn noise(&mut self) -> &'static [u8] {
        // Blanks are what most readers cut away.
        if self.random.one_in(3) {
            b" "
        } else {
            NOISE[self.random.below(NOISE.len())]
        }
    }
}
