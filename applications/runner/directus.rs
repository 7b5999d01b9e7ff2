//! Directus 11: its app and its API, the code in the same request as the password, and logins by GraphQL.

use serde_json::{Value, json};

use crate::attackers::{AGENT, Attacker, is_answered};
use crate::evasions_json::{self, JsonLogin};
use crate::mail;
use crate::page;
use crate::people::Person;
use crate::secrets::{Written, code, fresh_code, wrong_code};
use crate::stage::Stage;
use crate::support::{Request, Response};
use crate::usual::{LIMIT, Locked, PASSWORD, Usual, in_or_not};

const LOGIN: &str = "/auth/login";
const GRAPHQL: &str = "/graphql/system";
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const USUAL: Usual = Usual {
    name,
    login_page: "/admin/login",
    enters,
    is_in,
    guess,
    lets_in,
    locked: Locked::Reads("limit reached"),
};

/// All scenes.
pub(crate) fn play(stage: &mut Stage<'_>) {
    USUAL.play(stage);
    people(stage);
    written_otherwise(stage);
    codes(stage);
    by_graphql(stage);
    USUAL.mails(stage, |attacker, name| {
        attacker.post_json("/auth/password/request", &json!({ "email": name }))
    });
    USUAL.no_more_mails(stage, |attacker, has_sent| {
        let ask = JsonLogin {
            target: "/auth/password/request".to_owned(),
            field: &["email"],
            account: name(20),
            body: json!({}),
        };
        attacker.tries(evasions_json::all(&ask), has_sent)
    });
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("with a second factor, six times", "in 6 times", |stage| {
        let mut person = stage.person();
        let ins = (0..6).filter(|_| {
            person.forget_all_but_ours();
            with_code(&mut person, &name(31), None)
        });
        format!("in {} times", ins.count())
    });
    stage.scene("a code mistyped twice, then right", "in", |stage| {
        let mut person = stage.person();
        in_or_not(with_code(&mut person, &name(32), Some("000000")))
    });
    stage.scene("a new password by mail", "has it", |stage| {
        resets(stage, &name(4))
    });
    stage.scene(
        "locked by strangers, asks for a new password",
        "has it",
        |stage| {
            USUAL.locks(stage, &name(15));
            resets(stage, &name(15))
        },
    );
    let home = stage.home();
    stage.scene(
        "a program, 20 logins and 20 refreshes",
        "40 answers",
        |stage| {
            let mut answers = 0;
            for _ in 0..20 {
                let body = json!({ "email": name(5), "password": PASSWORD });
                let response = stage.site.send(&request(LOGIN, &body).client(&home));
                answers += usize::from(response.status == 200);
                let answer: Value = serde_json::from_str(&response.text()).unwrap_or_default();
                let body =
                    json!({ "refresh_token": answer["data"]["refresh_token"], "mode": "json" });
                let response = stage
                    .site
                    .send(&request("/auth/refresh", &body).client(&home));
                answers += usize::from(response.status == 200);
            }
            format!("{answers} answers")
        },
    );
    let home = stage.home();
    stage.scene(
        "a program, 30 questions by GraphQL",
        "30 answers",
        |stage| {
            let answers = (0..30).filter(|_| {
                let body = json!({ "query": "{ server_ping }" });
                stage
                    .site
                    .send(&request(GRAPHQL, &body).client(&home))
                    .status
                    == 200
            });
            format!("{} answers", answers.count())
        },
    );
}

fn written_otherwise(stage: &mut Stage<'_>) {
    stage.scene(
        "a locked account, otherwise written",
        "nobody in",
        |stage| {
            USUAL.locks(stage, &name(12));
            let login = JsonLogin {
                target: LOGIN.to_owned(),
                field: &["email"],
                account: name(12),
                body: json!({ "password": PASSWORD }),
            };
            stage.attacker().tries(evasions_json::all(&login), lets_in)
        },
    );
}

