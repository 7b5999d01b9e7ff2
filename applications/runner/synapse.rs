//! Matrix Synapse: a JSON API with several doors, one of which tells passwords apart without any session.

use serde_json::{Value, json};

use crate::attackers::{AGENT, Attacker, is_answered};
use crate::evasions_json::{self, JsonLogin};
use crate::people::Person;
use crate::stage::Stage;
use crate::support::{Request, Response};
use crate::usual::{Locked, PASSWORD, Usual};

const LOGIN: &str = "/_matrix/client/v3/login";
const NEW_PASSWORD: &str = "/_matrix/client/v3/account/password";
const USUAL: Usual = Usual {
    name,
    login_page: "/_matrix/static/client/login",
    enters,
    is_in,
    guess,
    lets_in,
    locked: Locked::Reads("too many"),
};

/// All scenes.
pub(crate) fn play(stage: &mut Stage<'_>) {
    USUAL.play(stage);
    people(stage);
    attackers(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene(
        "by her full Matrix ID, twenty times",
        "in 20 times",
        |stage| {
            let mut person = stage.person();
            let ins =
                (0..20).filter(|_| USUAL.logs_in(&mut person, "@Person3:example.test", PASSWORD));
            format!("in {} times", ins.count())
        },
    );
    let home = stage.home();
    stage.scene(
        "a client changes the password, ten times",
        "changed 10 times",
        |stage| {
            let changed = (0..10).filter(|_| {
                let login = stage
                    .site
                    .send(&request(LOGIN, &body("person4", PASSWORD)).client(&home));
                let token = login.json()["access_token"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let ask = |body: &Value| {
                    let request = request(NEW_PASSWORD, body).client(&home);
                    stage
                        .site
                        .send(&request.header("authorization", format!("Bearer {token}")))
                };
                // Every client asks without the password first, and is told what is wanted.
                let first = ask(&json!({ "new_password": PASSWORD }));
                let session = first.json()["session"].clone();
                let mut auth = body("person4", PASSWORD);
                auth["session"] = session;
                ask(&json!({ "new_password": PASSWORD, "auth": auth })).status == 200
            });
            format!("changed {} times", changed.count())
        },
    );
    let home = stage.home();
    stage.scene(
        "a client asks who it is, fifty times",
        "50 answers",
        |stage| {
            let login = stage
                .site
                .send(&request(LOGIN, &body("person5", PASSWORD)).client(&home));
            let token = login.json()["access_token"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let answers = (0..50).filter(|_| {
                let request = Request::get("/_matrix/client/v3/account/whoami").client(&home);
                let request = request.header("authorization", format!("Bearer {token}"));
                stage.site.send(&request).status == 200
            });
            format!("{} answers", answers.count())
        },
    );
}

fn attackers(stage: &mut Stage<'_>) {
    stage.main_scene(
        "passwords by every version and form",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
            let version = ["v3", "r0", "unstable", "api/v1"][number % 4];
            let guess = match number % 3 {
                0 => body("person16", "guess"),
                1 => json!({ "type": "m.login.password", "user": "person16", "password": "guess" }),
                _ => body("@Person16:example.test", "guess"),
            };
            attacker.post_json(&format!("/_matrix/client/{version}/login"), &guess)
        });
            guesses.to_string()
        },
    );
    stage.scene(
        "passwords without a session, by a new password",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                oracle(attacker, "person17", &format!("guess-{number}"))
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "a locked account, asked without a session",
        "not told",
        |stage| {
            USUAL.locks(stage, "person18");
            let answer = oracle(&mut stage.attacker(), "person18", PASSWORD);
            if answer
                .text()
                .contains("\"completed\":[\"m.login.password\"]")
            {
                "told that it is right".to_owned()
            } else {
                "not told".to_owned()
            }
        },
    );
    stage.scene(
        "passwords by telephone number, decoys beside",
        "0 answered, 10 refused",
        |stage| {
            let guesses = stage.attacker().guesses(10, |attacker, number| {
                let mut login = body(&format!("decoy{number}"), "guess");
                login["user"] = login["identifier"]["user"].take();
                login["identifier"] = json!({
                    "type": "m.id.phone", "country": "DE", "number": "01711234567", "phone": "01711234567",
                });
                match number % 2 {
                    0 => attacker.post_json(LOGIN, &login),
                    _ => attacker.post_json(NEW_PASSWORD, &json!({ "new_password": "x", "auth": login })),
                }
            });
            guesses.to_string()
        },
    );
    for (scene, number, field, more) in [
        (
            "a locked account, otherwise written",
            12,
            &["identifier", "user"] as &[&str],
            json!({ "type": "m.login.password", "password": PASSWORD }),
        ),
        (
            "a locked account, in the old form",
            13,
            &["user"],
            json!({ "type": "m.login.password", "password": PASSWORD }),
        ),
        (
            "a locked account, somebody else's name beside",
            19,
            &["user"],
            json!({
                "type": "m.login.password",
                "password": PASSWORD,
                "identifier": { "type": "m.id.user", "user": "nobody" },
            }),
        ),
    ] {
        stage.scene(scene, "nobody in", |stage| {
            USUAL.locks(stage, &name(number));
            let login = JsonLogin {
                target: LOGIN.to_owned(),
                field,
                account: name(number),
                body: more,
            };
            stage.attacker().tries(evasions_json::all(&login), lets_in)
        });
    }
    stage.scene(
        "a locked account, by its full Matrix ID",
        "nobody in",
        |stage| {
            USUAL.locks(stage, "person20");
            let names = [
                "@person20:example.test",
                "@PERSON20:example.test",
                "@person20:EXAMPLE.TEST",
                "PERSON20",
            ];
            let requests =
                names.map(|name| (name.to_owned(), request(LOGIN, &body(name, PASSWORD))));
            stage.attacker().tries(requests.into(), lets_in)
        },
    );
}

fn name(number: usize) -> String {
    format!("person{number}")
}

/// A password as clients send it.
fn body(name: &str, password: &str) -> Value {
    json!({
        "type": "m.login.password",
        "identifier": { "type": "m.id.user", "user": name },
        "password": password,
    })
}

fn request(target: &str, body: &Value) -> Request {
    Request::post(target)
        .header("user-agent", AGENT)
        .header("content-type", "application/json")
        .body(body.to_string())
}

/// Asks for a new password without any token: the answer tells whether the old one is right.
fn oracle(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    attacker.post_json(
        NEW_PASSWORD,
        &json!({ "new_password": "x", "auth": body(name, password) }),
    )
}

/// A client in the browser, as Element is one: it asks by `fetch`, and shows what the answer's `error` says.
fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    if !person.path().starts_with(USUAL.login_page) {
        person.open("/_matrix/static/client/login/");
    }
    let body = body(name, password).to_string();
    person.value(&format!(
        "(() => {{ window.isAnswered = false; fetch({}, {{ method: 'POST', \
         headers: {{ 'content-type': 'application/json', accept: 'application/json' }}, body: {} }}) \
         .then(answer => answer.json().then(json => {{ window.isIn = !!json.access_token; \
         document.body.innerText = json.error || json.detail || 'in'; window.isAnswered = true; }})); }})()",
        json!(LOGIN),
        json!(body)
    ));
    person.waits_for("window.isAnswered");
}

fn is_in(person: &mut Person<'_>) -> bool {
    person.value("window.isIn") == true
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    attacker.post_json(LOGIN, &body(name, password))
}

fn lets_in(response: &Response) -> bool {
    is_answered(response) && response.status == 200 && response.text().contains("access_token")
}
