//! Those who have a password, and guess at the code of Keycloak's second factor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{PASSWORD, action, form_of, guess, login_at, secret};
use crate::attackers::{Attacker, Guesses, is_answered};
use crate::evasions::Login;
use crate::secrets::{Written, code, wrong_code};
use crate::stage::Stage;
use crate::support::Response;

/// The policy's limit of wrong codes.
const CODES: usize = 5;

/// All scenes.
pub(super) fn play(stage: &mut Stage<'_>) {
    stage.scene(
        "codes, each with a new session",
        "5 answered, 15 refused",
        |stage| {
            guessed(stage, |attacker, wrong| {
                let target = at_the_code(attacker, "person35");
                attacker.post(&target, &[("otp", wrong)])
            })
        },
    );
    stage.scene(
        "codes, all in one session",
        "5 answered, 15 refused",
        |stage| {
            let mut target = None;
            guessed(stage, |attacker, wrong| {
                let at = target.get_or_insert_with(|| at_the_code(attacker, "person36"));
                let response = attacker.post(at, &[("otp", wrong)]);
                let next = action(&response);
                if !next.is_empty() {
                    *at = next;
                }
                response
            })
        },
    );
    stage.scene(
        "codes, with the name of somebody else",
        "5 answered, 15 refused",
        |stage| {
            let mut number = 0;
            guessed(stage, |attacker, wrong| {
                number += 1;
                let target = at_the_code(attacker, "person37");
                let decoy = format!("nobody{number}");
                let fields = [
                    ("otp", wrong),
                    ("username", decoy.as_str()),
                    ("password", "x"),
                ];
                attacker.post(&target, &fields)
            })
        },
    );
    stage.scene(
        "codes, with another account in a second tab",
        "5 answered, 15 refused",
        |stage| {
            guessed(stage, |attacker, wrong| {
                let target = at_the_code(attacker, "person38");
                // His own account, in the same browser.
                let other = {
                    let login = login_at(attacker.site());
                    action(&attacker.get(&login))
                };
                attacker.post(&other, &[("username", "person40"), ("password", PASSWORD)]);
                attacker.post(&target, &[("otp", wrong)])
            })
        },
    );
    stage.scene(
        "codes, the session otherwise written, decoys beside",
        "at most 5 answered",
        |stage| {
            let right = code(&secret(stage), Written::Text);
            let mut answered = 0;
            let mut attacker = stage.attacker();
            for number in 0..20 {
                attacker.forget_cookies();
                let target = at_the_code(&mut attacker, "person43");
                let session = attacker
                    .cookie("AUTH_SESSION_ID")
                    .unwrap_or_default()
                    .to_owned();
                attacker.takes_cookie("AUTH_SESSION_ID", &padded(&session, number));
                let decoy = format!("nobody{number}");
                let wrong = wrong_code(&right, number);
                let fields = [
                    ("otp", wrong.as_str()),
                    ("username", &decoy),
                    ("login", "x"),
                ];
                let response = attacker.post(&target, &fields);
                answered += usize::from(
                    is_answered(&response) && response.text().contains("kc-otp-login-form"),
                );
            }
            if answered <= CODES {
                "at most 5 answered".to_owned()
            } else {
                format!("{answered} answered")
            }
        },
    );
    stage.scene(
        "the right code, after too many wrong ones",
        "not in",
        |stage| {
            let secret = secret(stage);
            exhausts(stage, "person39");
            let mut attacker = stage.attacker();
            let target = at_the_code(&mut attacker, "person39");
            let response = attacker.post(&target, &[("otp", &code(&secret, Written::Text))]);
            super::in_or_not(super::is_in(&response))
        },
    );
    let secret = secret(stage);
    stage.scene("the right code, otherwise written", "nobody in", |stage| {
        // Password and code have one limit, so the password comes before that is used up.
        let mut attacker = stage.attacker();
        let target = at_the_code(&mut attacker, "person42");
        let cookies = attacker.cookies();
        exhausts(stage, "person42");
        let login = |attacker: &mut Attacker<'_>| {
            attacker.has_cookies(&cookies);
            Login {
                target: target.clone(),
                field: "otp",
                account: code(&secret, Written::Text),
                others: Vec::new(),
            }
        };
        stage.attacker().writes_otherwise(login, |response| {
            let location = response.header("location").unwrap_or_default();
            is_answered(response) && location.contains("&code=")
        })
    });
}

/// Uses up the guesses at this account's code.
pub(super) fn exhausts(stage: &mut Stage<'_>, name: &str) {
    let right = code(&secret(stage), Written::Text);
    stage.attacker().guesses(CODES + 3, |attacker, number| {
        let target = at_the_code(attacker, name);
        attacker.post(&target, &[("otp", &wrong_code(&right, number))])
    });
}

/// Twenty wrong codes, each entered by `enter`.
fn guessed(
    stage: &mut Stage<'_>,
    mut enter: impl FnMut(&mut Attacker<'_>, &str) -> Response,
) -> String {
    let right = code(&secret(stage), Written::Text);
    let mut attacker = stage.attacker();
    let mut guesses = Guesses::default();
    for number in 0..20 {
        let response = enter(&mut attacker, &wrong_code(&right, number));
        // Where the password's own limit has refused, there is no session at the code, and what is answered is no guess
        // at it.
        if is_answered(&response) && response.text().contains("kc-otp-login-form") {
            guesses.answered += 1;
        } else {
            guesses.refused += 1;
        }
    }
    guesses.to_string()
}

/// The same session to Keycloak, which reads `ID.SIGNATURE` out of base64 and passes over what pads the signature.
fn padded(session: &str, number: usize) -> String {
    let mut written = URL_SAFE_NO_PAD
        .decode(session.trim_end_matches('='))
        .unwrap_or_default();
    written.extend("=".repeat(1 + number % 3).bytes());
    URL_SAFE_NO_PAD.encode(written)
}

/// Enters the right password in a new session, and gives where the code goes (where the password is refused, where it
/// would go).
fn at_the_code(attacker: &mut Attacker<'_>, name: &str) -> String {
    let response = guess(attacker, name, PASSWORD);
    let next = action(&response);
    if next.is_empty() {
        form_of(attacker)
    } else {
        next
    }
}
