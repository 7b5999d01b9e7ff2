//! A site behind challenges: what the filter does with the core, in a small server of its own.
//!
//! | path | answers |
//! |---|---|
//! | `/form.js` | the script that the test gave |
//! | `/form...` | never challenged: the form that the test gave; `CHALLENGE` in it becomes one, escaped |
//! | anything else | challenged unless cleared, then the application: it records the request and says so |

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use palisade::address::{ClientAddress, Prefix, PrefixLengths};
use palisade::challenge::carry::{Carried, CarryLimits, is_same_origin};
use palisade::challenge::clearance::{self, Earned, Grant, Holder};
use palisade::challenge::cookie::{self, CookieName};
use palisade::challenge::page::{Language, Nonce, Page, Start, Template, Then, render};
use palisade::challenge::proof::{Challenge, Randomness, Scope, SolutionId, verify};
use palisade::challenge::solutions::{SOLUTION_COOKIE, SOLUTION_HEADER, payloads};
use palisade::challenge::{Difficulty, Network};
use palisade::signing::SigningKeys;
use palisade::time::Time;

/// What differs from test to test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behaviour {
    /// The HTML of `/form`.
    pub(crate) form: String,
    /// The script that `/form` loads.
    pub(crate) script: String,
    /// Whether the page may have no workers.
    pub(crate) no_workers: bool,
    /// How many solutions are refused, whatever they are.
    pub(crate) refused: usize,
    /// Where the application redirects to after a POST.
    pub(crate) redirect: Option<String>,
    /// Whether nobody is challenged.
    pub(crate) open: bool,
}

/// A request that reached the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(own, _)| own == name);
        all.next().map(|(_, value)| value.as_str())
    }

    /// What stands in the field of ALTCHA's widget; of all that is escaped, base64 has these.
    fn solution_field(&self) -> Option<String> {
        let body = std::str::from_utf8(&self.body).ok()?;
        let value = body
            .split('&')
            .find_map(|field| field.strip_prefix("altcha="))?;
        Some(
            value
                .replace("%2F", "/")
                .replace("%3D", "=")
                .replace("%2B", "+"),
        )
    }

    fn lines<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let all = self.headers.iter().filter(move |(own, _)| own == name);
        all.map(|(_, value)| value.as_bytes())
    }
}

/// The site, on a port of its own.
pub(crate) struct Site {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    behaviour: Behaviour,
    keys: SigningKeys,
    spent: HashSet<SolutionId>,
    arrived: Vec<Arrived>,
    issued: u64,
    challenges: u64,
}

impl Site {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            behaviour,
            keys: SigningKeys::derived([7; 16]),
            spent: HashSet::new(),
            arrived: Vec::new(),
            issued: 0,
            challenges: 0,
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The same site for the network and another one for the browser.
    pub(crate) fn other_url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.address.port())
    }

    /// What reached the application so far.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.state.lock().expect("a lock").arrived.clone()
    }

    /// How many requests were challenged so far.
    pub(crate) fn challenges(&self) -> u64 {
        self.state.lock().expect("a lock").challenges
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let Some(request) = read(&stream) else { return };
    let answer = answer(&request, &mut state.lock().expect("a lock"));
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!(
        "content-length: {}\r\nconnection: close\r\n\r\n",
        answer.body.len()
    ));
    // The browser may have gone.
    let _ = stream.write_all(&[head.as_bytes(), &answer.body].concat());
}