/// Those who have a password, and guess at the code.
fn codes(stage: &mut Stage<'_>) {
    stage.scene(
        "codes, each from a new address",
        "5 answered, 15 refused",
        |stage| {
            let right = code(SECRET, Written::Base32);
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let wrong = wrong_code(&right, number);
                attacker.post_json(
                    LOGIN,
                    &json!({ "email": name(36), "password": PASSWORD, "otp": wrong }),
                )
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "codes, a right password without between",
        "5 answered",
        |stage| {
            let right = code(SECRET, Written::Base32);
            let mut attacker = stage.attacker();
            let guesses = attacker.guesses(20, |attacker, number| {
                let wrong = wrong_code(&right, number);
                attacker.post_json(LOGIN, &json!({ "email": name(37), "password": PASSWORD }));
                attacker.post_json(
                    LOGIN,
                    &json!({ "email": name(37), "password": PASSWORD, "otp": wrong }),
                )
            });
            format!("{} answered", guesses.answered)
        },
    );
    stage.scene(
        "the right code, after too many wrong ones",
        "not in",
        |stage| {
            let right = code(SECRET, Written::Base32);
            let mut attacker = stage.attacker();
            for number in 0..8 {
                let wrong = wrong_code(&right, number);
                attacker.post_json(
                    LOGIN,
                    &json!({ "email": name(38), "password": PASSWORD, "otp": wrong }),
                );
            }
            let right = fresh_code(SECRET, Written::Base32);
            let body = json!({ "email": name(38), "password": PASSWORD, "otp": right });
            in_or_not(lets_in(&attacker.post_json(LOGIN, &body)))
        },
    );
    // Its codes are used up since the scene before.
    stage.scene("the right code, otherwise written", "nobody in", |stage| {
        let right = fresh_code(SECRET, Written::Base32);
        let login = JsonLogin {
            target: LOGIN.to_owned(),
            field: &["email"],
            account: name(38),
            body: json!({ "password": PASSWORD, "otp": right }),
        };
        stage.attacker().tries(evasions_json::all(&login), lets_in)
    });
}

/// No page of Directus logs in by GraphQL, where one request is as many guesses as it has aliases.
fn by_graphql(stage: &mut Stage<'_>) {
    stage.scene("passwords by GraphQL, twenty in a request", "at most 5 passwords tried", |stage| {
        let mut attacker = stage.attacker();
        let mut tried = 0;
        for round in 0..3 {
            let guesses = (0..20).map(|number| {
                format!(
                    "a{number}: auth_login(email: \"{}\", password: \"g-{round}-{number}\") {{ access_token }}",
                    name(16)
                )
            });
            let query = format!("mutation {{ {} }}", guesses.collect::<Vec<_>>().join(" "));
            let response = attacker.post_json(GRAPHQL, &json!({ "query": query }));
            tried += response.text().matches("INVALID_CREDENTIALS").count();
        }
        if tried <= LIMIT {
            "at most 5 passwords tried".to_owned()
        } else {
            format!("{tried} passwords tried")
        }
    });
    stage.scene("a long article, by GraphQL", "answered", |stage| {
        let text = "how OAuth: log in works ".repeat(5_000);
        let query =
            format!("mutation {{ create_articles_item(data: {{ text: \"{text}\" }}) {{ id }} }}");
        let response = stage
            .attacker()
            .post_json("/graphql", &json!({ "query": query }));
        if is_answered(&response) {
            "answered".to_owned()
        } else {
            format!("refused: {}", response.status)
        }
    });
    stage.scene("a locked account, by GraphQL", "nobody in", |stage| {
        USUAL.locks(stage, &name(13));
        stage.attacker().tries(mutations(&name(13)), |response| {
            response.text().contains("\"access_token\":\"ey")
        })
    });
}

/// The right password in every way that GraphQL has for it.
fn mutations(name: &str) -> Vec<(String, Request)> {
    let login = |email: &str| {
        format!("auth_login(email: {email}, password: \"{PASSWORD}\") {{ access_token }}")
    };
    let quoted = format!("\"{name}\"");
    let escaped = format!("\"\\u{:04x}{}\"", name.as_bytes()[0], &name[1..]);
    let variables = json!({ "e": name });
    let ways = [
        (
            "a literal",
            format!("mutation {{ {} }}", login(&quoted)),
            Value::Null,
        ),
        (
            "an alias",
            format!("mutation {{ x: {} }}", login(&quoted)),
            Value::Null,
        ),
        (
            "a block string",
            format!("mutation {{ {} }}", login(&format!("\"\"{quoted}\"\""))),
            Value::Null,
        ),
        (
            "an escape",
            format!("mutation {{ {} }}", login(&escaped)),
            Value::Null,
        ),
        (
            "a variable",
            format!("mutation($e: String!) {{ {} }}", login("$e")),
            variables,
        ),
        (
            "a default",
            format!("mutation($e: String = {quoted}) {{ {} }}", login("$e")),
            Value::Null,
        ),
        (
            "a fragment",
            format!(
                "mutation {{ ...F }} fragment F on Mutation {{ {} }}",
                login(&quoted)
            ),
            Value::Null,
        ),
        (
            "a comment inside",
            format!("mutation {{ auth_login # (\n({} }}", &login(&quoted)[11..]),
            Value::Null,
        ),
        (
            "an operation of two",
            format!(
                "query A {{ server_ping }} mutation B {{ {} }}",
                login(&quoted)
            ),
            Value::Null,
        ),
    ];
    let mut all: Vec<(String, Request)> = Vec::new();
    for (way, query, variables) in ways {
        let mut body = json!({ "query": query, "variables": variables });
        if way == "an operation of two" {
            body["operationName"] = json!("B");
        }
        let text = body.to_string();
        let hidden = text.replace("auth_login", "auth\\u005flogin");
        for (target, body) in [
            (GRAPHQL, &text),
            (GRAPHQL, &hidden),
            ("/graphql/system/", &text),
            ("/GraphQL/System", &text),
            ("/graphql//system", &text),
            ("/graphql", &text),
        ] {
            let escape = if body == &hidden {
                ", its name escaped"
            } else {
                ""
            };
            all.push((format!("{way}{escape}, {target}"), post(target, body)));
        }
    }
    all
}

fn name(number: usize) -> String {
    format!("person{number}@example.com")
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    person.open("/admin/login");
    person.fill("input[type=email], input[autocomplete=username]", name);
    person.fill("input[type=password]", password);
    submits(person);
}

/// Sends the form, and waits for its answer and for what the app makes of it: another page, or a notice, or the
/// field of a code.
fn submits(person: &mut Person<'_>) {
    const ANSWERS: &str = "performance.getEntriesByType('resource').filter(entry => \
        entry.name.endsWith('/auth/login'))";
    let before = person.value(&format!("{ANSWERS}.length"));
    person.click("button[type=submit]");
    // The field of the code is there before the code's answer is.
    person.waits_for(&format!(
        "{ANSWERS}.length > {before} && ({ANSWERS}.at(-1).responseStatus === 200 \
         ? !location.pathname.startsWith('/admin/login') \
         : document.querySelector('.v-notice, input[autocomplete=one-time-code]'))"
    ));
}

/// Password first, then the code for which the app asks; with `mistyped` twice that one before.
fn with_code(person: &mut Person<'_>, name: &str, mistyped: Option<&str>) -> bool {
    const FIELD: &str = "input[autocomplete=one-time-code]";
    enters(person, name, PASSWORD);
    assert!(person.sees(FIELD), "{}", person.reads());
    for code in mistyped.into_iter().chain(mistyped) {
        enters_code(person, FIELD, code);
    }
    enters_code(person, FIELD, &fresh_code(SECRET, Written::Base32));
    is_in(person)
}

fn enters_code(person: &mut Person<'_>, field: &str, code: &str) {
    person.fill(field, code);
    submits(person);
}

fn is_in(person: &mut Person<'_>) -> bool {
    !person.path().starts_with("/admin/login")
}

fn resets(stage: &mut Stage<'_>, name: &str) -> String {
    let folder = stage.application.mail();
    mail::clear(&folder);
    let mut person = stage.person();
    person.open("/admin/reset-password");
    person.fill("input[type=email], input[autocomplete=username]", name);
    person.click("button[type=submit]");
    let link = mail::link(&folder, name, "reset-password?token=");
    person.open(&page::target(&link));
    person.fill("input[type=password]", PASSWORD);
    person.click("button[type=submit]");
    person.waits_for("document.querySelector('.v-notice.success, .v-notice.danger')");
    if person.sees(".v-notice.success") {
        "has it".to_owned()
    } else {
        person.reads()
    }
}

fn request(target: &str, body: &Value) -> Request {
    post(target, &body.to_string())
}

fn post(target: &str, body: &str) -> Request {
    Request::post(target)
        .header("user-agent", AGENT)
        .header("accept", "application/json")
        .header("content-type", "application/json")
        .body(body)
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    attacker.forget_cookies();
    attacker.post_json(
        LOGIN,
        &json!({ "email": name, "password": password, "mode": "session" }),
    )
}

fn lets_in(response: &Response) -> bool {
    is_answered(response) && response.status == 200 && response.text().contains("\"expires\"")
}
