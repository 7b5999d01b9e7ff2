//! A stand-in that behaves as a captcha service documents.

mod dialect;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub(crate) use dialect::{Provider, Refusal};

use crate::support::{Answer, Backend, Received};
use dialect::Asked;

/// What proves to every service that it is us.
pub(crate) const SECRET: &str = "a-secret-of-the-tests";
/// The site's public name at every service.
pub(crate) const SITE_KEY: &str = "a-site.key_1";
/// How long a token is good.
const LIFETIME: Duration = Duration::from_secs(300);

/// A captcha that somebody has solved.
#[derive(Clone, Debug)]
pub(crate) struct Solved {
    pub(crate) hostname: &'static str,
    pub(crate) action: &'static str,
    pub(crate) score: f64,
    pub(crate) age: Duration,
}

impl Default for Solved {
    fn default() -> Self {
        Self {
            hostname: "shop.example",
            action: "login",
            score: 0.9,
            age: Duration::from_secs(3),
        }
    }
}

/// The service of one provider, on a port of its own.
pub(crate) struct Service {
    pub(crate) provider: Provider,
    pub(crate) backend: Backend,
    state: Arc<Mutex<State>>,
}

struct State {
    secret: String,
    /// The address that must be told; `None` for none.
    address: Option<String>,
    /// Whether the service forgets to look at a token's age.
    is_lenient: bool,
    /// Whether it takes a token as often as it comes.
    repeats: bool,
    issued: HashMap<String, Solved>,
    spent: HashSet<String>,
    /// What becomes of some tokens instead.
    faults: HashMap<String, Answer>,
    /// What its widget loads, by path; `/token` gives out a token beside.
    pages: HashMap<String, Answer>,
    /// What the widget's tokens say.
    solving: Solved,
}

impl Service {
    pub(crate) async fn start(provider: Provider) -> Self {
        let backend = Backend::start(Answer::status(500)).await;
        let state = Arc::new(Mutex::new(State {
            secret: SECRET.to_owned(),
            address: None,
            is_lenient: false,
            repeats: false,
            issued: HashMap::new(),
            spent: HashSet::new(),
            faults: HashMap::new(),
            pages: HashMap::new(),
            solving: Solved::default(),
        }));
        let serving = Arc::clone(&state);
        backend.answer_by(move |request| serving.lock().unwrap().answer(provider, request));
        Self {
            provider,
            backend,
            state,
        }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.backend.address
    }

    /// How many tokens it was asked about; what its widget loads is something else.
    pub(crate) fn count(&self) -> usize {
        let requests = self.backend.requests();
        let asked = requests.iter().filter(|request| request.method != "GET");
        asked.count()
    }

    /// A token for a captcha that was solved just now and as it should be.
    pub(crate) fn token(&self) -> String {
        self.issue(Solved::default())
    }

    /// A token.
    pub(crate) fn issue(&self, solved: Solved) -> String {
        self.issue_of(0, solved)
    }

    /// A token of at least so many characters.
    pub(crate) fn issue_of(&self, length: usize, solved: Solved) -> String {
        self.state().issue(self.provider, length, solved)
    }

    /// A token whose verification ends like this, whatever it says.
    pub(crate) fn fault(&self, answer: Answer) -> String {
        let token = self.token();
        self.state().faults.insert(token.clone(), answer);
        token
    }

    /// Somebody else has this one verified.
    pub(crate) fn spend(&self, token: &str) {
        self.state().spent.insert(token.to_owned());
    }

    /// What a good token would be answered, as JSON.
    pub(crate) fn good(&self) -> String {
        self.provider.pass(&Solved::default())
    }

    /// The secret that it takes from now on.
    pub(crate) fn takes(&self, secret: &str) {
        secret.clone_into(&mut self.state().secret);
    }

    /// The address that must be told from now on.
    pub(crate) fn expect_address(&self, address: Option<&str>) {
        self.state().address = address.map(str::to_owned);
    }

    /// What the tokens of its widget say from now on.
    pub(crate) fn solve_as(&self, solved: Solved) {
        self.state().solving = solved;
    }

    /// Answers a GET of this path, whatever its query, with `answer`.
    pub(crate) fn serve(&self, path: &str, answer: Answer) {
        self.state().pages.insert(path.to_owned(), answer);
    }

    /// Forgets from now on to look at the age of tokens.
    pub(crate) fn is_lenient(&self) {
        self.state().is_lenient = true;
    }

    /// Takes a token as often as it comes from now on.
    pub(crate) fn repeats(&self) {
        self.state().repeats = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn issue(&mut self, provider: Provider, length: usize, solved: Solved) -> String {
        let mut token = format!("{}.tok+en/{}=|:~", provider.name(), self.issued.len());
        let padding = length.saturating_sub(token.len());
        token.extend("0123456789abcdef".chars().cycle().take(padding));
        self.issued.insert(token.clone(), solved);
        token
    }

    fn answer(&mut self, provider: Provider, request: &Received) -> Answer {
        if request.method == "GET" {
            return self.page(provider, &request.target);
        }
        let asked = match provider.read(request) {
            Ok(asked) => asked,
            Err(refusal) => return provider.refuse(refusal),
        };
        if let Some(fault) = self.faults.get(&asked.token) {
            return fault.clone();
        }
        match self.verify(provider, asked) {
            Ok(solved) => provider.json(200, provider.pass(&solved)),
            Err(refusal) => provider.refuse(refusal),
        }
    }

    fn page(&mut self, provider: Provider, target: &str) -> Answer {
        let path = target.split('?').next().unwrap_or_default();
        let answer = match self.pages.get(path) {
            Some(page) => page.clone(),
            None if path == "/token" => {
                Answer::status(200).body(self.issue(provider, 0, self.solving.clone()))
            }
            None => Answer::status(404),
        };
        answer.header("access-control-allow-origin", "*")
    }

    fn verify(&mut self, provider: Provider, asked: Asked) -> Result<Solved, Refusal> {
        if asked.secret.is_empty() {
            return Err(Refusal::NoSecret);
        }
        if asked.secret != self.secret {
            return Err(Refusal::WrongSecret);
        }
        if provider.asks_site_key() && asked.site_key.as_deref() != Some(SITE_KEY) {
            return Err(Refusal::OtherSite);
        }
        if asked.address != self.address {
            return Err(Refusal::BadRequest);
        }
        if asked.token.is_empty() {
            return Err(Refusal::NoToken);
        }
        let solved = self.issued.get(&asked.token).ok_or(Refusal::WrongToken)?;
        if solved.age > LIFETIME && !self.is_lenient {
            return Err(Refusal::Expired);
        }
        if !self.spent.insert(asked.token) && !self.repeats {
            return Err(Refusal::Spent);
        }
        Ok(solved.clone())
    }
}