fn read(stream: &TcpStream) -> Option<Arrived> {
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_ascii_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Arrived {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    let length = request
        .header("content-length")
        .map_or(Some(0), |length| length.parse().ok())?;
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn html(status: u16, body: &str) -> Answer {
    Answer {
        status,
        headers: vec![(
            "content-type".to_owned(),
            "text/html; charset=utf-8".to_owned(),
        )],
        body: body.as_bytes().to_vec(),
    }
}

fn answer(request: &Arrived, state: &mut State) -> Answer {
    if request.target == "/favicon.ico" {
        return html(404, "");
    }
    if request.target == "/form.js" {
        return Answer {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/javascript".to_owned())],
            body: state.behaviour.script.clone().into_bytes(),
        };
    }
    let client = ClientAddress::parse(b"127.0.0.1").expect("an address");
    let network = Network::Prefix(Prefix::of(client, PrefixLengths::default()));
    let scope = Scope {
        network,
        route: "login",
    };
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    let now = Time::from_nanos(u64::try_from(since.as_nanos()).expect("a time"));
    if request.target.starts_with("/form") {
        let form = state.behaviour.form.clone();
        let challenge = issue(state, scope, now).json().replace('"', "&quot;");
        return html(200, &form.replace("CHALLENGE", &challenge));
    }
    if state.behaviour.open {
        return application(request, state);
    }
    let name: CookieName = clearance::DEFAULT_NAME.parse().expect("a name");
    let holder = Holder {
        network,
        agent: request.header("user-agent").map(str::as_bytes),
        rule: "login",
    };
    let cookies = || request.lines("cookie");
    if clearance::check(cookies(), &name, holder, Difficulty::MIN, now, &state.keys).is_ok() {
        return application(request, state);
    }
    let mut was_refused = false;
    let field = request.solution_field();
    let field = field.as_deref().map(str::as_bytes);
    for payload in payloads(request.lines(SOLUTION_HEADER), cookies(), field) {
        was_refused = true;
        if state.behaviour.refused > 0 {
            state.behaviour.refused -= 1;
            break;
        }
        if let Ok(solved) = verify(payload, scope, now, &state.keys)
            && state.spent.insert(solved.id)
        {
            let what = Grant {
                earned: Earned::Proof(solved.difficulty),
                lifetime: clearance::DEFAULT_LIFETIME,
                serial: [1; 8],
            };
            let value = clearance::grant(cookies(), &name, holder, what, now, &state.keys);
            let mut answer = application(request, state);
            let mut set = |line| answer.headers.push(("set-cookie".to_owned(), line));
            set(name.set(&value, clearance::DEFAULT_LIFETIME));
            set(format!("{SOLUTION_COOKIE}=; Path=/; Max-Age=0"));
            return answer;
        }
    }
    challenge(request, state, scope, now, was_refused)
}

fn issue(state: &mut State, scope: Scope<'_>, now: Time) -> Challenge {
    state.issued += 1;
    let number = state.issued.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut random = [7; 20];
    random[..8].copy_from_slice(&number.to_be_bytes());
    random[8..16].copy_from_slice(&number.to_be_bytes());
    let difficulty = Difficulty::MIN;
    let lifetime = Duration::from_secs(600);
    Challenge::issue(
        scope,
        difficulty,
        lifetime,
        now,
        Randomness(random),
        &state.keys,
    )
}

fn challenge(
    request: &Arrived,
    state: &mut State,
    scope: Scope<'_>,
    now: Time,
    was_refused: bool,
) -> Answer {
    state.challenges += 1;
    let challenge = issue(state, scope, now);
    let bytes = |name| request.header(name).map(str::as_bytes);
    let is_own = is_same_origin(bytes("sec-fetch-site"), bytes("origin"), bytes("host"));
    let carried = Carried::read(bytes("content-type"), &request.body, CarryLimits::default());
    let then = match &carried {
        _ if request.method == "GET" => Then::Reload,
        Ok(carried) if is_own => Then::Post(carried),
        _ => Then::SendAgain,
    };
    let page = Page {
        language: Language::negotiate(bytes("accept-language")),
        challenge: &challenge,
        then,
        start: if was_refused {
            Start::OnClick
        } else {
            Start::Now
        },
        nonce: Nonce::new([9; 16]),
        reference: "8h2kq0z5c7xwm",
    };
    let rendered = render(&page, &Template::default());
    let mut headers: Vec<(String, String)> = rendered
        .headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
        .collect();
    if state.behaviour.no_workers {
        for (_, value) in &mut headers {
            *value = value.replace("worker-src blob:", "worker-src 'none'");
        }
    }
    Answer {
        status: 403,
        headers,
        body: rendered.body,
    }
}

fn application(request: &Arrived, state: &mut State) -> Answer {
    state.arrived.push(request.clone());
    let mut answer = html(
        200,
        "<!doctype html><title>application</title><h1 id=done>Welcome</h1>",
    );
    if let Some(target) = state
        .behaviour
        .redirect
        .clone()
        .filter(|_| request.method == "POST")
    {
        answer.status = 303;
        answer.headers.push(("location".to_owned(), target));
    }
    answer
}

/// Whether a `cookie` line has a cookie of this name.
pub(crate) fn has_cookie(request: &Arrived, name: &str) -> bool {
    cookie::values(request.lines("cookie"), name)
        .next()
        .is_some()
}
