//! django-allauth: its pages, by name and by mail, second factors and codes by mail. The headless API stands beside it.

use super::admin::guess_when_over;
use super::headless;
use super::{Reset, authenticator, has_session, mails, name, paper, posts, resets, token};
use crate::attackers::{AGENT, Attacker, is_answered};
use crate::evasions::Login;
use crate::mail;
use crate::page::encoded;
use crate::people::Person;
use crate::secrets::wrong_code;
use crate::stage::Stage;
use crate::support::{Request, Response};
use crate::usual::{LIMIT, Locked, PASSWORD, Usual, in_or_not};

const LOGIN: &str = "/accounts/login/";
const CODE: &str = "/accounts/2fa/authenticate/";
const BY_MAIL: &str = "/accounts/login/code/";
const BY_MAIL_CODE: &str = "/accounts/login/code/confirm/";
const USUAL: Usual = Usual {
    name,
    login_page: LOGIN,
    enters,
    is_in,
    guess,
    lets_in,
    locked: Locked::Reads("too many"),
};
const RESET: Reset = Reset {
    asks: "/accounts/password/reset/",
    link: "/accounts/password/reset/key/",
    fields: ["password1", "password2"],
};

/// All scenes.
pub(crate) fn play(stage: &mut Stage<'_>) {
    USUAL.play(stage);
    people(stage);
    USUAL.written_otherwise(stage, |attacker| Login {
        target: LOGIN.to_owned(),
        field: "login",
        account: "person12".to_owned(),
        others: vec![
            ("csrfmiddlewaretoken", token(attacker, LOGIN)),
            ("password", PASSWORD.to_owned()),
        ],
    });
    mails(stage, &USUAL, &RESET);
    doors(stage);
    codes(stage);
    headless::play(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("by her mail address, ten times", "in 10 times", |stage| {
        let mut person = stage.person();
        let ins = (0..10).filter(|_| {
            person.forget_all_but_ours();
            USUAL.logs_in(&mut person, "person3@shop.example", PASSWORD)
        });
        format!("in {} times", ins.count())
    });
    stage.main_scene("a new password by mail", "has it", |stage| {
        resets(stage, &RESET, "person4")
    });
    stage.scene("with a second factor, ten times", "in 10 times", |stage| {
        let ins = (0..10).filter(|number| {
            let code = paper(stage, "person31");
            let mut person = if *number == 0 {
                stage.person()
            } else {
                stage.returns()
            };
            person.forget_all_but_ours();
            with_code(&mut person, "person31", &code)
        });
        let count = ins.count();
        format!("in {count} times")
    });
    stage.main_scene("a code mistyped twice, then right", "in", |stage| {
        let code = paper(stage, "person32");
        let mut person = stage.person();
        enters(&mut person, "person32", PASSWORD);
        for _ in 0..2 {
            assert!(!enters_code(&mut person, "000000"));
        }
        in_or_not(enters_code(&mut person, &code))
    });
    stage.main_scene(
        "by a code in her mail, three times",
        "in 3 times",
        |stage| {
            let folder = stage.application.mail();
            let mut person = stage.person();
            let ins = (0..3).filter(|_| {
                person.forget_all_but_ours();
                mail::clear(&folder);
                person.open(BY_MAIL);
                person.fill("[name=email]", "person5@shop.example");
                person.submit("form [type=submit]");
                let code = mail::line(&folder, "person5@shop.example", |line| {
                    line.len() == 9 && line.as_bytes()[4] == b'-' && line.to_uppercase() == line
                });
                person.fill("[name=code]", &code);
                person.submit("form [type=submit]");
                is_in(&mut person)
            });
            let count = ins.count();
            format!("in {count} times")
        },
    );
}

/// Other doors of the same accounts.
fn doors(stage: &mut Stage<'_>) {
    stage.main_scene(
        "passwords, by name and by mail",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let name = ["person16", "person16@shop.example"][number % 2];
                guess(attacker, name, &format!("guess-{number}"))
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "passwords, answered in JSON",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                attacker.forget_cookies();
                let token = token(attacker, LOGIN);
                let password = format!("guess-{number}");
                let fields = [
                    ("csrfmiddlewaretoken", token.as_str()),
                    ("login", "person17"),
                    ("password", &password),
                ];
                attacker.send(
                    &Request::post(LOGIN)
                        .header("user-agent", AGENT)
                        .header("accept", "application/json")
                        .header("content-type", "application/x-www-form-urlencoded")
                        .body(encoded(&fields)),
                )
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "passwords, by the admin's own login too",
        "5 answered, 15 refused",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                let password = format!("guess-{number}");
                match number % 2 {
                    0 => guess(attacker, "person18", &password),
                    _ => posts(
                        attacker,
                        "/admin/login/",
                        &[("username", "person18"), ("password", &password)],
                    ),
                }
            });
            guesses.to_string()
        },
    );
    USUAL.guesses(
        stage,
        "passwords at the admin, by a session that is over",
        28,
        |attacker, name, _| guess_when_over(attacker, "/admin/login/", name),
    );
    stage.scene(
        "devices of others, without their password",
        "none",
        |stage| {
            let mut attacker = stage.attacker();
            // His own login first: any other's is a redirect then, whatever the password.
            assert!(lets_in(&guess(&mut attacker, "person24", PASSWORD)));
            let mut given = attacker
                .guesses(3, |attacker, _| {
                    let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
                    let fields = [
                        ("csrfmiddlewaretoken", token.as_str()),
                        ("login", "person25"),
                        ("password", "guess"),
                    ];
                    attacker.post(LOGIN, &fields)
                })
                .devices;
            for before in ["by mail", "by password"] {
                given += attacker
                    .guesses(3, |attacker, _| {
                        match before {
                            "by mail" => {
                                posts(attacker, BY_MAIL, &[("email", "person26@shop.example")])
                            }
                            _ => guess(attacker, "person34", PASSWORD),
                        };
                        let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
                        let fields = [("csrfmiddlewaretoken", token.as_str()), ("action", "skip")];
                        attacker.post("/accounts/2fa/trust/", &fields)
                    })
                    .devices;
            }
            if given == 0 {
                "none".to_owned()
            } else {
                format!("{given} given")
            }
        },
    );
    stage.scene(
        "codes by mail, asked for by strangers",
        "3 answered, 9 refused",
        |stage| {
            let guesses = stage.attacker().guesses(12, |attacker, _| {
                posts(attacker, BY_MAIL, &[("email", "person19@shop.example")])
            });
            guesses.to_string()
        },
    );
    stage.scene(
        "guesses at codes in the mail",
        "at most 5 answered",
        |stage| {
            let guesses = stage.attacker().guesses(20, |attacker, number| {
                if number % 2 == 0 {
                    posts(attacker, BY_MAIL, &[("email", "person21@shop.example")]);
                }
                code(attacker, BY_MAIL_CODE, &format!("ABCD-{number:04}"))
            });
            if guesses.answered <= LIMIT {
                "at most 5 answered".to_owned()
            } else {
                guesses.to_string()
            }
        },
    );
}

