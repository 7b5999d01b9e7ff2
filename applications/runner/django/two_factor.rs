//! django-two-factor-auth: password, authenticator, codes on paper and remembered browsers, all on one path.

use super::{
    Reset, authenticator, codes_are_new, has_session, mails, name, next_day, paper, posts, resets,
    token,
};
use crate::attackers::{Attacker, is_answered};
use crate::evasions::Login;
use crate::people::Person;
use crate::secrets::wrong_code;
use crate::stage::Stage;
use crate::support::Response;
use crate::usual::{Locked, PASSWORD, Usual, in_or_not};

const LOGIN: &str = "/account/login/";
const STEP: &str = "login_view-current_step";
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
    asks: "/account/password_reset/",
    link: "/reset/",
    fields: ["new_password1", "new_password2"],
};

/// All scenes.
pub(crate) fn play(stage: &mut Stage<'_>) {
    USUAL.play(stage);
    people(stage);
    USUAL.written_otherwise(stage, |attacker| Login {
        target: LOGIN.to_owned(),
        field: "auth-username",
        account: "person12".to_owned(),
        others: vec![
            ("csrfmiddlewaretoken", token(attacker, LOGIN)),
            (STEP, "auth".to_owned()),
            ("auth-password", PASSWORD.to_owned()),
        ],
    });
    USUAL.guesses(
        stage,
        "passwords, on the way to another step",
        22,
        |attacker, name, number| {
            let fields = [
                (STEP, ["auth", "token", "backup"][number % 3]),
                ("auth-username", name),
                ("auth-password", "guess"),
                ("wizard_goto_step", ["token", "backup"][number % 2]),
            ];
            posts(attacker, LOGIN, &fields)
        },
    );
    mails(stage, &USUAL, &RESET);
    codes(stage);
}

