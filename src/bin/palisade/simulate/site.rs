//! The simulated application: where a policy protects its steps, how a request asks for one, and what it answers.

use std::net::IpAddr;

use palisade::intelligence::Reputation;
use palisade::message::{HeaderBlock, RequestHead};
use palisade::policy::Policy;
use palisade::request::HEADER_PREFIX;
use palisade::time::Time;
use serde_json::Value;

use crate::lone::{Place, Writer, answer_with};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To log in with a password.
    Login,
    /// To go on with a second factor's code.
    Code,
    /// A mail to reset the password.
    Reset,
}

impl Step {
    /// What it is called in the call's flags.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Code => "code",
            Self::Reset => "reset",
        }
    }
}

/// What the application makes of a request that reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// The password or the code is right, and the client is logged in. Or the mail was sent.
    Right,
    /// It is wrong.
    Wrong,
    /// The password is right, and a second factor is asked for.
    Next,
}

/// A request, and what is behind it.
pub(super) struct Asked<'r> {
    pub(super) at: Time,
    pub(super) from: IpAddr,
    /// What the API says of that address.
    pub(super) says: Option<Reputation>,
    pub(super) step: Step,
    pub(super) account: &'r str,
    pub(super) session: &'r str,
    pub(super) agent: &'r str,
    /// The answer to a challenge, as the header has it.
    pub(super) solution: Option<String>,
    /// What the application answers if the request gets there.
    pub(super) reply: Reply,
}

/// A method and a path.
pub(super) type Line = (String, String);

/// Reads `POST /login`.
pub(super) fn line(text: &str) -> Result<Line, &'static str> {
    let pair = text.split_once(' ');
    let (method, path) = pair.ok_or("expected a method and a path, such as 'POST /login'")?;
    match path.starts_with('/') {
        true => Ok((method.to_owned(), path.to_owned())),
        false => Err("expected a path that begins with /"),
    }
}

/// One step of the application.
#[derive(Clone, Debug)]
struct Door {
    line: Line,
    account: Place,
    right: Answer,
    wrong: Answer,
    next: Answer,
}

/// Status and headers of an answer.
type Answer = (u16, Vec<(String, String)>);

/// The application as a policy sees it.
#[derive(Clone, Debug)]
pub(super) struct Site {
    host: String,
    doors: [Door; 3],
    session: Option<Place>,
}

impl Site {
    /// Finds where the policy protects each step. `lines` are the requests of login, code and reset.
    ///
    /// # Errors
    /// Where the simulation cannot write what the policy looks for, and what to do.
    pub(super) fn of(
        policy: &Policy,
        tree: &Value,
        lines: [Line; 3],
        host: &str,
    ) -> Result<Self, String> {
        let [login, code, reset] = lines;
        let door = |step: Step, line: Line| Door::of(policy, tree, step, line, host);
        let doors = [
            door(Step::Login, login)?,
            door(Step::Code, code)?,
            door(Step::Reset, reset)?,
        ];
        let session = tree.pointer("/identity/session/0").and_then(Place::read);
        let session = session
            .filter(|place| matches!(place, Place::Cookie(_) | Place::Header(_) | Place::Bearer));
        Ok(Self {
            host: host.to_owned(),
            doors,
            session,
        })
    }

    fn door(&self, step: Step) -> &Door {
        let [login, code, reset] = &self.doors;
        match step {
            Step::Login => login,
            Step::Code => code,
            Step::Reset => reset,
        }
    }