/// Those who have a password, and guess at the code.
fn codes(stage: &mut Stage<'_>) {
    stage.main_scene(
        "codes, each with a new session",
        "5 answered, 15 refused",
        |stage| {
            guessed(stage, |attacker, wrong| {
                guess(attacker, "person36", PASSWORD);
                code(attacker, CODE, wrong)
            })
        },
    );
    stage.scene(
        "codes, all in one session",
        "5 answered, 15 refused",
        |stage| {
            let mut is_there = false;
            guessed(stage, |attacker, wrong| {
                if !is_there {
                    guess(attacker, "person37", PASSWORD);
                    is_there = true;
                }
                code(attacker, CODE, wrong)
            })
        },
    );
    stage.scene(
        "codes, by name and by mail",
        "5 answered, 15 refused",
        |stage| {
            let mut number = 0;
            guessed(stage, |attacker, wrong| {
                number += 1;
                guess(
                    attacker,
                    ["person38", "person38@shop.example"][number % 2],
                    PASSWORD,
                );
                code(attacker, CODE, wrong)
            })
        },
    );
    stage.main_scene(
        "the right code, after too many wrong ones",
        "not in",
        |stage| {
            let right = paper(stage, "person39");
            let mut attacker = stage.attacker();
            for number in 0..8 {
                guess(&mut attacker, "person39", PASSWORD);
                code(&mut attacker, CODE, &wrong_code(&authenticator(), number));
            }
            guess(&mut attacker, "person39", PASSWORD);
            let response = code(&mut attacker, CODE, &right);
            in_or_not(is_answered(&response) && response.status == 302)
        },
    );
    // Its codes are used up since the scene before.
    USUAL.code_otherwise(
        stage,
        |attacker| {
            guess(attacker, "person39", PASSWORD);
            let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
            Login {
                target: CODE.to_owned(),
                field: "code",
                account: authenticator(),
                others: vec![("csrfmiddlewaretoken", token)],
            }
        },
        lets_in,
    );
}

/// Twenty wrong codes, each entered by `enter`.
fn guessed(
    stage: &mut Stage<'_>,
    mut enter: impl FnMut(&mut Attacker<'_>, &str) -> Response,
) -> String {
    let right = authenticator();
    let guesses = stage.attacker().guesses(20, |attacker, number| {
        enter(attacker, &wrong_code(&right, number))
    });
    guesses.to_string()
}

fn code(attacker: &mut Attacker<'_>, door: &str, code: &str) -> Response {
    let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
    attacker.post(
        door,
        &[("csrfmiddlewaretoken", token.as_str()), ("code", code)],
    )
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    person.open(LOGIN);
    person.fill("[name=login]", name);
    person.fill("[name=password]", password);
    person.submit("form [type=submit]");
}

fn with_code(person: &mut Person<'_>, name: &str, code: &str) -> bool {
    enters(person, name, PASSWORD);
    enters_code(person, code)
}

fn enters_code(person: &mut Person<'_>, code: &str) -> bool {
    assert!(
        person.sees("[name=code]"),
        "{} {}",
        person.status(),
        person.reads()
    );
    person.fill("[name=code]", code);
    person.submit("form [type=submit]");
    if person.path().starts_with("/accounts/2fa/trust/") {
        person.submit("[name=action][value=skip]");
    }
    is_in(person)
}

fn is_in(person: &mut Person<'_>) -> bool {
    let is_in = person.path().starts_with("/accounts/email/");
    assert!(
        is_in || person.sees(".errorlist"),
        "{} {}",
        person.status(),
        person.reads()
    );
    is_in
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    posts(attacker, LOGIN, &[("login", name), ("password", password)])
}

fn lets_in(response: &Response) -> bool {
    is_answered(response) && response.status == 302 && has_session(response)
}
