//! Those who guess at Redmine's passwords and mails.

use serde_json::json;

use super::{LIMIT, LOGIN, PASSWORD, USUAL, is_in, token};
use crate::attackers::{basic, form};
use crate::evasions::Login;
use crate::page::encoded;
use crate::stage::Stage;
use crate::support::Request;

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    let doors = ["/login.json", "/login.xml", "/login?format=json", "/login"];
    USUAL.guesses(
        stage,
        "passwords by every format",
        16,
        |attacker, name, number| {
            let fields = [
                ("username", name),
                ("password", "guess"),
                ("format", "json"),
            ];
            attacker.post(doors[number % doors.len()], &fields)
        },
    );
    USUAL.written_otherwise(stage, |attacker| Login {
        target: LOGIN.to_owned(),
        field: "username",
        account: "person12".to_owned(),
        others: vec![
            ("authenticity_token", token(attacker, LOGIN)),
            ("password", PASSWORD.to_owned()),
        ],
    });
    stage.scene(
        "a locked account, as a program, otherwise",
        "nobody in",
        |stage| {
            USUAL.locks(stage, "person13");
            let mut attacker = stage.attacker();
            let written = attacker.writes_otherwise(
                |_| Login {
                    target: "/login.json".to_owned(),
                    field: "username",
                    account: "person13".to_owned(),
                    others: vec![("password", PASSWORD.to_owned())],
                },
                is_in,
            );
            let tried = attacker.tries(by_formats("person13"), is_in);
            if written == tried {
                written
            } else {
                format!("{written}; {tried}")
            }
        },
    );
    USUAL.mails(stage, |attacker, name| {
        let page = "/account/lost_password";
        let token = token(attacker, page);
        let address = format!("{name}@shop.example");
        let fields = [("authenticity_token", token.as_str()), ("mail", &address)];
        attacker.post(page, &fields)
    });
    USUAL.mails_otherwise(stage, |attacker| Login {
        target: "/account/lost_password".to_owned(),
        field: "mail",
        account: "person20@shop.example".to_owned(),
        others: vec![(
            "authenticity_token",
            token(attacker, "/account/lost_password"),
        )],
    });
    let door = (
        "a locked account, by credentials otherwise",
        "/users/current.json",
    );
    USUAL.basic_otherwise(stage, door, ("person23", PASSWORD), |response| {
        response.text().contains("person23")
    });
    stage.scene("passwords by REST", "5 answered at most", |stage| {
        let doors = [
            "/users/current.json",
            "/issues.json",
            "/projects.xml",
            "/users/current?format=json",
        ];
        let guesses = stage.attacker().guesses(20, |attacker, number| {
            attacker.basic(
                doors[number % doors.len()],
                "person21",
                &format!("guess-{number}"),
            )
        });
        if guesses.answered <= LIMIT {
            "5 answered at most".to_owned()
        } else {
            guesses.to_string()
        }
    });
    stage.scene(
        "passwords by REST, the format in a body",
        "5 answered at most",
        |stage| {
            let parts =
                "--b\r\ncontent-disposition: form-data; name=\"format\"\r\n\r\njson\r\n--b--\r\n";
            let bodies = [
                ("application/xml", "<format>json</format>"),
                ("text/xml", "<format>json</format>"),
                ("multipart/mixed; boundary=b", parts),
                ("multipart/related; boundary=b", parts),
            ];
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let (kind, body) = bodies[number % bodies.len()];
                let request = Request::get("/users/current").header("content-type", kind);
                attacker.send(&basic(
                    request.body(body),
                    "person24",
                    &format!("guess-{number}"),
                ))
            });
            if guesses.answered <= LIMIT {
                "5 answered at most".to_owned()
            } else {
                guesses.to_string()
            }
        },
    );
    stage.scene("a locked account, by REST", "nobody in", |stage| {
        let mut attacker = stage.attacker();
        attacker.guesses(20, |attacker, _| {
            attacker.basic("/users/current.json", "person22", "guess")
        });
        let doors = [
            "/users/current.json",
            "/users/current.xml",
            "/my/account.json",
            "/users/current?format=xml",
        ];
        let requests = doors.map(|door| {
            (
                door.to_owned(),
                basic(Request::get(door), "person22", PASSWORD),
            )
        });
        attacker.tries(requests.into(), |response| {
            response.text().contains("person22")
        })
    });
}

/// The right password in every format that Rails reads.
fn by_formats(name: &str) -> Vec<(String, Request)> {
    let right = [("username", name), ("password", PASSWORD)];
    let body = json!({ "username": name, "password": PASSWORD }).to_string();
    let plain = encoded(&right);
    let decoy = encoded(&[("username", "nobody"), ("password", PASSWORD)]);
    let mut ways = Vec::new();
    for door in [
        "/login.json",
        "/login.xml",
        "/login?format=json",
        "/login?format=xml",
        "/login.json?format=html",
    ] {
        let join = if door.contains('?') { '&' } else { '?' };
        let json = form(door, &body).replace("content-type", "application/json");
        ways.push((format!("{door}, JSON"), json.clone()));
        ways.push((
            format!("{door}, JSON, another type"),
            json.replace("content-type", "application/vnd.api+json"),
        ));
        ways.push((format!("{door}, form"), form(door, &plain)));
        ways.push((
            format!("{door}, query"),
            form(&format!("{door}{join}{plain}"), ""),
        ));
        let target = format!("{door}{join}username={name}");
        ways.push((format!("{door}, name in the query"), form(&target, &decoy)));
        let half = json!({ "password": PASSWORD }).to_string();
        let half = form(&target, &half).replace("content-type", "application/json");
        ways.push((format!("{door}, name in the query, rest in JSON"), half));
        let nested = json!({ "username": { "x": name }, "password": PASSWORD, "session": { "username": name } });
        let nested = form(door, &nested.to_string()).replace("content-type", "application/json");
        ways.push((format!("{door}, nested JSON"), nested));
        let twice = format!(
            "{{\"username\":\"nobody\",\"username\":\"{name}\",\"password\":\"{PASSWORD}\"}}"
        );
        let twice = form(door, &twice).replace("content-type", "application/json");
        ways.push((format!("{door}, JSON, twice"), twice));
    }
    let inside = [right[0], right[1], ("format", "json")];
    ways.push((
        "/login, the format in the form".to_owned(),
        form(LOGIN, &encoded(&inside)),
    ));
    ways
}