    /// The request for a step.
    pub(super) fn request<'r>(
        &'r self,
        step: Step,
        account: &str,
        session: &str,
        agent: &'r str,
    ) -> Writer<'r> {
        let door = self.door(step);
        let mut request = Writer {
            method: door.line.0.as_str().into(),
            path: door.line.1.as_str().into(),
            host: self.host.as_str().into(),
            ..Writer::default()
        };
        request.header("user-agent", agent);
        // A page of HTML for each refusal would say the same and take longer.
        request.header("accept", "application/json");
        if let Some(place) = self.session.as_ref().filter(|_| !session.is_empty()) {
            place.put(session, &mut request);
        }
        door.account.put(account, &mut request);
        request
    }

    /// The application's answer.
    pub(super) fn answer(&self, step: Step, reply: Reply) -> HeaderBlock {
        let (status, headers) = self.raw_answer(step, reply);
        answer_with(*status, headers)
    }

    /// Status and headers of it.
    pub(super) fn raw_answer(&self, step: Step, reply: Reply) -> &(u16, Vec<(String, String)>) {
        let door = self.door(step);
        match reply {
            Reply::Right => &door.right,
            Reply::Wrong => &door.wrong,
            Reply::Next => &door.next,
        }
    }
}

impl Door {
    fn of(
        policy: &Policy,
        tree: &Value,
        step: Step,
        line: Line,
        host: &str,
    ) -> Result<Self, String> {
        let head = Writer {
            method: line.0.as_str().into(),
            path: line.1.as_str().into(),
            host: host.into(),
            ..Writer::default()
        };
        let headers = head.head();
        let head = RequestHead::read(&headers, HEADER_PREFIX.as_bytes());
        let found = policy.find(&head, &headers, false, None);
        let route = found.map(|(found, _)| found.routes.first.get());
        let place = match route {
            Some(route) => Place::of_account(tree, route),
            None => tree.pointer("/identity/account/0"),
        };
        let account = match place {
            Some(place) => Place::read(place).ok_or_else(|| {
                let name = step.name();
                let (method, path) = &line;
                format!(
                    "{method} {path} looks for the account in {place}, where a simulation cannot write it; name \
                     another request with --{name}, or another place first in `account`"
                )
            })?,
            None => Place::Form("email".to_owned()),
        };
        let route = route.and_then(|route| tree.pointer(&format!("/routes/{route}")));
        let signs = |name: &str| {
            route
                .and_then(|route| route.get(name))
                .filter(|signs| signs.is_object())
        };
        let answer = |name: &str, usual: (u16, Option<(&str, &str)>)| {
            let usual = (
                usual.0,
                usual
                    .1
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into_iter()
                    .collect(),
            );
            signs(name).map_or(Ok(usual), |signs| {
                shown(signs).ok_or_else(|| {
                    let (method, path) = &line;
                    format!(
                        "`{name}` of {method} {path} is only told by a body, which a simulation does not write; add a \
                         sign in `status` or `header`"
                    )
                })
            })
        };
        Ok(Self {
            right: answer("success", (200, None))?,
            wrong: answer("failure", (401, None))?,
            next: answer("next_step", (303, Some(("location", "/login/code"))))?,
            line,
            account,
        })
    }
}

/// An answer that shows one of these signs: a header's if there is one, which other answers are least likely to show.
fn shown(signs: &Value) -> Option<(u16, Vec<(String, String)>)> {
    let header = signs.pointer("/header/0").and_then(|sign| {
        let name = sign.get("name")?.as_str()?;
        let value = ["equals", "prefix", "contains"]
            .iter()
            .find_map(|kind| sign.get(kind)?.as_str())?;
        // What follows a prefix is the session of a cookie.
        let value = match sign.get("prefix") {
            Some(_) => format!("{value}1; HttpOnly"),
            None => value.to_owned(),
        };
        Some((name.to_ascii_lowercase(), value))
    });
    let status = signs.pointer("/status/0").and_then(|status| match status {
        Value::Number(number) => number.as_u64(),
        status => {
            let digits: String = status.as_str()?.chars().take(3).collect();
            digits.replace('x', "0").parse().ok()
        }
    });
    let status = status.and_then(|status| u16::try_from(status).ok());
    match (status, header) {
        (None, Some((name, value))) => Some((302, vec![(name, value)])),
        (Some(status), header) => Some((status, header.into_iter().collect())),
        (None, None) => None,
    }
}
