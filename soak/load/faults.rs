//! The servers around Envoy, and how they fail for a while.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::model::Model;
use super::random::Random;
use crate::support::{Answer, Backend, Received, text};

/// What is wrong with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Answers after so many milliseconds.
    Slow(u64),
    Status(u16),
    /// Closes the connection instead of an answer.
    Resets,
    /// Breaks off in mid-answer.
    Cuts,
    /// Answers something else.
    Junk,
    /// Never answers.
    Silent,
    /// Answers in small pieces.
    Pieces,
}

impl Fault {
    const OF_SERVICES: [Self; 9] = [
        Self::Slow(300),
        Self::Slow(2_000),
        Self::Status(500),
        Self::Status(429),
        Self::Status(403),
        Self::Resets,
        Self::Cuts,
        Self::Junk,
        Self::Silent,
    ];
    const OF_APPLICATION: [Self; 7] = [
        Self::Slow(400),
        Self::Status(500),
        Self::Status(503),
        Self::Resets,
        Self::Cuts,
        Self::Silent,
        Self::Pieces,
    ];

    /// An answer with this fault.
    fn of(self, answer: Answer) -> Answer {
        match self {
            Self::None => answer,
            Self::Slow(milliseconds) => answer.delay(Duration::from_millis(milliseconds)),
            Self::Status(status) => Answer::status(status).body("an error"),
            Self::Resets => Answer::closed(),
            Self::Cuts => answer.cut(),
            Self::Junk => Answer::status(200).body("<html>junk"),
            Self::Silent => Answer::silent(),
            Self::Pieces => answer.pieces(16),
        }
    }
}

/// What is wrong at the moment.
#[derive(Clone, Copy, Debug)]
struct Faults {
    api: Fault,
    application: Fault,
    told: Fault,
}

/// The API, the application, and where the application is told of revocations.
pub(crate) struct Servers {
    pub(crate) api: Backend,
    pub(crate) application: Backend,
    pub(crate) told: Backend,
    faults: Arc<Mutex<Faults>>,
}

impl Servers {
    pub(crate) async fn start(model: &Arc<Model>) -> Self {
        let faults = Arc::new(Mutex::new(Faults {
            api: Fault::None,
            application: Fault::None,
            told: Fault::None,
        }));
        let (api, application) = (Backend::api().await, Backend::application().await);
        let told = Backend::start(Answer::status(204)).await;
        let now = Arc::clone(&faults);
        api.answer_by(move |request| {
            let fault = now.lock().unwrap().api;
            fault.of(Answer::ipasis(flags(&request.target)))
        });
        let now = Arc::clone(&faults);
        told.answer_by(move |_| {
            let fault = now.lock().unwrap().told;
            fault.of(Answer::status(204))
        });
        let (now, model) = (Arc::clone(&faults), Arc::clone(model));
        application.answer_by(move |request| {
            let fault = now.lock().unwrap().application;
            answer(&model, request, fault)
        });
        Self {
            api,
            application,
            told,
            faults,
        }
    }

    /// Lets something else be wrong, or nothing.
    pub(crate) fn change(&self, random: &mut Random) -> String {
        let mut choose = |of: &[Fault]| match random.below(5) {
            0..3 => Fault::None,
            _ => of[random.below(of.len())],
        };
        let faults = Faults {
            api: choose(&Fault::OF_SERVICES),
            application: choose(&Fault::OF_APPLICATION),
            told: choose(&Fault::OF_SERVICES),
        };
        *self.faults.lock().unwrap() = faults;
        format!(
            "API {:?}, application {:?}, webhook {:?}",
            faults.api, faults.application, faults.told
        )
    }

    /// Nothing is wrong from now on.
    pub(crate) fn recover(&self) {
        *self.faults.lock().unwrap() = Faults {
            api: Fault::None,
            application: Fault::None,
            told: Fault::None,
        };
    }

    /// Forgets what has arrived: the model has it.
    pub(crate) fn forget(&self) {
        for server in [&self.api, &self.application, &self.told] {
            server.forget();
        }
    }
}

/// What the API knows of an address: of those that begin with 11 or 12, 66 in the second place is Tor, 77 a VPN.
fn flags(target: &str) -> &'static [&'static str] {
    let mut words = target.split(['/', '?', '&', '=']);
    let second = words.find_map(|word| {
        let (first, rest) = word.split_once('.')?;
        ["11", "12"]
            .contains(&first)
            .then(|| rest.split('.').next())?
    });
    match second {
        Some("66") => &["Tor"],
        Some("77") => &["VPN"],
        _ => &[],
    }
}

/// The application: a right password gets in. It tells the model what has come.
fn answer(model: &Model, request: &Received, fault: Fault) -> Answer {
    let label = request.header("x-soak").unwrap_or_default();
    let numbers = label.split_once('.');
    let numbers = numbers.and_then(|(case, id)| Some((case.parse().ok()?, id.parse().ok()?)));
    let body = text(&request.body);
    let answer = if request.target.starts_with("/login") && body.contains("right") {
        Answer::status(302)
            .header("location", "/home")
            .header("set-cookie", &format!("sid=s{label}; Path=/; HttpOnly"))
            .body("welcome")
    } else if ["/login", "/code"]
        .iter()
        .any(|path| request.target.starts_with(path))
    {
        Answer::status(401).body("wrong password")
    } else {
        let length = request.body.len();
        Answer::status(200)
            .header("x-soak-length", &length.to_string())
            .body("the application")
    };
    if let Some((case, id)) = numbers {
        model.arrived(case, id, matches!(fault, Fault::Resets | Fault::Cuts));
    }
    fault.of(answer).header("x-soak-application", "yes")
}
