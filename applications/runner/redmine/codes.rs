//! Those who have a password, and guess at the code of Redmine's second factor.

use super::{CODE, PASSWORD, USUAL, codes_are_new, guess, secret, token};
use crate::attackers::{Attacker, Guesses, form, is_answered};
use crate::evasions::Login;
use crate::page::encoded;
use crate::secrets::{Written, code, wrong_code};
use crate::stage::Stage;
use crate::support::Response;

/// The policy's limit of codes, right ones too.
const CODES: usize = 10;

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    stage.scene(
        "codes, each with a new session",
        "10 answered, 10 refused",
        |stage| {
            guessed(stage, "person33", |attacker, wrong| {
                at_the_code(attacker, "person33");
                enters(attacker, wrong)
            })
        },
    );
    stage.scene(
        "codes, with one session replayed",
        "10 answered, 10 refused",
        |stage| {
            let mut session = None;
            guessed(stage, "person34", |attacker, wrong| {
                let session = session.get_or_insert_with(|| at_the_code(attacker, "person34"));
                attacker.forget_cookies();
                attacker.takes_cookie("Redmine", session);
                enters(attacker, wrong)
            })
        },
    );
    stage.scene(
        "codes, with the session of other pages",
        "10 answered, 10 refused",
        |stage| {
            guessed(stage, "person35", |attacker, wrong| {
                at_the_code(attacker, "person35");
                for page in ["/", "/projects", "/search", "/my/page"] {
                    attacker.get(page);
                }
                enters(attacker, wrong)
            })
        },
    );
    stage.scene(
        "codes, after the password of another account",
        "10 answered, 10 refused",
        |stage| {
            guessed(stage, "person36", |attacker, wrong| {
                let session = at_the_code(attacker, "person36");
                at_the_code(attacker, "person40");
                attacker.takes_cookie("Redmine", &session);
                enters(attacker, wrong)
            })
        },
    );
    stage.scene(
        "codes, by every format",
        "10 answered, 10 refused",
        |stage| {
            let doors = [
                "/account/twofa.json",
                "/account/twofa.xml",
                "/account/twofa?format=json",
            ];
            let mut number = 0;
            guessed(stage, "person37", |attacker, wrong| {
                at_the_code(attacker, "person37");
                number += 1;
                let door = doors[number % doors.len()];
                attacker.send(&form(door, &encoded(&[("twofa_code", wrong)])))
            })
        },
    );
    stage.scene(
        "codes, in the query of a GET",
        "10 answered, 10 refused",
        |stage| {
            let mut number = 0;
            guessed(stage, "person42", |attacker, wrong| {
                at_the_code(attacker, "person42");
                number += 1;
                let method = ["GET", "HEAD"][number % 2];
                let request = form(&format!("{CODE}?twofa_code={wrong}"), "");
                attacker.send(&request.with_method(method))
            })
        },
    );
    stage.scene(
        "codes, with a host that looks like success",
        "10 answered, 10 refused",
        |stage| {
            guessed(stage, "person39", |attacker, wrong| {
                at_the_code(attacker, "person39");
                let token = token(attacker, "/account/twofa/confirm");
                let fields = [
                    ("authenticity_token", token.as_str()),
                    ("twofa_code", wrong),
                ];
                let request = form(CODE, &encoded(&fields));
                // Rails makes its redirects of it.
                attacker.send(&request.header("x-forwarded-host", "shop.example/my/page"))
            })
        },
    );
    stage.scene(
        "the right code, after too many wrong ones",
        "not in",
        |stage| {
            let database = stage.application.state().join("redmine.sqlite");
            let secret = secret(stage);
            let mut attacker = stage.attacker();
            for number in 0..CODES + 1 {
                at_the_code(&mut attacker, "person38");
                enters(
                    &mut attacker,
                    &wrong_code(&code(&secret, Written::Base32), number),
                );
            }
            codes_are_new(&database);
            at_the_code(&mut attacker, "person38");
            let response = enters(&mut attacker, &code(&secret, Written::Base32));
            let page = attacker.get("/my/page").text();
            let is_in = is_answered(&response) && page.contains("loggedas");
            super::in_or_not(is_in)
        },
    );
    // Its codes are used up since the scene before.
    let database = stage.application.state().join("redmine.sqlite");
    codes_are_new(&database);
    let secret = secret(stage);
    USUAL.code_otherwise(
        stage,
        |attacker| {
            at_the_code(attacker, "person38");
            Login {
                target: CODE.to_owned(),
                field: "twofa_code",
                account: code(&secret, Written::Base32),
                others: vec![(
                    "authenticity_token",
                    token(attacker, "/account/twofa/confirm"),
                )],
            }
        },
        |response| {
            let location = response.header("location").unwrap_or_default();
            is_answered(response) && location.contains("/my/page")
        },
    );
}

/// Twenty wrong codes, each entered by `enter`.
fn guessed(
    stage: &mut Stage<'_>,
    name: &str,
    mut enter: impl FnMut(&mut Attacker<'_>, &str) -> Response,
) -> String {
    let right = code(&secret(stage), Written::Base32);
    let mut attacker = stage.attacker();
    at_the_code(&mut attacker, name);
    let guesses: Guesses = attacker.guesses(20, |attacker, number| {
        enter(attacker, &wrong_code(&right, number))
    });
    guesses.to_string()
}

/// Enters the right password in a new session, and gives the session's cookie.
fn at_the_code(attacker: &mut Attacker<'_>, name: &str) -> String {
    let response = guess(attacker, name, PASSWORD);
    let location = response.header("location").unwrap_or_default();
    if location.contains(CODE) {
        attacker.get("/account/twofa/confirm");
    }
    attacker.cookie("Redmine").unwrap_or_default().to_owned()
}

fn enters(attacker: &mut Attacker<'_>, code: &str) -> Response {
    let token = token(attacker, "/account/twofa/confirm");
    attacker.post(
        CODE,
        &[("authenticity_token", token.as_str()), ("twofa_code", code)],
    )
}
