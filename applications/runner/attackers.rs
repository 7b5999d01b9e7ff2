//! Somebody with a program and a botnet: no two requests come from one address.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::evasions::{self, Login};
use crate::page;
use crate::site::Site;
use crate::support::{Request, Response};

/// A program with cookies, and an address in a network of its own for each request.
pub(crate) struct Attacker<'a> {
    site: &'a Site,
    next: u32,
    cookies: BTreeMap<String, String>,
}

/// What became of guesses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guesses {
    /// How many the application has answered.
    pub(crate) answered: usize,
    /// How many the filter has refused.
    pub(crate) refused: usize,
    /// How many have brought a device of ours.
    pub(crate) devices: usize,
}

impl fmt::Display for Guesses {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} answered, {} refused", self.answered, self.refused)?;
        match self.devices {
            0 => Ok(()),
            devices => write!(out, ", {devices} devices given"),
        }
    }
}

impl<'a> Attacker<'a> {
    /// One whose networks (/24) begin with this one.
    pub(crate) const fn new(site: &'a Site, first: u32) -> Self {
        Self {
            site,
            next: first,
            cookies: BTreeMap::new(),
        }
    }

    /// The site that is attacked.
    pub(crate) const fn site(&self) -> &'a Site {
        self.site
    }

    /// Sends a request from a new address, with the cookies so far, and keeps those that come.
    pub(crate) fn send(&mut self, request: &Request) -> Response {
        let [_, a, b, c] = self.next.to_be_bytes();
        self.next += 1;
        let mut request = request.clone().client(&format!("{}.{b}.{c}.7", 20 + a));
        if !self.cookies.is_empty() {
            let pairs = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            request = request.header("cookie", pairs.collect::<Vec<_>>().join("; "));
        }
        let response = self.site.send(&request);
        for (name, value) in &response.headers {
            if name == "set-cookie" {
                self.keep(&String::from_utf8_lossy(value));
            }
        }
        response
    }

    /// A GET.
    pub(crate) fn get(&mut self, target: &str) -> Response {
        self.send(&Request::get(target).header("user-agent", AGENT))
    }

    /// A form, as a browser writes it.
    pub(crate) fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Response {
        self.send(&form(target, &page::encoded(fields)))
    }

    /// JSON, as a browser's script writes it.
    pub(crate) fn post_json(&mut self, target: &str, body: &serde_json::Value) -> Response {
        let request = Request::post(target)
            .header("user-agent", AGENT)
            .header("content-type", "application/json");
        self.send(&request.body(body.to_string()))
    }

    /// Credentials of HTTP, with a GET.
    pub(crate) fn basic(&mut self, target: &str, name: &str, password: &str) -> Response {
        self.send(&basic(Request::get(target), name, password))
    }

    /// Begins anew, without cookies.
    pub(crate) fn forget_cookies(&mut self) {
        self.cookies.clear();
    }

    /// Has this cookie from now on.
    pub(crate) fn takes_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// All cookies that it has.
    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.cookies.clone()
    }

    /// Has these cookies, and no others.
    pub(crate) fn has_cookies(&mut self, cookies: &BTreeMap<String, String>) {
        self.cookies.clone_from(cookies);
    }

    /// A cookie that it has.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Makes so many guesses, each by `guess`, and counts who answered.
    pub(crate) fn guesses(
        &mut self,
        count: usize,
        mut guess: impl FnMut(&mut Self, usize) -> Response,
    ) -> Guesses {
        let mut guesses = Guesses::default();
        for number in 0..count {
            let response = guess(self, number);
            guesses.devices += usize::from(has_device(&response));
            if is_answered(&response) {
                guesses.answered += 1;
            } else {
                guesses.refused += 1;
            }
        }
        guesses
    }

    /// Writes a login in every other way, and names those by which somebody got in, or got a device of ours.
    ///
    /// `login` gets what a login needs, such as a session and its token, in a browser without cookies.
    pub(crate) fn writes_otherwise(
        &mut self,
        mut login: impl FnMut(&mut Self) -> Login,
        is_in: impl Fn(&Response) -> bool,
    ) -> String {
        self.forget_cookies();
        let count = evasions::all(&login(self)).len();
        let mut ways = Vec::new();
        for number in 0..count {
            self.forget_cookies();
            let login = login(self);
            let (name, request) = evasions::all(&login).swap_remove(number);
            let response = self.send(&request);
            if is_in(&response) {
                ways.push(name);
            } else if has_device(&response) {
                ways.push(format!("{name} (a device)"));
            }
        }
        among(&ways)
    }

    /// Sends each request, and names those by which somebody got in, or got a device of ours.
    pub(crate) fn tries(
        &mut self,
        requests: Vec<(String, Request)>,
        is_in: impl Fn(&Response) -> bool,
    ) -> String {
        let mut ways = Vec::new();
        for (name, request) in requests {
            let response = self.send(&request);
            if is_in(&response) || has_device(&response) {
                ways.push(name);
            }
        }
        among(&ways)
    }

    fn keep(&mut self, line: &str) {
        let pair = line.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else {
            return;
        };
        let lower = line.to_ascii_lowercase();
        let is_gone = lower.contains("max-age=0") || lower.contains("expires=thu, 01 jan 1970");
        if is_gone {
            self.cookies.remove(name.trim());
        } else {
            self.cookies
                .insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

fn among(ways: &[String]) -> String {
    if ways.is_empty() {
        "nobody in".to_owned()
    } else {
        format!("in by {}", ways.join(", "))
    }
}

/// Whether a browser that comes with this answer is a known device from now on. A provisional cookie, whose first byte
/// is 3, proves nothing by itself: it is good where the body behind it told of a success.
pub(crate) fn has_device(response: &Response) -> bool {
    let lines = response.headers.iter();
    let lines = lines.filter(|(name, _)| name == "set-cookie");
    let texts = lines.map(|(_, value)| crate::support::text(value));
    let mut cookies = texts.filter(|line| line.contains("palisade-device"));
    cookies.any(|line| {
        let pair = line.split(';').next().unwrap_or_default();
        let value = pair.split_once('=').map_or("", |(_, value)| value);
        let bytes = URL_SAFE_NO_PAD.decode(value);
        !bytes.is_ok_and(|bytes| bytes.first() == Some(&3))
    })
}

/// A browser's, copied: an attacker who does not do that is found more easily.
pub(crate) const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
    Chrome/140.0.0.0 Safari/537.36";

/// A form's request.
pub(crate) fn form(target: &str, body: &str) -> Request {
    Request::post(target)
        .header("user-agent", AGENT)
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

/// A request with credentials of HTTP.
pub(crate) fn basic(request: Request, name: &str, password: &str) -> Request {
    let pair = STANDARD.encode(format!("{name}:{password}"));
    request
        .header("user-agent", AGENT)
        .header("authorization", format!("Basic {pair}"))
}

/// Whether the application has answered, and not the filter: Envoy writes how long the application took.
pub(crate) fn is_answered(response: &Response) -> bool {
    response.header("x-envoy-upstream-service-time").is_some()
}
