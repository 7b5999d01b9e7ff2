//! django-allauth's headless API: JSON for browsers (cookies) and for apps (a token in a header).

use serde_json::{Value, json};

use super::{authenticator, paper};
use crate::attackers::{AGENT, Attacker, is_answered};
use crate::evasions_json::{self, JsonLogin};
use crate::secrets::wrong_code;
use crate::stage::Stage;
use crate::support::{Request, Response};
use crate::usual::{LIMIT, PASSWORD, in_or_not};

const BROWSER: &str = "/_allauth/browser/v1/auth/";
const APP: &str = "/_allauth/app/v1/auth/";
/// The client may choose it, as long as cookie and header agree.
const CSRF: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    people(stage);
    passwords(stage);
    codes(stage);
}

fn people(stage: &mut Stage<'_>) {
    let home = stage.home();
    stage.scene("an app, twenty right logins", "in 20 times", |stage| {
        let ins = (0..20).filter(|_| {
            let body = json!({ "username": "person6", "password": PASSWORD });
            stage
                .site
                .send(&request(APP, "login", &body).client(&home))
                .status
                == 200
        });
        format!("in {} times", ins.count())
    });
    let home = stage.home();
    stage.main_scene(
        "an app, with a second factor, ten times",
        "in 10 times",
        |stage| {
            let ins = (0..10).filter(|_| {
                let body = json!({ "username": "person33", "password": PASSWORD });
                let response = stage.site.send(&request(APP, "login", &body).client(&home));
                assert_eq!(response.status, 401, "{}", response.text());
                let session = response.json()["meta"]["session_token"].clone();
                let body = json!({ "code": paper(stage, "person33") });
                let code = request(APP, "2fa/authenticate", &body).client(&home);
                let code = code.header("x-session-token", session.as_str().unwrap_or_default());
                stage.site.send(&code).status == 200
            });
            let count = ins.count();
            format!("in {count} times")
        },
    );
    stage.scene(
        "a browser's script, its session asked for 30 times",
        "never refused",
        |stage| {
            let mut person = stage.person();
            let refused = (0..30).filter(|_| {
                person.open("/_allauth/browser/v1/auth/session");
                person.status() != 401 || !person.reads().contains("flows")
            });
            match refused.count() {
                0 => "never refused".to_owned(),
                count => format!("refused {count} times"),
            }
        },
    );
}

fn passwords(stage: &mut Stage<'_>) {
    stage.main_scene(
        "passwords, by both APIs and the page",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let password = format!("guess-{number}");
                let body = json!({ "username": "person22", "password": password });
                match number % 3 {
                    0 => browser(attacker, "login", &body),
                    1 => app(attacker, "login", &body, ""),
                    _ => super::posts(
                        attacker,
                        "/accounts/login/",
                        &[("login", "person22"), ("password", &password)],
                    ),
                }
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "passwords by the API, by name and by mail",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let (field, name) = match number % 3 {
                    0 => ("username", "person23"),
                    1 => ("username", "person23@shop.example"),
                    _ => ("email", "person23@shop.example"),
                };
                app(
                    attacker,
                    "login",
                    &json!({ field: name, "password": "guess" }),
                    "",
                )
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "a locked account by the API, otherwise written",
        "nobody in",
        |stage| {
            let mut attacker = stage.attacker();
            attacker.guesses(LIMIT + 1, |attacker, _| {
                app(
                    attacker,
                    "login",
                    &json!({ "username": "person13", "password": "guess" }),
                    "",
                )
            });
            let login = JsonLogin {
                target: format!("{APP}login"),
                field: &["username"],
                account: "person13".to_owned(),
                body: json!({ "password": PASSWORD }),
            };
            attacker.tries(evasions_json::all(&login), |response| {
                is_answered(response) && response.status == 200
            })
        },
    );
}

/// Those who have a password, and guess at the code.
fn codes(stage: &mut Stage<'_>) {
    stage.scene(
        "codes by the app's API, each a new session",
        "5 answered, 15 refused",
        |stage| {
            let right = authenticator();
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                app_code(attacker, "person24", &wrong_code(&right, number))
            });
            guesses.to_string()
        },
    );
    stage.main_scene(
        "codes by page, browser and app in turn",
        "5 answered, 15 refused",
        |stage| {
            let right = authenticator();
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let wrong = wrong_code(&right, number);
                let body = json!({ "username": "person25", "password": PASSWORD });
                match number % 3 {
                    0 => app_code(attacker, "person25", &wrong),
                    1 => {
                        browser(attacker, "login", &body);
                        browser_code(attacker, &wrong)
                    }
                    _ => {
                        // The password at the API, the code at the page: it is one session.
                        browser(attacker, "login", &body);
                        let fields = [("csrfmiddlewaretoken", CSRF), ("code", &wrong)];
                        attacker.post("/accounts/2fa/authenticate/", &fields)
                    }
                }
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "the right code by the app, after too many wrong",
        "not in",
        |stage| {
            let right = paper(stage, "person26");
            let mut attacker = stage.attacker();
            for number in 0..8 {
                app_code(
                    &mut attacker,
                    "person26",
                    &wrong_code(&authenticator(), number),
                );
            }
            let response = app_code(&mut attacker, "person26", &right);
            in_or_not(is_answered(&response) && response.status == 200)
        },
    );
}

fn request(api: &str, door: &str, body: &Value) -> Request {
    Request::post(format!("{api}{door}"))
        .header("user-agent", AGENT)
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .body(body.to_string())
}

fn app(attacker: &mut Attacker<'_>, door: &str, body: &Value, session: &str) -> Response {
    attacker.forget_cookies();
    let mut request = request(APP, door, body);
    if !session.is_empty() {
        request = request.header("x-session-token", session);
    }
    attacker.send(&request)
}

/// The right password in a new session of the app, and a code.
fn app_code(attacker: &mut Attacker<'_>, name: &str, code: &str) -> Response {
    let response = app(
        attacker,
        "login",
        &json!({ "username": name, "password": PASSWORD }),
        "",
    );
    let answer: Value = serde_json::from_str(&response.text()).unwrap_or_default();
    let session = answer["meta"]["session_token"].as_str().unwrap_or_default();
    app(
        attacker,
        "2fa/authenticate",
        &json!({ "code": code }),
        session,
    )
}

fn browser(attacker: &mut Attacker<'_>, door: &str, body: &Value) -> Response {
    attacker.forget_cookies();
    attacker.takes_cookie("csrftoken", CSRF);
    attacker.send(&request(BROWSER, door, body).header("x-csrftoken", CSRF))
}

fn browser_code(attacker: &mut Attacker<'_>, code: &str) -> Response {
    let request = request(BROWSER, "2fa/authenticate", &json!({ "code": code }));
    attacker.send(&request.header("x-csrftoken", CSRF))
}