fn people(stage: &mut Stage<'_>) {
    stage.scene("a new password by mail", "has it", |stage| {
        resets(stage, &RESET, "person4")
    });
    stage.scene("with a second factor, six times", "in 6 times", |stage| {
        let ins = (0..6).filter(|number| {
            codes_are_new(stage);
            let mut person = if *number == 0 {
                stage.person()
            } else {
                stage.returns()
            };
            next_day(&mut person);
            with_code(&mut person, "person31", &authenticator())
        });
        let count = ins.count();
        format!("in {count} times")
    });
    stage.scene("by codes on paper, ten times", "in 10 times", |stage| {
        let ins = (0..10).filter(|number| {
            let code = paper(stage, "person32");
            let mut person = if *number == 0 {
                stage.person()
            } else {
                stage.returns()
            };
            next_day(&mut person);
            enters(&mut person, "person32", PASSWORD);
            person.submit("[name=wizard_goto_step][value=backup]");
            enters_code(&mut person, "backup", &code)
        });
        let count = ins.count();
        format!("in {count} times")
    });
    stage.main_scene("a code mistyped, then right", "in", |stage| {
        codes_are_new(stage);
        let mut person = stage.person();
        enters(&mut person, "person33", PASSWORD);
        assert!(!enters_code(&mut person, "token", "000000"));
        codes_are_new(stage);
        let mut person = stage.returns();
        in_or_not(enters_code(&mut person, "token", &authenticator()))
    });
    stage.scene(
        "remembered by the browser, ten times",
        "in 10 times",
        |stage| {
            codes_are_new(stage);
            let mut person = stage.person();
            assert!(with_code(&mut person, "person34", &authenticator()));
            let ins = (0..10).filter(|_| {
                person.forget_cookie("sessionid");
                USUAL.logs_in(&mut person, "person34", PASSWORD)
            });
            let count = ins.count();
            format!("in {count} times")
        },
    );
    stage.main_scene(
        "her code is guessed at, in her browser of before",
        "in",
        |stage| {
            codes_are_new(stage);
            let mut person = stage.person();
            assert!(with_code(&mut person, "person35", &authenticator()));
            let right = authenticator();
            stage.attacker().guesses(10, |attacker, number| {
                at_the_code(attacker, "person35");
                code(attacker, &wrong_code(&right, number))
            });
            codes_are_new(stage);
            let mut person = stage.returns();
            next_day(&mut person);
            in_or_not(with_code(&mut person, "person35", &authenticator()))
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
                at_the_code(attacker, "person36");
                code(attacker, wrong)
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
                    at_the_code(attacker, "person37");
                    is_there = true;
                }
                code(attacker, wrong)
            })
        },
    );
    stage.scene(
        "codes, a wrong password of another between",
        "5 answered, 15 refused",
        |stage| {
            guessed(stage, |attacker, wrong| {
                at_the_code(attacker, "person38");
                let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
                let fields = [
                    ("csrfmiddlewaretoken", token.as_str()),
                    (STEP, "auth"),
                    ("auth-username", "person16"),
                    ("auth-password", "wrong"),
                ];
                attacker.post(LOGIN, &fields);
                code(attacker, wrong)
            })
        },
    );
    stage.scene(
        "codes, with the fields of a password beside",
        "5 answered, 15 refused",
        |stage| {
            let mut number = 0;
            guessed(stage, |attacker, wrong| {
                number += 1;
                at_the_code(attacker, "person39");
                let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
                let decoy = format!("nobody{number}");
                let fields = [
                    ("csrfmiddlewaretoken", token.as_str()),
                    (STEP, "token"),
                    ("auth-username", decoy.as_str()),
                    ("auth-password", "x"),
                    ("token-otp_token", wrong),
                ];
                attacker.post(LOGIN, &fields)
            })
        },
    );
    stage.scene(
        "the right code, after too many wrong ones",
        "not in",
        |stage| {
            let mut attacker = stage.attacker();
            for number in 0..8 {
                at_the_code(&mut attacker, "person40");
                code(&mut attacker, &wrong_code(&authenticator(), number));
            }
            codes_are_new(stage);
            let mut attacker = stage.attacker();
            at_the_code(&mut attacker, "person40");
            let response = code(&mut attacker, &authenticator());
            in_or_not(lets_in(&response))
        },
    );
    // Its codes are used up since the scene before.
    codes_are_new(stage);
    USUAL.code_otherwise(
        stage,
        |attacker| {
            at_the_code(attacker, "person40");
            let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
            Login {
                target: LOGIN.to_owned(),
                field: "token-otp_token",
                account: authenticator(),
                others: vec![("csrfmiddlewaretoken", token), (STEP, "token".to_owned())],
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
    codes_are_new(stage);
    let right = authenticator();
    let guesses = stage.attacker().guesses(20, |attacker, number| {
        enter(attacker, &wrong_code(&right, number))
    });
    guesses.to_string()
}

/// Enters the right password in a new session.
fn at_the_code(attacker: &mut Attacker<'_>, name: &str) {
    guess(attacker, name, PASSWORD);
}

fn code(attacker: &mut Attacker<'_>, code: &str) -> Response {
    let token = attacker.cookie("csrftoken").unwrap_or_default().to_owned();
    let fields = [
        ("csrfmiddlewaretoken", token.as_str()),
        (STEP, "token"),
        ("token-otp_token", code),
    ];
    attacker.post(LOGIN, &fields)
}

fn enters(person: &mut Person<'_>, name: &str, password: &str) {
    person.open(LOGIN);
    person.fill("[name=auth-username]", name);
    person.fill("[name=auth-password]", password);
    person.submit("button.btn-primary");
}

fn with_code(person: &mut Person<'_>, name: &str, code: &str) -> bool {
    enters(person, name, PASSWORD);
    enters_code(person, "token", code)
}

fn enters_code(person: &mut Person<'_>, step: &str, code: &str) -> bool {
    let field = format!("[name={step}-otp_token]");
    assert!(
        person.sees(&field),
        "{} {}",
        person.status(),
        person.reads()
    );
    person.fill(&field, code);
    person.submit("button.btn-primary");
    is_in(person)
}

fn is_in(person: &mut Person<'_>) -> bool {
    let is_in = person.path().starts_with("/account/two_factor/");
    assert!(
        is_in || person.sees(".errorlist"),
        "{} {}",
        person.status(),
        person.reads()
    );
    is_in
}

fn guess(attacker: &mut Attacker<'_>, name: &str, password: &str) -> Response {
    posts(
        attacker,
        LOGIN,
        &[
            (STEP, "auth"),
            ("auth-username", name),
            ("auth-password", password),
        ],
    )
}

fn lets_in(response: &Response) -> bool {
    is_answered(response) && response.status == 302 && has_session(response)
}
